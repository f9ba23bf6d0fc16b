//! What waits for one subscriber, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Piece, Stored};

/// A bounded queue of events. They stand in the blocks in which they came, which are shared with everybody.
#[derive(Debug)]
pub(super) struct Queue {
    pieces: VecDeque<Piece>,
    events: usize,
    bytes: usize,
    events_max: usize,
    bytes_max: usize,
}

impl Queue {
    pub(super) fn new(events_max: usize, bytes_max: usize) -> Queue {
        Queue { pieces: VecDeque::new(), events: 0, bytes: 0, events_max, bytes_max }
    }

    pub(super) fn events(&self) -> usize {
        self.events
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// How many more events fit. A block fits into an empty queue, however large it is.
    pub(super) fn room(&self) -> usize {
        if self.events > 0 && self.bytes >= self.bytes_max {
            0
        } else {
            self.events_max.saturating_sub(self.events)
        }
    }

    /// Appends the events of a block.
    pub(super) fn push(&mut self, stored: &Arc<Stored>) {
        self.append(stored, stored.len());
    }

    /// Appends the events of a block, and drops the oldest ones that do not fit any more. Answers how many.
    pub(super) fn push_dropping_oldest(&mut self, stored: &Arc<Stored>) -> usize {
        self.append(stored, stored.len());
        let mut dropped = 0;
        while self.events > self.events_max || (self.bytes > self.bytes_max && self.pieces.len() > 1) {
            let surplus = self.events.saturating_sub(self.events_max);
            let Some(front) = self.pieces.front_mut() else { break };
            if surplus > 0 && front.len() > surplus {
                front.from += surplus;
                self.events -= surplus;
                dropped += surplus;
            } else {
                dropped += front.len();
                self.pop_front();
            }
        }
        dropped
    }

    /// Appends the events that fit. Answers how many.
    pub(super) fn push_what_fits(&mut self, stored: &Arc<Stored>) -> usize {
        let count = self.room().min(stored.len());
        if count > 0 {
            self.append(stored, count);
        }
        count
    }

    fn append(&mut self, stored: &Arc<Stored>, count: usize) {
        self.events += count;
        self.bytes += stored.bytes();
        self.pieces.push_back(Piece { stored: stored.clone(), from: 0, to: count });
    }

    fn pop_front(&mut self) -> Option<Piece> {
        let front = self.pieces.pop_front()?;
        self.events -= front.len();
        self.bytes -= front.stored.bytes();
        Some(front)
    }

    /// Takes out what fits into a delivery: at least one block if there is one.
    pub(super) fn take(&mut self, events_max: usize, bytes_max: usize) -> Vec<Piece> {
        let (mut taken, mut events, mut bytes) = (Vec::new(), 0, 0);
        while let Some(front) = self.pieces.front() {
            let fits = events + front.len() <= events_max && bytes + front.stored.bytes() <= bytes_max;
            if !taken.is_empty() && !fits {
                break;
            }
            events += front.len();
            bytes += front.stored.bytes();
            taken.extend(self.pop_front());
        }
        taken
    }

    /// The position of the oldest event.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.pieces.front().map(|piece| piece.stored.position(piece.from))
    }
}
