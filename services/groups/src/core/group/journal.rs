//! What a durable group has written of the present view, and what of it is on stable storage.
//!
//! ```text
//!   places   base ....... delivered ....... synced ........ placed
//!                                           | acknowledged  | written
//!   lanes    rank 0: next (has a place) .... loose (written without one, when the view ends)
//! ```
//!
//! A place is acknowledged when everything up to it is synced; so what is delivered anywhere is on the disk of every
//! member. When a view ends, the messages that have no place yet are written before the flush is answered, and those that
//! are obtained from others before it is said that they are here.

use super::parts::Part;
use super::{Group, Lane, Rank};
use crate::core::durable::copy::{Copy, Placed, Stored};
use crate::core::durable::record::{Body, Record};
use crate::core::identity::ProcessId;
use crate::core::mutation::Mutation;
use std::collections::VecDeque;

/// The journal of one group.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// The group's messages before this view.
    base: u64,
    /// Places written, and places on stable storage.
    placed: u64,
    synced: u64,
    /// By lane: messages that have a place, and messages that are written.
    next: Vec<u64>,
    loose: Vec<u64>,
    /// Placed and not handed to the log yet.
    fresh: Vec<Placed>,
    /// The record with which this member's copy became whole, until it is on stable storage: what comes after a state is worth
    /// nothing without it.
    whole_with: Option<u64>,
    whole: bool,
    /// Up to which place the records reach that are under way.
    under_way: VecDeque<(u64, u64)>,
}

impl Journal {
    /// Begins a view.
    pub(super) fn begin(&mut self, base: u64, width: usize) {
        let (whole, whole_with) = (self.whole, self.whole_with);
        *self =
            Self { base, next: vec![0; width], loose: vec![0; width], whole, whole_with, ..Self::default() };
    }

    /// Places that may be acknowledged.
    pub(super) fn synced(&self) -> u64 {
        if self.whole { self.synced } else { 0 }
    }

    /// The next messages of a lane got their places. In a durable group all messages of a lane are totally ordered.
    pub(super) fn place(&mut self, rank: usize, sender: ProcessId, lane: &Lane, count: u64) {
        for _ in 0..count {
            let Some(slot) = lane.get(self.next[rank]) else { break };
            self.next[rank] += 1;
            let stored = Stored { sender, payload: slot.payload.clone(), part: slot.part };
            self.fresh.push(Placed { rank: rank as Rank, stored });
        }
    }
}

impl Group {
    pub(crate) fn is_durable(&self) -> bool {
        self.journal.is_some()
    }

    /// What is to be written of the messages that got their places.
    pub(crate) fn take_placed(&mut self) -> Option<Record> {
        let journal = self.journal.as_mut().filter(|j| !j.fresh.is_empty())?;
        let messages = std::mem::take(&mut journal.fresh);
        let first = journal.base + journal.placed;
        journal.placed += messages.len() as u64;
        Some(Record::Placed { group: self.id, first, messages })
    }

    /// The record just taken has this number.
    pub(crate) fn written(&mut self, number: u64) {
        if let Some(journal) = &mut self.journal {
            journal.under_way.push_back((number, journal.placed));
        }
    }

    /// Records up to this number are on stable storage. True if something may be acknowledged that could not be before.
    pub(crate) fn synced(&mut self, number: u64) -> bool {
        let Some(journal) = &mut self.journal else { return false };
        let before = journal.synced();
        journal.whole |= journal.whole_with.is_some_and(|record| record <= number);
        while let Some(&(_, place)) = journal.under_way.front().filter(|(record, _)| *record <= number) {
            journal.under_way.pop_front();
            journal.synced = place;
        }
        journal.synced() > before
    }

    /// This member's copy is whole with the record of this number.
    pub(crate) fn is_whole_with(&mut self, record: u64) {
        if let Some(journal) = &mut self.journal {
            journal.whole_with.get_or_insert(record);
        }
    }

    /// Everything that is here without a place and not written yet.
    pub(crate) fn take_loose(&mut self) -> Option<Record> {
        let journal = self.journal.as_mut()?;
        let mut bodies = Vec::new();
        for (rank, lane) in self.lanes.iter().enumerate() {
            let from = journal.loose[rank].max(journal.next[rank]);
            journal.loose[rank] = lane.received().max(from);
            for (number, slot) in (from..).zip(lane.from(from)) {
                let stored =
                    Stored { sender: self.members[rank], payload: slot.payload.clone(), part: slot.part };
                bodies.push(Body { rank: rank as Rank, number, stored });
            }
        }
        (!bodies.is_empty()).then_some(Record::Loose { group: self.id, bodies })
    }

    /// For a snapshot taken now: how many messages of the group were delivered, and a copy that begins there, with the parts put
    /// aside of messages that are not whole and the messages that have a place and were not delivered.
    pub(crate) fn checkpoint(&self) -> Option<(u64, Copy)> {
        let journal = self.journal.as_ref()?;
        let mut left = journal.placed.saturating_sub(self.order.delivered());
        let mut cursors: Vec<u64> = self.lanes.iter().map(|lane| lane.total_next).collect();
        let mut messages = Vec::new();
        for run in self.order.undelivered() {
            let rank = usize::from(run.rank);
            for _ in 0..run.count.min(left) {
                if let Some(slot) = self.lanes[rank].get(cursors[rank]) {
                    let (sender, payload, part) = (self.members[rank], slot.payload.clone(), slot.part);
                    messages.push(Stored { sender, payload, part });
                }
                cursors[rank] += 1;
            }
            left -= run.count.min(left);
        }
        let index = journal.base + self.order.delivered();
        let mut copy = Copy::begin(index, self.view, journal.next.clone(), messages);
        copy.aside = self.put_aside();
        Some((index, copy))
    }

    fn put_aside(&self) -> Vec<Stored> {
        if self.bug(Mutation::PartsNotInCheckpoint) {
            return Vec::new();
        }
        let lanes = self.members.iter().zip(&self.lanes);
        let aside = lanes.flat_map(|(&sender, lane)| {
            let parts = lane.put_aside().iter().enumerate();
            parts.map(move |(i, part)| Stored { sender, payload: part.clone(), part: Part::new(i > 0, true) })
        });
        aside.collect()
    }
}
