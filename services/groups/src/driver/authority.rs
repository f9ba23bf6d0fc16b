//! What this process may do in the name of the domain, for whoever asks from another task.

use crate::core::Time;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Written by the owner before it does anything that others can see, read by everybody.
#[derive(Debug)]
pub(super) struct Authority {
    /// The moment that the core calls zero.
    origin: Instant,
    acts_from_us: AtomicU64,
    /// Copies may be read until then; 0 where they may not.
    reads_until_us: AtomicU64,
}

impl Authority {
    pub(super) fn new(origin: Instant) -> Self {
        Self { origin, acts_from_us: AtomicU64::new(0), reads_until_us: AtomicU64::new(0) }
    }

    /// See [`Core::acts_from`](crate::core::Core::acts_from).
    pub(super) fn publish(&self, acts_from: Time) {
        self.acts_from_us.store(acts_from.0, Ordering::SeqCst);
    }

    /// What the core says now about [`reads_until`](crate::core::Core::reads_until), as far as that is no longer than before:
    /// to be said before anything that others can see is done.
    pub(super) fn restrict_reads(&self, until: Option<Time>) {
        self.reads_until_us.fetch_min(until.map_or(0, |until| until.0), Ordering::SeqCst);
    }

    /// The same, once all gates are as they should be.
    pub(super) fn allow_reads(&self, until: Option<Time>) {
        self.reads_until_us.store(until.map_or(0, |until| until.0), Ordering::SeqCst);
    }

    /// Whether this process's lease holds.
    pub(super) fn reads_now(&self) -> bool {
        let until = self.reads_until_us.load(Ordering::SeqCst);
        until > 0 && Instant::now() < self.moment(Time(until))
    }

    pub(super) fn acts_from(&self) -> Instant {
        self.moment(Time(self.acts_from_us.load(Ordering::SeqCst)))
    }

    /// A time of the core as a moment.
    pub(super) fn moment(&self, time: Time) -> Instant {
        self.origin + Duration::from_micros(time.0)
    }
}
