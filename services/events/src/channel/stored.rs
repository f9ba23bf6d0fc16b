//! A block that has got its place.

use super::Time;
use crate::block::Block;

/// A block with the positions of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The position of its first event.
    pub first: u64,
    /// How far the position of each event is from the first; none if they follow each other.
    pub offsets: Option<Box<[u32]>>,
    /// When it came, in microseconds since 1970.
    pub time: Time,
    /// The events.
    pub block: Block,
}

impl Stored {
    /// A block whose events follow each other.
    pub fn new(first: u64, time: Time, block: Block) -> Stored {
        Stored { first, offsets: None, time, block }
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        self.block.len()
    }

    /// Whether it has none: never.
    pub fn is_empty(&self) -> bool {
        self.block.is_empty()
    }

    /// The position of an event by its place.
    pub fn position(&self, place: usize) -> u64 {
        match &self.offsets {
            None => self.first + place as u64,
            Some(offsets) => self.first + offsets.get(place).map_or(0, |&offset| offset.into()),
        }
    }

    /// The position of its last event.
    pub fn last(&self) -> u64 {
        self.position(self.len().saturating_sub(1))
    }

    /// The octets that it holds in memory.
    pub fn bytes(&self) -> usize {
        self.block.octets().len()
    }

    /// The events whose subjects are wanted, if that is not all of them: none if there are none.
    pub(super) fn selected(&self, wanted: &[bool]) -> Option<Stored> {
        let places: Vec<u32> = self
            .block
            .events()
            .enumerate()
            .filter(|(_, event)| wanted.get(event.subject).copied().unwrap_or_default())
            .map(|(place, _)| place as u32)
            .collect();
        let first = self.position(*places.first()? as usize);
        let offsets = places.iter().map(|&place| (self.position(place as usize) - first) as u32).collect();
        Some(Stored { first, offsets: Some(offsets), time: self.time, block: self.block.select(&places) })
    }

    /// The first place whose position is not below this one.
    pub(super) fn place_of(&self, position: u64) -> usize {
        match &self.offsets {
            None => {
                usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.len())
            }
            Some(offsets) => offsets.partition_point(|&offset| self.first + u64::from(offset) < position),
        }
    }
}
