//! What a call carries through its attempts, and what they report back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ClientChain;
use crate::adapter::Peer;
use crate::exception::SystemException;
use crate::proto::head::{ServiceContext, TraceContext};

/// One attempt of a call, when it has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AttemptReport {
    /// Which attempt of the call: the first is 1.
    pub number: u32,
    /// Where it went.
    pub peer: Peer,
    /// Octets of the encoded arguments.
    pub request_bytes: usize,
    /// The time from its beginning to its end.
    pub elapsed: Duration,
    /// What it came to.
    pub outcome: AttemptOutcome,
}

/// What an attempt came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The call has ended with results or a declared exception.
    Answered {
        /// Octets of the body of the reply.
        reply_bytes: usize,
    },
    /// It was handed over; nobody answers a oneway call.
    HandedOver,
    /// The object is elsewhere, or wants the call in another form: it goes on.
    SentOn,
    /// It failed.
    Failed(Box<SystemException>),
}

/// What a call that passes through interceptors carries, and what its attempts leave behind.
pub(crate) struct Passage<'a> {
    pub(crate) contexts: Vec<ServiceContext>,
    pub(crate) trace: Option<TraceContext>,
    pub(super) deadline: Instant,
    chain: &'a ClientChain,
    operation: &'a str,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    attempts: Vec<AttemptReport>,
    reply_contexts: Vec<ServiceContext>,
    request_bytes: usize,
}

/// An attempt that is being made.
pub(crate) struct Tried {
    peer: Peer,
    since: Instant,
}

impl Tried {
    pub(crate) fn begins(peer: Peer) -> Tried {
        Tried { peer, since: Instant::now() }
    }
}

impl<'a> Passage<'a> {
    pub(super) fn new(
        chain: &'a ClientChain,
        operation: &'a str,
        trace: Option<TraceContext>,
        deadline: Instant,
    ) -> Passage<'a> {
        Passage { contexts: Vec::new(), trace, deadline, chain, operation, seen: Mutex::default() }
    }

    /// The call is made, perhaps once more.
    pub(super) fn begin(&self) {
        *self.seen() = Seen::default();
    }

    /// The arguments were encoded for an attempt.
    pub(crate) fn encoded(&self, bytes: usize) {
        self.seen().request_bytes = bytes;
    }

    /// A reply came with these contexts.
    pub(crate) fn replied(&self, contexts: Vec<ServiceContext>) {
        self.seen().reply_contexts = contexts;
    }

    /// An attempt has ended.
    pub(crate) fn ended(&self, tried: Tried, outcome: AttemptOutcome) {
        let (before, request_bytes) = {
            let seen = self.seen();
            (seen.attempts.len(), seen.request_bytes)
        };
        let report = AttemptReport {
            number: u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1),
            peer: tried.peer,
            request_bytes,
            elapsed: tried.since.elapsed(),
            outcome,
        };
        self.chain.attempted(self.operation, &report);
        let mut seen = self.seen();
        // Most calls have one.
        seen.attempts.reserve_exact(1);
        seen.attempts.push(report);
    }

    pub(super) fn attempts(&self) -> Vec<AttemptReport> {
        self.seen().attempts.clone()
    }

    /// How many attempts there were, and the octets of the arguments.
    pub(super) fn effort(&self) -> (u32, usize) {
        let seen = self.seen();
        (u32::try_from(seen.attempts.len()).unwrap_or(u32::MAX), seen.request_bytes)
    }

    pub(super) fn take_reply_contexts(&self) -> Vec<ServiceContext> {
        std::mem::take(&mut self.seen().reply_contexts)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
