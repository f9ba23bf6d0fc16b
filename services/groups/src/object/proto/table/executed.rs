//! Requests of one client that were executed and are held no more, although a lower one may still come.

use crate::core::WireError;
use crate::core::wire::{Reader, Wire, put_varint};
use bytes::BytesMut;
use std::collections::BTreeMap;

/// Their sequences, as runs: the first of each, and the one after its last.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Executed {
    runs: BTreeMap<u64, u64>,
}

impl Executed {
    pub(super) fn has(&self, sequence: u64) -> bool {
        self.runs.range(..=sequence).next_back().is_some_and(|(_, &end)| sequence < end)
    }

    /// Notes one that is not among them.
    pub(super) fn note(&mut self, sequence: u64) {
        let after = sequence.saturating_add(1);
        let end = self.runs.remove(&after).unwrap_or(after);
        match self.runs.range_mut(..=sequence).next_back() {
            Some((_, before)) if *before == sequence => *before = end,
            _ => drop(self.runs.insert(sequence, end)),
        }
    }

    /// All from here on without a gap are taken out: gives the one after them.
    pub(super) fn pass(&mut self, from: u64) -> u64 {
        self.runs.remove(&from).unwrap_or(from)
    }

    /// Those below are of no interest any more.
    pub(super) fn forget_below(&mut self, below: u64) {
        while let Some(first) = self.runs.first_entry().filter(|first| *first.key() < below) {
            let end = first.remove();
            if end > below {
                self.runs.insert(below, end);
            }
        }
    }

    /// How many runs there are.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Takes the lowest run out: gives the one after it.
    pub(super) fn take_lowest(&mut self) -> Option<u64> {
        self.runs.pop_first().map(|(_, end)| end)
    }

    /// The one after the highest; 0 if there are none.
    pub(super) fn end(&self) -> u64 {
        self.runs.last_key_value().map_or(0, |(_, &end)| end)
    }
}

impl Wire for Executed {
    fn write(&self, out: &mut BytesMut) {
        put_varint(out, self.runs.len() as u64);
        for (first, end) in &self.runs {
            first.write(out);
            end.write(out);
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let (mut executed, mut before) = (Self::default(), None);
        for _ in 0..input.count()? {
            let (first, end) = (u64::read(input)?, u64::read(input)?);
            // Runs that touch would be one.
            if first >= end || before.is_some_and(|before| first <= before) {
                return Err(WireError::Contradiction);
            }
            before = Some(end);
            executed.runs.insert(first, end);
        }
        Ok(executed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Random;
    use std::collections::BTreeSet;

    #[test]
    fn runs_hold_what_a_set_holds() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let (mut executed, mut set) = (Executed::default(), BTreeSet::new());
            for _ in 0..300 {
                let sequence = random.between(0, 60);
                match random.between(0, 30) {
                    0 => {
                        executed.forget_below(sequence);
                        set = set.split_off(&sequence);
                    }
                    1 => {
                        let mut end = sequence;
                        // From the middle of a run nothing is taken.
                        while !(sequence > 0 && set.contains(&(sequence - 1))) && set.remove(&end) {
                            end += 1;
                        }
                        assert_eq!(executed.pass(sequence), end, "seed {seed}");
                    }
                    2 => {
                        let mut end = set.first().copied();
                        while let Some(at) = end.filter(|at| set.remove(at)) {
                            end = Some(at + 1);
                        }
                        assert_eq!(executed.take_lowest(), end, "seed {seed}");
                    }
                    _ if set.insert(sequence) => executed.note(sequence),
                    _ => {}
                }
                for sequence in 0..=61 {
                    assert_eq!(executed.has(sequence), set.contains(&sequence), "seed {seed}: {sequence}");
                }
                assert_eq!(executed.end(), set.last().map_or(0, |last| last + 1), "seed {seed}");
                let runs = set.iter().filter(|&&first| first == 0 || !set.contains(&(first - 1))).count();
                assert_eq!(executed.runs(), runs, "seed {seed}");
                let mut out = BytesMut::new();
                executed.write(&mut out);
                assert_eq!(Executed::read(&mut Reader::new(out.freeze())).as_ref(), Ok(&executed));
            }
        }
    }

    #[test]
    fn the_last_sequence_has_its_place() {
        let mut executed = Executed::default();
        executed.note(u64::MAX - 1);
        assert!(executed.has(u64::MAX - 1) && !executed.has(u64::MAX));
        assert_eq!(executed.end(), u64::MAX);
    }
}
