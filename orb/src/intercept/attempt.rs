//! What a call carries through its attempts, and what they report back.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
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
    attempts_made: AtomicU32,
    request_bytes: AtomicUsize,
    /// The lock is held for a note or a look.
    seen: Mutex<Seen>,
}

/// What is kept only where there is something to keep, or somebody wants to see it.
#[derive(Default)]
struct Seen {
    last_peer: Option<Peer>,
    attempts: Vec<AttemptReport>,
    reply_contexts: Vec<ServiceContext>,
}

/// An attempt that is being made.
pub(crate) struct Tried<'a> {
    peer: &'a Peer,
    /// When it began, if anybody wants to know.
    since: Option<Instant>,
}

impl<'a> Passage<'a> {
    pub(super) fn new(
        chain: &'a ClientChain,
        operation: &'a str,
        trace: Option<TraceContext>,
        deadline: Instant,
    ) -> Passage<'a> {
        Passage {
            contexts: Vec::new(),
            trace,
            deadline,
            chain,
            operation,
            attempts_made: AtomicU32::new(0),
            request_bytes: AtomicUsize::new(0),
            seen: Mutex::default(),
        }
    }

    /// The call is made, perhaps once more.
    pub(super) fn begin(&mut self) {
        self.attempts_made = AtomicU32::new(0);
        self.request_bytes = AtomicUsize::new(0);
        *self.seen.get_mut().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    /// An attempt at this peer begins.
    pub(crate) fn tries<'p>(&self, peer: &'p Peer) -> Tried<'p> {
        Tried { peer, since: self.chain.watches_attempts().then(Instant::now) }
    }

    /// The arguments were encoded for an attempt.
    pub(crate) fn encoded(&self, bytes: usize) {
        self.request_bytes.store(bytes, Ordering::Relaxed);
    }

    /// A reply came with these contexts.
    pub(crate) fn replied(&self, contexts: &[ServiceContext]) {
        if !contexts.is_empty() {
            self.seen().reply_contexts = contexts.to_vec();
        }
    }

    /// An attempt has ended. `outcome` is asked if somebody wants to know.
    pub(crate) fn ended(&self, tried: Tried<'_>, outcome: impl FnOnce() -> AttemptOutcome) {
        let number = self.attempts_made.load(Ordering::Relaxed).saturating_add(1);
        self.attempts_made.store(number, Ordering::Relaxed);
        let Some(since) = tried.since else {
            self.seen().last_peer = Some(tried.peer.clone());
            return;
        };
        let report = AttemptReport {
            number,
            peer: tried.peer.clone(),
            request_bytes: self.request_bytes.load(Ordering::Relaxed),
            elapsed: since.elapsed(),
            outcome: outcome(),
        };
        self.chain.attempted(self.operation, &report);
        let mut seen = self.seen();
        seen.last_peer = Some(report.peer.clone());
        // Most calls have one.
        seen.attempts.reserve_exact(1);
        seen.attempts.push(report);
    }

    pub(super) fn attempts(&self) -> Vec<AttemptReport> {
        self.seen().attempts.clone()
    }

    pub(super) fn attempts_made(&self) -> u32 {
        self.attempts_made.load(Ordering::Relaxed)
    }

    pub(super) fn last_peer(&self) -> Option<Peer> {
        self.seen().last_peer.clone()
    }

    /// Octets of the arguments, as they were last encoded.
    pub(super) fn request_bytes(&self) -> usize {
        self.request_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn take_reply_contexts(&mut self) -> Vec<ServiceContext> {
        std::mem::take(&mut self.seen.get_mut().unwrap_or_else(PoisonError::into_inner).reply_contexts)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
