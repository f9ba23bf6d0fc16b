//! Writing a block, event by event.

use bytes::Bytes;

use super::{Block, HEAD_BYTES, Index, VERSION, varint};
use crate::Limits;

/// Gathers events.
#[derive(Debug)]
pub struct BlockWriter {
    publisher: String,
    first_sequence: u64,
    subjects: Vec<Box<str>>,
    types: Vec<Box<[u8]>>,
    dictionary_bytes: usize,
    events: u32,
    body: Vec<u8>,
}

/// The block has no room for the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockFull;

/// Subjects or types that are looked through; beyond, further ones are written again.
const LOOKED_THROUGH_MAX: usize = 64;

impl BlockWriter {
    /// An empty block of a publisher, whose events are numbered from `first_sequence` on.
    pub fn new(publisher: &str, first_sequence: u64) -> BlockWriter {
        BlockWriter {
            publisher: publisher.to_owned(),
            first_sequence,
            subjects: Vec::new(),
            types: Vec::new(),
            dictionary_bytes: 0,
            events: 0,
            body: Vec::new(),
        }
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        self.events as usize
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// The octets that it will have, at most.
    pub fn size(&self) -> usize {
        HEAD_BYTES + 2 * varint::LONGEST + self.publisher.len() + self.dictionary_bytes + self.body.len()
    }

    /// Whether another event fits.
    ///
    /// # Errors
    /// [`BlockFull`] if it does not; an event that does not fit into an empty block fits into none.
    pub fn fits(
        &self,
        subject: &str,
        ty: &[u8],
        key: &[u8],
        payload: &[u8],
        limits: &Limits,
    ) -> Result<(), BlockFull> {
        let more = subject.len() + ty.len() + key.len() + payload.len() + 6 * varint::LONGEST;
        let places_left = self.subjects.len().max(self.types.len()) < usize::from(u16::MAX);
        let fits = self.size() + more <= limits.block_bytes_max
            && self.len() < limits.block_events_max
            && places_left;
        if fits { Ok(()) } else { Err(BlockFull) }
    }

    /// The place of a subject, which was checked.
    pub fn subject(&mut self, subject: &str) -> usize {
        let newest = self.subjects.iter().enumerate().rev().take(LOOKED_THROUGH_MAX);
        if let Some((place, _)) = newest.into_iter().find(|(_, known)| known.as_ref() == subject) {
            return place;
        }
        self.dictionary_bytes += subject.len() + varint::LONGEST;
        self.subjects.push(subject.into());
        self.subjects.len() - 1
    }

    /// The place of an encoded type.
    pub fn ty(&mut self, ty: &[u8]) -> usize {
        let newest = self.types.iter().enumerate().rev().take(LOOKED_THROUGH_MAX);
        if let Some((place, _)) = newest.into_iter().find(|(_, known)| known.as_ref() == ty) {
            return place;
        }
        self.dictionary_bytes += ty.len() + varint::LONGEST;
        self.types.push(ty.into());
        self.types.len() - 1
    }

    /// Appends an event.
    pub fn event(&mut self, subject: usize, ty: usize, key: &[u8], payload: &[u8]) {
        let out = &mut self.body;
        varint::write(subject as u64, out);
        varint::write(ty as u64, out);
        varint::write(key.len() as u64, out);
        out.extend_from_slice(key);
        varint::write(payload.len() as u64, out);
        out.extend_from_slice(payload);
        self.events += 1;
    }

    /// The octets of the block.
    pub fn into_octets(self) -> Bytes {
        self.into_block().octets
    }

    /// The block, which needs no check: it was written here.
    pub fn into_block(self) -> Block {
        let mut out = Vec::with_capacity(self.size());
        out.extend([VERSION, 0]);
        out.extend((self.subjects.len() as u16).to_le_bytes());
        out.extend((self.types.len() as u16).to_le_bytes());
        out.extend(self.events.to_le_bytes());
        out.extend(self.first_sequence.to_le_bytes());
        let mut put = |octets: &[u8]| {
            varint::write(octets.len() as u64, &mut out);
            out.extend_from_slice(octets);
            out.len() - octets.len()..out.len()
        };
        let publisher = put(self.publisher.as_bytes());
        let subjects = self.subjects.iter().map(|subject| put(subject.as_bytes())).collect();
        let types = self.types.iter().map(|ty| put(ty)).collect();
        let body = out.len();
        out.extend_from_slice(&self.body);
        let first_sequence = self.first_sequence;
        let index = Index { events: self.events, first_sequence, publisher, subjects, types, body };
        Block { octets: out.into(), index: index.into() }
    }
}
