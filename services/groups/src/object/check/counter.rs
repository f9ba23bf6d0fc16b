//! Whether what clients have seen of a counter is linearizable: as if every call had happened at one moment between its
//! beginning and its end.
//!
//! The counter has two operations: *add* adds one and answers the new value, *read* answers the value. So the answers say
//! in which order the calls happened: an add that was answered `n` is the `n`-th, a read that was answered `n` lies between
//! it and the next. What remains to be checked is that no value was answered twice, that none is missing unless a call
//! whose end nobody knows can have made it, and that this order is that of time wherever one call had ended before another
//! began. For these histories that is not only necessary but enough.

use std::collections::BTreeMap;

/// A call, from a clock that all clients share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// When it began.
    pub begun: u64,
    /// When its client knew the end; nothing for one whose end it never knew.
    pub ended: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// One was added: this is the new value.
    Added(u64),
    /// This is the value.
    Read(u64),
    /// One may have been added.
    Unknown,
    /// It failed, and nothing was added.
    Refused,
}

/// The calls of all clients, and the value in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The calls, in any order.
    pub calls: Vec<Call>,
    /// The value that was read when everything had ended.
    pub last: u64,
}

/// Why a history is not that of one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Wrong {
    /// Two adds were answered alike: one of them is lost.
    #[error("two adds were answered {0}")]
    Twice(u64),
    /// A value came about that no call can have made: something was executed twice.
    #[error("nobody can have added the {0}th")]
    FromNowhere(u64),
    /// An acknowledged add is not in the end.
    #[error("the {0}th was acknowledged, and the last value is {1}")]
    Lost(u64, u64),
    /// A call shows less than one that had ended before it began.
    #[error("{0:?} shows less than {1:?}, which had ended before it began")]
    Stale(Call, Call),
    /// A call shows more than there was when it ended.
    #[error("{0:?} shows what had not begun when it ended")]
    Foretold(Call),
    /// A call ended before it began.
    #[error("{0:?} ended before it began")]
    Backwards(Call),
}

impl History {
    /// Checks it. Costs as much as sorting.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn check(&self) -> Result<(), Wrong> {
        if let Some(call) = self.calls.iter().find(|call| call.ended.is_some_and(|ended| ended < call.begun))
        {
            return Err(Wrong::Backwards(*call));
        }
        self.check_values()?;
        self.check_time()
    }

    /// Every value was made by one call.
    fn check_values(&self) -> Result<(), Wrong> {
        let mut made = BTreeMap::new();
        for call in &self.calls {
            match call.outcome {
                Outcome::Added(value) if value > self.last => return Err(Wrong::Lost(value, self.last)),
                Outcome::Added(value) if made.insert(value, call).is_some() => {
                    return Err(Wrong::Twice(value));
                }
                Outcome::Added(0) => return Err(Wrong::FromNowhere(0)),
                Outcome::Read(value) if value > self.last => return Err(Wrong::Foretold(*call)),
                _ => {}
            }
        }
        // Each missing value needs a call of its own whose end is not known, and which had begun before anybody saw it. The
        // first ones to have begun can stand for the first values.
        let unknown = self.calls.iter().filter(|call| call.outcome == Outcome::Unknown);
        let mut begun: Vec<u64> = unknown.map(|call| call.begun).collect();
        begun.sort_unstable();
        let mut spare = begun.into_iter();
        let seen_by = self.first_seen();
        for value in (1..=self.last).filter(|value| !made.contains_key(value)) {
            let begun = spare.next().ok_or(Wrong::FromNowhere(value))?;
            if let Some((_, (ended, call))) = seen_by.range(value..).min_by_key(|(_, (ended, _))| *ended)
                && *ended < begun
            {
                return Err(Wrong::Foretold(*call));
            }
        }
        Ok(())
    }

    /// For each value, the first end of a call that shows it.
    fn first_seen(&self) -> BTreeMap<u64, (u64, Call)> {
        let mut seen: BTreeMap<u64, (u64, Call)> = BTreeMap::new();
        for call in &self.calls {
            if let (Outcome::Added(value) | Outcome::Read(value), Some(ended)) = (call.outcome, call.ended) {
                let first = seen.entry(value).or_insert((ended, *call));
                if ended < first.0 {
                    *first = (ended, *call);
                }
            }
        }
        seen
    }

    /// The order that the answers say is that of time.
    fn check_time(&self) -> Result<(), Wrong> {
        // An add comes before the reads that show it.
        let place = |call: &Call| match call.outcome {
            Outcome::Added(value) => Some((value, 0)),
            Outcome::Read(value) => Some((value, 1)),
            _ => None,
        };
        let placed = self.calls.iter().filter_map(|call| Some((place(call)?, call)));
        let mut by_begin: Vec<_> = placed.collect();
        let mut by_end = by_begin.clone();
        by_end.retain(|(_, call)| call.ended.is_some());
        by_begin.sort_by_key(|(_, call)| call.begun);
        by_end.sort_by_key(|(_, call)| call.ended);
        let mut ended = by_end.into_iter().peekable();
        // The call that shows most among those that had ended.
        let mut furthest: Option<((u64, u8), &Call)> = None;
        for (place, call) in by_begin {
            while let Some(before) = ended.next_if(|(_, before)| before.ended < Some(call.begun)) {
                furthest = furthest.filter(|(most, _)| *most >= before.0).or(Some(before));
            }
            if let Some((shown, before)) = furthest
                && shown > place
            {
                return Err(Wrong::Stale(*call, *before));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Random;

    fn call(begun: u64, ended: u64, outcome: Outcome) -> Call {
        Call { begun, ended: Some(ended), outcome }
    }

    fn lost(begun: u64) -> Call {
        Call { begun, ended: None, outcome: Outcome::Unknown }
    }

    fn history(last: u64, calls: &[Call]) -> History {
        History { calls: calls.to_vec(), last }
    }

    use Outcome::{Added, Read, Refused};

    #[test]
    fn right_histories_are_right() {
        let right = [
            history(0, &[]),
            history(0, &[call(1, 2, Read(0)), call(3, 4, Refused)]),
            history(2, &[call(1, 2, Added(1)), call(3, 4, Added(2)), call(5, 6, Read(2))]),
            // At the same time, in either order.
            history(
                2,
                &[call(1, 9, Added(2)), call(1, 9, Added(1)), call(2, 8, Read(0)), call(2, 8, Read(1))],
            ),
            // One that may have happened has, and one has not.
            history(2, &[call(1, 2, Added(1)), lost(3), call(5, 6, Read(2))]),
            history(1, &[call(1, 2, Added(1)), lost(3), call(5, 6, Read(1))]),
            // It happens late.
            history(2, &[lost(1), call(2, 3, Added(1)), call(4, 5, Read(1)), call(6, 7, Read(2))]),
        ];
        for history in right {
            assert_eq!(history.check(), Ok(()), "{history:?}");
        }
    }

    #[test]
    fn ten_wrong_histories_are_wrong() {
        let wrong = [
            ("a doubled update", history(2, &[call(1, 2, Added(1))])),
            ("a lost update", history(1, &[call(1, 2, Added(1)), call(3, 4, Added(2))])),
            ("two alike", history(1, &[call(1, 2, Added(1)), call(1, 2, Added(1))])),
            ("a stale read", history(1, &[call(1, 2, Added(1)), call(3, 4, Read(0))])),
            (
                "reads that go back",
                history(1, &[call(1, 9, Added(1)), call(2, 3, Read(1)), call(4, 5, Read(0))]),
            ),
            ("a read of what comes later", history(1, &[call(1, 2, Read(1)), call(3, 4, Added(1))])),
            ("adds in the wrong order", history(2, &[call(1, 2, Added(2)), call(3, 4, Added(1))])),
            ("a gap that nobody filled", history(3, &[call(1, 2, Added(1)), call(3, 4, Added(3))])),
            ("an unknown call that fills two gaps", history(3, &[lost(1), call(2, 3, Added(3))])),
            ("a refused call that happened", history(1, &[call(1, 2, Refused), call(3, 4, Read(1))])),
            ("a value before the call that must have made it", history(1, &[call(1, 2, Read(1)), lost(3)])),
            ("an end before the beginning", history(1, &[call(5, 2, Added(1))])),
        ];
        for (what, history) in wrong {
            assert!(history.check().is_err(), "{what}");
        }
    }

    /// Calls that happen at a random moment of their time are right; moved by one they are wrong or right by luck, and both
    /// are met.
    #[test]
    fn histories_of_a_real_counter_are_right_and_damaged_ones_mostly_wrong() {
        let mut caught = 0;
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let mut moments: Vec<(u64, u64, u64, bool)> = Vec::new();
            for _ in 0..40 {
                let moment = random.between(100, 10_000);
                let (before, after) = (random.between(0, 90), random.between(0, 300));
                moments.push((moment, moment - before, moment + after, random.permille(600)));
            }
            moments.sort_unstable();
            let (mut value, mut calls) = (0, Vec::new());
            for (_, begun, ended, adds) in moments {
                value += u64::from(adds);
                calls.push(call(begun, ended, if adds { Added(value) } else { Read(value) }));
            }
            let mut history = History { calls, last: value };
            assert_eq!(history.check(), Ok(()), "seed {seed}");
            let at = random.between(0, 39) as usize;
            let damaged = &mut history.calls[at].outcome;
            *damaged = match *damaged {
                Added(value) => Added(value + 1),
                Read(value) => Read(value.saturating_sub(2)),
                other => other,
            };
            caught += usize::from(history.check().is_err());
        }
        assert!(caught > 200, "only {caught} of 300 damaged histories were found wrong");
    }
}
