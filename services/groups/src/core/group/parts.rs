//! Large messages travel in parts, each a message of its own to everything but delivery.
//!
//! ```text
//!   150,000 octets       first 65,536 | middle 65,536 | last 18,928
//!   the sender's lane    .. 7 | 8 first | 9 middle | 10 last | 11 ..
//!   the order            .. 8 | others | 9 | others | 10       delivered here, at the place of its last part
//! ```
//!
//! A part has a number in its sender's lane and, if the message is totally ordered, a place; it is acknowledged, kept, logged,
//! cut and obtained from others as any message is, and its octets count against the window. When its turn comes it is put
//! aside, and with the last part the message is whole. Parts of one message follow each other in the lane; what others send,
//! and what the sender sends in other groups, goes between them.
//!
//! So a message is delivered whole or not at all, alike by everyone: where a view ends, all who go on have the same parts.
//! A message whose last part is beyond the cut is dropped by all of them, and its sender, which knows that it never sent that
//! part, begins again in the next view. Nothing of one view is ever put together with anything of another.

use crate::core::options::{Class, Order};
use crate::core::wire::{Reader, Wire, WireError};
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::VecDeque;

/// Which part of a message something is: bit 3 of its octet says that more follows, bit 4 that it goes on from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Part(u8);

impl Part {
    /// A message that travels in one piece.
    pub(crate) const WHOLE: Self = Self(0);
    const MORE: u8 = 1 << 3;
    const GOES_ON: u8 = 1 << 4;

    pub(crate) const fn new(goes_on: bool, more: bool) -> Self {
        Self((goes_on as u8 * Self::GOES_ON) | (more as u8 * Self::MORE))
    }

    #[inline]
    pub(crate) const fn is_whole(self) -> bool {
        self.0 == 0
    }

    /// Whether parts of the same message came before.
    pub(crate) const fn goes_on(self) -> bool {
        self.0 & Self::GOES_ON != 0
    }

    /// Whether parts of the same message follow.
    pub(crate) const fn has_more(self) -> bool {
        self.0 & Self::MORE != 0
    }
}

/// Class and part, as one octet.
#[inline]
pub(crate) fn octet_of(class: Class, part: Part) -> u8 {
    class.octet() | part.0
}

/// The other way round.
#[inline]
pub(crate) fn from_octet(octet: u8) -> Result<(Class, Part), WireError> {
    const PARTS: u8 = Part::MORE | Part::GOES_ON;
    let class = Class::from_octet(octet & !PARTS).map_err(|_| WireError::Tag(octet))?;
    Ok((class, Part(octet & PARTS)))
}

impl Wire for Part {
    fn write(&self, out: &mut BytesMut) {
        out.put_u8(self.0);
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let (goes_on, more) = (Self::GOES_ON, Self::MORE);
        let octet = input.u8()?;
        if octet & !(goes_on | more) == 0 { Ok(Self(octet)) } else { Err(WireError::Tag(octet)) }
    }
}

/// The messages of one lane that are in parts.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Of the message whose last part has not arrived: its class, and how many octets have.
    arriving: Option<(Class, usize)>,
    /// Parts whose turn has come, of the totally ordered message that is not whole.
    total: Vec<Bytes>,
    /// The same, of the fifo or causal one.
    other: Vec<Bytes>,
    /// In one's own lane: messages that are sent and not delivered, by the number of their last part.
    sent: VecDeque<(u64, Bytes)>,
}

impl Parts {
    /// Something arrives as the next in the lane. Refused if it is no part that may come now, or the message gets too long.
    pub(crate) fn arrive(
        &mut self,
        class: Class,
        part: Part,
        octets: usize,
        bytes_max: usize,
    ) -> Result<(), WireError> {
        let before = match self.arriving {
            Some((begun, before)) if part.goes_on() && begun == class => before,
            None if !part.goes_on() => 0,
            _ => return Err(WireError::Contradiction),
        };
        if !part.is_whole() && octets == 0 {
            return Err(WireError::Contradiction);
        }
        if octets > bytes_max - before.min(bytes_max) {
            return Err(WireError::Limit);
        }
        self.arriving = part.has_more().then_some((class, before + octets));
        Ok(())
    }

    /// The last part of one's own message has this number.
    pub(crate) fn sent(&mut self, number: u64, message: Bytes) {
        self.sent.push_back((number, message));
    }

    /// One's own message whose last part has this number.
    pub(crate) fn sent_with(&self, number: u64) -> Option<&Bytes> {
        self.sent.iter().find(|(last, _)| *last == number).map(|(_, message)| message)
    }

    /// A part's turn has come: the message, if that was the last.
    pub(crate) fn join(&mut self, number: u64, class: Class, part: Part, payload: Bytes) -> Option<Bytes> {
        let parts = if class.order() == Order::Total { &mut self.total } else { &mut self.other };
        parts.push(payload);
        if part.has_more() {
            return None;
        }
        let parts = std::mem::take(parts);
        if let Some(index) = self.sent.iter().position(|(last, _)| *last == number) {
            return self.sent.remove(index).map(|(_, message)| message);
        }
        let mut message = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
        parts.iter().for_each(|part| message.extend_from_slice(part));
        Some(message.freeze())
    }

    /// What is put aside of a totally ordered message.
    pub(crate) fn put_aside(&self) -> &[Bytes] {
        &self.total
    }

    /// A message begins: of one that was not whole nothing more will come.
    pub(crate) fn begin(&mut self) {
        self.total.clear();
    }

    /// Whether nothing is here.
    pub(crate) fn is_idle(&self) -> bool {
        self.arriving.is_none() && self.total.is_empty() && self.other.is_empty() && self.sent.is_empty()
    }

    /// What a member that made a mistake would take into the next view.
    pub(crate) fn mistaken(self) -> Self {
        Self { arriving: None, sent: VecDeque::new(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOTAL: Class = Class::new(Order::Total, false);
    const FIFO: Class = Class::new(Order::Fifo, false);
    const FIRST: Part = Part::new(false, true);
    const MIDDLE: Part = Part::new(true, true);
    const LAST: Part = Part::new(true, false);

    #[test]
    fn a_message_is_whole_with_its_last_part() {
        let mut parts = Parts::default();
        let mut join =
            |class, part, text: &'static str| parts.join(9, class, part, Bytes::from_static(text.as_bytes()));
        assert_eq!(join(TOTAL, FIRST, "a"), None);
        assert_eq!(join(FIFO, FIRST, "x"), None, "the other kind of order is at its own place");
        assert_eq!(join(TOTAL, MIDDLE, "b"), None);
        assert_eq!(join(TOTAL, LAST, "c").as_deref(), Some(&b"abc"[..]));
        assert_eq!(join(FIFO, LAST, "y").as_deref(), Some(&b"xy"[..]));
        assert!(parts.is_idle());
    }

    #[test]
    fn ones_own_message_is_not_copied() {
        let message = Bytes::from_static(b"abcd");
        let mut parts = Parts::default();
        parts.sent(4, message.clone());
        assert_eq!(parts.join(3, TOTAL, FIRST, message.slice(..2)), None);
        let whole = parts.join(4, TOTAL, LAST, message.slice(2..)).unwrap();
        assert_eq!((whole.as_ptr(), whole.len()), (message.as_ptr(), 4));
        assert!(parts.is_idle());
    }

    #[test]
    fn parts_come_in_their_order_or_are_refused() {
        let wrong = Err(WireError::Contradiction);
        let mut parts = Parts::default();
        assert_eq!(parts.arrive(TOTAL, MIDDLE, 3, 10), wrong, "nothing to go on from");
        assert_eq!(parts.arrive(TOTAL, LAST, 3, 10), wrong);
        assert_eq!(
            parts.arrive(TOTAL, FIRST, 0, 10),
            wrong,
            "parts are not empty: or there could be any number"
        );
        assert_eq!(parts.arrive(TOTAL, FIRST, 3, 10), Ok(()));
        assert_eq!(parts.arrive(TOTAL, FIRST, 3, 10), wrong, "the one before is not whole");
        assert_eq!(parts.arrive(TOTAL, Part::WHOLE, 3, 10), wrong);
        assert_eq!(parts.arrive(FIFO, MIDDLE, 3, 10), wrong, "of another class");
        assert_eq!(parts.arrive(TOTAL, MIDDLE, 3, 10), Ok(()));
        assert_eq!(parts.arrive(TOTAL, LAST, 5, 10), Err(WireError::Limit), "too long as a whole");
        assert_eq!(parts.arrive(TOTAL, LAST, usize::MAX, 10), Err(WireError::Limit));
        assert_eq!(parts.arrive(TOTAL, LAST, 4, 10), Ok(()));
        assert_eq!(parts.arrive(FIFO, Part::WHOLE, 0, 10), Ok(()), "an empty message is one");
        assert!(parts.is_idle());
    }

    #[test]
    fn octets_have_one_meaning() {
        for octet in 0..=u8::MAX {
            match from_octet(octet) {
                Ok((class, part)) => assert_eq!(octet_of(class, part), octet),
                Err(error) => assert_eq!(error, WireError::Tag(octet)),
            }
        }
        assert!(from_octet(0x20).is_err() && from_octet(0x03).is_err() && from_octet(0x1e).is_ok());
    }
}
