//! What a query of a replicated object may be answered from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// What a query may be answered from, declared where the object is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// The present value: nothing that any client was answered is missing. A replica that cannot know refuses.
    #[default]
    Linearizable,
    /// A value in which nothing is missing that this client was answered, though others may have seen more: also replicas answer
    /// that are cut off, if they were members when the client was answered last. Clients that do not say what they have seen,
    /// which are those of other brokers, get the present value.
    Session,
    /// A value that was the present one at most so long ago. A replica that was cut off for longer refuses.
    BoundedStaleness(Duration),
}

/// When this member's copy was known to be the present value last.
#[derive(Debug)]
pub(super) struct Freshness {
    began: Instant,
    /// Microseconds since then; 0 is never.
    at_us: AtomicU64,
}

impl Freshness {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), at_us: 0.into() }
    }

    /// It is at this moment.
    pub(super) fn note(&self, now: Instant) {
        let us = now.saturating_duration_since(self.began).as_micros() as u64;
        self.at_us.fetch_max(us.max(1), Ordering::Relaxed);
    }

    /// Whether it was at most so long before this moment.
    pub(super) fn is_within(&self, bound: Duration, now: Instant) -> bool {
        let at_us = self.at_us.load(Ordering::Relaxed);
        let since = now.saturating_duration_since(self.began);
        at_us > 0 && since <= Duration::from_micros(at_us).saturating_add(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_fresh_for_so_long_and_not_before_it_ever_was() {
        let fresh = Freshness::new();
        let second = Duration::from_secs(1);
        let at = |seconds: u32| fresh.began + second * seconds;
        assert!(!fresh.is_within(second * 60, at(0)));
        fresh.note(at(1));
        assert!(fresh.is_within(second * 3, at(3)));
        assert!(!fresh.is_within(second, at(3)));
        fresh.note(at(3));
        assert!(fresh.is_within(second, at(3)));
    }
}
