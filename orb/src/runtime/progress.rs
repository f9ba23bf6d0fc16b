//! What the attempts of one call have come to, and what its caller is told when they come to nothing.

use quorb_giop::message::AddressingDisposition;

use super::Address;
use super::endpoint::Endpoint;
use crate::exception::{Attempt, Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::Request;
use crate::proto::head::Delivery;

/// What the attempts of one call have come to so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    attempts: Vec<Attempt>,
    /// What is being tried at this moment.
    trying: Option<(String, Stage)>,
    /// Attempts that the retry table was asked about.
    pub(super) failures: u32,
    forwards: u32,
    /// Whether the body goes as CBOR, because the caller knows no fingerprint or the server another one.
    pub(super) as_cbor: bool,
    /// How the server asked the object to be named.
    pub(super) addressing: Option<AddressingDisposition>,
    /// The life of the server that an update was first sent to; later attempts name it, so that no other executes it.
    pub(super) first_server: Option<u64>,
    /// How much of the request has left, over all attempts: what a timeout has to admit.
    pub(super) delivery: Option<Delivery>,
    /// The exception of the first attempt that leaves open whether the operation was executed. No later one can take that
    /// back.
    doubt: Option<Box<SystemException>>,
    /// Addresses where an attempt has failed: others are tried before them.
    failed_at: Vec<Address>,
}

impl Progress {
    /// An attempt has come this far.
    pub(super) fn tries(&mut self, endpoint: &Endpoint, stage: Stage) {
        self.trying = Some((endpoint.to_string(), stage));
    }

    /// An endpoint could not be reached.
    pub(super) fn not_reached(&mut self, endpoint: &Endpoint, cause: &dyn std::fmt::Display) {
        self.trying = None;
        self.attempts.push(Attempt { address: endpoint.to_string(), outcome: cause.to_string() });
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

    /// The server has said so: another one, or a later life of this one, may take the call as if it were new.
    pub(super) fn nothing_executed(&mut self) {
        self.first_server = None;
        self.delivery = None;
        self.doubt = None;
    }

    /// Whether an attempt may have been executed.
    pub(super) fn may_have_run(&self) -> bool {
        self.doubt.is_some()
    }

    /// Whether other endpoints should be tried before this one. A server that may have executed the call is asked again
    /// itself: only it can tell.
    pub(super) fn is_second_choice(&self, endpoint: &Endpoint) -> bool {
        self.first_server.is_none() && self.failed_at.contains(&endpoint.address)
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
        if let Some((address, stage)) = self.trying.take() {
            let outcome = match stage {
                Stage::Connecting => "no connection yet",
                Stage::Sending => "no room for the call yet",
                _ => "no reply yet",
            };
            self.attempts.push(Attempt { address, outcome: outcome.to_owned() });
        }
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
