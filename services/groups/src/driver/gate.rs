//! Whether a member's copy of a group may be read where the caller is, without asking the owner.
//!
//! ```text
//!   owner:  a turn begins -> gates of groups with something new close -> acknowledgements leave -> events are handed over
//!           -> gates open again, at the number of events handed over, if all that was received is delivered
//!   reader: has come to so many events
//!   caller: the gate is open, the reader has come to that number, the lease holds: read
//! ```
//!
//! Whatever any client can know of was acknowledged by this member, and before that its gate was closed: so a caller that
//! finds it open finds the reader beyond it. Nothing here waits.

use std::sync::atomic::{AtomicU64, Ordering};

/// Stands for a number that no reader comes to.
const CLOSED: u64 = u64::MAX;

/// One group's gate.
#[derive(Debug)]
pub(super) struct Gate {
    /// The copy is current for whoever has come to so many events.
    open_at: AtomicU64,
    /// The reader has come to so many.
    applied: AtomicU64,
}

impl Default for Gate {
    fn default() -> Self {
        Self { open_at: AtomicU64::new(CLOSED), applied: AtomicU64::new(0) }
    }
}

impl Gate {
    /// Something is here that is not in the copy.
    pub(super) fn close(&self) {
        self.open_at.store(CLOSED, Ordering::SeqCst);
    }

    /// The copy is current after so many events.
    pub(super) fn open(&self, events: u64) {
        self.open_at.store(events, Ordering::SeqCst);
    }

    /// The application has done what so many events say.
    pub(super) fn applied(&self, events: u64) {
        self.applied.store(events, Ordering::SeqCst);
    }

    /// Whether the copy is current.
    pub(super) fn is_passed(&self) -> bool {
        let open_at = self.open_at.load(Ordering::SeqCst);
        open_at != CLOSED && self.applied.load(Ordering::SeqCst) >= open_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_passed_by_whoever_has_come_as_far_as_it_is_open() {
        let gate = Gate::default();
        assert!(!gate.is_passed());
        gate.open(2);
        gate.applied(1);
        assert!(!gate.is_passed(), "one event is not applied yet");
        gate.applied(2);
        assert!(gate.is_passed());
        gate.close();
        gate.applied(3);
        assert!(!gate.is_passed(), "something is on its way");
    }
}
