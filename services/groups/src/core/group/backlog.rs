//! What waits to be sent: while a view ends, while the window is full, and, of large messages, what has not been cut off yet.
//!
//! ```text
//!   push -> [ large: cut off so far | rest ] [ message ] [ message ] ..
//!              parts leave one by one, as far as the window allows
//! ```
//!
//! A large message stays at the front until its last part has left. If the view ends before, everyone drops the parts that
//! have left, and it begins again from its first octet.

use super::parts::Part;
use super::{Group, Lane};
use crate::core::mutation::Mutation;
use crate::core::options::{Class, Limits};
use bytes::Bytes;
use std::collections::VecDeque;

/// Messages that wait, in order.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    messages: VecDeque<(Class, Bytes)>,
    /// Octets that wait.
    bytes: usize,
    /// Octets of the first message that have left.
    cut_off: usize,
    /// How many messages have left.
    gone: u64,
}

/// Something that leaves.
#[derive(Debug)]
struct Leaving {
    class: Class,
    part: Part,
    payload: Bytes,
    /// With the last part: the message.
    whole: Option<Bytes>,
}

impl Backlog {
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Octets that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many messages have left so far.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    /// Whether so many more octets may wait. One message may always, however large.
    pub(crate) fn has_room(&self, octets: usize, bytes_max: usize) -> bool {
        self.is_empty() || self.bytes + octets <= bytes_max
    }

    pub(crate) fn push(&mut self, class: Class, payload: Bytes) {
        self.bytes += payload.len();
        self.messages.push_back((class, payload));
    }

    /// Before all others.
    pub(crate) fn push_front(&mut self, class: Class, payload: Bytes) {
        self.begin_again();
        self.bytes += payload.len();
        self.messages.push_front((class, payload));
    }

    /// The next message, or the next part of it.
    fn take(&mut self, part_bytes_max: usize) -> Option<Leaving> {
        let (class, message) = self.messages.front()?;
        let from = self.cut_off;
        let until = message.len().min(from.saturating_add(part_bytes_max.max(1)));
        let (class, payload, more) = (*class, message.slice(from..until), until < message.len());
        self.bytes -= payload.len();
        self.cut_off = if more { until } else { 0 };
        let mut whole = None;
        if !more {
            self.gone += 1;
            whole = self.messages.pop_front().map(|(_, message)| message);
        }
        Some(Leaving { class, part: Part::new(from > 0, more), payload, whole })
    }

    /// Whether the first message is one that leaves in parts.
    fn is_large(&self, part_bytes_max: usize) -> bool {
        self.messages.front().is_some_and(|(_, message)| message.len() > part_bytes_max)
    }

    /// The parts that have left are lost: the first message begins again.
    pub(crate) fn begin_again(&mut self) {
        self.bytes += std::mem::take(&mut self.cut_off);
    }

    /// Whether parts of the first message have left, and not its last.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut_off > 0
    }

    /// The mistake: it goes on with what has not left, as if that were all.
    fn go_on(&mut self) {
        let cut_off = std::mem::take(&mut self.cut_off);
        if let Some((_, message)) = self.messages.front_mut() {
            *message = message.slice(cut_off..);
        }
    }

    #[cfg(test)]
    pub(crate) fn payloads(&self) -> Vec<&[u8]> {
        self.messages.iter().map(|(_, payload)| payload.as_ref()).collect()
    }
}

impl Group {
    /// Sends the next of what waits, if it may be, in parts if everyone understands them: the answer is which part that was.
    pub(crate) fn send_waiting(&mut self, limits: &Limits, parts: bool) -> Option<Part> {
        if self.backlog.is_empty() || self.suspended || self.is_shut(limits) {
            return None;
        }
        let part_bytes_max = if parts { limits.part_bytes_max } else { usize::MAX };
        let ahead = self.lanes.get(self.me).map_or(0, Lane::bytes);
        if self.backlog.is_large(part_bytes_max) && ahead >= limits.parts_ahead_bytes_max {
            return None;
        }
        let Leaving { class, part, payload, whole } = self.backlog.take(part_bytes_max)?;
        let number = self.send_part(class, part, payload);
        if let Some(message) = whole.filter(|_| !part.is_whole()) {
            self.lanes[self.me].sent(number, message);
        }
        Some(part)
    }

    /// The view has ended: what was not sent whole is sent anew.
    pub(super) fn begin_backlog_again(&mut self) {
        match self.bug(Mutation::PartsNotAgain) {
            _ if !self.backlog.is_used() => {}
            false => self.backlog.begin_again(),
            true => self.backlog.go_on(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::options::Order;

    const CLASS: Class = Class::new(Order::Fifo, false);

    #[test]
    fn a_large_message_leaves_in_parts_and_begins_again_whole() {
        let mut backlog = Backlog::default();
        backlog.push(CLASS, Bytes::from_static(b"abcdefgh"));
        backlog.push(CLASS, Bytes::from_static(b"x"));
        let take = |backlog: &mut Backlog| {
            let Leaving { part, payload, whole, .. } = backlog.take(3).unwrap();
            (part.goes_on(), part.has_more(), payload, whole.is_some())
        };
        assert_eq!(take(&mut backlog), (false, true, Bytes::from_static(b"abc"), false));
        assert_eq!(take(&mut backlog), (true, true, Bytes::from_static(b"def"), false));
        assert_eq!((backlog.bytes(), backlog.len(), backlog.gone()), (3, 2, 0));
        assert!(backlog.is_cut());
        backlog.begin_again();
        assert_eq!((backlog.bytes(), backlog.is_cut()), (9, false));
        for (expected, part) in [("abc", (false, true)), ("def", (true, true)), ("gh", (true, false))] {
            let (goes_on, more, payload, whole) = take(&mut backlog);
            assert_eq!((goes_on, more, whole), (part.0, part.1, !part.1));
            assert_eq!(payload, expected);
        }
        assert_eq!(take(&mut backlog), (false, false, Bytes::from_static(b"x"), true));
        assert_eq!((backlog.bytes(), backlog.is_empty(), backlog.gone()), (0, true, 2));
    }

    #[test]
    fn an_empty_message_leaves_and_a_message_as_long_as_a_part_is_none() {
        let mut backlog = Backlog::default();
        for text in ["", "abc"] {
            backlog.push(CLASS, Bytes::from_static(text.as_bytes()));
            let leaving = backlog.take(3).unwrap();
            assert_eq!((leaving.part, leaving.payload), (Part::WHOLE, Bytes::from_static(text.as_bytes())));
        }
        assert!(backlog.has_room(usize::MAX, 10), "one may always wait");
        backlog.push(CLASS, Bytes::from_static(b"abcde"));
        assert!(backlog.has_room(5, 10) && !backlog.has_room(6, 10));
    }
}
