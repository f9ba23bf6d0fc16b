//! Barriers: who has arrived waits for the others.
//!
//! A barrier of so many opens when so many different members have arrived; one of all opens when every member has. A member that
//! is lost has not arrived, and is not waited for. When a barrier opens it begins anew: its next generation.

use super::State;
use crate::core::ProcessId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All barriers of a group, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarrierTable {
    barriers: BTreeMap<String, Barrier>,
    members: Vec<ProcessId>,
}

/// One barrier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Barrier {
    /// How often it has opened.
    generation: u64,
    arrived: BTreeSet<ProcessId>,
    /// How many it takes; none is all members.
    parties: Option<u32>,
}

/// What is done to a barrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BarrierChange {
    /// Arrive; the first to do so in a generation says how many it takes, none for all members.
    Arrive(String, Option<u32>),
    /// Not to have arrived after all.
    Withdraw(String),
}

impl State for BarrierTable {
    type Change = BarrierChange;
    /// The generation that the member waits for the end of.
    type Answer = u64;

    fn apply(&mut self, by: ProcessId, change: BarrierChange) -> u64 {
        match change {
            BarrierChange::Arrive(name, parties) => {
                let barrier = self.barriers.entry(name).or_default();
                if barrier.arrived.is_empty() {
                    barrier.parties = parties;
                }
                let generation = barrier.generation;
                barrier.arrived.insert(by);
                barrier.open(&self.members);
                generation
            }
            BarrierChange::Withdraw(name) => {
                let Some(barrier) = self.barriers.get_mut(&name) else { return 0 };
                barrier.arrived.remove(&by);
                barrier.generation
            }
        }
    }

    fn roster(&mut self, members: &[ProcessId]) {
        self.members = members.to_vec();
        for barrier in self.barriers.values_mut() {
            barrier.arrived.retain(|process| members.contains(process));
            barrier.open(members);
        }
    }
}

impl Barrier {
    fn open(&mut self, members: &[ProcessId]) {
        let all_here = match self.parties {
            Some(parties) => self.arrived.len() >= parties as usize,
            None => members.iter().all(|process| self.arrived.contains(process)),
        };
        if all_here && !self.arrived.is_empty() {
            self.arrived.clear();
            self.generation += 1;
        }
    }
}

impl BarrierTable {
    /// How often a barrier has opened.
    #[must_use]
    pub fn generation(&self, name: &str) -> u64 {
        self.barriers.get(name).map_or(0, |barrier| barrier.generation)
    }

    /// How many wait at a barrier.
    #[must_use]
    pub fn arrived(&self, name: &str) -> usize {
        self.barriers.get(name).map_or(0, |barrier| barrier.arrived.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, process};
    use super::*;
    use crate::sim::random::Random;

    fn arrive(parties: Option<u32>) -> BarrierChange {
        BarrierChange::Arrive("b".into(), parties)
    }

    #[test]
    fn it_opens_when_all_are_there_and_begins_anew() {
        let mut table = BarrierTable::default();
        table.roster(&[process(1), process(2)]);
        assert_eq!(table.apply(process(1), arrive(None)), 0);
        assert_eq!(table.apply(process(1), arrive(None)), 0, "twice is once");
        assert_eq!(table.generation("b"), 0);
        assert_eq!(table.apply(process(2), arrive(None)), 0);
        assert_eq!((table.generation("b"), table.arrived("b")), (1, 0));
        assert_eq!(table.apply(process(1), arrive(Some(1))), 1);
        assert_eq!(table.generation("b"), 2);
    }

    #[test]
    fn the_lost_are_not_waited_for_and_have_not_arrived() {
        let mut table = BarrierTable::default();
        let all: Vec<ProcessId> = (1..=3).map(process).collect();
        table.roster(&all);
        table.apply(process(1), arrive(None));
        table.apply(process(2), arrive(None));
        table.roster(&all[..2]);
        assert_eq!(table.generation("b"), 1, "the third is not waited for");
        table.roster(&all);
        table.apply(process(1), arrive(Some(2)));
        table.roster(&all[1..]);
        table.apply(process(2), arrive(Some(2)));
        assert_eq!(table.generation("b"), 1, "the first has not arrived");
        table.apply(process(3), arrive(Some(2)));
        assert_eq!(table.generation("b"), 2);
    }

    #[test]
    fn no_schedule_leaves_one_shut_that_all_have_reached() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let mut trial = Trial::new(BarrierTable::default(), 3);
            for _ in 0..120 {
                let change = match random.between(0, 4) {
                    0 => BarrierChange::Withdraw("b".into()),
                    1 => arrive(Some(2)),
                    _ => arrive(None),
                };
                trial.step(&mut random, change);
                assert!(
                    trial.value().arrived("b") < trial.members().max(2),
                    "seed {seed}: {:?}",
                    trial.value()
                );
            }
        }
    }
}
