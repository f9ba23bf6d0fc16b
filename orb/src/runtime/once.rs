//! At most once: the reply cache of a broker, and repetitions that wait for the end of what still runs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::{Limits, Orb};
use crate::exception::{ExceptionKind, Minor, Stage, SystemException};
use crate::proto::head::{Completion, RequestHead, RequestIdentity, Time};
use crate::proto::reply_cache::{
    Admission, CachedReply, Circumstances, Refusal, ReplyCache, ReplyCacheLimits,
};

/// What a broker remembers of the calls that it has served.
#[derive(Debug)]
pub(crate) struct Served {
    /// The lock is held for a look-up or an insertion.
    state: Mutex<ServedState>,
}

#[derive(Debug)]
struct ServedState {
    cache: ReplyCache,
    /// Repetitions of calls that still run wait here for their end.
    attached: HashMap<RequestIdentity, Vec<oneshot::Sender<CachedReply>>>,
    /// When clients that were quiet for long are looked for again.
    sweep_at: Time,
}

/// What is to be done with a request.
pub(super) enum Entrance {
    /// Run it; then [`Served::remember`] or [`Served::withdraw`] it.
    Execute,
    /// It has run: this was the reply.
    Replay(CachedReply),
    /// It runs: the reply comes here; an error means that it has not run after all.
    Attach(oneshot::Receiver<CachedReply>),
    /// Do not run it.
    Refuse(Box<SystemException>),
    /// Do not run it: the client is to begin another life, in this incarnation.
    Readmit(Box<SystemException>, u64),
}

/// Repetitions of one call that wait for its end.
const ATTACHED_MAX: usize = 16;

impl Served {
    pub(super) fn new(limits: &Limits) -> Served {
        let cache = ReplyCache::new(ReplyCacheLimits {
            clients_max: limits.reply_cache_clients_max,
            entries_per_client_max: limits.reply_cache_entries_max,
            bytes_max: limits.reply_cache_bytes_max,
            client_idle_max: limits.reply_cache_idle_max,
            traces_max: limits.reply_cache_traces_max,
        });
        let state = ServedState { cache, attached: HashMap::new(), sweep_at: Time::ZERO };
        Served { state: Mutex::new(state) }
    }

    /// Decides about a request. Finding that it runs and waiting for its end are one step: it cannot end in between.
    pub(super) fn admit(&self, orb: &Orb, identity: RequestIdentity, head: &RequestHead) -> Entrance {
        let now = orb.shared.clock.now();
        let request = circumstances(orb, head, now);
        let is_retry = head.retry_of_server.is_some();
        let mut state = self.lock();
        state.sweep(orb, now);
        match state.cache.admit(identity, request, now) {
            Admission::Execute => Entrance::Execute,
            Admission::Replay(remembered) => Entrance::Replay(remembered),
            Admission::Refuse(reason) => {
                let exception = Box::new(refusal(reason, is_retry));
                match reason.begin_again_in(request.incarnation_now) {
                    Some(incarnation) => Entrance::Readmit(exception, incarnation),
                    None => Entrance::Refuse(exception),
                }
            }
            Admission::Attach => {
                let attached = state.attached.entry(identity).or_default();
                attached.retain(|waiting| !waiting.is_closed());
                if attached.len() >= ATTACHED_MAX {
                    return Entrance::Refuse(Box::new(too_many_repetitions()));
                }
                let (sender, receiver) = oneshot::channel();
                attached.push(sender);
                Entrance::Attach(receiver)
            }
        }
    }

    /// Whether a oneway request is to be run: none of a client's runs twice.
    pub(super) fn admit_oneway(
        &self,
        orb: &Orb,
        identity: RequestIdentity,
        head: &RequestHead,
    ) -> Result<(), Refusal> {
        let now = orb.shared.clock.now();
        let mut state = self.lock();
        state.sweep(orb, now);
        state.cache.admit_oneway(identity, circumstances(orb, head, now), now)
    }

    /// It has run, and this was the reply.
    pub(super) fn remember(&self, identity: RequestIdentity, remembered: &CachedReply) {
        let attached = {
            let mut state = self.lock();
            state.cache.complete(identity, remembered.clone());
            state.attached.remove(&identity)
        };
        for waiting in attached.unwrap_or_default() {
            // Whoever waited may be gone.
            let _ = waiting.send(remembered.clone());
        }
    }

    /// It has not run, and will not: a repetition may.
    pub(super) fn withdraw(&self, identity: RequestIdentity) {
        let mut state = self.lock();
        state.cache.withdraw(identity);
        state.attached.remove(&identity);
    }

    fn lock(&self) -> MutexGuard<'_, ServedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServedState {
    fn sweep(&mut self, orb: &Orb, now: Time) {
        if now >= self.sweep_at {
            self.cache.forget(now);
            self.sweep_at = now + orb.limits().reply_cache_idle_max / 4;
        }
    }
}

fn circumstances(orb: &Orb, head: &RequestHead, now: Time) -> Circumstances {
    Circumstances {
        acknowledged_below: head.acknowledged_below,
        retry_of_server: head.retry_of_server,
        this_server: orb.incarnation(),
        incarnation_now: orb.incarnation_at(now),
    }
}

/// The exception for a request that is not executed, because whether it was already cannot be told, or because too much
/// is remembered.
fn refusal(reason: Refusal, is_retry: bool) -> SystemException {
    let minor = match reason {
        Refusal::ClientBusy { .. } | Refusal::TooManyClients { .. } => Minor::TOO_MANY_CALLS,
        Refusal::ClientForgotten { .. } | Refusal::IncarnationAhead { .. } => Minor::CLIENT_FORGOTTEN,
        _ => Minor::OUTCOME_FORGOTTEN,
    };
    SystemException::new(ExceptionKind::Transient, minor, reason.completion(is_retry))
        .at(Stage::Admitting)
        .because(reason)
}

fn too_many_repetitions() -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_CALLS, Completion::Maybe)
        .at(Stage::Admitting)
        .because(format_args!("{ATTACHED_MAX} repetitions of it are waiting"))
}
