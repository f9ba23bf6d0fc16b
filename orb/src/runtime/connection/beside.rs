//! The shortcut beside a connection: when there is one, and who may take it.

use std::sync::Arc;
use std::time::Instant;

use super::Connection;
use crate::model::Behaviour;
use crate::runtime::shortcut::Shortcut;

/// The shortcut beside a connection.
#[derive(Debug)]
pub(super) enum Beside {
    /// There is none. So many calls would have taken it.
    Wanted(u32),
    /// Somebody is opening it.
    Opening,
    Open(Arc<Shortcut>),
    /// There cannot be one, or it is of no use.
    Never,
}

impl Default for Beside {
    fn default() -> Beside {
        Beside::Wanted(0)
    }
}

impl Connection {
    /// The shortcut beside this connection, for a call of a thread that does nothing but wait for it. None if the call could
    /// overtake another one, or where an ordinary call costs no more.
    pub(in crate::runtime) fn shortcut(self: &Arc<Self>, behaviour: &Behaviour) -> Option<Arc<Shortcut>> {
        if behaviour.oneway {
            return None;
        }
        {
            let mut state = self.lock();
            if state.core.calls_outbound() > 0 || state.has_output() || !state.order.is_settled() {
                return None;
            }
            match &mut state.beside {
                Beside::Open(shortcut) => {
                    // The peer might take no further connection: only what may be repeated is the first to try.
                    let suits = behaviour.is_repeatable() || shortcut.is_proven(self.peer_incarnation());
                    let shortcut = suits.then(|| shortcut.clone());
                    state.uses += 1;
                    return shortcut;
                }
                Beside::Wanted(calls) => {
                    *calls = calls.saturating_add(1);
                    let calls_min = self.orb.limits().shortcut_calls_min;
                    if *calls < calls_min || calls_min == u32::MAX || !behaviour.is_repeatable() {
                        return None;
                    }
                    state.beside = Beside::Opening;
                }
                Beside::Opening | Beside::Never => return None,
            }
        }
        self.open_shortcut()
    }

    /// Opens it on this thread. Nobody else does so meanwhile.
    fn open_shortcut(self: &Arc<Self>) -> Option<Arc<Shortcut>> {
        let opened = match Shortcut::open(self) {
            Ok(shortcut) => Some(Arc::new(shortcut)),
            Err(cause) => {
                tracing::debug!(peer = %self.peer, %cause, "there is no shortcut");
                None
            }
        };
        let mut state = self.lock();
        // Whoever ends this connection takes what stands beside it along, once it is unusable.
        let is_wanted = self.is_usable();
        state.beside = match &opened {
            Some(shortcut) if is_wanted => Beside::Open(shortcut.clone()),
            _ => Beside::Never,
        };
        drop(state);
        // The driver is to mind how long it stays.
        self.bell.ring();
        opened.filter(|_| is_wanted)
    }

    /// Lets go of the shortcut if it has ended.
    pub(in crate::runtime) fn look_beside(&self) {
        let mut state = self.lock();
        let Beside::Open(shortcut) = &state.beside else { return };
        if shortcut.is_usable() {
            return;
        }
        let is_of_use = shortcut.is_proven(self.peer_incarnation());
        let next = if is_of_use { Beside::Wanted(0) } else { Beside::Never };
        let ended = std::mem::replace(&mut state.beside, next);
        // Its end takes other locks.
        drop(state);
        drop(ended);
    }

    /// Gives up the shortcut if it was not used for so long. One that is in use ends with its call.
    pub(in crate::runtime) fn give_up_beside(&self, now: Instant) {
        let mut state = self.lock();
        if self.gives_up_beside_at(&state.beside).is_none_or(|at| at > now) {
            return;
        }
        let idle = std::mem::take(&mut state.beside);
        drop(state);
        drop(idle);
    }

    /// When what stands beside it is given up, unless it is used until then.
    pub(super) fn gives_up_beside_at(&self, beside: &Beside) -> Option<Instant> {
        match beside {
            Beside::Open(shortcut) => {
                let used_at = self.orb.shared.clock.instant(shortcut.used_at());
                used_at.checked_add(self.orb.limits().shortcut_idle_max)
            }
            _ => None,
        }
    }
}
