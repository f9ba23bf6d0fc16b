//! Lanes: one sender's messages of the present view, contiguous from the oldest that is kept.
//!
//! ```text
//!   0 ......... base ........ async_next ... total_next ........ received
//!     dropped:  | kept until every member has acknowledged      | next to arrive
//!     stable    | and it is delivered here                      |
//! ```
//!
//! A lane starts empty with each view. Numbers count all messages of the sender in the group, whatever their class, so
//! that reception, stability and the cut need one number by sender. Fifo and causal messages are delivered at
//! `async_next`, totally ordered ones at `total_next` when their place comes.

use super::parts::{Part, Parts};
use crate::core::identity::Rank;
use crate::core::options::{Class, Order};
use crate::core::wire::WireError;
use bytes::Bytes;
use std::collections::VecDeque;

/// What a causal message comes after: for each lane that changed since the sender's last causal message, how many causal
/// messages of it the sender had delivered (timestamp compression: book L11771, rules 1 and 4).
pub(crate) type Causes = Vec<(Rank, u64)>;

/// One message, or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) payload: Bytes,
    pub(crate) causes: Option<Box<Causes>>,
    pub(crate) class: Class,
    pub(crate) part: Part,
}

/// The messages of one sender.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    base: u64,
    slots: VecDeque<Slot>,
    pub(crate) async_next: u64,
    pub(crate) total_next: u64,
    /// Totally ordered messages received.
    pub(crate) totals: u64,
    /// Of those, how many have their place and everything before it here.
    pub(crate) totals_ready: u64,
    /// Causal messages received.
    pub(crate) causals: u64,
    /// Causal messages delivered.
    pub(crate) causal_delivered: u64,
    /// The vector timestamp of the lane's latest causal message that was looked at.
    pub(crate) stamp: Vec<u64>,
    pub(crate) stamp_applied: bool,
    bytes: usize,
    /// Where there are messages in parts.
    parts: Option<Box<Parts>>,
}

impl Lane {
    /// How many messages have been received: the number of the next.
    #[inline]
    pub(crate) fn received(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    /// Messages kept.
    pub(crate) fn kept(&self) -> usize {
        self.slots.len()
    }

    /// Octets kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it may be the next here: parts of a message follow each other, and make one that is not too long.
    #[inline]
    pub(crate) fn admit(&mut self, slot: &Slot, bytes_max: usize) -> Result<(), WireError> {
        if slot.part.is_whole() && self.parts.is_none() {
            return Ok(());
        }
        let parts = self.parts.get_or_insert_default();
        parts.arrive(slot.class, slot.part, slot.payload.len(), bytes_max)
    }

    /// This member's own message, whose last part has this number.
    pub(crate) fn sent(&mut self, number: u64, message: Bytes) {
        self.parts.get_or_insert_default().sent(number, message);
    }

    /// This member's own message that ends with this number.
    pub(crate) fn sent_with(&self, number: u64) -> Option<&Bytes> {
        match self.get(number)? {
            slot if slot.part.is_whole() => Some(&slot.payload),
            _ => self.parts.as_ref()?.sent_with(number),
        }
    }

    /// The turn of this number has come: the message, if it is whole with it.
    #[inline]
    pub(crate) fn whole(&mut self, number: u64, class: Class, part: Part, payload: Bytes) -> Option<Bytes> {
        if part.is_whole() {
            return Some(payload);
        }
        let parts = self.parts.get_or_insert_default();
        let message = parts.join(number, class, part, payload);
        if parts.is_idle() {
            self.parts = None;
        }
        message
    }

    /// Parts whose turn has come, of a totally ordered message that is not whole.
    pub(crate) fn put_aside(&self) -> &[Bytes] {
        self.parts.as_ref().map_or(&[], |parts| parts.put_aside())
    }

    /// What a member that made a mistake would take into the next view.
    pub(crate) fn mistaken(self) -> Self {
        let parts = self.parts.map(|parts| Box::new(parts.mistaken()));
        Self { parts, ..Self::default() }
    }

    #[inline]
    pub(crate) fn push(&mut self, slot: Slot) {
        self.totals += u64::from(slot.class.order() == Order::Total);
        self.causals += u64::from(slot.class.order() == Order::Causal);
        self.bytes += slot.payload.len();
        self.slots.push_back(slot);
    }

    #[inline]
    pub(crate) fn get(&self, number: u64) -> Option<&Slot> {
        self.slots.get(number.checked_sub(self.base)? as usize)
    }

    /// The messages kept from a number on.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = &Slot> {
        self.slots.iter().skip(number.saturating_sub(self.base) as usize)
    }

    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Drops what is beyond the cut of the view.
    pub(crate) fn cut(&mut self, until: u64) {
        while self.received() > until && !self.slots.is_empty() {
            if let Some(slot) = self.slots.pop_back() {
                self.bytes -= slot.payload.len();
            }
        }
    }

    /// Drops what every member has acknowledged and this one has delivered.
    pub(crate) fn trim(&mut self, stable: u64) {
        let until = stable.min(self.delivered());
        while self.base < until {
            if let Some(slot) = self.slots.pop_front() {
                self.bytes -= slot.payload.len();
            }
            self.base += 1;
        }
    }

    /// All numbers below have been delivered here.
    pub(crate) fn delivered(&self) -> u64 {
        let next_async = self.next_of(self.async_next, |order| order != Order::Total);
        let next_total = self.next_of(self.total_next, |order| order == Order::Total);
        next_async.min(next_total)
    }

    /// The first number from here on whose class matches, or the end.
    #[inline]
    fn next_of(&self, number: u64, wanted: impl Fn(Order) -> bool) -> u64 {
        // What is dropped already was of the other kind.
        let mut number = number.max(self.base);
        while let Some(slot) = self.get(number) {
            if wanted(slot.class.order()) {
                break;
            }
            number += 1;
        }
        number
    }

    /// Moves to the next totally ordered message and names it.
    #[inline]
    pub(crate) fn seek_total(&mut self) -> Option<&Slot> {
        self.total_next = self.next_of(self.total_next, |order| order == Order::Total);
        self.get(self.total_next)
    }

    /// Moves to the next fifo or causal message and names it.
    #[inline]
    pub(crate) fn seek_async(&mut self) -> Option<&Slot> {
        self.async_next = self.next_of(self.async_next, |order| order != Order::Total);
        self.get(self.async_next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(order: Order) -> Slot {
        let payload = Bytes::from_static(b"x");
        Slot { payload, causes: None, class: Class::new(order, false), part: Part::WHOLE }
    }

    #[test]
    fn a_message_is_kept_until_it_is_stable_and_delivered() {
        let mut lane = Lane::default();
        lane.push(slot(Order::Fifo));
        lane.push(slot(Order::Total));
        lane.push(slot(Order::Fifo));
        assert!(lane.seek_async().is_some());
        lane.async_next += 1;
        lane.trim(3);
        assert_eq!((lane.base(), lane.received()), (1, 3), "the total message waits for its place");
        assert!(lane.seek_total().is_some());
        lane.total_next += 1;
        lane.trim(1);
        assert_eq!(lane.base(), 1, "not stable");
        lane.trim(3);
        assert_eq!(lane.base(), 2, "the last is not delivered");
    }

    #[test]
    fn a_cursor_left_behind_by_dropping_catches_up() {
        let mut lane = Lane::default();
        lane.push(slot(Order::Fifo));
        assert!(lane.seek_async().is_some());
        lane.async_next += 1;
        lane.trim(1);
        lane.push(slot(Order::Total));
        assert!(lane.seek_total().is_some(), "the cursor stood before the dropped message");
    }
}
