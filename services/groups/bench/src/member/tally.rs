//! What a member counts of a round: how many messages, a hash of all in their order, and how they came in over time.
//!
//! ```text
//!   octet  0      1         2          4            8              16
//!          +------+---------+----------+------------+--------------+---------
//!          | kind | senders | round    | sender     | number       | filling
//!          +------+---------+----------+------------+--------------+---------
//! ```
//!
//! Integers are little-endian, the same as in the member of corosync. A round begins with the first message of its number
//! and ends with the last message of the last of its senders.

use crate::hash::mix;
use crate::usage::now_ns;
use bytes::{Buf, BufMut, BytesMut};
use std::collections::BTreeMap;
use std::time::Instant;

/// Deliveries are counted by steps of this length.
pub(crate) const STEP_MS: u128 = 50;
/// The clock is read once in so many messages.
const CLOCK_EVERY: u64 = 256;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Total = 0,
    Fifo = 1,
    /// The last one of its sender in this round.
    End = 2,
    Ping = 3,
}

/// The beginning of every message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) senders: u8,
    pub(crate) round: u16,
    pub(crate) sender: u32,
    pub(crate) number: u64,
}

impl Head {
    pub(crate) const BYTES: usize = 16;

    pub(crate) fn write(&self, out: &mut BytesMut) {
        let mut octets = [0; Self::BYTES];
        octets[0] = self.kind as u8;
        octets[1] = self.senders;
        octets[2..4].copy_from_slice(&self.round.to_le_bytes());
        octets[4..8].copy_from_slice(&self.sender.to_le_bytes());
        octets[8..].copy_from_slice(&self.number.to_le_bytes());
        out.put_slice(&octets);
    }

    pub(crate) fn read(mut octets: &[u8]) -> Option<Self> {
        if octets.len() < Self::BYTES {
            return None;
        }
        let kind = match octets.get_u8() {
            0 => Kind::Total,
            1 => Kind::Fifo,
            2 => Kind::End,
            3 => Kind::Ping,
            _ => return None,
        };
        let (senders, round) = (octets.get_u8(), octets.get_u16_le());
        Some(Self { kind, senders, round, sender: octets.get_u32_le(), number: octets.get_u64_le() })
    }
}

/// One round.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    round: u16,
    count: u64,
    /// One chain of hashes for all that is totally ordered, and one for each sender of what is fifo.
    chains: BTreeMap<u32, u64>,
    total: u64,
    ends: u8,
    begun: Option<Instant>,
    steps: Vec<u64>,
    counted: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, head: Head, octets: &[u8]) {
        if head.round != self.round || self.begun.is_none() {
            *self = Self { round: head.round, begun: Some(Instant::now()), ..Self::default() };
        }
        self.count += 1;
        // The last message of a fifo round is known by what came before it.
        if head.kind == Kind::Fifo || self.chains.contains_key(&head.sender) {
            let chain = self.chains.entry(head.sender).or_default();
            *chain = mix(*chain, octets);
        } else {
            self.total = mix(self.total, octets);
        }
        if self.count.is_multiple_of(CLOCK_EVERY) {
            self.step();
        }
        if head.kind == Kind::End {
            self.ends += 1;
            if self.ends == head.senders {
                self.tell();
            }
        }
    }

    fn step(&mut self) {
        let Some(begun) = self.begun else { return };
        let step = (begun.elapsed().as_millis() / STEP_MS) as usize;
        if self.steps.len() <= step {
            self.steps.resize(step + 1, 0);
        }
        self.steps[step] += self.count - self.counted;
        self.counted = self.count;
    }

    fn tell(&mut self) {
        self.step();
        let hash = self.chains.values().fold(self.total, |sum, chain| sum.wrapping_add(*chain));
        let steps: Vec<String> = self.steps.iter().map(u64::to_string).collect();
        println!("steps {} {}", self.round, steps.join(" "));
        println!("done {} {} {hash:016x} {}", self.round, self.count, now_ns());
    }
}
