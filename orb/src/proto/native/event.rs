//! What a connection tells its driver.

use bytes::Bytes;

use super::control::Close;
use super::error::BodyRefusal;
use super::frame::FrameKind;
use super::hello::Hello;
use crate::proto::head::{CallId, Completion, Delivery, ReplyHead, RequestHead};

/// Something that came from the peer. Bodies and texts share the octets of the input where they came whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The peer has introduced itself. Comes once, before everything else.
    Hello(Hello),
    /// A call, whole. One that expects a response stays open until [`reply`](super::Connection::reply).
    Request {
        /// The call.
        id: CallId,
        /// Everything but the arguments.
        head: Box<RequestHead>,
        /// The arguments.
        body: Bytes,
    },
    /// The arguments of a call are not taken. If it expects a response, answer it with a system exception, completion No;
    /// the sender of a oneway is told to stop.
    RequestRefused {
        /// The call.
        id: CallId,
        /// Everything but the arguments.
        head: Box<RequestHead>,
        /// Why.
        reason: BodyRefusal,
    },
    /// The end of a call of ours, whole.
    Reply {
        /// The call.
        id: CallId,
        /// Everything but the results.
        head: Box<ReplyHead>,
        /// The results.
        body: Bytes,
    },
    /// The end of a call of ours, but its results are not taken. The call is over.
    ReplyRefused {
        /// The call.
        id: CallId,
        /// Everything but the results.
        head: Box<ReplyHead>,
        /// Why.
        reason: BodyRefusal,
    },
    /// The caller gave up. The call stays open until [`reply`](super::Connection::reply); what is replied is not sent.
    Cancelled {
        /// The call.
        id: CallId,
    },
    /// The peer takes no further calls on this connection.
    Drain {
        /// The last call it accepted; 0 in the low bits if none.
        last_accepted: CallId,
        /// Calls of ours that it did not accept: they are over, completion No.
        not_executed: Vec<CallId>,
    },
    /// The peer has closed the connection. Ask [`on_eof`](super::Connection::on_eof) for the calls that stay unanswered.
    Closed {
        /// Why.
        close: Close,
        /// The last call it accepted; 0 in the low bits if none.
        last_accepted: CallId,
    },
    /// The answer to a [`ping`](super::Connection::ping).
    Pong {
        /// What the ping returned.
        number: u64,
    },
    /// A frame of object groups.
    Group {
        /// Its kind: 0x40..=0x5f.
        kind: FrameKind,
        /// Its flags.
        flags: u8,
        /// The id in its header.
        id: u64,
        /// Its head.
        head: Bytes,
        /// Its body.
        body: Bytes,
    },
    /// The peer is given up for its silence. The connection is over; `on_eof` has the unanswered calls.
    Lost(Silence),
}

/// What a peer failed to do in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Silence {
    /// To say anything after a ping (`ping_timeout`).
    PingUnanswered,
    /// To complete a frame that it had begun (`frame_wait_max`).
    FrameStalled,
    /// To go on with a body that it had begun (`body_wait_max`).
    BodyStalled,
}

/// A call of ours that has no reply when the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// The call.
    pub id: CallId,
    /// How much of it was sent.
    pub delivery: Delivery,
    /// Whether it was executed, as far as this side can tell.
    pub completion: Completion,
}

/// What a connection has counted since it began. Every drop is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Frames received.
    pub frames_received: u64,
    /// Octets received, as far as they are frames.
    pub octets_received: u64,
    /// Chunks dropped, because their body was refused, cancelled or not accepted.
    pub chunks_dropped: u64,
    /// Octets of those.
    pub chunk_octets_dropped: u64,
    /// Requests dropped after DRAIN was sent.
    pub requests_after_drain: u64,
    /// Replies to calls that were cancelled.
    pub replies_unwanted: u64,
    /// Bodies of this side that the peer did not take to their end, though it did not reply: those of oneway calls.
    pub bodies_refused_by_peer: u64,
    /// CREDIT and CANCEL frames that came after the end of what they were about.
    pub frames_late: u64,
    /// Optional frames of unknown kinds, skipped.
    pub extensions_skipped: u64,
    /// Frames of object groups, refused because this side did not offer to take them.
    pub group_frames_refused: u64,
}
