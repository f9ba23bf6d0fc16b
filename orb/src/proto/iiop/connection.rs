//! The state of a connection of GIOP.

use std::collections::BTreeMap;
use std::time::Duration;

use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{CdrProfile, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{BiDirContext, ListenPoint, close_connection};

use super::inbound::InboundCalls;
use super::receive::Held;
use super::unfinished::Unfinished;
use crate::proto::buffers::Buffers;
use crate::proto::head::{CallId, Delivery, Time};
use crate::proto::native::{OutBuffer, Payload};

/// One connection of GIOP 1.0 to 1.2, seen from one of its ends.
///
/// # Methods, by kind
/// * **Input** [`receive`](Self::receive) takes octets and returns events, one at a time; [`handle_timeout`](Self::handle_timeout)
///   takes the time; [`on_eof`](Self::on_eof) takes the end of the stream.
/// * **Commands** queue output and never block: [`request`](Self::request), [`reply`](Self::reply), [`cancel`](Self::cancel),
///   [`abandon`](Self::abandon), [`drain`](Self::drain), [`close`](Self::close).
/// * **Output** [`transmit`](Self::transmit) yields octets for the socket.
/// * **Getters** change nothing.
///
/// # Order
/// After anything: `receive` until it returns `None`, then `transmit`, then arm a timer for `next_timeout`. After an error of
/// `receive`, and after the event `Closed`, further input is ignored and commands are refused; what `transmit` still yields
/// is the farewell.
///
/// # Bounds
/// A peer that makes too many calls, or does not read its replies, is heard up to its next request: `receive` keeps that one,
/// and leaves the input where it is, until a call has ended or output has left, which [`is_ready`](Self::is_ready) tells.
/// What is kept is then bounded by the limits: messages in parts by `limits`, calls in both directions by their counts,
/// output by `output_bytes_max` and the replies of calls that run already.
///
/// # Choices
/// A client in GIOP 1.0 or 1.1 ends without a word, since only servers may say CloseConnection there. Nobody says it while an
/// operation runs whose caller waits: to its caller it would mean that the operation was not executed. Fragments are
/// received; messages are sent whole, as their receivers prefer. A cancelled call is forgotten at once, since its server
/// need not answer; its id comes again after 2^31 others. Foreign servers are not told: nothing obliges them to heed it, and
/// omniORB 4.2 closes the connection over it in GIOP 1.0 and 1.1, and in 1.2 never serves the connection again.
#[derive(Debug)]
pub struct Connection {
    pub(super) side: Side,
    pub(super) config: Config,
    pub(super) assembler: Assembler,
    /// In force since the client said so; on the client's side since it chose. Not for GIOP 1.0.
    pub(super) code_sets: CodeSets,
    /// Whether the code sets stand already: the client has sent its first request.
    pub(super) code_sets_settled: bool,
    /// What a client speaks; on the server's side the version of the last message, which is what it speaks unasked.
    pub(super) version: GiopVersion,
    pub(super) output: OutBuffer,
    /// Where heads are written before they are queued.
    pub(super) scratch: Vec<u8>,
    /// Octets queued since the beginning.
    pub(super) queued: u64,
    /// Octets yielded since the beginning.
    pub(super) handed: u64,
    /// Requests of this side whose reply is awaited.
    pub(super) outbound: BTreeMap<u32, Outbound>,
    /// Requests of the peer that run.
    pub(super) inbound: InboundCalls,
    /// Requests may go in both directions.
    pub(super) both_directions: bool,
    /// What the peer is to be told with the next request: that this side takes calls, and for which addresses.
    pub(super) offer: Option<BiDirContext>,
    /// A client that says that it takes calls is called.
    pub(super) accepts_offers: bool,
    /// For which addresses the client has said that it takes calls.
    pub(super) offered: Vec<ListenPoint>,
    pub(super) next_id: u32,
    pub(super) phase: Phase,
    /// The peer said CloseConnection: what it has not answered was not executed (CORBA 3.3 Part 2, 9.4.7).
    pub(super) peer_closed: bool,
    pub(super) unfinished: Unfinished,
    /// Octets of a message that is too large, still to be passed over.
    pub(super) passing_over: u64,
    /// A request for which there was no room; behind it nothing is read.
    pub(super) held: Option<Held>,
}

/// Who opened the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// This side.
    Client,
    /// The peer.
    Server,
}

/// What a connection needs to begin.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who opened it.
    pub side: Side,
    /// What a client speaks. A server answers in the version of each request, and before the first one speaks 1.0.
    pub version: GiopVersion,
    /// What a client has chosen from the server's reference.
    pub code_sets: CodeSets,
    /// What is accepted of the peer.
    pub limits: MessageLimits,
    /// Calls of this side that may be open.
    pub calls_in_flight_max: usize,
    /// Calls of the peer that may run; the next one is kept, and nothing behind it is read.
    pub calls_served_max: usize,
    /// Octets that may wait for `transmit`; above, calls of this side are refused, and those of the peer not served.
    pub output_bytes_max: usize,
    /// A message that has begun must be complete after so long.
    pub frame_wait_max: Duration,
    /// Where fragments are joined.
    pub buffers: Buffers,
    /// The byte order of what is written. What is read says its own.
    pub endian: Endian,
}

/// A request of this side.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Positions of its first octet and behind its last in the output.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Its server is of our kind, and may be told that the call is cancelled.
    pub(super) tell_cancel: bool,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// No new calls; it closes when the last is answered.
    Draining,
    Closed,
}

impl Connection {
    /// A connection on which nothing has been said. GIOP has no greeting.
    pub fn new(config: Config) -> Connection {
        Connection {
            side: config.side,
            assembler: Assembler::new(config.limits.clone())
                .with_buffers(config.buffers.grow, config.buffers.share),
            code_sets: match config.side {
                Side::Client => config.code_sets,
                Side::Server => CodeSets::UNNEGOTIATED,
            },
            code_sets_settled: false,
            version: match config.side {
                Side::Client => config.version,
                Side::Server => GiopVersion::V1_0,
            },
            output: OutBuffer::new(),
            scratch: Vec::new(),
            queued: 0,
            handed: 0,
            outbound: BTreeMap::new(),
            inbound: InboundCalls::new(),
            both_directions: false,
            offer: None,
            accepts_offers: false,
            offered: Vec::new(),
            // Ids of the side that opened the connection are even (CORBA 3.3 Part 2, 9.4.2).
            next_id: match config.side {
                Side::Client => 2,
                Side::Server => 1,
            },
            phase: Phase::Open,
            peer_closed: false,
            unfinished: Unfinished::default(),
            passing_over: 0,
            held: None,
            config,
        }
    }

    /// The client tells the server, with its first request, that it takes calls on this connection for the objects that it
    /// serves at `points` (CORBA 3.3 Part 2, 9.8). Without it only the side that opened the connection may call: nobody
    /// exposes its objects to a server by calling it. GIOP before 1.2 does not know it.
    pub fn offer_both_directions(&mut self, points: Vec<ListenPoint>) {
        if self.side == Side::Client && self.version >= GiopVersion::V1_2 {
            self.both_directions = true;
            self.offer = Some(BiDirContext { listen_points: points });
        }
    }

    /// Both sides have agreed on it in another way.
    pub fn allow_both_directions(&mut self) {
        self.both_directions = true;
    }

    /// The server will call a client that offers it.
    pub fn accept_both_directions(&mut self) {
        self.accepts_offers = true;
    }

    /// For which addresses the client has said, since the last time, that it takes calls on this connection.
    pub fn take_offered(&mut self) -> Vec<ListenPoint> {
        std::mem::take(&mut self.offered)
    }

    /// The code sets in force for the version in use: GIOP 1.0 knows no choice.
    pub fn code_sets(&self) -> CodeSets {
        self.code_sets_in(self.version)
    }

    pub(super) fn code_sets_in(&self, version: GiopVersion) -> CodeSets {
        if version < GiopVersion::V1_1 { CodeSets::UNNEGOTIATED } else { self.code_sets }
    }

    /// What this side speaks unasked: a client its own version, a server that of the peer's last message.
    pub fn version(&self) -> GiopVersion {
        self.version
    }

    /// Whether the connection is over, from either side.
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Calls of this side that are open.
    pub fn calls_outbound(&self) -> usize {
        self.outbound.len()
    }

    /// Calls of the peer that run.
    pub fn calls_inbound(&self) -> usize {
        self.inbound.len()
    }

    /// Octets that wait for `transmit`.
    pub fn output_bytes(&self) -> u64 {
        self.output.len() as u64
    }

    /// Whether `transmit` would yield something.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether the peer need not be read now: it has made more calls than are served, or takes no replies.
    pub fn is_congested(&self) -> bool {
        self.held.is_some() && !self.has_room()
    }

    /// Whether something is kept back, or passed over, that is not in the input any more.
    pub fn holds_back(&self) -> bool {
        self.held.is_some()
    }

    /// Whether `receive` has stopped because of a limit, and could now go on.
    pub fn is_ready(&self) -> bool {
        self.held.is_some() && self.has_room()
    }

    /// Whether one more call of the peer can be served.
    pub(super) fn has_room(&self) -> bool {
        self.inbound.len() < self.config.calls_served_max && self.output.len() <= self.config.output_bytes_max
    }

    /// Whether another request of this side would be taken, as far as that does not depend on its size.
    pub fn takes_request(&self) -> bool {
        self.outbound.len() < self.config.calls_in_flight_max
            && self.output.len() <= self.config.output_bytes_max
    }

    /// Whether the peer has begun a message, in fragments or too large, that is not complete.
    pub fn is_mid_message(&self) -> bool {
        self.passing_over > 0 || self.assembler.incomplete_messages().next().is_some()
    }

    /// Octets that are held for messages of the peer that are not complete.
    pub fn assembly_bytes(&self) -> usize {
        self.assembler.incomplete_bytes()
    }

    /// Moves what is queued to the driver's buffer, which must be empty.
    pub fn transmit(&mut self, out: &mut OutBuffer) {
        debug_assert!(out.is_empty(), "what is in the buffer would be sent after what follows it");
        self.handed += self.output.len() as u64;
        std::mem::swap(&mut self.output, out);
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        let begun = self.unfinished.oldest().filter(|_| self.phase != Phase::Closed)?;
        Some(begun + self.config.frame_wait_max)
    }

    /// Takes the time. Answers true if the peer has left a message incomplete for too long: the connection must end.
    pub fn handle_timeout(&mut self, now: Time) -> bool {
        let late = self.next_timeout().is_some_and(|limit| now >= limit);
        if late {
            self.phase = Phase::Closed;
        }
        late
    }

    /// Makes no further calls: the connection closes in order when the last is answered, in both directions. Requests that
    /// the peer still sends are delivered, for the runtime to refuse; the CloseConnection tells it of those that crossed.
    pub fn drain(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Draining;
            self.close_if_drained();
        }
    }

    pub(super) fn close_if_drained(&mut self) {
        if self.phase == Phase::Draining && self.inbound.is_empty() && self.outbound.is_empty() {
            self.close();
        }
    }

    /// Ends the connection: what is queued is still sent. The peer is told that this is in order, and thereby that none of
    /// its requests without a reply was executed, unless that is not true: then it finds the connection cut.
    pub fn close(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        self.phase = Phase::Closed;
        // Only with GIOP 1.2 may the side that opened the connection say so (CORBA 3.3 Part 2, 9.4.7).
        let may_say = self.side == Side::Server || self.version >= GiopVersion::V1_2;
        if may_say && !self.inbound.executes() {
            let farewell = close_connection(self.version, self.config.endian);
            self.queue(|out| out.extend_from_slice(&farewell), Payload::EMPTY);
        }
    }

    /// The end of the stream: which calls of this side have no reply, and how much of each had left. `unwritten` octets
    /// that were yielded have not been taken by the socket.
    pub fn on_eof(&mut self, unwritten: usize) -> Vec<(CallId, Delivery)> {
        let told_not_executed = self.peer_closed;
        self.phase = Phase::Closed;
        let handed = self.handed.saturating_sub(unwritten as u64);
        std::mem::take(&mut self.outbound)
            .into_iter()
            .map(|(id, call)| {
                let delivery = match () {
                    () if handed <= call.start => Delivery::NotSent,
                    () if handed < call.end || told_not_executed => Delivery::PartlySent,
                    () => Delivery::Sent,
                };
                (CallId(id.into()), delivery)
            })
            .collect()
    }

    /// The rules of what this side writes in answer to `version`.
    pub fn profile(&self, version: GiopVersion) -> CdrProfile {
        self.code_sets_in(version).profile(self.config.endian, version)
    }

    /// Queues a head and a body behind it.
    pub(super) fn queue(&mut self, head: impl FnOnce(&mut Vec<u8>), body: Payload<'_>) {
        let before = self.output.len();
        self.output.append(0, head);
        body.append_to(&mut self.output);
        self.queued += (self.output.len() - before) as u64;
    }
}
