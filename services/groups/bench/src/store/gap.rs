//! The longest time in which no client at all was answered.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Told of every answer.
#[derive(Debug)]
pub(super) struct Gap(Mutex<(Instant, Duration)>);

impl Gap {
    pub(super) fn new() -> Self {
        Self(Mutex::new((Instant::now(), Duration::ZERO)))
    }

    pub(super) fn answered(&self) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *seen = (now, seen.1.max(now - seen.0));
    }

    pub(super) fn longest(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}
