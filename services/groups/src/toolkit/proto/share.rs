//! Sharing load: who does what, from what all members know.

use super::State;
use crate::core::ProcessId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a member is chosen for a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// One after the other: the n-th piece goes to rank n modulo the members.
    RoundRobin,
    /// The member of this rank; the last one, if there are fewer.
    Rank(usize),
    /// By chance, each as likely.
    Random,
    /// The same key to the same member; when members change, only keys of those that went, and a fair share for those that
    /// came, move.
    Affinity,
    /// The one that has reported the least; the first of them by rank. One that has reported nothing has nothing to do.
    LeastLoaded,
}

/// What a choice may depend on besides the members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Piece {
    /// Which piece of work it is: counts for [`Policy::RoundRobin`].
    pub number: u64,
    /// What it is about: counts for [`Policy::Affinity`].
    pub key: u64,
    /// A number drawn by chance: counts for [`Policy::Random`].
    pub chance: u64,
}

/// The loads that members have reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadTable {
    loads: BTreeMap<ProcessId, u64>,
    members: Vec<ProcessId>,
}

impl State for LoadTable {
    /// A member's load, in whatever unit all of them use.
    type Change = u64;
    type Answer = ();

    fn apply(&mut self, by: ProcessId, load: u64) {
        if self.members.contains(&by) {
            self.loads.insert(by, load);
        }
    }

    fn roster(&mut self, members: &[ProcessId]) {
        self.members = members.to_vec();
        self.loads.retain(|process, _| members.contains(process));
    }
}

impl LoadTable {
    /// The members, by rank.
    #[must_use]
    pub fn members(&self) -> &[ProcessId] {
        &self.members
    }

    /// What a member has reported last.
    #[must_use]
    pub fn load(&self, process: ProcessId) -> u64 {
        self.loads.get(&process).copied().unwrap_or(0)
    }

    /// Who is to do a piece of work; nobody where there are no members. The same at every member that has seen the same.
    #[must_use]
    pub fn choose(&self, policy: Policy, piece: Piece) -> Option<ProcessId> {
        let members = &self.members;
        let count = members.len() as u64;
        if count == 0 {
            return None;
        }
        let chosen = match policy {
            Policy::RoundRobin => members[(piece.number % count) as usize],
            Policy::Rank(rank) => members[rank.min(members.len() - 1)],
            Policy::Random => members[(piece.chance % count) as usize],
            Policy::Affinity => *members.iter().max_by_key(|process| weight(process.0, piece.key))?,
            Policy::LeastLoaded => *members.iter().min_by_key(|process| self.load(**process))?,
        };
        Some(chosen)
    }
}

/// Rendezvous hashing: each key ranks all members by itself.
fn weight(process: u64, key: u64) -> u64 {
    let mut mixed = process ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::trial::process;
    use super::*;

    fn table(members: &[u64]) -> LoadTable {
        let mut table = LoadTable::default();
        table.roster(&members.iter().copied().map(process).collect::<Vec<_>>());
        table
    }

    fn numbered(number: u64) -> Piece {
        Piece { number, key: number, chance: number }
    }

    #[test]
    fn each_policy_chooses_as_it_says() {
        let mut table = table(&[5, 6, 7]);
        let chosen = |table: &LoadTable, policy| -> Vec<u64> {
            (0..4).map(|n| table.choose(policy, numbered(n)).unwrap().0).collect()
        };
        assert_eq!(chosen(&table, Policy::RoundRobin), [5, 6, 7, 5]);
        assert_eq!(chosen(&table, Policy::Rank(1)), [6; 4]);
        assert_eq!(chosen(&table, Policy::Rank(9)), [7; 4]);
        assert_eq!(chosen(&table, Policy::Random), [5, 6, 7, 5]);
        table.apply(process(5), 10);
        table.apply(process(6), 3);
        assert_eq!(chosen(&table, Policy::LeastLoaded), [7; 4]);
        table.apply(process(7), 4);
        assert_eq!(chosen(&table, Policy::LeastLoaded), [6; 4]);
        assert_eq!(LoadTable::default().choose(Policy::Random, numbered(1)), None);
    }

    #[test]
    fn affinity_moves_only_what_it_must_and_spreads() {
        let (three, two, four) = (table(&[1, 2, 3]), table(&[1, 2]), table(&[1, 2, 3, 4]));
        let mut held = BTreeMap::new();
        for key in 0..3000 {
            let piece = Piece { key, ..Piece::default() };
            let before = three.choose(Policy::Affinity, piece).unwrap();
            *held.entry(before).or_insert(0) += 1;
            let without = two.choose(Policy::Affinity, piece).unwrap();
            assert!(without == before || before == process(3));
            let with = four.choose(Policy::Affinity, piece).unwrap();
            assert!(with == before || with == process(4));
        }
        assert!(held.values().all(|&count| (800..1200).contains(&count)), "{held:?}");
    }

    #[test]
    fn the_load_of_a_member_that_is_gone_is_forgotten() {
        let mut table = table(&[1, 2]);
        table.apply(process(1), 9);
        table.roster(&[process(2)]);
        table.apply(process(1), 9);
        assert_eq!(table, {
            let mut one = LoadTable::default();
            one.roster(&[process(2)]);
            one
        });
    }
}
