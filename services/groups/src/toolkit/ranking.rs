//! Ranks: what each member is to do, from the members alone.

use crate::core::{GroupView, ProcessId};
use std::ops::Range;

/// A process's place among the members of a group.
///
/// ```
/// # use quorb_groups::toolkit::Ranking;
/// # use quorb_groups::core::ProcessId;
/// # let (me, members) = (ProcessId(7), [ProcessId(3), ProcessId(7), ProcessId(9)]);
/// let ranking = Ranking::of(me, &members).expect("a member");
/// if ranking.is_first() { /* coordinate */ }
/// let rows = ranking.part(100); // the rows that are this member's: together they are all, and none twice
/// assert_eq!(rows, 33..66);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranking {
    /// The rank: 0 is the oldest.
    pub rank: usize,
    /// How many members there are.
    pub members: usize,
}

impl Ranking {
    /// The place of a process; none if it is no member.
    #[must_use]
    pub fn of(process: ProcessId, members: &[ProcessId]) -> Option<Self> {
        let rank = members.iter().position(|member| *member == process)?;
        Some(Self { rank, members: members.len() })
    }

    /// The place of a process among the members of a view that have the state.
    #[must_use]
    pub fn in_view(process: ProcessId, view: &GroupView) -> Option<Self> {
        let complete = view.members.iter().filter(|member| member.complete);
        let members: Vec<ProcessId> = complete.map(|member| member.process).collect();
        Self::of(process, &members)
    }

    /// Whether it is the oldest: the one that acts where one is to act.
    #[must_use]
    pub fn is_first(self) -> bool {
        self.rank == 0
    }

    /// This member's part of so many pieces of work: contiguous, all parts together are everything, and sizes differ by one at most.
    #[must_use]
    pub fn part(self, pieces: u64) -> Range<u64> {
        let cut = |rank: usize| (u128::from(pieces) * rank as u128 / self.members.max(1) as u128) as u64;
        cut(self.rank)..cut(self.rank + 1)
    }

    /// Whether a piece of work, by its hash, is this member's.
    #[must_use]
    pub fn is_mine(self, hash: u64) -> bool {
        hash % self.members.max(1) as u64 == self.rank as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_everything_and_nothing_twice() {
        for members in 1..7 {
            for pieces in [0, 1, 5, 6, 100, u64::MAX] {
                let parts: Vec<_> = (0..members).map(|rank| Ranking { rank, members }.part(pieces)).collect();
                assert_eq!((parts[0].start, parts[members - 1].end), (0, pieces));
                assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start), "{parts:?}");
                let size = |part: &Range<u64>| part.end - part.start;
                let (least, most) = (parts.iter().map(size).min(), parts.iter().map(size).max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{parts:?}");
            }
        }
    }
}
