//! The total order of a group within a view: a sequence of runs, each so many messages of one sender.
//!
//! ```text
//!   base ......... delivered ........ ready ......... known
//!   | kept until every member is ready past it        | next place
//! ```
//!
//! The group's sequencer appends runs for what it has received and sends them in batches; nobody else appends. `ready` is
//! where this member has both the places and the bodies, contiguously; it is what is acknowledged, so that a uniform
//! message at a place is known everywhere together with all before it (strong total order: book L11045). Places start at
//! 0 with each view.

use crate::core::wire::WireError;
use crate::core::wire::value::Run;
use std::collections::VecDeque;

/// A point between two messages of the order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cursor {
    place: u64,
    /// The run, counted from the first ever appended.
    run: u64,
    /// How many of the run are past.
    offset: u64,
}

/// The order known here.
#[derive(Debug, Default)]
pub(crate) struct OrderLog {
    base: u64,
    first_run: u64,
    runs: VecDeque<Run>,
    known: u64,
    ready: Cursor,
    delivered: Cursor,
    /// Appended here and not yet sent.
    unsent: Vec<Run>,
    unsent_first: u64,
    /// How many places each rank has been given.
    placed: Vec<u64>,
}

impl OrderLog {
    pub(crate) fn known(&self) -> u64 {
        self.known
    }

    pub(crate) fn ready(&self) -> u64 {
        self.ready.place
    }

    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.place
    }

    /// How many places a rank has been given.
    pub(crate) fn placed(&self, rank: usize) -> u64 {
        self.placed.get(rank).copied().unwrap_or(0)
    }

    /// Appends places.
    pub(crate) fn append(&mut self, run: Run) {
        if run.count == 0 {
            return;
        }
        self.known += run.count;
        let rank = usize::from(run.rank);
        if self.placed.len() <= rank {
            self.placed.resize(rank + 1, 0);
        }
        self.placed[rank] += run.count;
        match self.runs.back_mut() {
            Some(last) if last.rank == run.rank => last.count += run.count,
            _ => self.runs.push_back(run),
        }
    }

    /// Appends places as the sequencer: they are to be sent.
    pub(crate) fn assign(&mut self, run: Run) {
        if run.count == 0 {
            return;
        }
        if self.unsent.is_empty() {
            self.unsent_first = self.known;
        }
        match self.unsent.last_mut() {
            Some(last) if last.rank == run.rank => last.count += run.count,
            _ => self.unsent.push(run),
        }
        self.append(run);
    }

    /// What was appended since last asked: first place and runs.
    pub(crate) fn take_unsent(&mut self) -> Option<(u64, Vec<Run>)> {
        if self.unsent.is_empty() {
            return None;
        }
        Some((self.unsent_first, std::mem::take(&mut self.unsent)))
    }

    /// Learns places from `first` on; those known already are skipped.
    pub(crate) fn learn(&mut self, first: u64, runs: &[Run], ranks: usize) -> Result<(), WireError> {
        if first > self.known {
            return Err(WireError::Contradiction);
        }
        let mut skip = self.known - first;
        for run in runs {
            if usize::from(run.rank) >= ranks || run.count > u64::MAX / 4 {
                return Err(WireError::Contradiction);
            }
            let past = skip.min(run.count);
            skip -= past;
            self.append(Run { rank: run.rank, count: run.count - past });
        }
        Ok(())
    }

    /// Advances `ready`: `take(rank, wanted)` says how many of a run's messages are here.
    pub(crate) fn advance_ready(&mut self, mut take: impl FnMut(usize, u64) -> u64) {
        while let Some(run) = self.run_at(self.ready.run) {
            let wanted = run.count - self.ready.offset;
            let got = take(usize::from(run.rank), wanted);
            self.ready.place += got;
            self.ready.offset += got;
            if got < wanted || !self.step_past(run.count, self.ready) {
                break;
            }
            self.ready = Cursor { run: self.ready.run + 1, offset: 0, ..self.ready };
        }
    }

    /// The run whose messages are to be delivered next, and how many of it are ready.
    pub(crate) fn deliverable(&mut self) -> Option<(usize, u64)> {
        loop {
            let run = self.run_at(self.delivered.run)?;
            let left = run.count - self.delivered.offset;
            let ready = left.min(self.ready.place - self.delivered.place);
            if ready > 0 {
                return Some((usize::from(run.rank), ready));
            }
            if left > 0 || !self.step_past(run.count, self.delivered) {
                return None;
            }
            self.delivered = Cursor { run: self.delivered.run + 1, offset: 0, ..self.delivered };
        }
    }

    pub(crate) fn delivered_some(&mut self, count: u64) {
        self.delivered.place += count;
        self.delivered.offset += count;
    }

    /// Drops what every member is ready past.
    pub(crate) fn trim(&mut self, stable: u64) {
        let until = stable.min(self.delivered.place);
        while self.base < until && self.first_run < self.delivered.run.min(self.ready.run) {
            match self.runs.front() {
                Some(run) if self.base + run.count <= until => {
                    self.base += run.count;
                    self.first_run += 1;
                    self.runs.pop_front();
                }
                _ => break,
            }
        }
        if let Some(first) = self.runs.front_mut() {
            let part = until.saturating_sub(self.base).min(first.count);
            first.count -= part;
            self.base += part;
            for cursor in [&mut self.ready, &mut self.delivered] {
                if cursor.run == self.first_run {
                    cursor.offset -= part.min(cursor.offset);
                }
            }
        }
    }

    /// The order known from the oldest place kept.
    pub(crate) fn report(&self) -> (u64, Vec<Run>) {
        (self.base, self.runs.iter().copied().collect())
    }

    /// The places from the next to be delivered on.
    pub(crate) fn undelivered(&self) -> Vec<Run> {
        let from = (self.delivered.run - self.first_run) as usize;
        let mut runs: Vec<Run> = self.runs.iter().skip(from).copied().collect();
        if let Some(first) = runs.first_mut() {
            first.count -= self.delivered.offset;
        }
        runs
    }

    /// The agreed places from the next to be delivered on: what lies before the agreement's first is known here, since this
    /// member has acknowledged it.
    pub(crate) fn agreed(&self, base: u64, runs: &[Run]) -> Vec<Run> {
        let delivered = self.delivered();
        let mut places = Vec::new();
        let mut before = base.saturating_sub(delivered);
        for run in self.undelivered() {
            let here = before.min(run.count);
            before -= here;
            places.push(Run { rank: run.rank, count: here });
        }
        let mut past = delivered.saturating_sub(base);
        for run in runs {
            let skip = past.min(run.count);
            past -= skip;
            places.push(Run { rank: run.rank, count: run.count - skip });
        }
        places
    }

    fn run_at(&self, run: u64) -> Option<Run> {
        self.runs.get((run - self.first_run) as usize).copied()
    }

    /// Whether a cursor at the end of its run may go on to the next one: the last run may still grow.
    fn step_past(&self, count: u64, cursor: Cursor) -> bool {
        cursor.offset == count && cursor.run + 1 < self.first_run + self.runs.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rank: u16, count: u64) -> Run {
        Run { rank, count }
    }

    #[test]
    fn runs_of_one_sender_merge_and_cursors_follow() {
        let mut log = OrderLog::default();
        log.assign(run(0, 2));
        log.assign(run(0, 3));
        log.assign(run(1, 1));
        assert_eq!(log.take_unsent(), Some((0, vec![run(0, 5), run(1, 1)])));
        log.advance_ready(|rank, wanted| if rank == 0 { wanted.min(4) } else { wanted });
        assert_eq!(log.ready(), 4);
        assert_eq!(log.deliverable(), Some((0, 4)));
        log.delivered_some(4);
        log.advance_ready(|_, wanted| wanted);
        assert_eq!((log.ready(), log.deliverable()), (6, Some((0, 1))));
        log.delivered_some(1);
        assert_eq!(log.deliverable(), Some((1, 1)));
        log.delivered_some(1);
        log.trim(3);
        assert_eq!(log.report(), (3, vec![run(0, 2), run(1, 1)]));
        log.trim(6);
        log.append(run(1, 2));
        log.advance_ready(|_, wanted| wanted);
        assert_eq!(log.deliverable(), Some((1, 2)));
    }

    #[test]
    fn learning_skips_what_is_known_and_refuses_gaps() {
        let mut log = OrderLog::default();
        log.learn(0, &[run(0, 2), run(1, 2)], 2).unwrap();
        log.learn(1, &[run(0, 1), run(1, 2), run(0, 7)], 2).unwrap();
        assert_eq!((log.known(), log.report().1), (11, vec![run(0, 2), run(1, 2), run(0, 7)]));
        assert!(log.learn(12, &[run(0, 1)], 2).is_err());
        assert!(log.learn(11, &[run(2, 1)], 2).is_err());
    }
}
