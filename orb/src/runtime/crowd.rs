//! How a connection behaves where others call as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Limits;

/// Whose calls a broker has dealt with last.
#[derive(Debug, Default)]
pub(super) struct LastCaller(AtomicU64);

/// What a connection knows of the others that call the same broker, and of what it has taken itself.
///
/// A peer alone gets all it can use. As soon as another one calls as well, each gets short turns; and one whose calls never
/// come to an end pauses now and then, so that what it takes is bounded, and with it what the others wait.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// When another connection was last seen to have had a call.
    others_at: Option<Instant>,
    /// Calls since there was a gap between them, or a pause.
    in_a_row: usize,
}

/// Events of one peer that are dealt with before other connections get their turn: a peer that sends as fast as it can does
/// not make them wait for all that it has sent.
const EVENTS_ALONE_MAX: usize = 32;

/// The same, where others call as well.
const EVENTS_IN_CROWD_MAX: usize = 4;

/// Others call as well for so long after they have called last.
const CROWD_TIME_MAX: Duration = Duration::from_millis(20);

impl Crowd {
    /// How many events may be dealt with in this turn.
    pub(super) fn events_max(&self, now: Instant) -> usize {
        if self.is_crowded(now) { EVENTS_IN_CROWD_MAX } else { EVENTS_ALONE_MAX }
    }

    /// The connection with this number has had a call.
    pub(super) fn called(&mut self, last: &LastCaller, number: u64, now: Instant) {
        if last.0.load(Ordering::Relaxed) != number {
            last.0.store(number, Ordering::Relaxed);
            self.others_at = Some(now);
        }
        self.in_a_row += 1;
    }

    /// There is nothing more to be dealt with: what comes next is not in a row with what was before.
    pub(super) fn ran_dry(&mut self) {
        self.in_a_row = 0;
    }

    /// How long the connection leaves its peer's calls alone, though there are more of them.
    pub(super) fn pause(&mut self, limits: &Limits, now: Instant) -> Option<Duration> {
        let pauses = self.in_a_row >= limits.calls_in_a_row_max && self.is_crowded(now);
        pauses.then(|| {
            self.in_a_row = 0;
            limits.calls_in_a_row_pause
        })
    }

    fn is_crowded(&self, now: Instant) -> bool {
        self.others_at.is_some_and(|at| now.saturating_duration_since(at) <= CROWD_TIME_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_alone_is_never_held_up() {
        let (mut crowd, last, now) = (Crowd::default(), LastCaller::default(), Instant::now());
        // The first call of a connection takes over from whoever was there before; nobody else is heard of later.
        crowd.called(&last, 7, now);
        let later = now + CROWD_TIME_MAX + Duration::from_millis(1);
        for _ in 0..10_000 {
            crowd.called(&last, 7, later);
        }
        assert_eq!(crowd.events_max(later), EVENTS_ALONE_MAX);
        assert_eq!(crowd.pause(&Limits::default(), later), None);
    }

    #[test]
    fn beside_others_turns_are_short_and_a_flood_pauses() {
        let limits = Limits::default();
        let (last, now) = (LastCaller::default(), Instant::now());
        let (mut flood, mut other) = (Crowd::default(), Crowd::default());
        for call in 1..=limits.calls_in_a_row_max {
            flood.called(&last, 1, now);
            assert_eq!(flood.pause(&limits, now).is_some(), call == limits.calls_in_a_row_max, "{call}");
            other.called(&last, 2, now);
            other.ran_dry();
            assert_eq!((other.pause(&limits, now), other.events_max(now)), (None, EVENTS_IN_CROWD_MAX));
        }
        assert_eq!(flood.events_max(now), EVENTS_IN_CROWD_MAX);
        flood.called(&last, 1, now);
        assert_eq!(flood.pause(&limits, now), None, "the pause is over");
    }
}
