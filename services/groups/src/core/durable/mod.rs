//! Durability: what is written before it is said, and what is made of it after a restart.
//!
//! ```text
//!   append(record) -> Effect::Append(number) ........ Event::Synced(number)
//!   answer         -> deferred until then ----------> sent
//! ```
//!
//! The core only numbers records and waits; the storage writes them in order, many with one sync, and fails as a whole: a
//! process whose log cannot be written is at its end. What waits for a sync: the answer to a flush (the promise, and all
//! messages that are here), the word that the cut is complete here, the acceptance of a value, the acknowledgement of a
//! place in a durable group, the word that a state has arrived. So everything that was delivered, and every decision that
//! was acted on, can be read from the disks of a quorum of its view, and everything that was delivered in a durable group
//! from the disk of any of its members.
//!
//! [`record`] is the format, [`recovered`] what is read back, [`copy`] a group in it, [`checkpoint`] and `parts` how the log is
//! kept short, `restart` how processes that have nothing but their logs find their last view and begin the next.

pub(crate) mod checkpoint;
pub(crate) mod copy;
mod parts;
pub(crate) mod record;
pub(crate) mod recovered;
pub(crate) mod restart;

use super::Core;
use super::event::Effect;
use super::identity::{DurableId, GroupId, ProcessId, ViewNumber};
use super::mutation::Mutation;
use super::wire::Wire;
use super::wire::value::{ChangeKind, Entrant};
use bytes::Bytes;
use checkpoint::Round;
use copy::Copy;
use parts::Parts;
use record::Record;
use std::collections::{BTreeMap, VecDeque};

/// The log of this process, as far as the core knows it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The name on the disk; without one nothing is written and nothing waits.
    pub(crate) identity: Option<DurableId>,
    appended: u64,
    synced: u64,
    deferred: VecDeque<(u64, Deferred)>,
    /// Copies of groups that this process has not entered again.
    pub(crate) copies: BTreeMap<GroupId, Copy>,
    /// Snapshots asked for: at which index.
    checkpoints: BTreeMap<GroupId, u64>,
    parts: Parts,
    round: Option<Round>,
    /// Octets written since the log was last begun anew, and how many that took.
    octets: u64,
    octets_of_round: u64,
    /// Groups that were left: their copies are in the log and nowhere else.
    left: Vec<GroupId>,
}

/// What waits until everything written so far is on stable storage.
#[derive(Debug)]
pub(crate) enum Deferred {
    Item {
        to: ProcessId,
        tag: u8,
        content: Bytes,
    },
    /// The group's state is here.
    Complete {
        group: GroupId,
        cut: ViewNumber,
    },
    /// Nothing before this record is needed.
    Forget {
        before: u64,
    },
}

impl Log {
    pub(crate) fn is_kept(&self) -> bool {
        self.identity.is_some()
    }
}

impl Core {
    /// Writes a record, where there is a log.
    pub(super) fn append(&mut self, record: &Record) {
        if !self.log.is_kept() {
            return;
        }
        let record = record.to_bytes();
        self.log.appended += 1;
        self.log.octets += record.len() as u64;
        self.counters.records += 1;
        self.out.push(Effect::Append { number: self.log.appended, record });
    }

    /// Does something when all that was written is on stable storage.
    pub(super) fn defer(&mut self, deferred: Deferred) {
        let careless = match deferred {
            Deferred::Item { .. } => self.bug(Mutation::AnsweredUnsynced),
            Deferred::Complete { .. } | Deferred::Forget { .. } => false,
        };
        if self.log.synced == self.log.appended || careless {
            return self.release(deferred);
        }
        self.log.deferred.push_back((self.log.appended, deferred));
    }

    /// Sends an answer when what it promises is on stable storage.
    pub(super) fn send_when_synced<T: Wire>(&mut self, to: ProcessId, tag: u8, content: &T) {
        if self.log.synced == self.log.appended {
            return self.send_item(to, tag, content);
        }
        self.defer(Deferred::Item { to, tag, content: content.to_bytes() });
    }

    fn release(&mut self, deferred: Deferred) {
        match deferred {
            Deferred::Item { to, tag, content } => self.send_encoded(to, tag, content),
            Deferred::Complete { group, cut } => drop(self.ask(ChangeKind::Complete { group, cut })),
            Deferred::Forget { before } => self.out.push(Effect::Forget { before }),
        }
    }

    /// The storage has everything up to a record.
    pub(super) fn synced(&mut self, number: u64) {
        self.log.synced = self.log.synced.max(number.min(self.log.appended));
        while self.log.deferred.front().is_some_and(|(after, _)| *after <= self.log.synced) {
            if let Some((_, deferred)) = self.log.deferred.pop_front() {
                self.release(deferred);
            }
        }
        let synced = self.log.synced;
        let moved = self.groups.values_mut().filter(|g| g.is_durable());
        let moved: Vec<GroupId> = moved.filter_map(|g| g.synced(synced).then_some(g.id)).collect();
        moved.into_iter().for_each(|id| self.mark(id));
        self.write_more_parts();
    }

    /// Writes what got its place in a group.
    pub(super) fn write_placed(&mut self, id: GroupId) {
        let Some(record) = self.groups.get_mut(&id).and_then(|g| g.take_placed()) else { return };
        self.append(&record);
        let number = self.log.appended;
        if let Some(group) = self.groups.get_mut(&id) {
            group.written(number);
        }
    }

    /// Writes what is here of the view that ends and has no place.
    pub(super) fn write_loose(&mut self) {
        if !self.log.is_kept() {
            return;
        }
        let loose = self.groups.values_mut().filter(|g| g.is_durable()).filter_map(|g| g.take_loose());
        for record in loose.collect::<Vec<_>>() {
            self.append(&record);
        }
    }

    /// What this process brings with it into a group of this name.
    pub(super) fn entrant(&mut self, name: &str) -> Entrant {
        let durable = self.log.identity;
        let nothing = Entrant { durable, ..Entrant::default() };
        let Some(record) = self.registry.by_name(name) else { return nothing };
        let Some(copy) = self.log.copies.get_mut(&record.id) else {
            // The only one that ever had the state died before it was written: then nothing was acknowledged either, and the
            // group begins as it did.
            let alone = durable.is_some_and(|disk| record.keepers == [disk]);
            let new = alone && record.is_dormant() && record.length == 0 && record.settled.is_none();
            return Entrant { length: new.then_some(0), ..nothing };
        };
        copy.follow(record.settled.as_deref());
        copy.settle();
        let last = (copy.view, copy.next.clone());
        let length = (copy.is_whole() && copy.length() >= record.length).then(|| copy.length());
        if self.config.mutation == Some(Mutation::AnyCopyCounts) {
            return Entrant { durable: record.keepers.first().copied(), length: Some(copy.length()), last };
        }
        Entrant { durable, length, last }
    }

    /// This process's copy of a group is whole with the record written last, and so the copy of a former life does not count any
    /// more: were it kept when the log is begun anew, it would be the one that counts until the next snapshot is written.
    pub(super) fn whole_with_the_last(&mut self, id: GroupId) {
        if !self.bug(Mutation::FormerCopyKept) {
            self.log.copies.remove(&id);
        }
        let record = self.log.appended;
        self.groups.get_mut(&id).into_iter().for_each(|group| group.is_whole_with(record));
    }

    /// The group lives on from this process's copy, or begins as it did when there is none.
    pub(super) fn restore_group(&mut self, id: GroupId) {
        let Some(copy) = self.log.copies.remove(&id) else { return self.begin_checkpoint(id) };
        self.counters.restored += 1;
        self.append(&Record::Woken { group: id });
        self.whole_with_the_last(id);
        let state = copy.snapshot.clone().unwrap_or_default();
        let messages = copy.wholes();
        self.tell(super::Upcall::Restore { group: id, state, messages });
    }

    /// A group is no more: nobody will want its copy. What is on the disk goes when the log is begun anew.
    pub(super) fn forget_copy(&mut self, id: GroupId) {
        self.log.copies.remove(&id);
        self.log.left.retain(|&other| other != id);
        self.log.checkpoints.remove(&id);
        self.finish_round();
    }

    /// This process ceased to be a member of a group.
    pub(super) fn left_durable(&mut self, id: GroupId) {
        self.log.checkpoints.remove(&id);
        if self.registry.get(id).is_some_and(|r| r.options.durable && r.is_dormant()) {
            self.log.left.push(id);
        }
    }
}

/// A record that can be read back anywhere, about so long.
#[cfg(test)]
pub(crate) fn example_record(octets: usize) -> Bytes {
    Record::Arrived { group: GroupId(0), state: vec![7; octets].into() }.to_bytes()
}
