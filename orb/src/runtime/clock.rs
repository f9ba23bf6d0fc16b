//! The time that drivers hand to the protocol cores.

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
        Time(u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn instant(&self, time: Time) -> Instant {
        // A century stands for never: an instant cannot be infinitely far away.
        self.origin + Duration::from_nanos(time.0.min(100 * 365 * 86_400 * 1_000_000_000))
    }
}
