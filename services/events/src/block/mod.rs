//! Many events in one piece of memory: what travels, waits in queues and lies on disk, written once by its publisher.
//!
//! ```text
//! octet  0         1       2            4         6          10               18
//!        +---------+-------+------------+---------+----------+----------------+
//!        | version | 0     | subjects   | types   | events   | first sequence |
//!        +---------+-------+------------+---------+----------+----------------+
//!        | publisher | subject ... | type ... | event ...                       |
//!
//! text, octets   length (varint), that many octets
//! event          subject (varint), type (varint), key (octets), payload (octets)
//! ```
//!
//! Numbers are little endian; varints are LEB128, as short as they can be. Subjects and types stand once, and events refer
//! to them by their place. A type is the CDR encapsulation of its type code; a payload is CDR, little endian, aligned from
//! its own start.
//!
//! **Invariant: a [`Block`] has been checked.** Whoever holds one can walk through it without a surprise.

mod read;
mod varint;
mod write;

pub use read::{EventCursor, EventView, Events};
pub use write::{BlockFull, BlockWriter};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::Limits;

/// The version that this code writes, and the only one that it reads.
pub const VERSION: u8 = 1;

/// The octets before the publisher.
const HEAD_BYTES: usize = 18;

/// A checked block. Cheap to clone: the octets are shared.
#[derive(Clone)]
pub struct Block {
    octets: Bytes,
    index: Arc<Index>,
}

/// Where things are.
#[derive(Debug, PartialEq, Eq)]
struct Index {
    events: u32,
    first_sequence: u64,
    publisher: Range<usize>,
    subjects: Vec<Range<usize>>,
    types: Vec<Range<usize>>,
    /// Where the events begin.
    body: usize,
}

/// Why octets are no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The octets end in the middle of something.
    #[error("the block ends too early")]
    Short,
    /// A version that nobody here knows.
    #[error("block of version {0}, known is {VERSION}")]
    Version(u8),
    /// A number that is longer than it needs to be, or than a number can be.
    #[error("a malformed number at octet {at}")]
    Number {
        /// Where.
        at: usize,
    },
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8 at octet {at}")]
    Text {
        /// Where.
        at: usize,
    },
    /// A subject.
    #[error("the subject `{subject}`: {cause}")]
    Subject {
        /// The subject, shortened.
        subject: String,
        /// What is wrong with it.
        cause: crate::subject::SubjectError,
    },
    /// An event refers to a subject or type that is not there.
    #[error("an event of a subject or type that the block does not have, at octet {at}")]
    Reference {
        /// Where.
        at: usize,
    },
    /// Octets behind the last event.
    #[error("{0} octets behind the last event")]
    Surplus(usize),
    /// No event.
    #[error("a block without events")]
    Empty,
    /// Larger than a limit.
    #[error("above {name} = {limit}")]
    Limit {
        /// The name of the limit.
        name: &'static str,
        /// The limit.
        limit: usize,
    },
}

impl Block {
    /// Checks octets. Linear in their number; nothing is copied.
    ///
    /// # Errors
    /// See [`BlockError`].
    pub fn parse(octets: Bytes, limits: &Limits) -> Result<Block, BlockError> {
        let index = read::index(&octets, limits)?;
        Ok(Block { octets, index: Arc::new(index) })
    }

    /// The octets.
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// How many events it has; at least one.
    pub fn len(&self) -> usize {
        self.index.events as usize
    }

    /// Whether it has no event: never.
    pub fn is_empty(&self) -> bool {
        self.index.events == 0
    }

    /// Who published it; empty if nobody wants to be known.
    pub fn publisher(&self) -> &str {
        self.text(&self.index.publisher)
    }

    /// The publisher's number of the first event; each further one has the next.
    pub fn first_sequence(&self) -> u64 {
        self.index.first_sequence
    }

    /// The subjects of its events.
    pub fn subjects(&self) -> impl ExactSizeIterator<Item = &str> {
        self.index.subjects.iter().map(|range| self.text(range))
    }

    /// A subject by its place.
    pub fn subject(&self, place: usize) -> &str {
        self.index.subjects.get(place).map_or("", |range| self.text(range))
    }

    /// The types of its events, encoded.
    pub fn types(&self) -> impl ExactSizeIterator<Item = Bytes> + use<'_> {
        self.index.types.iter().map(|range| self.octets.slice(range.clone()))
    }

    /// A type by its place, encoded.
    pub fn type_octets(&self, place: usize) -> &[u8] {
        self.index.types.get(place).and_then(|range| self.octets.get(range.clone())).unwrap_or_default()
    }

    /// The events, in order.
    pub fn events(&self) -> Events<'_> {
        Events::new(&self.octets, self.index.body, self.index.events)
    }

    /// The place in front of the first event, for those who walk and hold the block at the same time.
    pub fn begin(&self) -> EventCursor {
        EventCursor::new(self.index.body, self.index.events)
    }

    /// The event behind a cursor, which moves on.
    pub fn next_event(&self, cursor: &mut EventCursor) -> Option<EventView<'_>> {
        cursor.next(&self.octets)
    }

    /// A payload as octets that share this block's memory.
    pub fn share(&self, payload: &[u8]) -> Bytes {
        if payload.is_empty() { Bytes::new() } else { self.octets.slice_ref(payload) }
    }

    /// The events in a range of places, as a block of their own.
    pub fn slice(&self, range: Range<usize>) -> Block {
        let first = self.index.first_sequence + range.start as u64;
        let chosen = self.events().skip(range.start).take(range.len());
        self.rebuilt(first, chosen)
    }

    /// The events at some places, which ascend, as a block of their own. It keeps the publisher, but has no sequence.
    pub fn select(&self, places: &[u32]) -> Block {
        let mut wanted = places.iter().copied().peekable();
        let chosen = self.events().enumerate();
        let chosen = chosen.filter(move |(place, _)| wanted.next_if_eq(&(*place as u32)).is_some());
        let chosen = chosen.map(|(_, event)| event);
        self.rebuilt(0, chosen)
    }

    fn rebuilt<'a>(&'a self, first_sequence: u64, events: impl Iterator<Item = EventView<'a>>) -> Block {
        let mut writer = BlockWriter::new(self.publisher(), first_sequence);
        for event in events {
            let subject = writer.subject(self.subject(event.subject));
            let ty = writer.ty(self.type_octets(event.ty));
            writer.event(subject, ty, event.key, event.payload);
        }
        writer.into_block()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        // It was checked when the block was.
        self.octets.get(range.clone()).and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.octets == other.octets
    }
}

impl Eq for Block {}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subjects: Vec<&str> = self.subjects().collect();
        f.debug_struct("Block")
            .field("events", &self.len())
            .field("publisher", &self.publisher())
            .field("first_sequence", &self.first_sequence())
            .field("subjects", &subjects)
            .finish()
    }
}

#[cfg(test)]
mod tests;
