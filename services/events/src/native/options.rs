//! What a channel promises, and what a subscriber asks for.

use quorb::IdlType;

/// What a channel promises. Each promise includes those above it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, IdlType)]
#[idl(id = "IDL:quorb/Events/Guarantee:1.0")]
pub enum Guarantee {
    /// Publishing never waits. What does not fit is dropped, and counted.
    BestEffort,
    /// Publishing waits for the channel; all subscribers see the same order; what they drop is counted.
    #[default]
    Ordered,
    /// All subscribers that stay get every event, in the same order.
    Reliable,
    /// Events are on the disk before their publisher is answered, and can be had again later.
    Durable,
}

/// What happens when an event comes and the queue of its subscriber is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/Overflow:1.0")]
pub enum Overflow {
    /// The oldest event in the queue is dropped.
    #[default]
    DropOldest,
    /// The event is dropped.
    DropNewest,
    /// Of the events with one key only the newest is kept, full or not; then the oldest is dropped. The key is what its
    /// publisher says, else the subject.
    Conflate,
    /// The publisher waits. A subscriber that never makes room is waited for until the service has lost patience with it.
    SlowPublisher,
    /// The subscriber is told that it was too slow, and its subscription ends.
    Eject,
    /// The subscriber goes on reading in the channel's history, at its own pace.
    Replay,
}

/// How a channel is made.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/ChannelOptions:1.0")]
pub struct ChannelOptions {
    /// What it promises.
    pub guarantee: Guarantee,
    /// The queue of a subscriber that asks for none, in events.
    pub queue_events: u32,
    /// What happens when it is full, if the subscriber does not say; none is what fits the guarantee.
    pub overflow: Option<Overflow>,
    /// Events that are kept in memory to be replayed; blocks are kept as a whole.
    pub history_events: u64,
    /// The octets that they may take.
    pub history_bytes: u64,
    /// The octets on the disk that a durable channel may take; the oldest events are removed by whole segments.
    pub spool_bytes: u64,
}

impl ChannelOptions {
    /// A channel with this promise, and defaults.
    pub fn new(guarantee: Guarantee) -> ChannelOptions {
        ChannelOptions {
            guarantee,
            queue_events: 1_024,
            overflow: None,
            history_events: 10_000,
            history_bytes: 16 << 20,
            spool_bytes: 4 << 30,
        }
    }

    /// What happens to subscribers of the channel that say nothing about it.
    pub fn default_overflow(&self) -> Overflow {
        self.overflow.unwrap_or(match self.guarantee {
            Guarantee::BestEffort | Guarantee::Ordered => Overflow::DropOldest,
            Guarantee::Reliable => Overflow::SlowPublisher,
            Guarantee::Durable => Overflow::Replay,
        })
    }
}

impl Default for ChannelOptions {
    fn default() -> ChannelOptions {
        ChannelOptions::new(Guarantee::default())
    }
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/Start:1.0")]
pub enum Start {
    /// With the next event.
    #[default]
    Now,
    /// With the oldest event that there is.
    First,
    /// With so many of the newest events that match.
    Last(u64),
    /// With the event at this position.
    Position(u64),
    /// With the first event since this time, in microseconds since 1970.
    Time(u64),
}

/// What a subscriber asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/SubscribeOptions:1.0")]
pub struct SubscribeOptions {
    /// Where it begins.
    pub start: Start,
    /// What happens when its queue is full; none is what the channel has.
    pub overflow: Option<Overflow>,
    /// The events in its queue; 0 is what the channel has.
    pub queue_events: u32,
}
