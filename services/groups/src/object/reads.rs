//! What a query of a replicated object may be answered from.

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
    at_us: std::sync::atomic::AtomicU64,
}

impl Freshness {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), at_us: 0.into() }
    }

    /// It is now.
    pub(super) fn note(&self) {
        let us = self.began.elapsed().as_micros() as u64;
        self.at_us.fetch_max(us.max(1), std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether it was within so long.
    pub(super) fn is_within(&self, bound: Duration) -> bool {
        let at_us = self.at_us.load(std::sync::atomic::Ordering::Relaxed);
        at_us > 0 && self.began.elapsed() <= Duration::from_micros(at_us).saturating_add(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_copy_is_fresh_for_so_long_and_not_before_it_ever_was() {
        let fresh = Freshness::new();
        assert!(!fresh.is_within(Duration::from_secs(60)));
        fresh.note();
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(fresh.is_within(Duration::from_secs(3)));
        assert!(!fresh.is_within(Duration::from_secs(1)));
        fresh.note();
        assert!(fresh.is_within(Duration::from_secs(1)));
    }
}
