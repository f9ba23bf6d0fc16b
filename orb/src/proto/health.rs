//! Which peers have failed lately, so that others are tried before them.
//!
//! A peer that cannot be reached rests for a while, longer each time, up to a limit. Resting is advice, never a verdict: a
//! caller who has nobody else asks a resting peer all the same, and the first success ends its rest. So nothing is poisoned
//! by what is remembered here, and forgetting it does no harm.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::head::Time;

/// How long peers rest, and how many are remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthLimits {
    /// The rest after the first failure; each further one is twice as long.
    pub rest_first: Duration,
    /// The longest rest.
    pub rest_max: Duration,
    /// Peers that are remembered. When there are more, the one whose rest ends first is forgotten.
    pub peers_max: usize,
}

/// Which peers have failed lately. See the [module](self). Every method costs O(log peers).
#[derive(Debug, Clone)]
pub struct Health<K> {
    limits: HealthLimits,
    resting: BTreeMap<K, Rest>,
    /// The same peers by the ends of their rests.
    ends: BTreeSet<(Time, K)>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Time,
    failures: u32,
}

impl<K: Ord + Clone> Health<K> {
    /// Everybody is well.
    pub fn new(limits: HealthLimits) -> Health<K> {
        Health { limits, resting: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// A peer could not be reached. One that rests already is not punished twice for the same failure: many callers may
    /// notice it.
    pub fn failed(&mut self, peer: &K, now: Time) {
        let before = self.resting.get(peer).copied();
        if before.is_some_and(|rest| now < rest.until) {
            return;
        }
        let failures = before.map_or(0, |rest| rest.failures).saturating_add(1);
        let doubled = self.limits.rest_first.saturating_mul(1 << (failures - 1).min(31));
        let rest = Rest { until: now + doubled.min(self.limits.rest_max), failures };
        self.well(peer);
        self.resting.insert(peer.clone(), rest);
        self.ends.insert((rest.until, peer.clone()));
        if self.resting.len() > self.limits.peers_max
            && let Some((_, first)) = self.ends.pop_first()
        {
            self.resting.remove(&first);
        }
    }

    /// A peer was reached.
    pub fn well(&mut self, peer: &K) {
        if let Some(rest) = self.resting.remove(peer) {
            self.ends.remove(&(rest.until, peer.clone()));
        }
    }

    /// Whether others should be tried before this one.
    pub fn is_resting(&self, peer: &K, now: Time) -> bool {
        self.resting.get(peer).is_some_and(|rest| now < rest.until)
    }

    /// Peers that are remembered.
    pub fn len(&self) -> usize {
        self.resting.len()
    }

    /// Whether nobody has failed.
    pub fn is_empty(&self) -> bool {
        self.resting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn health() -> Health<&'static str> {
        Health::new(HealthLimits { rest_first: SECOND, rest_max: 5 * SECOND, peers_max: 2 })
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn rests_double_up_to_their_limit_and_a_success_ends_them() {
        let mut health = health();
        let mut now = 0;
        for rest in [1, 2, 4, 5, 5] {
            health.failed(&"a", at(now));
            assert!(health.is_resting(&"a", at(now + rest - 1)), "{rest}");
            assert!(!health.is_resting(&"a", at(now + rest)), "{rest}: it is tried again");
            now += rest;
        }
        health.well(&"a");
        health.failed(&"a", at(now));
        assert!(!health.is_resting(&"a", at(now + 1)), "its past is forgotten");
    }

    #[test]
    fn one_failure_that_many_notice_counts_once() {
        let mut health = health();
        for _ in 0..10 {
            health.failed(&"a", at(0));
        }
        assert!(!health.is_resting(&"a", at(1)));
    }

    #[test]
    fn memory_is_bounded_by_those_who_rest_longest() {
        let mut health = health();
        for (peer, when) in [("a", 0), ("b", 1), ("c", 2)] {
            health.failed(&peer, at(when));
        }
        assert_eq!((health.len(), health.ends.len()), (2, 2));
        assert!(!health.is_resting(&"a", at(0)) && health.is_resting(&"c", at(2)));
        health.well(&"b");
        health.well(&"c");
        assert!(health.is_empty() && health.ends.is_empty());
    }
}
