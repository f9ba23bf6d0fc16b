//! The core of a channel: a value that takes blocks, subscriptions and the time, and says what is to be done.
//!
//! | file | what it is about |
//! |---|---|
//! | `stored` | a block that has got its place |
//! | `publish` | from a block to its place: repetitions, waiting for room, the disk |
//! | `publishers` | who has published what already |
//! | `distribute` | from its place to the queues |
//! | `subscriber`, `queue`, `conflated` | one subscriber: what waits for it, and what happens when that is too much |
//! | `take` | from a queue, or from history, to the subscriber |
//! | `history` | the newest blocks, for those who come later |
//! | `report` | how everybody is doing |
//! | `settled` | how far subscribers with names have come |
//! | `agreed`, `saved` | a channel that several servers keep together: each is told the same in the same order |
//!
//! **Invariants.** Positions have no gaps and are never given twice. Nothing is distributed before it is on the disk, if it
//! goes there. All subscribers see the same order. Of every event that matches, a subscriber that follows the channel live
//! can say what became of it: delivered, queued, or dropped for a reason. No clock, no I/O, no locks: what happens depends
//! on the calls and on nothing else.

mod agreed;
mod conflated;
mod distribute;
mod history;
mod publish;
mod publishers;
mod queue;
mod report;
mod saved;
mod settled;
mod stored;
mod subscriber;
mod take;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::Limits;
use crate::native::{Accepted, ChannelOptions, WhyEjected, WhyNot};
use crate::subject::Pattern;
use agreed::Agreed;
use history::History;
use publish::Parked;
pub(crate) use publishers::Publishers;
pub use report::Report;
pub use settled::{SettleRefused, Settled};
use subscriber::Subscriber;

pub use agreed::Copying;
pub use saved::NotSaved;
pub use stored::Stored;
pub use subscriber::SubscribeRefused;
pub use take::{Delivery, Losses, Piece, Take, TakeRefused};

/// Time: microseconds since 1970, never going back.
pub type Time = u64;

/// A subscriber of a channel. Numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(pub u64);

/// A publish that was not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A channel.
///
/// Driven by: [`publish`](Channel::publish), [`synced`](Channel::synced) and [`spool_failed`](Channel::spool_failed) for
/// what is to become durable; [`subscribe`](Channel::subscribe), [`take`](Channel::take), [`replayed`](Channel::replayed)
/// and [`unsubscribe`](Channel::unsubscribe); [`tick`](Channel::tick) now and then. Each gives its [`Effects`], which the
/// driver carries out in order.
#[derive(Debug)]
pub struct Channel {
    options: ChannelOptions,
    limits: Arc<Limits>,
    is_durable: bool,
    /// The position that the next event gets.
    next: u64,
    /// Everything in front of it has been distributed.
    distributed: u64,
    /// What is on its way to the disk, oldest first.
    unsynced: VecDeque<publish::Unsynced>,
    unsynced_bytes: usize,
    unsynced_events: u64,
    /// What has no place yet, oldest first.
    parked: VecDeque<Parked>,
    /// Who is answered when everything up to a position is distributed.
    due: BTreeMap<(u64, Ticket), Accepted>,
    next_ticket: u64,
    publishers: Publishers,
    history: History,
    /// Whether there is more on the disk than in memory.
    spooled_from: u64,
    subscribers: BTreeMap<SubscriberId, Subscriber>,
    /// Who wants what: each pattern is looked at once for a block, however many want it.
    patterns: BTreeMap<Pattern, Vec<SubscriberId>>,
    next_subscriber: u64,
    published: u64,
    repeated: u64,
    settled: Settled,
    /// What there is beside that if others have the same channel.
    agreed: Option<Agreed>,
}

/// What the driver is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Blocks that go to the disk, in order.
    pub spool: Vec<Arc<Stored>>,
    /// Publishers that are answered.
    pub answers: Vec<(Ticket, Result<Accepted, PublishRefused>)>,
    /// Subscribers for whom something has come.
    pub wake: Vec<SubscriberId>,
}

/// Why a block was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishRefused {
    /// Why.
    pub why: WhyNot,
    /// The sequence number of the first event that was not published.
    pub next_sequence: u64,
}

/// What a durable channel knows from its disk when it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The position that the next event gets; 0 means 1.
    pub next: u64,
    /// The oldest position on the disk.
    pub oldest: u64,
    /// Of each publisher: its last sequence number and the position of that event, the one longest silent first.
    pub publishers: Vec<(String, u64, u64)>,
}

impl Channel {
    /// A channel without events, or one that goes on where its disk ends.
    pub fn new(options: ChannelOptions, recovered: Recovered, limits: Arc<Limits>) -> Channel {
        let next = recovered.next.max(1);
        let mut publishers = Publishers::new(limits.publishers_remembered_max);
        let settled = Settled::new(limits.settled_max);
        for (name, sequence, position) in recovered.publishers {
            publishers.note(&name, sequence, position);
        }
        Channel {
            is_durable: options.guarantee == crate::native::Guarantee::Durable,
            history: History::new(options.history_events, options.history_bytes, next),
            options,
            limits,
            next,
            distributed: next,
            unsynced: VecDeque::new(),
            unsynced_bytes: 0,
            unsynced_events: 0,
            parked: VecDeque::new(),
            due: BTreeMap::new(),
            next_ticket: 1,
            publishers,
            spooled_from: if recovered.oldest == 0 { next } else { recovered.oldest },
            subscribers: BTreeMap::new(),
            patterns: BTreeMap::new(),
            next_subscriber: 1,
            published: 0,
            repeated: 0,
            settled,
            agreed: None,
        }
    }

    /// How it was made.
    pub fn options(&self) -> &ChannelOptions {
        &self.options
    }

    /// The position that the next event gets.
    pub fn next_position(&self) -> u64 {
        self.next
    }

    /// The position of the oldest event that can be replayed.
    pub fn oldest(&self) -> u64 {
        if self.is_durable { self.spooled_from.min(self.history.oldest()) } else { self.history.oldest() }
    }

    /// The disk has removed its oldest events: this is the oldest one now.
    pub fn spool_trimmed(&mut self, oldest: u64) {
        self.spooled_from = oldest;
    }

    /// The last sequence number of a publisher that is remembered.
    pub fn last_sequence(&self, publisher: &str) -> Option<u64> {
        self.publishers.last(publisher).map(|(sequence, _)| sequence)
    }

    /// How far subscribers with names have come.
    pub fn settled(&self) -> &Settled {
        &self.settled
    }

    /// See [`Settled::settle`].
    ///
    /// # Errors
    /// There are too many.
    pub fn settle(&mut self, subscriber: &str, position: u64) -> Result<(), SettleRefused> {
        self.settled.settle(subscriber, position)
    }

    /// Looks at the time: blocks that have waited too long are refused, subscribers that are silent are forgotten.
    pub fn tick(&mut self, now: Time, effects: &mut Effects) {
        let silence = micros(self.limits.subscriber_silence_max);
        let silent: Vec<SubscriberId> =
            self.subscribers.iter().filter(|(_, s)| s.is_silent(now, silence)).map(|(&id, _)| id).collect();
        for id in silent {
            self.forget(id);
        }
        self.refuse_late(now, effects);
        self.admit(now, effects);
    }

    /// Ends everything: publishers are refused, subscribers are told.
    pub fn end(&mut self, why: WhyEjected, effects: &mut Effects) {
        self.refuse_all(WhyNot::Ending, effects);
        for (&id, subscriber) in &mut self.subscribers {
            subscriber.eject(why);
            effects.wake.push(id);
        }
    }
}

/// A time span in the core's unit.
pub(crate) fn micros(span: std::time::Duration) -> Time {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod agreed_schedules;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod tests;
