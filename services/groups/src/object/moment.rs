//! Time and chance for servants that every member executes alike.

use super::proto::Moment;
use super::timers::{TimerError, Wishes};
use quorb::Context;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a replicated servant asks of its [`Context`] instead of the system: the answers are part of the group's order, so
/// that every member gets the same, and the same again when a request is executed by a successor.
///
/// In a call that is not ordered (a query, or an object that is not replicated) the system answers: the same servant works
/// in both.
///
/// ```
/// use quorb_groups::object::Ordered;
///
/// fn ticket(cx: &quorb::Context) -> String {
///     format!("{:032x} at {:?}, lucky number {}", cx.fresh_id(), cx.time(), cx.random() % 49)
/// }
/// ```
pub trait Ordered {
    /// The time: the wall clock of the member that the request came to, and later than that of every earlier request.
    fn time(&self) -> SystemTime;

    /// A number drawn for this request; the next call gives another one. Good for spreading and sampling; whoever sees the
    /// group's messages can foresee it.
    fn random(&self) -> u64;

    /// An identity that nothing else has.
    fn fresh_id(&self) -> u128 {
        u128::from(self.random()) << 64 | u128::from(self.random())
    }

    /// Has a timer fire when so much time has passed: then the object is told by what it was served with as
    /// [`on_timer`](super::Serve::on_timer), at one place of the order at every replica, once. A timer of the same name that runs
    /// already is renewed. Timers outlive the replicas that were asked, and travel to those that join; they run on while
    /// nobody can serve, and fire late then.
    ///
    /// # Errors
    /// In queries, and wherever nobody would be told; with too many timers, or too long a name
    /// ([`ReplicaLimits`](super::ReplicaLimits)).
    fn set_timer(&self, name: &str, after: Duration) -> Result<(), TimerError>;

    /// Has a timer not fire any more; nothing if none of this name runs.
    ///
    /// # Errors
    /// In queries, and wherever there are no timers.
    fn cancel_timer(&self, name: &str) -> Result<(), TimerError>;
}

impl Ordered for Context {
    fn time(&self) -> SystemTime {
        match self.attached::<Draws>() {
            Some(draws) => UNIX_EPOCH + Duration::from_micros(draws.moment.time_us),
            None => SystemTime::now(),
        }
    }

    fn random(&self) -> u64 {
        match self.attached::<Draws>() {
            Some(draws) => draws.next(),
            None => chance(),
        }
    }

    fn set_timer(&self, name: &str, after: Duration) -> Result<(), TimerError> {
        self.attached::<Wishes>().ok_or(TimerError::NotServed)?.set(name, after)
    }

    fn cancel_timer(&self, name: &str) -> Result<(), TimerError> {
        self.attached::<Wishes>().ok_or(TimerError::NotServed)?.cancel(name);
        Ok(())
    }
}

/// The moment of a request, and how often it was asked for a number.
#[derive(Debug)]
pub(super) struct Draws {
    moment: Moment,
    drawn: AtomicU64,
}

impl Draws {
    pub(super) fn new(moment: Moment) -> Self {
        Self { moment, drawn: AtomicU64::new(0) }
    }

    fn next(&self) -> u64 {
        let nth = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        // The time is no secret, but no two requests share it: equal seeds give different numbers.
        mix(mix(self.moment.seed ^ self.moment.time_us.rotate_left(32)).wrapping_add(mix(nth)))
    }
}

/// The finalizer of splitmix64.
fn mix(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// This member's wall clock and a number that nobody can foresee.
pub(super) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { time_us: u64::try_from(since.as_micros()).unwrap_or(u64::MAX), seed: chance() }
}

/// The keys of a fresh hasher are the system's randomness.
fn chance() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_moments_give_equal_numbers_and_no_number_comes_twice() {
        let moment = Moment { time_us: 5, seed: 9 };
        let (one, other) = (Draws::new(moment), Draws::new(moment));
        let drawn: Vec<u64> = (0..1000).map(|_| one.next()).collect();
        assert!(drawn.iter().all(|&number| number == other.next()));
        let later = Draws::new(Moment { time_us: 6, ..moment });
        assert_ne!(later.next(), drawn[0]);
        let distinct: std::collections::BTreeSet<u64> = drawn.iter().copied().collect();
        assert_eq!(distinct.len(), drawn.len());
    }
}
