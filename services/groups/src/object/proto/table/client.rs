//! What is remembered of one client.

use super::executed::Executed;
use crate::core::WireError;
use crate::core::wire::{Reader, Wire, put_varint};
use bytes::BytesMut;
use quorb::adapter::RelayedReply;
use std::collections::BTreeMap;

/// A client in its present life.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) incarnation: u64,
    /// Whatever is below and not held was answered or is forgotten.
    pub(super) watermark: u64,
    /// The age of the last request.
    pub(super) heard: u64,
    pub(super) entries: BTreeMap<u64, Entry>,
    /// Executed, not held any more, and not below the watermark: a lower one has not been seen, and may still come.
    pub(super) executed: Executed,
    /// Entries that are being executed.
    pub(super) running: usize,
}

/// A request that has its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Running,
    Done {
        age: u64,
        reply: RelayedReply,
    },
    /// Executed; the reply is not kept.
    Dropped,
}

impl Entry {
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Done { reply, .. } => (reply.head().len() + reply.body().len()) as u64,
            _ => 0,
        }
    }
}

impl Client {
    pub(super) fn new(incarnation: u64, watermark: u64, heard: u64) -> Self {
        Self {
            incarnation,
            watermark,
            heard,
            entries: BTreeMap::new(),
            executed: Executed::default(),
            running: 0,
        }
    }

    /// The client has the answers to all below: gives what need not be held any more.
    pub(super) fn acknowledge(&mut self, below: u64) -> Vec<Entry> {
        if below > self.watermark {
            self.watermark = below;
            self.executed.forget_below(below);
        }
        let kept = self.entries.split_off(&below);
        let answered = std::mem::replace(&mut self.entries, kept);
        let (running, gone): (Vec<_>, Vec<_>) =
            answered.into_iter().partition(|(_, entry)| *entry == Entry::Running);
        // A client that acknowledges what still runs contradicts itself; what runs ends all the same.
        self.entries.extend(running);
        gone.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Drops the oldest request that has been executed. What is below it and was not seen may still come, unless that leaves
    /// more runs of executed ones than may be remembered.
    pub(super) fn drop_oldest(&mut self, runs_max: usize) -> Option<Entry> {
        let oldest = self.entries.iter().find(|(_, entry)| **entry != Entry::Running);
        let (&sequence, _) = oldest?;
        let dropped = self.entries.remove(&sequence);
        if sequence < self.watermark {
            return dropped;
        }
        self.executed.note(sequence);
        if self.executed.runs() > runs_max
            && let Some(end) = self.executed.take_lowest()
        {
            self.watermark = end;
        }
        self.raise();
        dropped
    }

    /// The watermark rises to the first request that was not seen.
    fn raise(&mut self) {
        loop {
            let passed = self.executed.pass(self.watermark);
            let held = self.entries.range(passed..).zip(passed..);
            // One that runs may turn out not to be executed.
            let done = held.take_while(|((held, entry), at)| *held == at && **entry != Entry::Running);
            let next = done.count() as u64 + passed;
            if next == self.watermark {
                return;
            }
            self.watermark = next;
        }
    }

    /// No request from here on has been seen.
    pub(super) fn unseen_from(&self) -> u64 {
        let last = self.entries.last_key_value().map_or(0, |(&sequence, _)| sequence.saturating_add(1));
        last.max(self.watermark).max(self.executed.end())
    }
}

impl Wire for Client {
    fn write(&self, out: &mut BytesMut) {
        for number in [self.incarnation, self.watermark, self.heard] {
            number.write(out);
        }
        self.executed.write(out);
        put_varint(out, self.entries.len() as u64);
        for (sequence, entry) in &self.entries {
            sequence.write(out);
            match entry {
                Entry::Running => 0u8.write(out),
                Entry::Dropped => 1u8.write(out),
                Entry::Done { age, reply } => {
                    2u8.write(out);
                    age.write(out);
                    reply.head().write(out);
                    reply.body().write(out);
                }
            }
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let mut client = Self::new(Wire::read(input)?, Wire::read(input)?, Wire::read(input)?);
        client.executed = Wire::read(input)?;
        for _ in 0..input.count()? {
            let sequence = u64::read(input)?;
            let entry = match input.u8()? {
                0 => Entry::Running,
                1 => Entry::Dropped,
                2 => {
                    let age = u64::read(input)?;
                    Entry::Done {
                        age,
                        reply: RelayedReply::from_parts(Wire::read(input)?, Wire::read(input)?),
                    }
                }
                other => return Err(WireError::Tag(other)),
            };
            client.running += usize::from(entry == Entry::Running);
            client.entries.insert(sequence, entry);
        }
        Ok(client)
    }
}
