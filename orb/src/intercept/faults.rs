//! Faults on purpose: what a system makes of delays, refusals, lost replies and cut connections.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{
    ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor, ServerNext,
};
use crate::adapter::Reply;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};

/// What is done to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mishap {
    /// It goes on only after this time.
    Delay(Duration),
    /// It is refused before anything is executed: TRANSIENT, completion No, [`Minor::INJECTED`].
    Refuse,
    /// It is executed, and its caller never gets the reply. At the client's side the caller gets COMM_FAILURE, completion
    /// Maybe, when the reply has come.
    LoseReply,
    /// It is executed, and its connection is cut instead of the reply. As `LoseReply` at the client's side.
    CutInstead,
    /// Its reply is sent, and then its connection is cut. Nothing at the client's side.
    CutAfter,
}

/// When a mishap happens.
#[derive(Debug, Clone)]
pub struct MishapRule {
    mishap: Mishap,
    probability: f64,
    operation: Option<String>,
    interface: Option<String>,
}

impl MishapRule {
    /// It happens to every call.
    pub fn new(mishap: Mishap) -> MishapRule {
        MishapRule { mishap, probability: 1.0, operation: None, interface: None }
    }

    /// It happens with this probability, from 0 to 1.
    pub fn with_probability(mut self, probability: f64) -> MishapRule {
        self.probability = probability;
        self
    }

    /// It happens to calls of the operation with this name on the wire (`get`, `_get_height`) only.
    pub fn on_operation(mut self, operation: impl Into<String>) -> MishapRule {
        self.operation = Some(operation.into());
        self
    }

    /// It happens to calls of the interface with this repository id only.
    pub fn on_interface(mut self, repository_id: impl Into<String>) -> MishapRule {
        self.interface = Some(repository_id.into());
        self
    }

    fn concerns(&self, interface: &str, operation: &str) -> bool {
        let suits = |wanted: &Option<String>, given| wanted.as_deref().is_none_or(|wanted| wanted == given);
        suits(&self.operation, operation) && suits(&self.interface, interface)
    }
}

/// Injects faults into calls, on either side, by rules with probabilities. The first rule that a call falls under decides
/// it. The n-th call of an injector always has the same fate for the same seed.
///
/// [`report`](FaultInjector::report) says what was injected. An injector that saw calls and injected nothing is most likely a
/// mistake in its rules: it says so in the log when it is dropped.
///
/// ```
/// use quorb::intercept::{FaultInjector, Mishap, MishapRule};
/// let faults = FaultInjector::new(7).rule(MishapRule::new(Mishap::LoseReply).with_probability(0.01).on_operation("set"));
/// let faults = std::sync::Arc::new(faults);
/// let builder = quorb::Orb::builder().intercept_service(faults.clone());
/// println!("{}", faults.report());
/// ```
#[derive(Debug)]
pub struct FaultInjector {
    seed: u64,
    rules: Vec<MishapRule>,
    calls: AtomicU64,
    delayed: AtomicU64,
    refused: AtomicU64,
    replies_lost: AtomicU64,
    connections_cut: AtomicU64,
}

/// What a [`FaultInjector`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MishapReport {
    /// Calls that passed through it.
    pub calls: u64,
    /// Calls that were delayed.
    pub delayed: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Replies that were lost.
    pub replies_lost: u64,
    /// Connections that were cut.
    pub connections_cut: u64,
}

impl MishapReport {
    /// All faults together.
    pub fn injected(&self) -> u64 {
        self.delayed + self.refused + self.replies_lost + self.connections_cut
    }
}

impl fmt::Display for MishapReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.injected() == 0 {
            return write!(f, "NO FAULT was injected into {} calls", self.calls);
        }
        write!(
            f,
            "{} faults in {} calls: {} delays, {} refusals, {} lost replies, {} cut connections",
            self.injected(),
            self.calls,
            self.delayed,
            self.refused,
            self.replies_lost,
            self.connections_cut
        )
    }
}

impl FaultInjector {
    /// An injector without rules, which lets everything pass.
    pub fn new(seed: u64) -> FaultInjector {
        let none = AtomicU64::default;
        FaultInjector {
            seed,
            rules: Vec::new(),
            calls: none(),
            delayed: none(),
            refused: none(),
            replies_lost: none(),
            connections_cut: none(),
        }
    }

    /// Adds a rule behind those that there are.
    pub fn rule(mut self, rule: MishapRule) -> FaultInjector {
        self.rules.push(rule);
        self
    }

    /// What it has done so far.
    pub fn report(&self) -> MishapReport {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        MishapReport {
            calls: read(&self.calls),
            delayed: read(&self.delayed),
            refused: read(&self.refused),
            replies_lost: read(&self.replies_lost),
            connections_cut: read(&self.connections_cut),
        }
    }

    /// The fate of the next call.
    fn decide(&self, interface: &str, operation: &str) -> Option<Mishap> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut rules = self.rules.iter().enumerate();
        rules.find_map(|(place, rule)| {
            let hit = rule.concerns(interface, operation) && self.roll(number, place) < rule.probability;
            hit.then_some(rule.mishap)
        })
    }

    /// A number from 0 to below 1, the same for the same seed, call and rule.
    fn roll(&self, call: u64, rule: usize) -> f64 {
        // The hasher without a key: its result is the same in every process of one build.
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write_u64(call);
        hasher.write_usize(rule);
        (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn refusal() -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::INJECTED, Completion::No).at(Stage::Admitting)
}

impl ClientInterceptor for FaultInjector {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let interface = call.interface().map_or("", |interface| interface.id());
        match self.decide(interface, call.operation()) {
            Some(Mishap::Delay(time)) => {
                count(&self.delayed);
                tokio::time::sleep(time.min(call.time_left())).await;
                next.run(call).await
            }
            Some(Mishap::Refuse) => {
                count(&self.refused);
                Err(refusal())
            }
            Some(Mishap::LoseReply | Mishap::CutInstead) => {
                next.run(call).await?;
                count(&self.replies_lost);
                Err(SystemException::new(
                    ExceptionKind::CommFailure,
                    Minor::CONNECTION_LOST,
                    Completion::Maybe,
                )
                .at(Stage::Waiting)
                .because("a fault injector has lost the reply"))
            }
            Some(Mishap::CutAfter) | None => next.run(call).await,
        }
    }
}

impl ServerInterceptor for FaultInjector {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let Some(mishap) = self.decide(call.interface().id(), call.operation()) else {
            return next.run(call).await;
        };
        match mishap {
            Mishap::Delay(time) => {
                count(&self.delayed);
                tokio::time::sleep(time).await;
                next.run(call).await
            }
            Mishap::Refuse => {
                count(&self.refused);
                call.refuse(refusal())
            }
            Mishap::LoseReply => {
                count(&self.replies_lost);
                next.run(call).await.lost()
            }
            Mishap::CutInstead => {
                count(&self.connections_cut);
                next.run(call).await.lost_with_connection()
            }
            Mishap::CutAfter => {
                count(&self.connections_cut);
                next.run(call).await.sent_with_last_breath()
            }
        }
    }
}

impl Drop for FaultInjector {
    fn drop(&mut self) {
        let report = self.report();
        if report.calls > 0 && report.injected() == 0 {
            tracing::warn!(calls = report.calls, "a fault injector has injected nothing");
        }
    }
}
