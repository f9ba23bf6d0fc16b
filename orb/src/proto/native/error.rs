//! What can be wrong: with octets from outside, or with what the runtime asked for.

use thiserror::Error;

use super::frame::FrameKind;
use super::hello::Version;
use super::limits::LimitName;
use crate::proto::head::{CallId, OperationNameError};

/// The peer broke the protocol. The connection is over: it has queued a CLOSE frame that says why, and reads no more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The stream does not begin with the magic of this protocol.
    #[error("the connection begins with {}, not with \"QUORB\"", .found.escape_ascii())]
    Magic {
        /// What came, as far as it came; unread octets are zero.
        found: [u8; 5],
    },
    /// The peer speaks another major version.
    #[error("the peer speaks version {theirs} of the protocol, this side {ours}")]
    Version {
        /// The version of this side.
        ours: Version,
        /// The version of the peer.
        theirs: Version,
    },
    /// The first frame is not HELLO.
    #[error("the first frame is {kind}, not HELLO")]
    HelloExpected {
        /// What it is.
        kind: FrameKind,
    },
    /// There is a second HELLO.
    #[error("a second HELLO")]
    HelloRepeated,
    /// A limit of the peer's HELLO is below what every speaker of the protocol must accept.
    #[error("the peer's {name} of {value} is below the least allowed, {minimum}")]
    HelloBelowMinimum {
        /// The limit.
        name: LimitName,
        /// What the peer announced.
        value: u64,
        /// The least it may announce.
        minimum: u64,
    },
    /// A kind of frame that must be understood, and is not.
    #[error("unknown kind of frame {:#04x}", .kind.0)]
    UnknownKind {
        /// The kind.
        kind: FrameKind,
    },
    /// A flag that must be understood, and is not.
    #[error("unknown flags {flags:#04x} on {kind}")]
    UnknownFlags {
        /// The kind of the frame.
        kind: FrameKind,
        /// Its flags.
        flags: u8,
    },
    /// A frame is longer than this side announced to accept.
    #[error("a frame of {bytes} octets, above the limit frame_bytes_max = {limit}")]
    FrameTooLong {
        /// Its length with its header.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A frame has a body, and its kind has none.
    #[error("{kind} with a body of {bytes} octets")]
    BodyNotAllowed {
        /// The kind of the frame.
        kind: FrameKind,
        /// The length of the body.
        bytes: u32,
    },
    /// The head of a frame cannot be read.
    #[error("the head of {kind}: {error}")]
    Head {
        /// The kind of the frame.
        kind: FrameKind,
        /// What is wrong.
        error: HeadError,
    },
    /// The id of a request is not larger than that of the request before.
    #[error("request {} after request {}", .id.0, .last.0)]
    IdNotIncreasing {
        /// The id.
        id: CallId,
        /// The largest before.
        last: CallId,
    },
    /// A frame speaks of a call of the wrong side: the top bit of its id is not that of who made it.
    #[error("{kind} for call {:#x} of the wrong side", .id.0)]
    IdOfWrongSide {
        /// The kind of the frame.
        kind: FrameKind,
        /// The id.
        id: CallId,
    },
    /// The peer has more calls open than this side announced to accept.
    #[error("more calls in flight than calls_in_flight_max = {limit}")]
    TooManyCalls {
        /// The limit.
        limit: u32,
    },
    /// A reply to nothing.
    #[error("a reply to call {:#x}, which waits for none", .id.0)]
    ReplyToNothing {
        /// The id.
        id: CallId,
    },
    /// CANCEL for a call that was never made.
    #[error("CANCEL of call {:#x}, which was never made", .id.0)]
    CancelOfNothing {
        /// The id.
        id: CallId,
    },
    /// A body does not come as it was announced.
    #[error("the body of call {:#x}: {error}", .id.0)]
    Body {
        /// The call.
        id: CallId,
        /// What is wrong.
        error: BodyError,
    },
}

/// The head of a frame cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeadError {
    /// A field reaches beyond the end.
    #[error("{needed} octets needed, {left} left")]
    Truncated {
        /// What the field needs.
        needed: usize,
        /// What there is.
        left: usize,
    },
    /// There are octets behind the last field.
    #[error("{bytes} surplus octets")]
    Surplus {
        /// How many.
        bytes: usize,
    },
    /// The presence bitmap announces fields that this version does not know, so their length is unknown.
    #[error("unknown fields {bits:#06x} announced")]
    UnknownFields {
        /// The unknown bits.
        bits: u16,
    },
    /// A client and its incarnation are given, but no sequence.
    #[error("an identity without a sequence")]
    IdentityWithoutSequence,
    /// The name of the operation is none.
    #[error(transparent)]
    Operation(#[from] OperationNameError),
    /// The flag MORE and the field `body_total` do not agree.
    #[error("the flag MORE without body_total, or body_total without it")]
    BodyTotal,
    /// There are too many service contexts.
    #[error("more than contexts_max = {limit} service contexts")]
    TooManyContexts {
        /// The limit.
        limit: usize,
    },
    /// A text is not UTF-8, or longer than allowed.
    #[error("a text that is not UTF-8 or too long")]
    Text,
}

/// A chunked body does not come as it was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// A chunk of a body that was never announced or is over.
    #[error("a chunk that belongs to no open body")]
    NotAnnounced,
    /// A body without octets: such a one is not sent in chunks.
    #[error("a chunked body of no octets")]
    NothingAnnounced,
    /// A chunk without octets that does not end its body.
    #[error("an empty chunk")]
    EmptyChunk,
    /// More octets than announced.
    #[error("more octets than the {total} announced")]
    BeyondTotal {
        /// What was announced.
        total: u64,
    },
    /// More octets than granted.
    #[error("octets up to {received} where {granted} were granted")]
    BeyondCredit {
        /// What came.
        received: u64,
        /// What was granted.
        granted: u64,
    },
    /// The flag LAST is not on the chunk that completes the body.
    #[error("ended after {received} of {total} octets")]
    WrongEnd {
        /// What came.
        received: u64,
        /// What was announced.
        total: u64,
    },
}

/// The runtime asked for something that cannot be done now. Nothing was queued; the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The peer drains: it takes no further calls on this connection.
    #[error("the peer takes no further calls on this connection")]
    Draining,
    /// As many calls are open as the limits of both sides allow. A slot becomes free with each finished call.
    #[error("{limit} calls are in flight already")]
    TooManyCalls {
        /// The smaller of both sides' limits.
        limit: u32,
    },
    /// So much output is waiting that no more is taken: the peer does not read.
    #[error("{queued} octets of output are waiting, output_bytes_max = {limit}")]
    OutputFull {
        /// What waits, in octets.
        queued: u64,
        /// The limit, in octets.
        limit: u64,
    },
    /// The head is too long for a frame.
    #[error("a head of {bytes} octets is too long for a frame")]
    HeadTooLong {
        /// Its length.
        bytes: usize,
    },
    /// Head and body are too long for a frame that must hold both.
    #[error("{bytes} octets are too long for a frame")]
    FrameTooLong {
        /// The length of the frame.
        bytes: usize,
    },
    /// The head has too many service contexts.
    #[error("more than contexts_max = {limit} service contexts")]
    TooManyContexts {
        /// The limit.
        limit: usize,
    },
    /// There is no such call, or it has its reply already.
    #[error("call {:#x} is not open", .id.0)]
    UnknownCall {
        /// The id.
        id: CallId,
    },
    /// The peer did not say that it understands such frames.
    #[error("the peer does not take frames of kind {:#04x}", .kind.0)]
    NotSpoken {
        /// The kind of frame.
        kind: FrameKind,
    },
}

/// Why a body is not taken. Its call is answered by the runtime; its octets are dropped and counted as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BodyRefusal {
    /// It is too large.
    #[error("a body of {total} octets, above the limit body_bytes_max = {limit}")]
    TooLarge {
        /// Its length.
        total: u64,
        /// The limit.
        limit: u64,
    },
    /// Its length is not known beforehand: streams are not spoken yet.
    #[error("a body of unknown length")]
    UnknownLength,
}
