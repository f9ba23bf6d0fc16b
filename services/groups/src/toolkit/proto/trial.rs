//! A tool under a random history: members that come with a copy of the value and go without a word, in one order of changes.

use super::State;
use crate::core::ProcessId;
use crate::sim::random::Random;
use std::fmt::Debug;

pub(crate) fn process(number: u64) -> ProcessId {
    ProcessId(number)
}

/// Members, each with its own copy.
pub(crate) struct Trial<T> {
    members: Vec<(ProcessId, T)>,
    next: u64,
}

/// Members there are at most.
const MEMBERS_MAX: usize = 5;

impl<T: State + Clone + PartialEq + Debug> Trial<T>
where
    T::Change: Clone,
{
    pub(crate) fn new(value: T, count: u64) -> Self {
        let members = (1..=count).map(|number| (process(number), value.clone())).collect();
        let mut trial = Self { members, next: count + 1 };
        trial.roster();
        trial
    }

    /// A change by one of the members, as chance has it, or, now and then, a member that comes or goes.
    pub(crate) fn step(&mut self, random: &mut Random, change: T::Change) {
        match random.between(0, 19) {
            0 if self.members.len() > 1 => {
                let at = random.between(0, self.members.len() as u64 - 1) as usize;
                self.members.remove(at);
                self.roster();
            }
            1 if self.members.len() < MEMBERS_MAX => {
                // The copy travels as it does between processes.
                let mut octets = Vec::new();
                ciborium::into_writer(&self.members[0].1, &mut octets).unwrap();
                let copy = ciborium::from_reader(&octets[..]).unwrap();
                assert_eq!(copy, self.members[0].1);
                self.members.push((process(self.next), copy));
                self.next += 1;
                self.roster();
            }
            _ => {
                let at = random.between(0, self.members.len() as u64 - 1) as usize;
                let by = self.members[at].0;
                for (_, value) in &mut self.members {
                    value.apply(by, change.clone());
                }
            }
        }
        assert!(self.members.iter().all(|(_, value)| *value == self.members[0].1));
    }

    fn roster(&mut self) {
        let roster: Vec<ProcessId> = self.members.iter().map(|(process, _)| *process).collect();
        self.members.iter_mut().for_each(|(_, value)| value.roster(&roster));
    }

    /// What all have.
    pub(crate) fn value(&self) -> &T {
        &self.members[0].1
    }

    pub(crate) fn is_member(&self, process: ProcessId) -> bool {
        self.members.iter().any(|(member, _)| *member == process)
    }

    pub(crate) fn members(&self) -> usize {
        self.members.len()
    }
}
