//! Locks: one holder each, granted in the order of asking.
//!
//! A holder that is lost loses its locks at the place of the view that says so, and the next in line gets each of them, told that
//! what the lock protects may be half done. Where nobody waits, the next to ask is told.

use super::State;
use crate::core::ProcessId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// All locks of a group, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockTable {
    locks: BTreeMap<String, Lock>,
    /// Numbers grants: later ones are larger.
    fence: u64,
}

/// One lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lock {
    holder: Option<Grant>,
    waiting: VecDeque<Asker>,
    /// The last holder was lost, and nobody has been told yet.
    orphaned: bool,
}

/// Who asks: a process, and which of its requests it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Asker {
    process: ProcessId,
    request: u64,
}

/// A lock that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    process: ProcessId,
    request: u64,
    /// Its number: later grants, of any lock, have larger ones. Whoever stores for lock holders refuses smaller numbers than it
    /// has seen, and so keeps out a holder that was lost and does not know it yet.
    pub fence: u64,
    /// The holder before was lost: what the lock protects may be half done.
    pub after_loss: bool,
}

/// What is done to a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockChange {
    /// Get in line.
    Ask {
        /// The lock.
        name: String,
        /// A number of the asker's own.
        request: u64,
    },
    /// Get it now or not at all.
    Try {
        /// The lock.
        name: String,
        /// A number of the asker's own.
        request: u64,
    },
    /// Give it back, or get out of line.
    Release {
        /// The lock.
        name: String,
        /// The number under which it was asked for.
        request: u64,
    },
}

/// Locks that have somebody in line, or something to tell; others are not kept.
const LOCKS_MAX: usize = 1_000_000;

impl State for LockTable {
    type Change = LockChange;
    /// Whether the asker is in line, or has it.
    type Answer = bool;

    fn apply(&mut self, by: ProcessId, change: LockChange) -> bool {
        match change {
            LockChange::Ask { name, request } => self.ask(name, Asker { process: by, request }, true),
            LockChange::Try { name, request } => self.ask(name, Asker { process: by, request }, false),
            LockChange::Release { name, request } => {
                let Some(lock) = self.locks.get_mut(&name) else { return false };
                let asker = Asker { process: by, request };
                lock.waiting.retain(|waiting| *waiting != asker);
                if lock.holder.is_some_and(|held| held.asker() == asker) {
                    lock.holder = None;
                    grant(lock, &mut self.fence);
                }
                self.tidy(&name);
                true
            }
        }
    }

    fn roster(&mut self, members: &[ProcessId]) {
        for lock in self.locks.values_mut() {
            lock.waiting.retain(|asker| members.contains(&asker.process));
            if lock.holder.is_some_and(|held| !members.contains(&held.process)) {
                lock.holder = None;
                lock.orphaned = true;
                grant(lock, &mut self.fence);
            }
        }
        self.locks.retain(|_, lock| lock.is_of_use());
    }
}

impl LockTable {
    /// What this request holds, if it has been granted.
    #[must_use]
    pub fn granted(&self, name: &str, by: ProcessId, request: u64) -> Option<Grant> {
        let held = self.locks.get(name)?.holder?;
        (held.asker() == Asker { process: by, request }).then_some(held)
    }

    /// Who holds a lock.
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<ProcessId> {
        Some(self.locks.get(name)?.holder?.process)
    }

    /// How many wait for a lock.
    #[must_use]
    pub fn waiting(&self, name: &str) -> usize {
        self.locks.get(name).map_or(0, |lock| lock.waiting.len())
    }

    fn ask(&mut self, name: String, asker: Asker, waits: bool) -> bool {
        if self.locks.len() >= LOCKS_MAX && !self.locks.contains_key(&name) {
            return false;
        }
        let lock = self.locks.entry(name).or_default();
        if lock.holder.is_some() && !waits {
            return false;
        }
        lock.waiting.push_back(asker);
        grant(lock, &mut self.fence);
        true
    }

    fn tidy(&mut self, name: &str) {
        if self.locks.get(name).is_some_and(|lock| !lock.is_of_use()) {
            self.locks.remove(name);
        }
    }
}

/// Gives a free lock to the first in line.
fn grant(lock: &mut Lock, fence: &mut u64) {
    if lock.holder.is_none()
        && let Some(Asker { process, request }) = lock.waiting.pop_front()
    {
        *fence += 1;
        let after_loss = std::mem::take(&mut lock.orphaned);
        lock.holder = Some(Grant { process, request, fence: *fence, after_loss });
    }
}

impl Lock {
    fn is_of_use(&self) -> bool {
        self.holder.is_some() || self.orphaned
    }
}

impl Grant {
    fn asker(&self) -> Asker {
        Asker { process: self.process, request: self.request }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, process};
    use super::*;
    use crate::sim::random::Random;

    fn ask(request: u64) -> LockChange {
        LockChange::Ask { name: "l".into(), request }
    }

    fn release(request: u64) -> LockChange {
        LockChange::Release { name: "l".into(), request }
    }

    #[test]
    fn the_first_to_ask_holds_it_and_the_next_gets_it() {
        let mut table = LockTable::default();
        assert!(table.apply(process(1), ask(1)) && table.apply(process(2), ask(1)));
        assert!(!table.apply(process(3), LockChange::Try { name: "l".into(), request: 1 }));
        assert_eq!((table.holder("l"), table.waiting("l")), (Some(process(1)), 1));
        table.apply(process(1), release(1));
        let grant = table.granted("l", process(2), 1).unwrap();
        assert_eq!((grant.fence, grant.after_loss), (2, false));
        table.apply(process(2), release(1));
        assert_eq!(table, LockTable { fence: 2, ..LockTable::default() }, "nothing is kept of a free lock");
    }

    #[test]
    fn whoever_follows_a_lost_holder_is_told_once() {
        let mut table = LockTable::default();
        table.apply(process(1), ask(1));
        table.apply(process(2), ask(1));
        table.roster(&[process(2), process(3)]);
        assert!(table.granted("l", process(2), 1).unwrap().after_loss);
        table.apply(process(2), release(1));
        table.apply(process(3), ask(1));
        assert!(!table.granted("l", process(3), 1).unwrap().after_loss);
        // Nobody waits when it is lost: the next one to ask is told.
        table.roster(&[process(2)]);
        assert_eq!(table.holder("l"), None);
        table.apply(process(2), ask(2));
        assert!(table.granted("l", process(2), 2).unwrap().after_loss);
    }

    #[test]
    fn one_that_gives_up_waiting_is_passed_over() {
        let mut table = LockTable::default();
        (1..=3).for_each(|n| assert!(table.apply(process(n), ask(1))));
        table.apply(process(2), release(1));
        table.apply(process(1), release(1));
        assert_eq!(table.holder("l"), Some(process(3)));
    }

    /// Members come and go and ask as chance has it: at every place all have the same table, nobody who is gone holds or waits,
    /// no lock is free while somebody waits, and fences grow.
    #[test]
    fn no_schedule_breaks_them() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let mut trial = Trial::new(LockTable::default(), 3);
            let mut last_fence = 0;
            for step in 0..120 {
                let name = ["a", "b"][random.between(0, 1) as usize].to_owned();
                let request = random.between(0, 3);
                let change = match random.between(0, 3) {
                    0 | 1 => LockChange::Ask { name, request: step },
                    2 => LockChange::Try { name, request },
                    _ => LockChange::Release { name, request: random.between(0, step) },
                };
                trial.step(&mut random, change);
                let table = trial.value();
                for lock in table.locks.values() {
                    assert!(lock.holder.is_some() || lock.waiting.is_empty(), "seed {seed}: {table:?}");
                    let askers = lock.waiting.iter().copied().chain(lock.holder.map(|held| held.asker()));
                    assert!(askers.clone().all(|a| trial.is_member(a.process)), "seed {seed}: {table:?}");
                }
                assert!(table.fence >= last_fence);
                last_fence = table.fence;
            }
        }
    }
}
