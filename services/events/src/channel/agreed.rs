//! A channel that several servers keep together: each has one of these, and is told the same in the same order.
//!
//! ```text
//!   the order of all:  block 1   block 2   hold 7   block 3 ...
//!                         |
//!        place_agreed ----+---> places, publishers, history     equal at all servers
//!                         +---> queues of this server's own subscribers
//! ```
//!
//! **Invariant: what all of them agree on depends on what they are told, and on nothing else.** Subscribers belong to one
//! server, and may be as slow as they like: a full queue changes nothing about places. Where publishers are to wait for slow
//! subscribers, their servers say so to all ([`Channel::hold`]), and no server gives anything an order meanwhile; what comes all
//! the same is read in history.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::publish::Parked;
use super::subscriber::Mode;
use super::{Channel, Effects, Recovered, Stored, Ticket, Time};
use crate::Limits;
use crate::block::Block;
use crate::native::{Accepted, ChannelOptions};

/// What a channel has beside the rest if others have the same one.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    /// The servers with subscribers that publishers are to wait for.
    holders: BTreeSet<u64>,
    /// What goes to this server's disk is there up to this position.
    copied: u64,
    /// Octets of history that are kept for the disk and for slow subscribers, beyond what the channel says.
    needed_bytes_max: u64,
}

/// What goes to the disk next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copying {
    /// These blocks, which follow each other.
    Blocks(Vec<Arc<Stored>>),
    /// What stands in front of this position, and is not in memory any more: others have it.
    Elsewhere {
        /// From here on it is in memory.
        until: u64,
    },
    /// Everything is there.
    Nothing,
}

impl Channel {
    /// A channel without events whose order is that of others, too.
    pub fn agreed(options: ChannelOptions, limits: Arc<Limits>) -> Channel {
        let needed_bytes_max = limits.unsynced_bytes_max as u64;
        let mut channel = Channel::new(options, Recovered::default(), limits);
        channel.agreed = Some(Agreed { needed_bytes_max, copied: 1, ..Agreed::default() });
        channel
    }

    /// Gives the events of a block their places at once: they are those that it gets everywhere. What is known of its publisher
    /// is not published again.
    pub fn place_agreed(&mut self, block: Block, now: Time, effects: &mut Effects) -> Accepted {
        let mut parked = Parked::new(Ticket(0), block, now);
        self.skip_repeated(&mut parked);
        let left = parked.left();
        if left > 0 {
            self.place(&mut parked, left, now, effects);
        }
        self.accepted(&parked)
    }

    /// A server says that publishers are to wait for its subscribers, or need not any more.
    pub fn hold(&mut self, server: u64, holds: bool) {
        if let Some(agreed) = &mut self.agreed {
            match holds {
                true => agreed.holders.insert(server),
                false => agreed.holders.remove(&server),
            };
        }
    }

    /// The servers that hold publishers up. Those that are gone hold up nobody.
    pub fn holders(&self) -> impl Iterator<Item = u64> {
        self.agreed.iter().flat_map(|agreed| agreed.holders.iter().copied())
    }

    pub(super) fn set_holders(&mut self, holders: BTreeSet<u64>) {
        if let Some(agreed) = &mut self.agreed {
            agreed.holders = holders;
        }
    }

    /// Whether a subscriber of this server has fallen behind that publishers are to wait for.
    pub fn is_lagging(&self) -> bool {
        self.subscribers.values().any(|subscriber| subscriber.is_lagging && subscriber.ended.is_none())
    }

    /// Whether this server's subscribers have room for more, as far as they are to be waited for.
    pub fn has_room(&self) -> bool {
        self.room(0) > 0
    }

    /// What goes to the disk from a position on: about so many octets.
    pub fn to_copy(&self, from: u64, bytes_max: usize) -> Copying {
        if from >= self.distributed {
            return Copying::Nothing;
        }
        let oldest = self.history.oldest();
        if from < oldest {
            return Copying::Elsewhere { until: oldest };
        }
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for stored in self.history.from(from) {
            bytes += stored.bytes();
            if !blocks.is_empty() && bytes > bytes_max {
                break;
            }
            blocks.push(stored.clone());
        }
        Copying::Blocks(blocks)
    }

    /// The disk has everything in front of a position; this is its oldest one.
    pub fn copied(&mut self, up_to: u64, oldest: u64) {
        if let Some(agreed) = &mut self.agreed {
            agreed.copied = up_to;
            self.spooled_from = oldest;
        }
    }

    /// Says what history is not to forget: what the disk has not, and what slow subscribers read.
    pub(super) fn keep_what_is_needed(&mut self) {
        let Some(agreed) = &self.agreed else { return };
        let copied = if self.is_durable { agreed.copied } else { u64::MAX };
        let read = self.subscribers.values().filter(|subscriber| subscriber.is_lagging);
        let read = read.filter_map(|subscriber| match (&subscriber.mode, subscriber.behind_from) {
            (Mode::Behind(next), _) => Some(*next),
            (_, behind) => behind,
        });
        let from = read.min().map_or(copied, |read| read.min(copied));
        self.history.need(from, agreed.needed_bytes_max);
    }
}
