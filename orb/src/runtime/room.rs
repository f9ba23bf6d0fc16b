//! Room for another call on a connection, and those who wait for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The queue of callers that wait until their connection takes another call. First come, first served.
///
/// As long as there is room and somebody waits, one of them has been woken: whoever makes room wakes the first, and whoever
/// has found room for its call wakes the next if there is more. So no two are woken for the same place, and a connection with
/// thousands in the queue does not wake them all for each reply.
#[derive(Debug, Default)]
pub(super) struct Room {
    freed: Notify,
    waiting: AtomicUsize,
}

/// A place in the queue; dropping it leaves the queue.
#[derive(Debug)]
pub(super) struct Seat<'a>(&'a Room);

impl Room {
    /// Whether nobody waits.
    pub(super) fn is_uncontended(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Joins the queue.
    pub(super) fn join(&self) -> Seat<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Seat(self)
    }

    /// There is room: the first in the queue may look.
    pub(super) fn wake_one(&self) {
        if !self.is_uncontended() {
            self.freed.notify_one();
        }
    }

    /// There will never be room again: everybody may look.
    pub(super) fn wake_all(&self) {
        self.freed.notify_waiters();
    }
}

impl Seat<'_> {
    /// Ends when it is this caller's turn to look. Made before a look, it misses nothing that comes after. Dropping it
    /// unfinished hands the turn on.
    pub(super) fn turn(&self) -> Notified<'_> {
        self.0.freed.notified()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
