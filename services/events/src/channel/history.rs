//! The newest blocks, for those who come later.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Stored, Time};

/// A bounded number of blocks, without a gap up to the newest.
#[derive(Debug)]
pub(super) struct History {
    blocks: VecDeque<Arc<Stored>>,
    events: u64,
    bytes: u64,
    events_max: u64,
    bytes_max: u64,
    /// From here on somebody needs what is there, within some octets more.
    needed_from: u64,
    needed_bytes_max: u64,
    /// The position behind the newest.
    next: u64,
}

impl History {
    pub(super) fn new(events_max: u64, bytes_max: u64, next: u64) -> History {
        History {
            blocks: VecDeque::new(),
            events: 0,
            bytes: 0,
            events_max,
            bytes_max,
            needed_from: u64::MAX,
            needed_bytes_max: 0,
            next,
        }
    }

    /// What begins at this position is kept beyond the channel's bound, within so many octets.
    pub(super) fn need(&mut self, from: u64, bytes_max: u64) {
        (self.needed_from, self.needed_bytes_max) = (from, bytes_max);
    }

    /// Goes on behind these blocks, of which it keeps what it keeps.
    pub(super) fn begin_with(&mut self, blocks: Vec<Arc<Stored>>) {
        blocks.iter().for_each(|stored| self.append(stored));
        self.trim();
    }

    /// The oldest position that is kept; the one that comes next if there is none.
    pub(super) fn oldest(&self) -> u64 {
        self.blocks.front().map_or(self.next, |stored| stored.first)
    }

    pub(super) fn append(&mut self, stored: &Arc<Stored>) {
        self.next = stored.last() + 1;
        self.events += stored.len() as u64;
        self.bytes += stored.bytes() as u64;
        self.blocks.push_back(stored.clone());
    }

    /// Forgets the oldest blocks as long as there is too much.
    pub(super) fn trim(&mut self) {
        while self.events > self.events_max || self.bytes > self.bytes_max {
            let Some(oldest) = self.blocks.front() else { return };
            if oldest.last() >= self.needed_from && self.bytes <= self.bytes_max + self.needed_bytes_max {
                return;
            }
            let Some(oldest) = self.blocks.pop_front() else { return };
            self.events -= oldest.len() as u64;
            self.bytes -= oldest.bytes() as u64;
        }
    }

    /// The blocks from the one on that holds a position.
    pub(super) fn from(&self, position: u64) -> impl Iterator<Item = &Arc<Stored>> {
        let begin = self.blocks.partition_point(|stored| stored.last() < position);
        self.blocks.range(begin..)
    }

    /// The blocks, oldest first.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &Arc<Stored>> {
        self.blocks.iter()
    }

    /// The blocks, newest first.
    pub(super) fn backwards(&self) -> impl Iterator<Item = &Arc<Stored>> {
        self.blocks.iter().rev()
    }

    /// The first position since a time; none if it may be older than what is kept.
    pub(super) fn since(&self, time: Time) -> Option<u64> {
        let place = self.blocks.partition_point(|stored| stored.time < time);
        match (place, self.blocks.get(place)) {
            (0, _) => None,
            (_, Some(stored)) => Some(stored.first),
            (_, None) => Some(self.next),
        }
    }
}
