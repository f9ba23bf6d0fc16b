//! One connection of the native protocol.

mod chunk;
mod end;
mod inbound;
mod outbound;
mod receive;
mod send;
mod timers;
mod transmit;

use bytes::Bytes;

use self::chunk::Arrival;
pub use self::chunk::Landing;
use self::inbound::Inbound;
use self::outbound::Outbound;
use self::timers::Watch;
use super::assemblies::Assemblies;
use super::bodies::Bodies;
use super::event::Counters;
use super::hello::{Features, Hello, Version, encode_preface};
use super::id_table::IdTable;
use super::limits::Limits;
use super::output::OutBuffer;
use super::request::Speaker;
use crate::proto::buffers::Buffers;
use crate::proto::head::{CallId, ClientId, Time};

/// One connection, seen from one of its ends, as a value: octets and calls in, events and octets out.
///
/// # Methods, by kind
/// * **Input** [`receive`](Self::receive) takes octets from the socket and returns events, one at a time;
///   [`handle_timeout`](Self::handle_timeout) takes the time; [`on_eof`](Self::on_eof) takes the end of the stream.
/// * **Commands** of the runtime queue output and never block: [`request`](Self::request), [`reply`](Self::reply),
///   [`cancel`](Self::cancel), [`ping`](Self::ping), [`drain`](Self::drain), [`close`](Self::close),
///   [`group`](Self::group).
/// * **Output** [`transmit`](Self::transmit) yields octets for the socket, as long as [`has_output`](Self::has_output).
/// * **Time** [`next_timeout`](Self::next_timeout) says when `handle_timeout` must be called at the latest.
/// * **Getters** change nothing.
///
/// # Order
/// After anything, in this order: `receive` until it returns `None` (if there is input); `transmit` whenever the buffer of
/// the last one is written; then arm a timer for `next_timeout`. Times never go backwards. A driver that does not read
/// does not call `handle_timeout` either, or it takes its own silence for the peer's.
///
/// # Ends
/// After an error of `receive`, after `close`, and after the events `Closed` and `Lost`, further input is ignored and
/// commands are refused. What `transmit` still yields (a CLOSE frame, last of all) should be written within a limit; then
/// the socket is closed and `on_eof` tells what became of the calls. Dropping a connection forgets its calls silently.
///
/// # Bounds
/// Whatever the peer sends, it makes the connection hold no more than [`Limits`] says. An octet costs constant time, and a
/// frame at most O(calls in flight) on top. Output that the runtime queues is the runtime's own, save a few octets per
/// call in flight.
#[derive(Debug)]
pub struct Connection {
    side: Side,
    limits: Limits,
    speaker: Speaker,
    features: Features,
    phase: Phase,
    /// The version that the peer's preface names.
    peer_version: Option<Version>,
    /// What the peer announced; the least it may announce, until it has.
    peer: Hello,
    /// Calls that this side made, by id.
    outbound: IdTable<Outbound>,
    /// Calls that the peer made, by id.
    inbound: IdTable<Inbound>,
    /// The last call of this side.
    last_outbound: u64,
    /// The last call of the peer.
    last_inbound: u64,
    /// The chunk that the input is in the middle of.
    arrival: Option<Arrival>,
    /// Bodies that arrive.
    assemblies: Assemblies,
    /// Bodies that leave.
    bodies: Bodies,
    /// Frames that wait for `transmit`, but for chunks and PONG.
    pending: OutBuffer,
    /// Replies whole within `pending`: their calls are in flight until `transmit` takes them.
    replies_pending: usize,
    /// Octets that `transmit` has yielded so far.
    handed: u64,
    /// The PING that must be answered.
    pong_due: Option<u64>,
    /// The last PING sent.
    last_ping: u64,
    /// The last PING that the runtime asked for and that is not answered.
    ping_asked: Option<u64>,
    /// Calls of the peer after this one are not accepted: DRAIN was sent.
    accept_until: Option<u64>,
    /// Calls of this side after this one are not accepted: DRAIN or CLOSE came.
    accepted_until: Option<u64>,
    watch: Watch,
    counters: Counters,
}

/// Who opened the connection. Both may call; the ids of calls tell whose they are by their top bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// This side.
    Client,
    /// The peer.
    Server,
}

impl Side {
    /// The top bit of ids of calls that this side makes.
    const fn id_base(self) -> u64 {
        match self {
            Side::Client => 0,
            Side::Server => 1 << 63,
        }
    }

    const fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// What a connection needs to begin.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who opened it.
    pub side: Side,
    /// The number that this process keeps, the client of its requests.
    pub identity: ClientId,
    /// Which life of it.
    pub incarnation: u64,
    /// What this side takes beyond the base protocol.
    pub features: Features,
    /// What this side accepts, keeps and waits for. Values below the least that the protocol allows are raised to it.
    pub limits: Limits,
    /// The name of the software, for people at the other side.
    pub software: Bytes,
    /// Where bodies are put together that come in chunks.
    pub buffers: Buffers,
}

impl Config {
    /// What a connection with this configuration says of itself.
    pub fn hello(&self) -> Hello {
        let limits = self.limits.clone().at_least();
        Hello {
            identity: self.identity.0,
            incarnation: self.incarnation,
            features: self.features,
            frame_bytes_max: limits.frame_bytes_max,
            calls_in_flight_max: limits.calls_in_flight_max,
            call_window_bytes: limits.call_window_bytes,
            software: self.software.clone(),
        }
    }
}

/// How far the input has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Preface,
    Hello,
    Open,
    Closed,
}

impl Connection {
    /// A connection whose preface and HELLO are ready to be transmitted. Requests may follow at once: until the peer's
    /// HELLO is here, the least limits of the protocol hold for them.
    pub fn new(config: Config, now: Time) -> Connection {
        let limits = config.limits.clone().at_least();
        let mut pending = OutBuffer::new();
        pending.append(0, |out| {
            out.extend_from_slice(&encode_preface(Version::OURS));
            config.hello().encode(out);
        });
        Connection {
            side: config.side,
            speaker: Speaker { client: config.identity, incarnation: config.incarnation },
            features: config.features,
            phase: Phase::Preface,
            peer_version: None,
            peer: Hello::LEAST,
            outbound: IdTable::new(),
            inbound: IdTable::new(),
            last_outbound: config.side.id_base(),
            last_inbound: config.side.other().id_base(),
            arrival: None,
            assemblies: Assemblies::new(&limits, config.buffers),
            bodies: Bodies::default(),
            pending,
            replies_pending: 0,
            handed: 0,
            pong_due: None,
            last_ping: 0,
            ping_asked: None,
            accept_until: None,
            accepted_until: None,
            watch: Watch::new(now),
            counters: Counters::default(),
            limits,
        }
    }

    /// What the peer said of itself, once it has.
    pub fn peer(&self) -> Option<&Hello> {
        (self.phase == Phase::Open).then_some(&self.peer)
    }

    /// The version that the peer speaks, once it has said so. What both understand is the smaller minor of both.
    pub fn peer_version(&self) -> Option<Version> {
        self.peer_version
    }

    /// Whether the connection is over, from either side.
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether no call is open in either direction and no output waits: it could be closed and nobody would notice.
    pub fn is_idle(&self) -> bool {
        self.outbound.is_empty() && self.inbound.is_empty() && !self.has_output()
    }

    /// Calls of this side that are open: they await their reply, or their arguments are still being sent.
    pub fn calls_outbound(&self) -> usize {
        self.outbound.len()
    }

    /// Calls of the peer that are open: their arguments arrive, they run, or their reply is still being sent.
    pub fn calls_inbound(&self) -> usize {
        self.inbound.len() + self.replies_pending
    }

    /// Calls that this side may have open at the peer: the smaller limit of both.
    pub fn calls_outbound_max(&self) -> u32 {
        self.limits.calls_in_flight_max.min(self.peer.calls_in_flight_max)
    }

    /// Octets of output that wait for `transmit`, bodies without credit included.
    pub fn output_bytes(&self) -> u64 {
        self.pending.len() as u64 + self.bodies.left()
    }

    /// Octets that are held for bodies of the peer that are not complete.
    pub fn assembly_bytes(&self) -> usize {
        self.assemblies.held_bytes()
    }

    /// Whether the peer may go on with a body that somebody wants.
    pub fn expects_octets(&self) -> bool {
        self.assemblies.expects_octets()
    }

    /// Whether the input, looked at and empty, is in the middle of a chunk.
    pub fn is_mid_chunk(&self) -> bool {
        self.arrival.is_some()
    }

    /// What was counted since the beginning.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether the call was made by this side.
    fn is_ours(&self, id: u64) -> bool {
        id & Side::Server.id_base() == self.side.id_base()
    }

    /// The last call of the peer that was or may have been executed.
    fn last_accepted(&self) -> CallId {
        CallId(self.accept_until.unwrap_or(self.last_inbound))
    }
}
