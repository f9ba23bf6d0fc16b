//! At most once: the reply cache of a broker, and repetitions that wait for the end of what still runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Limits, Orb};
use crate::proto::head::{ReplyHead, RequestHead, RequestIdentity};
use crate::proto::reply_cache::{self, Admission, ReplyCache};

/// What a broker remembers of the calls that it has served.
#[derive(Debug)]
pub(crate) struct Served {
    /// The lock is held for a look-up or an insertion.
    state: Mutex<ServedState>,
}

#[derive(Debug)]
struct ServedState {
    cache: ReplyCache<Arc<Remembered>>,
    /// Repetitions of calls that still run wait here for their end.
    attached: HashMap<RequestIdentity, Vec<oneshot::Sender<Arc<Remembered>>>>,
}

/// A reply as it was sent, in the format of the first request.
#[derive(Debug)]
pub(super) struct Remembered {
    pub(super) head: ReplyHead,
    pub(super) body: Bytes,
}

impl reply_cache::Size for Arc<Remembered> {
    fn bytes(&self) -> usize {
        self.body.len() + size_of::<Remembered>()
    }
}

/// What is to be done with a request.
pub(super) enum Entrance {
    /// Run it; then [`Served::remember`] or [`Served::withdraw`] it.
    Execute,
    /// It has run: this was the reply.
    Replay(Arc<Remembered>),
    /// It runs: the reply comes here; an error means that it has not run after all.
    Attach(oneshot::Receiver<Arc<Remembered>>),
    /// Do not run it.
    Refuse(String),
}

/// Repetitions of one call that wait for its end.
const ATTACHED_MAX: usize = 16;

impl Served {
    pub(super) fn new(limits: &Limits) -> Served {
        let cache = ReplyCache::new(reply_cache::Limits {
            clients_max: limits.reply_cache_clients_max,
            entries_per_client_max: limits.reply_cache_entries_max,
            bytes_max: limits.reply_cache_bytes_max,
        });
        Served { state: Mutex::new(ServedState { cache, attached: HashMap::new() }) }
    }

    /// Decides about a request. Finding that it runs and waiting for its end are one step: it cannot end in between.
    pub(super) fn admit(&self, orb: &Orb, identity: RequestIdentity, head: &RequestHead) -> Entrance {
        let mut state = self.lock();
        let admission = state.cache.admit(
            identity,
            head.acknowledged_below,
            head.retry_of_server,
            orb.incarnation(),
            orb.shared.clock.now(),
        );
        match admission {
            Admission::Execute => Entrance::Execute,
            Admission::Replay(remembered) => Entrance::Replay(remembered),
            Admission::Refuse(reason) => Entrance::Refuse(reason.to_string()),
            Admission::Attach => {
                let attached = state.attached.entry(identity).or_default();
                attached.retain(|waiting| !waiting.is_closed());
                if attached.len() >= ATTACHED_MAX {
                    return Entrance::Refuse(format!("{ATTACHED_MAX} repetitions of it are waiting"));
                }
                let (sender, receiver) = oneshot::channel();
                attached.push(sender);
                Entrance::Attach(receiver)
            }
        }
    }

    /// It has run, and this was the reply.
    pub(super) fn remember(&self, identity: RequestIdentity, remembered: &Arc<Remembered>) {
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
        state.cache.abandon(identity);
        state.attached.remove(&identity);
    }

    fn lock(&self) -> MutexGuard<'_, ServedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
