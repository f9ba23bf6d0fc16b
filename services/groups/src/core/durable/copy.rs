//! A copy of a durable group's state as its log has it: a snapshot, and every message after it.
//!
//! ```text
//!   index        length
//!   | snapshot   | messages at their places ... |   loose messages of the view, by sender and number
//! ```
//!
//! Index and length count the group's messages since it was created. Messages are logged at their places as those become
//! known, and those without a place when a view ends; so whatever the next view decides about their order can be carried
//! out on the copy alone, by a process that never learned of it while it lived.

use super::record::Body;
use crate::core::group::{Part, Parts};
use crate::core::identity::{ProcessId, Rank, ViewNumber};
use crate::core::options::{Class, Order};
use crate::core::wire::value::Cut;
use crate::core::wire::{Reader, Wire, WireError, wire_struct};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;

/// A message as it is stored, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) sender: ProcessId,
    pub(crate) payload: Bytes,
    pub(crate) part: Part,
}

/// A message at its place, and its sender's rank in the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) rank: Rank,
    pub(crate) stored: Stored,
}

/// What is stored of one group.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Copy {
    /// Messages before the snapshot, which contains them.
    pub(crate) index: u64,
    /// None where it has not arrived.
    pub(crate) snapshot: Option<Bytes>,
    /// Parts before the index, of messages that were not whole there.
    pub(crate) aside: Vec<Stored>,
    pub(crate) messages: Vec<Stored>,
    /// The view that the following belongs to.
    pub(crate) view: ViewNumber,
    /// Messages of the view that have their places, by sender.
    pub(crate) next: Vec<u64>,
    loose: BTreeMap<(Rank, u64), Stored>,
    /// Something does not fit together: it counts no more.
    broken: bool,
}

wire_struct! {
    Stored { sender, payload, part }
    Placed { rank, stored }
    Copy { index, snapshot, aside, messages, view, next, loose, broken }
}

impl Wire for BTreeMap<(Rank, u64), Stored> {
    fn write(&self, out: &mut BytesMut) {
        let bodies =
            self.iter().map(|(&(rank, number), stored)| Body { rank, number, stored: stored.clone() });
        bodies.collect::<Vec<_>>().write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let bodies: Vec<Body> = Wire::read(input)?;
        Ok(bodies.into_iter().map(|b| ((b.rank, b.number), b.stored)).collect())
    }
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (index, length, loose) = (self.index, self.length(), self.loose.len());
        write!(f, "{index}..{length} {:?} {:?}+{loose} whole {}", self.view, self.next, self.is_whole())
    }
}

impl Copy {
    /// A copy that begins in this view, without its snapshot yet.
    pub(crate) fn begin(index: u64, view: ViewNumber, next: Vec<u64>, messages: Vec<Stored>) -> Self {
        Self { index, view, next, messages, ..Self::default() }
    }

    /// The same copy with its snapshot.
    pub(crate) fn arrived(self, state: Bytes) -> Self {
        Self { snapshot: Some(state), ..self }
    }

    /// How many messages of the group it covers.
    pub(crate) fn length(&self) -> u64 {
        self.index + self.messages.len() as u64
    }

    /// The messages after the snapshot, by whom and what. One whose last part is missing was delivered nowhere: the view ended
    /// before, and its sender began again, or failed.
    pub(crate) fn wholes(self) -> Vec<(ProcessId, Bytes)> {
        let mut lanes: BTreeMap<ProcessId, Parts> = BTreeMap::new();
        let mut wholes = Vec::new();
        for Stored { sender, payload, part } in self.aside.into_iter().chain(self.messages) {
            if part.is_whole() {
                wholes.push((sender, payload));
                continue;
            }
            let parts = lanes.entry(sender).or_default();
            if !part.goes_on() {
                parts.begin();
            }
            let message = parts.join(0, Class::new(Order::Total, true), part, payload);
            wholes.extend(message.map(|message| (sender, message)));
        }
        wholes
    }

    /// Whether a group can live on from it.
    pub(crate) fn is_whole(&self) -> bool {
        self.snapshot.is_some() && !self.broken
    }

    /// Messages got their places. Those it has already are skipped; after a gap it is of another time and stays as it is.
    pub(crate) fn place(&mut self, first: u64, messages: &[Placed]) {
        let known = self.length();
        if first > known {
            return;
        }
        for placed in messages.iter().skip((known - first) as usize) {
            self.count(placed.rank);
            self.messages.push(placed.stored.clone());
        }
    }

    fn count(&mut self, rank: Rank) -> u64 {
        let rank = usize::from(rank);
        if self.next.len() <= rank {
            self.next.resize(rank + 1, 0);
        }
        self.next[rank] += 1;
        self.next[rank] - 1
    }

    /// Messages without places.
    pub(crate) fn loosely(&mut self, bodies: Vec<Body>) {
        self.loose.extend(bodies.into_iter().map(|b| ((b.rank, b.number), b.stored)));
    }

    /// The view has ended with this cut: everything up to it has its place now.
    pub(crate) fn finish(&mut self, cut: &Cut) {
        let placed: u64 = self.next.iter().sum();
        if placed < cut.order_base {
            self.broken = true;
            return;
        }
        let mut past = placed - cut.order_base;
        for run in &cut.runs {
            let skip = past.min(run.count);
            past -= skip;
            let next = self.next.get(usize::from(run.rank)).copied().unwrap_or(0);
            let left = cut.lanes.get(usize::from(run.rank)).copied().unwrap_or(0).saturating_sub(next);
            self.take(run.rank, (run.count - skip).min(left));
        }
        for (rank, &until) in cut.lanes.iter().enumerate() {
            let next = self.next.get(rank).copied().unwrap_or(0);
            self.take(rank as Rank, until.saturating_sub(next));
        }
        self.loose.clear();
        self.next.clear();
    }

    /// The next loose messages of a sender get their places.
    fn take(&mut self, rank: Rank, count: u64) {
        for _ in 0..count {
            let number = self.count(rank);
            match self.loose.remove(&(rank, number)) {
                Some(stored) => self.messages.push(stored),
                None => return self.broken = true,
            }
        }
    }

    /// No view has decided about what is loose, and none will: this copy counts, so its own order does. How much of the
    /// view it has of each sender stays known: those who sent it may be waiting to hear.
    pub(crate) fn settle(&mut self) {
        let ranks = self.loose.keys().map(|&(rank, _)| rank).max().map_or(0, |rank| rank + 1);
        for rank in 0..ranks {
            let number = self.next.get(usize::from(rank)).copied().unwrap_or(0);
            let left = (number..).take_while(|n| self.loose.contains_key(&(rank, *n))).count();
            self.take(rank, left as u64);
        }
        self.loose.clear();
    }

    /// What the decision for the view that followed says about it, if it was written in that view and no later one.
    pub(crate) fn follow(&mut self, settled: Option<&(ViewNumber, Cut)>) {
        match settled {
            Some((view, cut)) if *view == self.view => {
                self.finish(cut);
                self.view = view.next();
            }
            Some((view, _)) if *view > self.view => self.broken = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::GroupId;
    use crate::core::wire::value::Run;

    fn stored(payload: &'static str) -> Stored {
        Stored { sender: ProcessId(1), payload: Bytes::from_static(payload.as_bytes()), part: Part::WHOLE }
    }

    fn texts(copy: &Copy) -> Vec<&str> {
        copy.messages.iter().map(|m| std::str::from_utf8(&m.payload).unwrap()).collect()
    }

    fn example() -> Copy {
        let mut copy =
            Copy { snapshot: Some(Bytes::new()), ..Copy::begin(10, ViewNumber(3), vec![0, 0], vec![]) };
        copy.place(10, &[Placed { rank: 1, stored: stored("b0") }, Placed { rank: 0, stored: stored("a0") }]);
        let body = |rank, number, text| Body { rank, number, stored: stored(text) };
        copy.loosely(vec![body(0, 1, "a1"), body(0, 2, "a2"), body(1, 1, "b1")]);
        copy
    }

    #[test]
    fn the_decided_order_is_carried_out_on_what_is_stored() {
        let mut copy = example();
        let runs = vec![Run { rank: 0, count: 1 }, Run { rank: 1, count: 1 }];
        let cut = Cut { group: GroupId(0), lanes: vec![2, 2], order_base: 1, runs };
        copy.follow(Some(&(ViewNumber(3), cut.clone())));
        assert_eq!(
            texts(&copy),
            ["b0", "a0", "b1", "a1"],
            "b1 is placed by the order, a1 by rank, a2 is beyond the cut"
        );
        assert!(copy.is_whole());
        copy.follow(Some(&(ViewNumber(3), cut.clone())));
        assert_eq!(copy.length(), 14, "once only");
        copy.follow(Some(&(ViewNumber(9), cut)));
        assert!(!copy.is_whole(), "a copy that missed a view counts no more");
    }

    #[test]
    fn without_a_decision_the_copy_decides() {
        let mut copy = example();
        copy.settle();
        assert_eq!(texts(&copy), ["b0", "a0", "a1", "a2", "b1"]);
        assert_eq!(copy.next, [3, 2], "what it has of the view");
    }

    #[test]
    fn what_is_missing_breaks_the_copy() {
        let mut copy = example();
        copy.finish(&Cut { group: GroupId(0), lanes: vec![4, 2], order_base: 0, runs: vec![] });
        assert!(!copy.is_whole());
    }

    /// A part was put aside before the snapshot, the rest came after; another message was cut by the end of a view and began
    /// again, and one never went on.
    #[test]
    fn messages_in_parts_are_put_together_again() {
        let of = |sender, text: &'static str, goes_on, more| Stored {
            sender: ProcessId(sender),
            payload: Bytes::from_static(text.as_bytes()),
            part: Part::new(goes_on, more),
        };
        let messages = vec![
            of(2, "x", false, true),
            of(1, "b", true, true),
            of(2, "x", false, true),
            of(1, "c", true, false),
            of(3, "z", false, true),
            of(2, "y", true, false),
            of(1, "d", false, false),
        ];
        let copy =
            Copy { aside: vec![of(1, "a", false, true)], ..Copy::begin(10, ViewNumber(3), vec![], messages) };
        assert_eq!(copy.length(), 17, "each part counts");
        let wholes = copy.wholes();
        let texts: Vec<_> = wholes.iter().map(|(p, m)| (p.0, std::str::from_utf8(m).unwrap())).collect();
        assert_eq!(texts, [(1, "abc"), (2, "xy"), (1, "d")]);
    }

    #[test]
    fn places_known_already_are_skipped_and_gaps_ignored() {
        let mut copy = example();
        let placed = |text| Placed { rank: 0, stored: stored(text) };
        copy.place(11, &[placed("a0"), placed("a1")]);
        copy.place(20, &[placed("z")]);
        assert_eq!(texts(&copy), ["b0", "a0", "a1"]);
    }
}
