//! What the attempts of one call have come to, and what its caller is told when they come to nothing.

use std::sync::Arc;

use quorb_giop::message::AddressingDisposition;

use super::connection::CallOutcome;
use super::endpoint::Endpoint;
use super::resolver::Resolver;
use super::{Address, Connection};
use crate::exception::{Attempt, Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::Request;
use crate::proto::head::Delivery;

/// What the attempts of one call have come to so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    attempts: Vec<Attempt>,
    /// What is being tried at this moment.
    trying: Option<(Arc<Endpoint>, Stage)>,
    /// Connections that are being opened at this moment, to find one to try.
    connecting: Vec<Arc<Endpoint>>,
    /// Attempts that the retry table was asked about.
    pub(super) failures: u32,
    forwards: u32,
    /// Whether the body goes as CBOR, because the caller knows no fingerprint or the server another one.
    pub(super) as_cbor: bool,
    /// The call has been waiting for something since its deadline was set.
    pub(super) has_waited: bool,
    /// How the server asked the object to be named.
    pub(super) addressing: Option<AddressingDisposition>,
    /// The life of the server that an update was first sent to; later attempts name it, so that no other executes it.
    pub(super) first_server: Option<u64>,
    /// The servers remember together: any of them can tell whether it was executed.
    is_shared: bool,
    /// Where that was.
    first_address: Option<Address>,
    /// How much of the request has left, over all attempts: what a timeout has to admit.
    pub(super) delivery: Option<Delivery>,
    /// How much had left before the attempt that is under way.
    delivered_before: Option<Delivery>,
    /// The exception of the first attempt that leaves open whether the operation was executed. No later one can take that
    /// back.
    doubt: Option<Box<SystemException>>,
    /// Addresses where an attempt has failed: others are tried before them.
    failed_at: Vec<Address>,
}

impl Progress {
    /// A connection is being opened, perhaps not the only one.
    pub(super) fn connects(&mut self, endpoint: &Arc<Endpoint>) {
        self.trying = None;
        self.connecting.push(endpoint.clone());
    }

    /// An endpoint could not be reached.
    pub(super) fn not_reached(&mut self, endpoint: &Arc<Endpoint>, cause: &dyn std::fmt::Display) {
        self.connecting.retain(|other| !Arc::ptr_eq(other, endpoint));
        self.attempts.push(Attempt { address: endpoint.to_string(), outcome: cause.to_string() });
    }

    /// Where the reference is from, nobody could say what it is now.
    pub(super) fn not_resolved(&mut self, resolver: &dyn Resolver, cause: &SystemException) {
        self.attempts.push(Attempt { address: resolver.to_string(), outcome: one_clause(cause) });
    }

    /// The attempt at an endpoint has come this far.
    pub(super) fn tries(&mut self, endpoint: &Arc<Endpoint>, stage: Stage) {
        self.trying = Some((endpoint.clone(), stage));
        self.connecting.clear();
    }

    /// All of the request may have left, until it is known better: a timeout has to assume that.
    pub(super) fn waits(&mut self, endpoint: &Arc<Endpoint>) {
        self.tries(endpoint, Stage::Waiting);
        self.delivered_before = self.delivery.replace(Delivery::Sent);
    }

    /// It may be known better, now that the wait has ended.
    pub(super) fn ends_with(&mut self, outcome: CallOutcome) -> CallOutcome {
        if let CallOutcome::Lost { delivery, .. } = &outcome {
            self.delivery = self.delivered_before.take().max(Some(*delivery));
        }
        outcome
    }

    /// The endpoint whose reply is waited for.
    pub(super) fn waits_for(&self) -> Option<&Arc<Endpoint>> {
        self.trying.as_ref().filter(|(_, stage)| *stage == Stage::Waiting).map(|(endpoint, _)| endpoint)
    }

    /// An update may have reached a server for the first time, in this life if it has said which.
    pub(super) fn sent_to(&mut self, endpoint: &Endpoint, life: Option<u64>) {
        // Of a group it matters only that one of its servers was asked before.
        let life = life.or(endpoint.is_group.then_some(0));
        if self.first_server.is_none() && life.is_some() {
            self.first_server = life;
            self.is_shared = endpoint.is_group;
            self.first_address = Some(endpoint.address.clone());
        }
    }

    /// The attempt at an endpoint ended with an exception.
    pub(super) fn failed(&mut self, endpoint: &Endpoint, exception: &SystemException) {
        self.trying = None;
        if exception.completed() != Completion::No && self.doubt.is_none() {
            self.doubt = Some(Box::new(exception.clone()));
        }
        if !self.failed_at.contains(&endpoint.address) {
            self.failed_at.push(endpoint.address.clone());
        }
        self.attempts.push(Attempt { address: endpoint.to_string(), outcome: one_clause(exception) });
    }

    /// A server in this life, if it is known, sends the call elsewhere. Only the one that it was first sent to can tell that
    /// nothing was executed before.
    pub(super) fn is_forwarded_by(&mut self, life: Option<u64>) {
        if self.first_server.is_none() || self.first_server == life {
            self.nothing_executed();
        }
    }

    /// The server has said so: another one, or a later life of this one, may take the call as if it were new.
    pub(super) fn nothing_executed(&mut self) {
        self.first_server = None;
        self.is_shared = false;
        self.first_address = None;
        self.delivery = None;
        self.doubt = None;
    }

    /// Whether an attempt may have been executed.
    pub(super) fn may_have_run(&self) -> bool {
        self.doubt.is_some()
    }

    /// Whether the call can go on only at the server that it was first sent to: it may have executed it, and only it can
    /// tell.
    pub(super) fn is_bound(&self) -> bool {
        self.first_server.is_some() && !self.is_shared
    }

    /// Whether any server of the reference can tell what became of the call.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether the call may go over a connection that stands.
    pub(super) fn may_ask(&self, connection: &Connection) -> bool {
        self.is_shared || self.first_server.is_none_or(|life| connection.peer_incarnation() == Some(life))
    }

    /// The place of an endpoint in the order in which they are tried: the least first.
    pub(super) fn choice(&self, endpoint: &Endpoint, is_resting: impl FnOnce() -> bool) -> u8 {
        if self.is_bound() {
            return (self.first_address.as_ref() != Some(&endpoint.address)).into();
        }
        match self.failed_at.contains(&endpoint.address) {
            true => 2,
            false => is_resting().into(),
        }
    }

    /// A server has sent the call elsewhere, or wants it in another way.
    ///
    /// # Errors
    /// TRANSIENT when that has happened more than `forwards_max` times.
    pub(super) fn is_sent_on(&mut self, forwards_max: u32) -> Result<(), SystemException> {
        self.forwards += 1;
        if self.forwards <= forwards_max {
            return Ok(());
        }
        Err(SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS, Completion::No)
            .at(Stage::Resolving)
            .because(format_args!("forwards_max = {forwards_max}")))
    }

    /// What the caller is told of the exception that ended the last attempt.
    pub(super) fn conclude(self, exception: SystemException) -> SystemException {
        let exception = match (exception.completed(), self.doubt) {
            (Completion::No, Some(doubt)) => *doubt,
            _ => exception,
        };
        exception.after_attempts(self.attempts)
    }

    /// What the caller is told when its deadline has passed.
    pub(super) fn time_out(mut self, request: &Request<'_>) -> SystemException {
        // What never left cannot have been executed; of what has left, nobody can tell.
        let completed = match self.delivery {
            Some(Delivery::Sent) => Completion::Maybe,
            _ => Completion::No,
        };
        let stage = self.trying.as_ref().map_or(Stage::Resolving, |(_, stage)| *stage);
        let stage = if self.connecting.is_empty() { stage } else { Stage::Connecting };
        let connecting = self.connecting.drain(..).map(|endpoint| (endpoint, "no connection yet"));
        let trying = self.trying.take().map(|(endpoint, stage)| match stage {
            Stage::Sending => (endpoint, "no room for the call yet"),
            _ => (endpoint, "no reply yet"),
        });
        let pending = connecting.chain(trying);
        self.attempts.extend(pending.map(|(endpoint, outcome)| Attempt {
            address: endpoint.to_string(),
            outcome: outcome.to_owned(),
        }));
        let exception = SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, completed)
            .at(stage)
            .because(format_args!("no reply within {:?}", request.time_limit));
        self.conclude(exception)
    }
}

/// What an attempt came to, in a few words.
fn one_clause(exception: &SystemException) -> String {
    match exception.report().and_then(|report| report.detail.as_deref()) {
        Some(detail) => format!("{}: {detail}", exception.kind()),
        None => match exception.minor().phrase(exception.kind()) {
            Some(phrase) => format!("{}: {phrase}", exception.kind()),
            None => exception.kind().to_string(),
        },
    }
}
