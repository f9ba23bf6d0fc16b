//! Timers, as servants ask for them and as a member's task waits for them.

use super::proto::TimerChange;
use super::seat::Seat;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Why a timer was not set or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimerError {
    /// Nobody would be told when it fires.
    #[error(
        "only updates of a replicated object have timers, and only if it is served with `on_timer`, which says what a timer does"
    )]
    NotServed,
    /// Too many run.
    #[error("{0} timers of the object run already: timers_max")]
    TooMany(usize),
    /// Its name is too long.
    #[error("the name of the timer has {octets} octets, above the limit timer_name_bytes_max = {max}")]
    NameTooLong {
        /// Its length.
        octets: usize,
        /// The limit.
        max: usize,
    },
}

/// What a request asks of the object's timers.
pub(super) struct Wishes {
    seat: Arc<Seat>,
    /// The time of the request.
    time_us: u64,
    changes: Mutex<Vec<TimerChange>>,
}

impl Wishes {
    pub(super) fn new(seat: &Arc<Seat>, time_us: u64) -> Self {
        Self { seat: seat.clone(), time_us, changes: Mutex::default() }
    }

    pub(super) fn set(&self, name: &str, after: Duration) -> Result<(), TimerError> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.seat.look(|core| {
            let limits = core.limits();
            let (octets, max) = (name.len(), limits.timer_name_bytes_max);
            if octets > max {
                return Err(TimerError::NameTooLong { octets, max });
            }
            let asked = changes.iter().filter(|change| change.due_us.is_some()).count();
            match core.timers().len() + asked >= limits.timers_max && !core.has_timer(name) {
                true => Err(TimerError::TooMany(limits.timers_max)),
                false => Ok(()),
            }
        })?;
        let after_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        changes.push(TimerChange { name: name.into(), due_us: Some(self.time_us.saturating_add(after_us)) });
        Ok(())
    }

    pub(super) fn cancel(&self, name: &str) {
        let change = TimerChange { name: name.into(), due_us: None };
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    pub(super) fn take(&self) -> Vec<TimerChange> {
        std::mem::take(&mut self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When a member's alarms ring.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    at: BTreeMap<u64, Instant>,
    due: BTreeSet<(Instant, u64)>,
}

/// No alarm rings later; that far away nobody waits for it.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

impl Alarms {
    pub(super) fn arm(&mut self, number: u64, now: Instant, after_us: u64) {
        self.disarm(number);
        let at = now + Duration::from_micros(after_us).min(FAR);
        self.at.insert(number, at);
        self.due.insert((at, number));
    }

    pub(super) fn disarm(&mut self, number: u64) {
        if let Some(at) = self.at.remove(&number) {
            self.due.remove(&(at, number));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn first(&self) -> Option<(Instant, u64)> {
        self.due.first().copied()
    }

    /// The next alarm, when it rings: it is gone then. Cancellation safe.
    pub(super) async fn ring(&mut self) -> u64 {
        let Some((at, number)) = self.first() else { return std::future::pending().await };
        tokio::time::sleep_until(at).await;
        self.disarm(number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn they_ring_in_their_order_unless_they_are_disarmed() {
        let (mut alarms, now) = (Alarms::default(), Instant::now());
        for (number, after_us) in [(1, 3_000), (2, 1_000), (3, 2_000), (4, u64::MAX), (2, 5_000)] {
            alarms.arm(number, now, after_us);
        }
        alarms.disarm(3);
        assert_eq!(alarms.first(), Some((now + Duration::from_millis(3), 1)));
        assert_eq!(alarms.ring().await, 1);
        assert_eq!(alarms.ring().await, 2);
        assert!(Instant::now() >= now + Duration::from_millis(5));
        assert_eq!(alarms.first(), Some((now + FAR, 4)));
        alarms.disarm(4);
        assert_eq!(alarms.first(), None);
    }
}
