//! What is remembered of one client.

use std::collections::BTreeMap;

use super::{CachedReply, Refusal, Window};
use crate::proto::head::Time;

/// One client in its latest life.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) incarnation: u64,
    /// Sequences below are answered, and the client does not ask for them again.
    pub(super) acknowledged: u64,
    /// Sequences below are held, or forgotten. At least `acknowledged`.
    watermark: u64,
    pub(super) entries: BTreeMap<u64, Entry>,
    /// How many of them are in progress.
    pub(super) running: usize,
    pub(super) heard: Time,
    /// Its oneway requests, if it makes any.
    oneways: Option<Window>,
}

#[derive(Debug, Clone)]
pub(super) enum Entry {
    InProgress,
    Done(CachedReply),
    /// Done, but the reply had to go.
    Evicted,
}

impl Client {
    /// A client of whom everything below `watermark` may have been executed.
    pub(super) fn new(incarnation: u64, watermark: u64, now: Time) -> Client {
        Client {
            incarnation,
            acknowledged: 0,
            watermark,
            entries: BTreeMap::new(),
            running: 0,
            heard: now,
            oneways: None,
        }
    }

    /// The least sequence that has certainly not been executed, and none above it has.
    pub(super) fn unseen_from(&self) -> u64 {
        let held = self.entries.last_key_value().map_or(0, |(sequence, _)| sequence + 1);
        let oneways = self.oneways.as_ref().map_or(0, Window::next);
        self.watermark.max(held).max(oneways)
    }

    /// A oneway request comes.
    pub(super) fn take_oneway(&mut self, sequence: u64) -> Result<(), Refusal> {
        let watermark = self.watermark;
        let oneways = self.oneways.get_or_insert_with(|| Window::new(watermark));
        if oneways.take(sequence) { Ok(()) } else { Err(Refusal::Repeated) }
    }

    pub(super) fn check_watermark(&self, sequence: u64) -> Result<(), Refusal> {
        if sequence < self.watermark {
            let watermark = self.watermark;
            return Err(Refusal::BelowWatermark { watermark });
        }
        Ok(())
    }

    /// Forgets what is answered below. What is in progress stays known until it ends.
    pub(super) fn acknowledge(&mut self, below: u64, held: &mut Held) {
        if below <= self.acknowledged {
            return;
        }
        self.acknowledged = below;
        self.watermark = self.watermark.max(below);
        let mut from = 0;
        while let Some(sequence) = self.first_answered(from..below) {
            from = sequence;
            self.remove(sequence, held);
        }
    }

    /// Forgets the answered request with the least sequence, and with it all that are older and not held.
    pub(super) fn evict_oldest_entry(&mut self, held: &mut Held) {
        if let Some(sequence) = self.first_answered(0..u64::MAX) {
            self.watermark = self.watermark.max(sequence + 1);
            self.remove(sequence, held);
        }
    }

    fn first_answered(&self, range: std::ops::Range<u64>) -> Option<u64> {
        let mut entries = self.entries.range(range);
        let answered = entries.find(|(_, entry)| !matches!(entry, Entry::InProgress));
        answered.map(|(sequence, _)| *sequence)
    }

    fn remove(&mut self, sequence: u64, held: &mut Held) {
        if let Some(entry) = self.entries.remove(&sequence) {
            held.release(&entry);
        }
    }

    /// Takes all entries out of the accounts, before the client goes.
    pub(super) fn release_all(&self, held: &mut Held) {
        self.entries.values().for_each(|entry| held.release(entry));
    }
}

/// The replies that are held, of all clients.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) replies: usize,
    pub(super) bytes: usize,
}

impl Held {
    /// Takes an entry that goes out of the account.
    pub(super) fn release(&mut self, entry: &Entry) {
        if let Entry::Done(reply) = entry {
            self.replies -= 1;
            self.bytes -= reply.body.len();
        }
    }
}
