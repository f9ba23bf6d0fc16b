//! What can be set: the few knobs of a process, the limits of the core, and the properties of a group, checked when it
//! is created.

use super::identity::{Address, DomainName, ProcessId};
use super::key::SharedKey;
use super::mutation::Mutation;
use super::protocol::Protocol;
use super::wire::{Reader, Wire, WireError, wire_struct};
use bytes::BytesMut;
use std::time::Duration;

/// Everything a core is born with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The domain's name; processes of another name are refused.
    pub name: DomainName,
    /// This incarnation: random, and never used before.
    pub process: ProcessId,
    /// Where this process listens, as the others dial it.
    pub address: Address,
    /// Where others may be found. A process whose own address is listed takes part in founding the domain and votes in it;
    /// all such processes must be given the same list. Others only join.
    pub seeds: Vec<Address>,
    /// The weight of a seed in quorums. Other processes have none.
    pub weight: u32,
    /// How long a member may be silent before it is suspected.
    pub silence: Duration,
    /// How long this process's lease lasts from the sending of its renewal; at most `lease_max`.
    pub lease: Duration,
    /// How long a lease lasts whose renewal does not say it, and the longest that there may be. All processes must be given the
    /// same.
    pub lease_max: Duration,
    /// By how much two clocks may differ in speed, in parts per thousand.
    pub drift_permille: u32,
    /// How long the oldest member gathers joins before it begins a view change for them.
    pub gather: Duration,
    /// How long acknowledgements of messages nobody waits for may be gathered.
    pub acknowledge_after: Duration,
    /// How long a member may keep a sender's window shut without acknowledging anything before it is excluded.
    pub slow_member: Duration,
    /// After a total failure: begin again with whoever is there, though it is no quorum of the last view. What only the
    /// others know is lost: an operator's decision, and recorded.
    pub force: bool,
    /// The newest version of the protocol that this process speaks: lower than what it could, to keep a domain where it is
    /// until nobody wants to go back any more.
    pub protocol_max: Protocol,
    /// What all processes of the domain must prove to know; none asks for no proof.
    pub key: Option<SharedKey>,
    /// Limits.
    pub limits: Limits,
    #[doc(hidden)]
    pub mutation: Option<Mutation>,
}

/// The longest lease.
pub const LEASE_MAX: Duration = Duration::from_millis(500);

impl Config {
    /// Defaults for a process: silence 1 s, lease 500 ms, clocks within 1 %.
    #[must_use]
    pub fn new(name: &str, process: ProcessId, address: &str, seeds: &[&str]) -> Self {
        Self {
            name: name.into(),
            process,
            address: address.into(),
            seeds: seeds.iter().map(|&seed| seed.into()).collect(),
            weight: 1,
            silence: Duration::from_secs(1),
            lease: LEASE_MAX,
            lease_max: LEASE_MAX,
            drift_permille: 10,
            gather: Duration::from_millis(20),
            acknowledge_after: Duration::from_millis(10),
            slow_member: Duration::from_secs(10),
            force: false,
            protocol_max: Protocol::NEWEST,
            key: None,
            limits: Limits::default(),
            mutation: None,
        }
    }

    /// Whether this process is one of those that found the domain and vote in it.
    #[must_use]
    pub fn is_seed(&self) -> bool {
        self.seeds.contains(&self.address)
    }

    pub(crate) fn silence_us(&self) -> u64 {
        self.silence.as_micros() as u64
    }

    pub(crate) fn heartbeat_us(&self) -> u64 {
        (self.silence_us() / 5).max(1)
    }

    pub(crate) fn lease_us(&self) -> u64 {
        self.lease.min(self.lease_max).as_micros() as u64
    }

    pub(crate) fn lease_max_us(&self) -> u64 {
        self.lease_max.as_micros() as u64
    }

    /// How long an acknowledger of a renewal keeps still: the renewer's lease, lengthened by the drift of two clocks.
    pub(crate) fn promise_us(&self, lease_us: u64) -> u64 {
        let margin = lease_us * u64::from(self.drift_permille) / 1000 + 1;
        if self.mutation == Some(Mutation::NoDriftMargin) { lease_us } else { lease_us + margin }
    }
}

/// The most the core holds of anything.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Octets of one message.
    pub message_bytes_max: usize,
    /// Octets of a message that travels in one piece, and of each part of a longer one.
    pub part_bytes_max: usize,
    /// Octets of one's own messages in a group that not every member has acknowledged, beyond which no further part of a
    /// large message is sent: what is sent in other groups meanwhile has no more than this in front of it.
    pub parts_ahead_bytes_max: usize,
    /// Octets a batch reaches before it is sealed into a frame.
    pub batch_bytes_max: usize,
    /// Octets of one's own messages in a group that not every member has acknowledged; beyond, they wait.
    pub window_bytes_max: usize,
    /// The same, in messages.
    pub window_messages_max: usize,
    /// Octets of messages that wait for the window, or for the next view, in one group; beyond, sending is refused. One
    /// message may always wait.
    pub backlog_bytes_max: usize,
    /// Octets of one's own messages in all groups together that not every member has acknowledged or that wait to be sent. A
    /// group may have as many of them as are left, so that no group takes all; beyond, sending is refused.
    pub windows_bytes_max: usize,
    /// Octets of items kept for a view not yet installed.
    pub future_bytes_max: usize,
    /// Octets of one piece of a group's state.
    pub state_chunk_bytes: usize,
    /// Pieces of state under way at once.
    pub state_chunks_ahead: u64,
    /// Octets of a whole snapshot.
    pub state_bytes_max: u64,
    /// Registry changes decided with one view.
    pub changes_per_view_max: usize,
    /// Queries waiting in one group.
    pub queries_waiting_max: usize,
    /// Processes known that are not members.
    pub strangers_max: usize,
    /// Places that one member other than the sequencer must be given in a row before it is given the role; twice as many each
    /// time it has passed on in a view. At the largest value it never is.
    pub handover_after_messages: u64,
    /// Octets of records after which the log is begun anew with fresh snapshots; more where the snapshots are large.
    pub log_compact_bytes: u64,
    /// Octets of a snapshot that are written to the log at once. What else is written waits for no more of it.
    pub log_part_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 16 << 20,
            part_bytes_max: 64 << 10,
            parts_ahead_bytes_max: 1 << 20,
            batch_bytes_max: 64 << 10,
            window_bytes_max: 32 << 20,
            window_messages_max: 1 << 18,
            backlog_bytes_max: 16 << 20,
            windows_bytes_max: 128 << 20,
            future_bytes_max: 256 << 20,
            state_chunk_bytes: 64 << 10,
            state_chunks_ahead: 8,
            state_bytes_max: 16 << 30,
            changes_per_view_max: 1024,
            queries_waiting_max: 65_536,
            strangers_max: 1024,
            handover_after_messages: 1024,
            log_compact_bytes: 64 << 20,
            log_part_bytes: 4 << 20,
        }
    }
}

/// The order in which a message is delivered, relative to others of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// After its sender's earlier fifo and causal messages.
    Fifo,
    /// After every causal message that may have caused it.
    Causal,
    /// At the same place at every member.
    Total,
}

/// Order and uniformity of a message, as one octet: bits 0-1 the order, bit 2 uniform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class(u8);

impl Class {
    /// A class of messages. A uniform one is delivered only when every member of the view has it and knows its place.
    #[must_use]
    pub const fn new(order: Order, uniform: bool) -> Self {
        Self(order as u8 | (uniform as u8) << 2)
    }

    /// The order.
    #[must_use]
    pub const fn order(self) -> Order {
        match self.0 & 3 {
            0 => Order::Fifo,
            1 => Order::Causal,
            _ => Order::Total,
        }
    }

    /// Whether delivery waits for every member.
    #[must_use]
    pub const fn uniform(self) -> bool {
        self.0 & 4 != 0
    }

    pub(crate) fn octet(self) -> u8 {
        self.0
    }

    pub(crate) fn from_octet(octet: u8) -> Result<Self, WireError> {
        if octet & 3 != 3 && octet < 8 { Ok(Self(octet)) } else { Err(WireError::Tag(octet)) }
    }
}

/// What a group promises, fixed when it is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupOptions {
    /// Members have state that joiners receive before they count as complete.
    pub state: bool,
    /// Queries are answered locally and linearizably. Then all messages are total and uniform.
    pub queries: bool,
    /// The only class of messages that may be sent, if there is one.
    pub only: Option<Class>,
    /// Every member writes each message to its log, with its place, before it acknowledges it: what was delivered anywhere
    /// outlives the failure of all. Members need a log themselves, the group a state, and all messages are total and
    /// uniform.
    pub durable: bool,
    /// The groups of the same ordering domain share one total order: members of several of them deliver the totally ordered
    /// messages of all these groups in the same sequence everywhere.
    pub ordering: Option<OrderingDomain>,
}

/// Groups of the same ordering domain share one total order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderingDomain(pub u64);

impl OrderingDomain {
    /// The ordering domain of this name.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let (octets, mut hash, mut at) = (name.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
        while at < octets.len() {
            hash = (hash ^ octets[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Self(hash)
    }
}

/// Why options contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// Local linearizable queries rest on every update being total and uniform.
    #[error("queries need every message to be total and uniform: set only = total, uniform")]
    QueriesNeedUniformTotal,
    /// A log is replayed in one order.
    #[error("a durable group needs every message to be total and uniform: set only = total, uniform")]
    DurableNeedsUniformTotal,
    /// A log begins with a state.
    #[error("a durable group needs a state to begin with: set state")]
    DurableNeedsState,
    /// What was delivered between messages of other groups is not in the log of one.
    #[error(
        "a log is replayed group by group: a durable group cannot share its order with others, unset durable or ordering"
    )]
    DurableIsOrderedAlone,
    /// A group without totally ordered messages has no order to share.
    #[error(
        "the groups of an ordering domain share the total order: allow total messages, or unset ordering"
    )]
    OrderingNeedsTotal,
}

impl GroupOptions {
    /// A group without state: whoever enters takes part at once, and every class of message may be sent.
    pub const PLAIN: Self = Self { state: false, queries: false, only: None, durable: false, ordering: None };

    /// A replicated object: state, local queries, and nothing but uniform total messages.
    pub const REPLICATED: Self =
        Self { state: true, queries: true, only: Some(Class::new(Order::Total, true)), ..Self::PLAIN };

    /// A replicated object that outlives the failure of all its members.
    pub const DURABLE: Self = Self { durable: true, ..Self::REPLICATED };

    /// Checks that the options do not contradict each other.
    pub fn check(&self) -> Result<(), OptionsError> {
        if self.queries && self.only != Some(Class::new(Order::Total, true)) {
            return Err(OptionsError::QueriesNeedUniformTotal);
        }
        if self.durable && self.only != Some(Class::new(Order::Total, true)) {
            return Err(OptionsError::DurableNeedsUniformTotal);
        }
        if self.durable && !self.state {
            return Err(OptionsError::DurableNeedsState);
        }
        if self.ordering.is_some() && self.durable {
            return Err(OptionsError::DurableIsOrderedAlone);
        }
        if self.ordering.is_some() && self.only.is_some_and(|only| only.order() != Order::Total) {
            return Err(OptionsError::OrderingNeedsTotal);
        }
        Ok(())
    }
}

impl Wire for Class {
    fn write(&self, out: &mut BytesMut) {
        self.0.write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Self::from_octet(input.u8()?)
    }
}

wire_struct! {
    GroupOptions { state, queries, only, durable, ordering }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused_with_a_reason() {
        let loose = GroupOptions { queries: true, ..GroupOptions::PLAIN };
        assert_eq!(loose.check(), Err(OptionsError::QueriesNeedUniformTotal));
        assert_eq!(GroupOptions::REPLICATED.check(), Ok(()));
        let unordered = GroupOptions { durable: true, state: true, ..GroupOptions::PLAIN };
        assert_eq!(unordered.check(), Err(OptionsError::DurableNeedsUniformTotal));
        let stateless = GroupOptions { state: false, queries: false, ..GroupOptions::DURABLE };
        assert_eq!(stateless.check(), Err(OptionsError::DurableNeedsState));
        assert_eq!(GroupOptions::DURABLE.check(), Ok(()));
        let ordering = Some(OrderingDomain::named("accounts"));
        let logged = GroupOptions { ordering, ..GroupOptions::DURABLE };
        assert_eq!(logged.check(), Err(OptionsError::DurableIsOrderedAlone));
        let only = Some(Class::new(Order::Causal, true));
        let causal = GroupOptions { ordering, only, ..GroupOptions::PLAIN };
        assert_eq!(causal.check(), Err(OptionsError::OrderingNeedsTotal));
        assert_eq!(GroupOptions { ordering, ..GroupOptions::REPLICATED }.check(), Ok(()));
    }
}
