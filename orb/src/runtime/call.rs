//! A call on its way from a reference to its object: attempts, and what a failed one means for the next.

use std::time::Instant;

use quorb_giop::message::AddressingDisposition;

use super::connection::{CallOutcome, Sent};
use super::orb::OpenUpdate;
use super::outcome::{Failed, Received, interpret};
use super::outgoing::Outgoing;
use super::route::{Bound, Route};
use crate::adapter::Context;
use crate::exception::{Attempt, Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::{Behaviour, Kind};
use crate::object::{Answer, Request};
use crate::proto::head::{ChainId, Delivery, RequestIdentity, TraceContext};
use crate::proto::retry::{self, CallKind, Decision, Failure, FailureClass};

/// What is the same in every attempt of one call.
struct Call<'a> {
    request: &'a Request<'a>,
    identity: RequestIdentity,
    chain: ChainId,
    trace: Option<TraceContext>,
    /// Keeps the sequence number of an update open until the call has ended.
    open: Option<OpenUpdate>,
}

/// What the attempts of one call have come to.
#[derive(Default)]
struct Progress {
    attempts: Vec<Attempt>,
    /// Attempts that the retry table was asked about.
    failures: u32,
    forwards: u32,
    /// Whether the body goes as CBOR, because the caller knows no fingerprint or the server another one.
    as_cbor: bool,
    /// How the server asked the object to be named.
    addressing: Option<AddressingDisposition>,
    /// The life of the server that an update was first sent to; later attempts name it, so that no other executes it.
    first_server: Option<u64>,
    /// How much of the request has left, in the attempt that went furthest.
    delivery: Option<Delivery>,
    /// An attempt may have been executed: whatever later ones say, the call may have been.
    maybe_executed: bool,
}

impl Route {
    /// Calls the object. Ends by the deadline of the request. Dropping the future cancels the call.
    pub(crate) async fn call(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<Option<Answer>, SystemException> {
        if let Some(local) = self.collocated()? {
            return local.call(request, parent).await;
        }
        let identity = self.orb().next_identity();
        let once = !request.behaviour.is_repeatable() && !request.behaviour.oneway;
        let call = Call {
            request,
            identity,
            chain: parent.map_or_else(|| ChainId::starting_with(&identity), Context::chain),
            trace: parent.and_then(|parent| parent.trace().cloned()),
            open: once.then(|| self.orb().open_update(identity.sequence)),
        };
        let mut progress = Progress { as_cbor: request.as_cbor, ..Progress::default() };
        let deadline = tokio::time::Instant::from_std(request.deadline);
        match tokio::time::timeout_at(deadline, self.run(&call, parent, &mut progress)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(exception)) => Err(progress.admit(exception)),
            Err(_) => Err(timed_out(request, progress)),
        }
    }

    /// Attempts until one succeeds or the retry table says that it is over.
    async fn run(
        &self,
        call: &Call<'_>,
        parent: Option<&Context>,
        progress: &mut Progress,
    ) -> Result<Option<Answer>, SystemException> {
        loop {
            // An update that may have been executed goes only where its identity is understood.
            let native_only = progress.maybe_executed && call.open.is_some();
            let failed = match self.connect(native_only, &mut progress.attempts).await {
                Ok(bound) => match self.attempt(call, progress, &bound).await? {
                    Received::Answer(answer) => return Ok(answer),
                    Received::Forward { to, permanent } => {
                        progress.count_forward(self.orb().limits().forwards_max)?;
                        self.follow(&to, permanent);
                        match self.collocated()? {
                            Some(local) => return local.call(call.request, parent).await,
                            None => continue,
                        }
                    }
                    Received::WantsCbor if !progress.as_cbor => {
                        progress.as_cbor = true;
                        continue;
                    }
                    Received::WantsAddressing(how) if progress.addressing != Some(how) => {
                        progress.addressing = Some(how);
                        continue;
                    }
                    Received::WantsCbor | Received::WantsAddressing(_) => return Err(stubborn()),
                    Received::Failed(failed) => {
                        self.forget_connection(&bound.connection);
                        progress.note(&bound, &failed);
                        failed
                    }
                },
                Err(exception) => Failed::unreachable(exception),
            };
            self.decide(call, progress, failed).await?;
        }
    }

    /// Sends the request on a connection and waits for what comes.
    async fn attempt(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
    ) -> Result<Received, SystemException> {
        let connection = &bound.connection;
        let outgoing = Outgoing {
            endpoint: &bound.endpoint,
            request: call.request,
            identity: call.identity,
            acknowledged_below: call.open.as_ref().map_or(0, |_| self.orb().acknowledged_below()),
            once: call.open.is_some(),
            retry_of_server: progress.first_server,
            chain: call.chain,
            trace: call.trace.clone(),
            as_cbor: progress.as_cbor,
            addressing: progress.addressing.map(|how| (how, &*bound.ior)),
        };
        let outcome = match connection.send(&outgoing).await? {
            Sent::Oneway => return Ok(Received::Answer(None)),
            Sent::Lost { cause } => CallOutcome::Lost { delivery: Delivery::NotSent, cause },
            Sent::Waiting(waiting) => {
                // Until it is known better, all of it may have left: a timeout has to assume that.
                let before = progress.delivery.replace(Delivery::Sent);
                let outcome = waiting.await;
                if let CallOutcome::Lost { delivery, .. } = &outcome {
                    progress.delivery = before.max(Some(*delivery));
                }
                outcome
            }
        };
        // A server has said which life of it this is before it can have executed anything for us; one that never spoke on
        // this connection cannot be recognised.
        if call.open.is_some() && progress.delivery == Some(Delivery::Sent) && progress.first_server.is_none()
        {
            progress.first_server = connection.peer_incarnation();
        }
        Ok(interpret(outcome))
    }

    /// Asks the retry table; returns if the call is to be attempted again, after the pause that the table wants.
    async fn decide(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        failed: Failed,
    ) -> Result<(), SystemException> {
        progress.failures += 1;
        if failed.delivery == Delivery::Sent && failed.exception.completed() == Completion::Maybe {
            progress.maybe_executed = true;
        }
        let failure = Failure {
            class: failed.class,
            kind: call_kind(&call.request.behaviour),
            completion: failed.exception.completed(),
            delivery: failed.delivery,
            same_server_known: progress.first_server.is_some(),
            attempts: progress.failures,
            deadline_left: Some(call.request.deadline.saturating_duration_since(Instant::now())),
        };
        match retry::decide(&self.orb().retry_limits(), &failure, self.orb().random()) {
            Decision::Retry { after, .. } => {
                let exception = &failed.exception;
                tracing::debug!(operation = %call.request.operation, %exception, ?after, "a call is repeated");
                tokio::time::sleep(after).await;
                Ok(())
            }
            Decision::Fail(_) => Err(failed.exception),
        }
    }
}

fn call_kind(behaviour: &Behaviour) -> CallKind {
    match behaviour {
        behaviour if behaviour.oneway => CallKind::Oneway,
        behaviour if behaviour.kind == Kind::Query => CallKind::Query,
        behaviour if behaviour.idempotent => CallKind::Idempotent,
        _ => CallKind::Update,
    }
}

impl Progress {
    fn count_forward(&mut self, limit: u32) -> Result<(), SystemException> {
        self.forwards += 1;
        if self.forwards <= limit {
            return Ok(());
        }
        Err(SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS, Completion::No)
            .at(Stage::Resolving)
            .because(format_args!("{limit} forwards followed")))
    }

    fn note(&mut self, bound: &Bound, failed: &Failed) {
        self.attempts
            .push(Attempt { address: bound.endpoint.to_string(), outcome: one_clause(&failed.exception) });
    }

    /// The exception of the last attempt as that of the whole call: with all addresses, and with the doubt that an earlier
    /// attempt has left.
    fn admit(self, exception: SystemException) -> SystemException {
        let exception = match exception.completed() {
            Completion::No if self.maybe_executed => exception.with_completion(Completion::Maybe),
            _ => exception,
        };
        exception.after_attempts(self.attempts)
    }
}

impl Failed {
    fn unreachable(exception: SystemException) -> Failed {
        let class = match exception.kind() {
            ExceptionKind::Transient => FailureClass::Unreachable,
            _ => FailureClass::Lasting,
        };
        Failed { class, delivery: Delivery::NotSent, exception }
    }
}

/// The server asked twice for the same thing.
fn stubborn() -> SystemException {
    SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::No)
        .because("the server asks again for what it was given")
}

fn timed_out(request: &Request<'_>, progress: Progress) -> SystemException {
    // What never left cannot have been executed; of what has left, nobody can tell.
    let (stage, completed) = match progress.delivery {
        None | Some(Delivery::NotSent) => (Stage::Connecting, Completion::No),
        Some(_) => (Stage::Waiting, Completion::Maybe),
    };
    let exception = SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, completed)
        .at(stage)
        .because(format_args!("no reply within {:?}", request.time_limit));
    progress.admit(exception)
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
