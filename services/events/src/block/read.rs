//! Reading a block: checked once, then walked through.

use std::ops::Range;

use super::{BlockError, HEAD_BYTES, Index, VERSION, varint};
use crate::{Limits, subject};

/// An event where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The place of its subject.
    pub subject: usize,
    /// The place of its type.
    pub ty: usize,
    /// What it is conflated by; empty means by its subject.
    pub key: &'a [u8],
    /// The value.
    pub payload: &'a [u8],
}

/// The events of a block, in order.
#[derive(Debug, Clone)]
pub struct Events<'a> {
    octets: &'a [u8],
    cursor: EventCursor,
}

impl<'a> Events<'a> {
    pub(super) fn new(octets: &'a [u8], at: usize, left: u32) -> Events<'a> {
        Events { octets, cursor: EventCursor::new(at, left) }
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = EventView<'a>;

    fn next(&mut self) -> Option<EventView<'a>> {
        self.cursor.next(self.octets)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.cursor.left as usize, Some(self.cursor.left as usize))
    }
}

impl ExactSizeIterator for Events<'_> {}

/// A place between two events of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventCursor {
    at: usize,
    left: u32,
}

impl EventCursor {
    pub(super) fn new(at: usize, left: u32) -> EventCursor {
        EventCursor { at, left }
    }

    pub(super) fn next<'a>(&mut self, octets: &'a [u8]) -> Option<EventView<'a>> {
        self.left = self.left.checked_sub(1)?;
        let mut cursor = Cursor { octets, at: self.at };
        // A block that was checked reads to its end.
        let event = cursor.event().ok()?;
        self.at = cursor.at;
        Some(event)
    }
}

/// Checks octets, and says where things are.
pub(super) fn index(octets: &[u8], limits: &Limits) -> Result<Index, BlockError> {
    if octets.len() > limits.block_bytes_max {
        return Err(BlockError::Limit { name: "block_bytes_max", limit: limits.block_bytes_max });
    }
    let head: &[u8; HEAD_BYTES] = octets.first_chunk().ok_or(BlockError::Short)?;
    if head[0] != VERSION || head[1] != 0 {
        return Err(BlockError::Version(head[0]));
    }
    let number = |range: Range<usize>| {
        head[range].iter().rev().fold(0u64, |number, &octet| number << 8 | u64::from(octet))
    };
    let (subjects, types, events) = (number(2..4) as usize, number(4..6) as usize, number(6..10) as u32);
    if events == 0 {
        return Err(BlockError::Empty);
    }
    if events as usize > limits.block_events_max {
        return Err(BlockError::Limit { name: "block_events_max", limit: limits.block_events_max });
    }
    let mut cursor = Cursor { octets, at: HEAD_BYTES };
    let publisher = cursor.text()?;
    if publisher.len() > limits.publisher_bytes_max {
        return Err(BlockError::Limit { name: "publisher_bytes_max", limit: limits.publisher_bytes_max });
    }
    let subjects = cursor.subjects(subjects, limits)?;
    let types = cursor.types(types)?;
    let body = cursor.at;
    for _ in 0..events {
        let at = cursor.at;
        let event = cursor.event()?;
        if event.subject >= subjects.len() || event.ty >= types.len() {
            return Err(BlockError::Reference { at });
        }
        if event.key.len() > limits.key_bytes_max {
            return Err(BlockError::Limit { name: "key_bytes_max", limit: limits.key_bytes_max });
        }
    }
    match octets.len() - cursor.at {
        0 => Ok(Index { events, first_sequence: number(10..18), publisher, subjects, types, body }),
        surplus => Err(BlockError::Surplus(surplus)),
    }
}

/// A place in the octets of a block.
struct Cursor<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn number(&mut self) -> Result<usize, BlockError> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let Some((number, length)) = varint::read(rest) else {
            let cut = rest.len() < varint::LONGEST && rest.iter().all(|&octet| octet >= 0x80);
            return Err(if cut { BlockError::Short } else { BlockError::Number { at: self.at } });
        };
        self.at += length;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    #[inline]
    fn range(&mut self) -> Result<Range<usize>, BlockError> {
        let length = self.number()?;
        let end = self.at.checked_add(length).filter(|&end| end <= self.octets.len());
        let range = self.at..end.ok_or(BlockError::Short)?;
        self.at = range.end;
        Ok(range)
    }

    fn text(&mut self) -> Result<Range<usize>, BlockError> {
        let range = self.range()?;
        match std::str::from_utf8(&self.octets[range.clone()]) {
            Ok(_) => Ok(range),
            Err(_) => Err(BlockError::Text { at: range.start }),
        }
    }

    /// Nothing is reserved by a count that somebody else has written.
    fn subjects(&mut self, count: usize, limits: &Limits) -> Result<Vec<Range<usize>>, BlockError> {
        let mut subjects = Vec::new();
        for _ in 0..count {
            let range = self.text()?;
            let text = std::str::from_utf8(&self.octets[range.clone()]).unwrap_or_default();
            subject::check(text, limits).map_err(|cause| BlockError::Subject {
                subject: text.chars().take(64).flat_map(char::escape_default).collect(),
                cause,
            })?;
            subjects.push(range);
        }
        Ok(subjects)
    }

    fn types(&mut self, count: usize) -> Result<Vec<Range<usize>>, BlockError> {
        let mut types = Vec::new();
        for _ in 0..count {
            types.push(self.range()?);
        }
        Ok(types)
    }

    #[inline]
    fn event(&mut self) -> Result<EventView<'a>, BlockError> {
        let (subject, ty) = (self.number()?, self.number()?);
        let (key, payload) = (self.range()?, self.range()?);
        Ok(EventView { subject, ty, key: &self.octets[key], payload: &self.octets[payload] })
    }
}
