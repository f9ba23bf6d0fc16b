//! Our own interface of the event service, beside OMG's.

mod delivery;
mod options;

pub(crate) use delivery::write as write_delivery;
pub use delivery::{DeliveryError, ReceivedDelivery, ReceivedPiece};
pub use options::{ChannelOptions, Guarantee, Overflow, Start, SubscribeOptions};

use quorb::{Exception, Fault, IdlType, interface};

/// The event service: channels by name.
#[interface(id = "IDL:quorb/Events/EventService:1.0")]
pub trait EventService {
    /// Makes a channel with these options if there is none of this name, and says what it is. Without options it is looked
    /// for, and made with the default ones.
    #[idempotent]
    #[update]
    async fn open(
        &self,
        channel: &str,
        options: &Option<ChannelOptions>,
    ) -> Result<ChannelInfo, Fault<ChannelError>>;

    /// Publishes the events of a block (see [`block`](crate::block)). The answer comes when they have their places: on a
    /// durable channel, when they are on the disk. A block of a named publisher may be sent again: what is known is not
    /// published twice.
    #[idempotent]
    #[update]
    async fn publish(&self, channel: &str, block: &[u8]) -> Result<Accepted, Fault<PublishError>>;

    /// Subscribes to the subjects that a pattern matches.
    #[update]
    async fn subscribe(
        &self,
        pattern: &str,
        options: &SubscribeOptions,
    ) -> Result<Subscribed, Fault<SubscribeError>>;

    /// The next events of a subscription, waited for up to `wait_ms` milliseconds and a limit of the service's. `taken` is
    /// the number of the last answer that has arrived; the first one is 1. An answer is kept until the next one is asked for,
    /// so that a call can be made again.
    async fn take(
        &self,
        channel: u64,
        subscription: u64,
        taken: u64,
        wait_ms: u32,
    ) -> Result<Vec<u8>, Fault<TakeError>>;

    /// Ends a subscription.
    #[idempotent]
    #[update]
    async fn cancel(&self, channel: u64, subscription: u64);

    /// The channels, by name.
    fn channels(&self) -> Vec<ChannelInfo>;

    /// What a channel is and does.
    async fn describe(&self, channel: &str) -> Result<ChannelReport, Fault<ChannelError>>;

    /// The last number that a publisher has given an event, 0 if nobody remembers one: where a backup goes on.
    async fn last_sequence(&self, channel: &str, publisher: &str) -> Result<u64, Fault<ChannelError>>;

    /// Notes that a subscriber with a name has everything in front of a position of the channel with this life; never back. The
    /// position 0 forgets the subscriber. The answer comes when that is as safe as an event of the channel.
    #[idempotent]
    #[update]
    async fn settle(
        &self,
        channel: &str,
        life: u64,
        subscriber: &str,
        position: u64,
    ) -> Result<(), Fault<SettleError>>;

    /// How far a subscriber with a name has come; 0 if that is not known.
    async fn settled(&self, channel: &str, subscriber: &str) -> Result<u64, Fault<ChannelError>>;

    /// What is kept of the channel with this life from a position on, as much as one answer holds, in the form of an answer to
    /// `take`: what servers ask each other for. Nothing if this one has no such channel.
    async fn read(&self, channel: &str, life: u64, from: u64) -> Vec<u8>;

    /// Ends a channel for all that use it, and forgets its events.
    #[idempotent]
    #[update]
    async fn remove(&self, channel: &str) -> Result<(), Fault<ChannelError>>;
}

/// What a channel is.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/ChannelInfo:1.0")]
pub struct ChannelInfo {
    /// Its name: the first level of its subjects.
    pub name: String,
    /// Its number in this life of the service.
    pub number: u64,
    /// What it promises.
    pub options: ChannelOptions,
    /// The position that the next event gets. The first event has 1.
    pub next: u64,
    /// Positions are those of one life of the channel: those of another one mean nothing.
    pub life: u64,
}

/// What a channel is and does.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/ChannelReport:1.0")]
pub struct ChannelReport {
    /// What it is.
    pub info: ChannelInfo,
    /// The oldest position that can be replayed.
    pub oldest: u64,
    /// Events that were published in this life of the service.
    pub published: u64,
    /// Events that publishers have sent again, and that were not published twice.
    pub repeated: u64,
    /// Blocks that wait for slow subscribers or for the disk.
    pub waiting: u32,
    /// Who is subscribed.
    pub subscribers: Vec<SubscriberReport>,
    /// CORBA suppliers and consumers that are connected.
    pub corba_peers: u32,
    /// How far subscribers with names have come, by name.
    pub settled: Vec<SettledAt>,
    /// The servers that have the channel, as addresses, this one among them; none if this is one alone.
    pub servers: Vec<String>,
}

/// How far a subscriber with a name has come.
#[derive(Debug, Clone, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/SettledAt:1.0")]
pub struct SettledAt {
    /// Its name.
    pub name: String,
    /// It has everything in front of this position.
    pub next: u64,
}

/// How a subscriber is doing. What matched is what was delivered, was dropped or is queued: the numbers are exact.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb/Events/SubscriberReport:1.0")]
pub struct SubscriberReport {
    /// Its number.
    pub subscription: u64,
    /// What it wants.
    pub pattern: String,
    /// What happens when its queue is full.
    pub overflow: Overflow,
    /// Events that matched since it has followed the channel live.
    pub matched: u64,
    /// Events that were handed to it.
    pub delivered: u64,
    /// Events in its queue.
    pub queued: u64,
    /// Events that made room for newer ones.
    pub dropped_oldest: u64,
    /// Events that found no room.
    pub dropped_newest: u64,
    /// Events that a newer one with the same key has replaced.
    pub conflated: u64,
    /// It reads history, and does not follow the channel live.
    pub is_behind: bool,
}

/// Where the events of a block have got their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/Accepted:1.0")]
pub struct Accepted {
    /// The position of the last event.
    pub last: u64,
    /// The events that were known already.
    pub repeated: u32,
}

/// A subscription that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/Subscribed:1.0")]
pub struct Subscribed {
    /// The number of the channel.
    pub channel: u64,
    /// The number of the subscription.
    pub subscription: u64,
    /// The first position that it may get.
    pub next: u64,
    /// The life of the channel.
    pub life: u64,
}

/// What operations on channels raise.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum ChannelError {
    /// There is no such channel.
    NoChannel(NoChannel),
    /// It exists with other options.
    OtherOptions(OtherOptions),
    /// No name.
    BadSubject(BadSubject),
}

/// What `publish` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum PublishError {
    /// There is no such channel.
    NoChannel(NoChannel),
    /// No block.
    BadBlock(BadBlock),
    /// The block was not published; it may be sent again.
    NotAccepted(NotAccepted),
}

/// What `subscribe` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum SubscribeError {
    /// There is no such channel.
    NoChannel(NoChannel),
    /// No pattern.
    BadSubject(BadSubject),
    /// What is asked for is not to be had.
    BadOptions(BadOptions),
}

/// What `take` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum TakeError {
    /// There is no such subscription any more.
    NoSubscription(NoSubscription),
    /// The subscription has been ended by the service.
    Ejected(Ejected),
}

/// What `settle` raises.
#[derive(Debug, Clone, PartialEq, Exception)]
pub enum SettleError {
    /// There is no such channel, or it has another life.
    NoChannel(NoChannel),
    /// No name, or one too many.
    BadOptions(BadOptions),
}

/// There is no such channel.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/NoChannel:1.0")]
pub struct NoChannel;

/// The channel exists, with other options than those that were asked for.
#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:quorb/Events/OtherOptions:1.0")]
pub struct OtherOptions {
    /// What it has.
    pub options: ChannelOptions,
}

/// A text is no subject or pattern.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/BadSubject:1.0")]
pub struct BadSubject {
    /// Why.
    pub why: String,
}

/// Octets are no block of this channel.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/BadBlock:1.0")]
pub struct BadBlock {
    /// Why.
    pub why: String,
}

/// A block was not published.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/NotAccepted:1.0")]
pub struct NotAccepted {
    /// Why.
    pub why: WhyNot,
    /// Its events in front of this number were published, the others were not. 0 if the publisher has no name.
    pub next_sequence: u64,
}

/// Why a block was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/WhyNot:1.0")]
pub enum WhyNot {
    /// Too many blocks wait already.
    Overloaded,
    /// A subscriber that the channel waits for has made no room in time.
    SlowSubscriber,
    /// It could not be written to the disk.
    Store,
    /// The channel ends.
    Ending,
    /// The servers that have the channel may not have agreed on it.
    NotAgreed,
}

/// What a subscriber asks for is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/BadOptions:1.0")]
pub struct BadOptions {
    /// Why.
    pub why: String,
}

/// There is no such subscription any more: it was not heard of for too long, or the service was restarted.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/NoSubscription:1.0")]
pub struct NoSubscription;

/// The service has ended the subscription.
#[derive(Debug, Clone, PartialEq, Eq, Exception)]
#[idl(id = "IDL:quorb/Events/Ejected:1.0")]
pub struct Ejected {
    /// Why.
    pub why: WhyEjected,
    /// The position of the first event that was not delivered.
    pub next: u64,
}

/// Why a subscription was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IdlType)]
#[idl(id = "IDL:quorb/Events/WhyEjected:1.0")]
pub enum WhyEjected {
    /// It was too slow, and wanted to be told so.
    TooSlow,
    /// The channel was removed.
    ChannelRemoved,
}
