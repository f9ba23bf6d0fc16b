//! From a block to its place: repetitions, waiting for room, the disk.

use std::sync::Arc;

use super::{Channel, Effects, PublishRefused, Stored, Ticket, Time, micros};
use crate::block::Block;
use crate::native::{Accepted, Overflow, WhyNot};

/// A block that has no place yet, or only for its first events.
#[derive(Debug)]
pub(super) struct Parked {
    ticket: Ticket,
    block: Block,
    /// The events that have their places.
    done: usize,
    repeated: u32,
    since: Time,
}

/// A block on its way to the disk.
#[derive(Debug)]
pub(super) struct Unsynced {
    stored: Arc<Stored>,
    /// What was known of its publisher before.
    before: Option<(u64, u64)>,
}

impl Channel {
    /// Publishes the events of a block. The answer is among the effects of this call or of a later one.
    ///
    /// # Errors
    /// [`WhyNot::Overloaded`], at once.
    pub fn publish(
        &mut self,
        block: Block,
        now: Time,
        effects: &mut Effects,
    ) -> Result<Ticket, PublishRefused> {
        if self.parked.len() >= self.limits.publishes_waiting_max {
            return Err(PublishRefused { why: WhyNot::Overloaded, next_sequence: block.first_sequence() });
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.parked.push_back(Parked::new(ticket, block, now));
        self.admit(now, effects);
        Ok(ticket)
    }

    /// Gives places to what waits, as far as there is room.
    pub(super) fn admit(&mut self, now: Time, effects: &mut Effects) {
        while let Some(mut parked) = self.parked.pop_front() {
            if parked.done == 0 {
                self.skip_repeated(&mut parked);
            }
            let left = parked.left();
            if left == 0 {
                self.finish(&parked, effects);
                continue;
            }
            let room = self.room(parked.block.octets().len()).min(left);
            if room > 0 {
                self.place(&mut parked, room, now, effects);
            }
            if parked.done == parked.block.len() {
                self.finish(&parked, effects);
            } else {
                self.parked.push_front(parked);
                if room == 0 {
                    return;
                }
            }
        }
    }

    /// Events that the channel has of this publisher already have their places.
    pub(super) fn skip_repeated(&mut self, parked: &mut Parked) {
        let Some((last, _)) = self.publishers.last(parked.block.publisher()) else { return };
        let known = (last + 1).saturating_sub(parked.block.first_sequence());
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(parked.block.len());
        parked.done = known;
        parked.repeated = known as u32;
        self.repeated += known as u64;
    }

    /// How many events may get places now: what every subscriber that is waited for has room for.
    pub(super) fn room(&self, bytes: usize) -> usize {
        let disk_is_free =
            self.unsynced_bytes == 0 || self.unsynced_bytes + bytes <= self.limits.unsynced_bytes_max;
        if !disk_is_free {
            return 0;
        }
        let on_their_way = self.unsynced_events as usize;
        let waited_for = self.subscribers.values().filter(|s| s.overflow() == Overflow::SlowPublisher);
        let rooms = waited_for.filter_map(|subscriber| subscriber.room());
        rooms.min().map_or(usize::MAX, |room| room.saturating_sub(on_their_way))
    }

    pub(super) fn place(&mut self, parked: &mut Parked, count: usize, now: Time, effects: &mut Effects) {
        let (from, to) = (parked.done, parked.done + count);
        let is_whole = from == 0 && to == parked.block.len();
        let part = if is_whole { parked.block.clone() } else { parked.block.slice(from..to) };
        let stored = Arc::new(Stored::new(self.next, now, part));
        let publisher = stored.block.publisher();
        let before = self.publishers.last(publisher);
        let last = stored.block.first_sequence() + count as u64 - 1;
        self.publishers.note(publisher, last, stored.last());
        self.next += count as u64;
        self.published += count as u64;
        parked.done = to;
        if self.is_durable && self.agreed.is_none() {
            self.unsynced_bytes += stored.bytes();
            self.unsynced_events += count as u64;
            effects.spool.push(stored.clone());
            self.unsynced.push_back(Unsynced { stored, before });
        } else {
            self.distribute(stored, effects);
        }
    }

    /// All its events have places: the publisher is answered when they are distributed.
    fn finish(&mut self, parked: &Parked, effects: &mut Effects) {
        let accepted = self.accepted(parked);
        if accepted.last < self.distributed {
            effects.answers.push((parked.ticket, Ok(accepted)));
        } else {
            self.due.insert((accepted.last, parked.ticket), accepted);
        }
    }

    /// Where its events have their places.
    pub(super) fn accepted(&self, parked: &Parked) -> Accepted {
        let all_known = parked.repeated as usize == parked.block.len();
        let last = match self.publishers.last(parked.block.publisher()) {
            // Where the last of them is need not be the last of its publisher.
            Some((sequence, position)) if all_known => {
                let end = parked.block.first_sequence() + parked.block.len() as u64 - 1;
                position.saturating_sub(sequence - end.min(sequence))
            }
            _ => self.next - 1,
        };
        Accepted { last, repeated: parked.repeated }
    }

    /// Everything up to this position is on the disk.
    pub fn synced(&mut self, up_to: u64, now: Time, effects: &mut Effects) {
        while let Some(front) = self.unsynced.pop_front() {
            if front.stored.last() > up_to {
                self.unsynced.push_front(front);
                break;
            }
            self.unsynced_bytes -= front.stored.bytes();
            self.unsynced_events -= front.stored.len() as u64;
            self.distribute(front.stored, effects);
        }
        self.answer_due(effects);
        self.admit(now, effects);
    }

    fn answer_due(&mut self, effects: &mut Effects) {
        while let Some(entry) = self.due.first_entry() {
            let (last, ticket) = *entry.key();
            if last >= self.distributed {
                return;
            }
            effects.answers.push((ticket, Ok(entry.remove())));
        }
    }

    /// What is on its way to the disk does not get there: it has not been published, and its places are free.
    pub fn spool_failed(&mut self, effects: &mut Effects) {
        while let Some(lost) = self.unsynced.pop_back() {
            self.published -= lost.stored.len() as u64;
            self.publishers.restore(lost.stored.block.publisher(), lost.before);
        }
        self.next = self.distributed;
        (self.unsynced_bytes, self.unsynced_events) = (0, 0);
        self.refuse_all(WhyNot::Store, effects);
    }

    /// Refuses all that wait, for their places or for the disk.
    pub(super) fn refuse_all(&mut self, why: WhyNot, effects: &mut Effects) {
        for ((_, ticket), _) in std::mem::take(&mut self.due) {
            effects.answers.push((ticket, Err(PublishRefused { why, next_sequence: 0 })));
        }
        for parked in std::mem::take(&mut self.parked) {
            effects.answers.push((parked.ticket, Err(parked.refused(why))));
        }
    }

    /// Refuses what has waited too long for its place.
    pub(super) fn refuse_late(&mut self, now: Time, effects: &mut Effects) {
        let patience = micros(self.limits.publish_wait_max);
        while self.parked.front().is_some_and(|parked| now.saturating_sub(parked.since) >= patience) {
            let Some(parked) = self.parked.pop_front() else { return };
            effects.answers.push((parked.ticket, Err(parked.refused(WhyNot::SlowSubscriber))));
        }
    }
}

impl Parked {
    /// A block that nobody here waits for.
    pub(super) fn new(ticket: Ticket, block: Block, since: Time) -> Parked {
        Parked { ticket, block, done: 0, repeated: 0, since }
    }

    /// The events that have no places.
    pub(super) fn left(&self) -> usize {
        self.block.len() - self.done
    }

    fn refused(&self, why: WhyNot) -> PublishRefused {
        PublishRefused { why, next_sequence: self.block.first_sequence() + self.done as u64 }
    }
}
