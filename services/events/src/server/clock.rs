//! The time of a channel: that of the calendar, but never going back.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970, as they were when the channel began plus what has passed since.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    at_start: Duration,
}

impl Clock {
    pub(super) fn new() -> Clock {
        let at_start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { started: Instant::now(), at_start }
    }

    pub(super) fn now(&self) -> u64 {
        crate::channel::micros(self.at_start + self.started.elapsed())
    }
}
