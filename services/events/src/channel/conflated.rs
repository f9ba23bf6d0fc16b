//! What waits for one subscriber, the newest of each key only.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Piece, Stored};
use crate::block::BlockWriter;

/// At most one event for each key, in the order of their positions.
#[derive(Debug)]
pub(super) struct Conflated {
    by_position: BTreeMap<u64, Entry>,
    by_key: BTreeMap<Vec<u8>, u64>,
    bytes: usize,
    events_max: usize,
    bytes_max: usize,
}

/// An event, copied out of its block, which would stay as long as the last of its events otherwise.
#[derive(Debug)]
struct Entry {
    key: Vec<u8>,
    stored: Stored,
}

/// What has become of events that are not in the queue any more, or never were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) replaced: usize,
    pub(super) oldest: usize,
}

impl Conflated {
    pub(super) fn new(events_max: usize, bytes_max: usize) -> Conflated {
        Conflated { by_position: BTreeMap::new(), by_key: BTreeMap::new(), bytes: 0, events_max, bytes_max }
    }

    pub(super) fn events(&self) -> usize {
        self.by_position.len()
    }

    pub(super) fn push(&mut self, stored: &Stored) -> Dropped {
        let mut dropped = Dropped::default();
        // Within a block, too, only the newest counts: the others are not even copied.
        let mut newest: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let events: Vec<_> = stored.block.events().collect();
        for (place, event) in events.iter().enumerate() {
            // An event without a key is known by its subject; the octet in front keeps the two apart.
            let key = match event.key {
                [] => [b"s", stored.block.subject(event.subject).as_bytes()].concat(),
                key => [b"k", key].concat(),
            };
            dropped.replaced += usize::from(newest.insert(key, place).is_some());
        }
        for (key, place) in newest {
            let event = events[place];
            if let Some(position) = self.by_key.get(&key).copied() {
                self.remove(position);
                dropped.replaced += 1;
            }
            let mut writer = BlockWriter::new(stored.block.publisher(), 0);
            let subject = writer.subject(stored.block.subject(event.subject));
            let ty = writer.ty(stored.block.type_octets(event.ty));
            writer.event(subject, ty, event.key, event.payload);
            let position = stored.position(place);
            let copied = Stored::new(position, stored.time, writer.into_block());
            self.bytes += copied.bytes();
            self.by_key.insert(key.clone(), position);
            self.by_position.insert(position, Entry { key, stored: copied });
        }
        while self.events() > self.events_max || (self.bytes > self.bytes_max && self.events() > 1) {
            let Some((&oldest, _)) = self.by_position.first_key_value() else { break };
            self.remove(oldest);
            dropped.oldest += 1;
        }
        dropped
    }

    fn remove(&mut self, position: u64) -> Option<Stored> {
        let entry = self.by_position.remove(&position)?;
        self.by_key.remove(&entry.key);
        self.bytes -= entry.stored.bytes();
        Some(entry.stored)
    }

    /// Takes out what fits into a delivery: at least one event if there is one.
    pub(super) fn take(&mut self, events_max: usize, bytes_max: usize) -> Vec<Piece> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some((&position, entry)) = self.by_position.first_key_value() {
            bytes += entry.stored.bytes();
            if !taken.is_empty() && (taken.len() == events_max || bytes > bytes_max) {
                break;
            }
            if let Some(stored) = self.remove(position) {
                taken.push(Piece { to: stored.len(), stored: Arc::new(stored), from: 0 });
            }
        }
        taken
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.by_position.first_key_value().map(|(&position, _)| position)
    }
}
