//! From a queue, or from history, to the subscriber.

use std::sync::Arc;

use super::subscriber::{Mode, Subscriber};
use super::{Channel, Effects, Stored, SubscriberId, Time};
use crate::native::{Overflow, WhyEjected};

/// An answer to a subscriber.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Its number; the first one is 1.
    pub number: u64,
    /// Everything in front of this position is settled: delivered, not wanted, or told as lost.
    pub next: u64,
    /// The positions from the first to in front of the second can be had no more.
    pub gone: Option<(u64, u64)>,
    /// What was dropped since the last answer.
    pub losses: Losses,
    /// The events.
    pub pieces: Vec<Piece>,
}

/// Events of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The block.
    pub stored: Arc<Stored>,
    /// The place of the first event.
    pub from: usize,
    /// The place behind the last event.
    pub to: usize,
}

impl Piece {
    /// How many events it has.
    pub fn len(&self) -> usize {
        self.to - self.from
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.to == self.from
    }
}

/// Events that were dropped, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// They made room for newer ones.
    pub oldest: u64,
    /// They found no room.
    pub newest: u64,
    /// A newer one with the same key has replaced them.
    pub conflated: u64,
}

impl Losses {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.oldest + self.newest + self.conflated
    }

    pub(super) fn add(&mut self, more: Losses) {
        self.oldest += more.oldest;
        self.newest += more.newest;
        self.conflated += more.conflated;
    }
}

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// This.
    Ready(Arc<Delivery>),
    /// Nothing yet.
    Wait,
    /// What the driver reads on the disk from this position on, up to the second: it gives it to
    /// [`Channel::replayed`].
    Read {
        /// The first position.
        from: u64,
        /// From here on it is in memory.
        until: u64,
    },
}

/// Why a subscriber gets nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeRefused {
    /// Nobody knows it.
    Unknown,
    /// Its subscription was ended.
    Ejected {
        /// Why.
        why: WhyEjected,
        /// The first position that was not delivered.
        next: u64,
    },
}

impl Channel {
    /// The next events of a subscriber; `taken` is the number of the last answer that it has. An answer that it has not
    /// got is given again.
    ///
    /// # Errors
    /// The subscription has ended.
    pub fn take(
        &mut self,
        id: SubscriberId,
        taken: u64,
        now: Time,
        effects: &mut Effects,
    ) -> Result<Take, TakeRefused> {
        let subscriber = self.subscribers.get_mut(&id).ok_or(TakeRefused::Unknown)?;
        subscriber.hear(now);
        if let Some(last) = &subscriber.last
            && taken < last.number
        {
            return Ok(Take::Ready(last.clone()));
        }
        subscriber.last = None;
        if let Mode::Behind(next) = subscriber.mode {
            if next < self.distributed {
                return Ok(self.read_history(id, next));
            }
            subscriber.go_live();
            if subscriber.told < self.distributed {
                // The rest of history was not wanted: it is told that it has seen the end.
                return Ok(Take::Ready(subscriber.answer(self.distributed, None, Vec::new())));
            }
        }
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return Err(TakeRefused::Unknown) };
        let (events_max, bytes_max) = (self.limits.delivery_events_max, self.limits.delivery_bytes_max);
        let pieces = match &mut subscriber.mode {
            Mode::Live(queue) => queue.take(events_max, bytes_max),
            Mode::Conflating(conflated) => conflated.take(events_max, bytes_max),
            Mode::Behind(_) => Vec::new(),
        };
        let is_waited_for = subscriber.overflow() == Overflow::SlowPublisher;
        if pieces.is_empty() && subscriber.untold == Losses::default() {
            if let Some(next) = subscriber.behind_from.take() {
                subscriber.mode = Mode::Behind(next);
                return Ok(self.read_history(id, next));
            }
            // What is left of a queue is delivered before its end is told.
            return match subscriber.ended {
                Some((why, next)) => Err(TakeRefused::Ejected { why, next }),
                None => Ok(Take::Wait),
            };
        }
        let next = pieces.last().map(|piece| piece.stored.position(piece.to - 1) + 1);
        let is_empty = match &subscriber.mode {
            Mode::Live(queue) => queue.is_empty(),
            Mode::Conflating(conflated) => conflated.events() == 0,
            Mode::Behind(_) => false,
        };
        let next = match (subscriber.behind_from, subscriber.ended) {
            (Some(behind), _) if is_empty => behind,
            (_, Some((_, end))) if is_empty => end,
            (None, None) if is_empty => self.distributed,
            _ => next.unwrap_or_default(),
        };
        let delivery = subscriber.answer(next, None, pieces);
        if is_waited_for {
            self.admit(now, effects);
        }
        Ok(Take::Ready(delivery))
    }

    /// What a subscriber that is behind gets from memory.
    fn read_history(&mut self, id: SubscriberId, next: u64) -> Take {
        let oldest = self.history.oldest();
        if next < oldest {
            if self.is_durable && self.spooled_from < oldest {
                return Take::Read { from: next, until: oldest };
            }
            return self.moved_to(id, oldest, Some((next, oldest)), Vec::new());
        }
        let (events_max, bytes_max) = (self.limits.delivery_events_max, self.limits.delivery_bytes_max);
        let (mut blocks, mut events, mut bytes) = (Vec::new(), 0, 0);
        for stored in self.history.from(next) {
            let fits = events + stored.len() <= events_max && bytes + stored.bytes() <= bytes_max;
            if !blocks.is_empty() && !fits {
                break;
            }
            events += stored.len();
            bytes += stored.bytes();
            blocks.push(stored.clone());
        }
        let end = blocks.last().map_or(next, |stored| stored.last() + 1);
        self.moved_to(id, end, None, blocks)
    }

    /// The driver has read on the disk, from where [`Take::Read`] has said: these blocks, everything in front of `end`, less
    /// what is gone. [`Take::Wait`] means that none of it was wanted, and that it should take again.
    pub fn replayed(
        &mut self,
        id: SubscriberId,
        from: u64,
        blocks: Vec<Arc<Stored>>,
        end: u64,
        gone: Option<(u64, u64)>,
    ) -> Take {
        match self.subscribers.get(&id).map(|subscriber| &subscriber.mode) {
            Some(&Mode::Behind(next)) if next == from => self.moved_to(id, end, gone, blocks),
            // It has been somewhere else meanwhile.
            _ => Take::Wait,
        }
    }

    /// Moves a subscriber that is behind to a position, and gives it what it wants of the blocks in front of that.
    fn moved_to(
        &mut self,
        id: SubscriberId,
        end: u64,
        gone: Option<(u64, u64)>,
        blocks: Vec<Arc<Stored>>,
    ) -> Take {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return Take::Wait };
        let Mode::Behind(from) = subscriber.mode else { return Take::Wait };
        subscriber.mode = Mode::Behind(end);
        let pieces = blocks.iter().filter_map(|stored| subscriber.wanted(stored, from)).collect::<Vec<_>>();
        if pieces.is_empty() && gone.is_none() {
            return Take::Wait;
        }
        Take::Ready(subscriber.answer(end, gone, pieces))
    }

    /// Whether a subscriber should take again at once rather than wait for something to come.
    pub fn has_more(&self, id: SubscriberId) -> bool {
        self.subscribers.get(&id).is_some_and(Subscriber::is_behind)
    }
}

impl Subscriber {
    fn answer(&mut self, next: u64, gone: Option<(u64, u64)>, pieces: Vec<Piece>) -> Arc<Delivery> {
        let events: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if self.is_behind() {
            self.counts.matched += events;
        }
        self.counts.delivered += events;
        self.told = next;
        self.number += 1;
        let losses = std::mem::take(&mut self.untold);
        let delivery = Arc::new(Delivery { number: self.number, next, gone, losses, pieces });
        self.last = Some(delivery.clone());
        delivery
    }

    /// What it wants of a block of history, from a position on.
    fn wanted(&self, stored: &Arc<Stored>, from: u64) -> Option<Piece> {
        let chosen = if self.pattern.is_everything() {
            stored.clone()
        } else {
            let wanted: Vec<bool> =
                stored.block.subjects().map(|subject| self.pattern.matches(subject)).collect();
            if wanted.iter().all(|&wanted| wanted) {
                stored.clone()
            } else {
                Arc::new(stored.selected(&wanted)?)
            }
        };
        let (from, to) = (chosen.place_of(from), chosen.len());
        (from < to).then_some(Piece { stored: chosen, from, to })
    }
}
