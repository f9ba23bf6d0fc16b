//! Where calls wait until they are let through.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A gate. Those who wait are let through together; after [`end`](Self::end) nobody waits any more.
#[derive(Debug)]
pub(super) struct Gate {
    waiting: Mutex<u32>,
    openings: watch::Sender<Opening>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Opening {
    count: u64,
    for_good: bool,
}

impl Gate {
    pub(super) fn new() -> Gate {
        Gate { waiting: Mutex::new(0), openings: watch::Sender::default() }
    }

    /// Waits for the next opening.
    pub(super) async fn wait(&self) {
        let (mut openings, arrived) = {
            let mut waiting = self.waiting();
            *waiting += 1;
            let openings = self.openings.subscribe();
            let arrived = openings.borrow().count;
            (openings, arrived)
        };
        // The sender lives as long as the gate.
        let _ = openings.wait_for(|opening| opening.for_good || opening.count != arrived).await;
    }

    /// Waits so long, or until the gate is open for good.
    pub(super) async fn pause(&self, limit: Duration) {
        let mut openings = self.openings.subscribe();
        // Either is an end of the pause.
        let _ = tokio::time::timeout(limit, openings.wait_for(|opening| opening.for_good)).await;
    }

    /// How many wait.
    pub(super) fn count(&self) -> u32 {
        *self.waiting()
    }

    /// Lets through whoever waits, and says how many there were.
    pub(super) fn open(&self) -> u32 {
        let mut waiting = self.waiting();
        self.openings.send_modify(|opening| opening.count += 1);
        std::mem::take(&mut *waiting)
    }

    /// Opens for good.
    pub(super) fn end(&self) {
        self.openings.send_modify(|opening| opening.for_good = true);
    }

    fn waiting(&self) -> MutexGuard<'_, u32> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
