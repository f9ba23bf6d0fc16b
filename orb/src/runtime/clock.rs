//! The time that drivers hand to the protocol cores.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::proto::head::Time;

/// A clock with an origin: the cores count nanoseconds from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { origin: Instant::now() }
    }

    pub(crate) fn now(&self) -> Time {
        let since = now().saturating_duration_since(self.origin);
        Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn instant(&self, time: Time) -> Instant {
        // A century stands for never: an instant cannot be infinitely far away.
        self.origin + Duration::from_nanos(time.0.min(100 * 365 * 86_400 * 1_000_000_000))
    }
}

thread_local! {
    static TURN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The time: within a turn, that of its last reading.
pub(crate) fn now() -> Instant {
    TURN.get().unwrap_or_else(Instant::now)
}

/// A driver's turn: what it does between two waits, at one time. Reading the clock for each of a hundred requests that came
/// together would cost more than finding their objects.
#[derive(Debug)]
pub(super) struct Turn {
    begun: Instant,
    events: u32,
}

/// Events of a turn that happen at the same time, as far as anybody can tell.
const EVENTS_OF_ONE_TIME: u32 = 16;

impl Turn {
    pub(super) fn begin() -> Turn {
        let begun = Instant::now();
        TURN.set(Some(begun));
        Turn { begun, events: 0 }
    }

    /// When the turn began.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    /// An event has been dealt with. Methods take time: now and then the clock is read again.
    pub(super) fn event(&mut self) {
        self.events += 1;
        if self.events.is_multiple_of(EVENTS_OF_ONE_TIME) {
            TURN.set(Some(Instant::now()));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TURN.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_within_a_turn_and_goes_on_behind_it() {
        let before = now();
        let mut turn = Turn::begin();
        let first = now();
        assert!(first >= before && first == now() && first == turn.begun());
        for _ in 0..EVENTS_OF_ONE_TIME {
            turn.event();
        }
        assert!(now() > first, "the clock has been read again");
        drop(turn);
        let mut later = now();
        while later == now() {
            later = now();
        }
    }
}
