//! Frames: what travels on a connection.
//!
//! ```text
//! octet  0        1                9                17
//!        +--------+----------------+----------------+----------
//!        | kind   | sequence (LE)  | acknowledged   | body ...
//!        +--------+----------------+----------------+----------
//! ```
//!
//! A stream carries each frame behind its length as four octets, little-endian. `sequence` numbers the data frames of a
//! channel from 1; `acknowledged` is the last one received in the other direction. Both are zero in kinds that precede
//! the channel. Every kind is drawn, octet by octet, in `golden`.

use super::{Reader, Wire, WireError, wire_struct};
use crate::core::event::Unwelcome;
use crate::core::identity::{Address, DomainId, DomainName, DurableId, ProcessId, ViewNumber};
use crate::core::protocol::Protocol;
use bytes::Bytes;

/// Octets of a frame's head.
pub const FRAME_HEAD_BYTES: usize = 17;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// Who speaks; the first frame in both directions.
    Hello = 1,
    /// The last data frame received from the other side; data may follow.
    Resume = 2,
    /// Items of the protocol, sequenced and acknowledged.
    Data = 3,
    /// Nothing but the acknowledgement; also the heartbeat.
    Idle = 4,
    /// The receiver was excluded from the domain, by the view named.
    Excluded = 5,
    /// The receiver is not welcome; the body says why, in one octet.
    Refused = 6,
    /// The proof of the shared key.
    Proof = 7,
}

impl FrameKind {
    /// Every kind, in order.
    pub(crate) const ALL: [Self; 7] =
        [Self::Hello, Self::Resume, Self::Data, Self::Idle, Self::Excluded, Self::Refused, Self::Proof];

    fn from_octet(octet: u8) -> Result<Self, WireError> {
        let known = usize::from(octet).checked_sub(1).and_then(|index| Self::ALL.get(index));
        known.copied().ok_or(WireError::Tag(octet))
    }
}

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) kind: FrameKind,
    pub(crate) sequence: u64,
    pub(crate) acknowledged: u64,
}

impl FrameHead {
    pub(crate) fn encode(self) -> [u8; FRAME_HEAD_BYTES] {
        let mut head = [0; FRAME_HEAD_BYTES];
        head[0] = self.kind as u8;
        head[1..9].copy_from_slice(&self.sequence.to_le_bytes());
        head[9..17].copy_from_slice(&self.acknowledged.to_le_bytes());
        head
    }

    pub(crate) fn split(mut frame: Bytes) -> Result<(Self, Bytes), WireError> {
        if frame.len() < FRAME_HEAD_BYTES {
            return Err(WireError::Truncated);
        }
        let head = frame.split_to(FRAME_HEAD_BYTES);
        let number = |at: usize| {
            let mut octets = [0; 8];
            octets.copy_from_slice(&head[at..at + 8]);
            u64::from_le_bytes(octets)
        };
        let kind = FrameKind::from_octet(head[0])?;
        Ok((Self { kind, sequence: number(1), acknowledged: number(9) }, frame))
    }
}

/// Who speaks on a connection. Field by field: octets `51 47` (magic), protocols oldest and newest, domain name,
/// incarnation, address, domain identity (zero if none is known) and view number (zero for a process that is in none), and the
/// name on the disk if there is one, and a nonce for the proof of the shared key (empty where none is asked for).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) magic: u16,
    pub(crate) oldest: Protocol,
    pub(crate) newest: Protocol,
    pub(crate) name: DomainName,
    pub(crate) process: ProcessId,
    pub(crate) address: Address,
    pub(crate) domain: DomainId,
    pub(crate) view: ViewNumber,
    /// The name on the speaker's disk, if it has a log.
    pub(crate) durable: Option<DurableId>,
    /// What the other side's proof of the key must contain; empty where none is asked for.
    pub(crate) nonce: Bytes,
}

impl Hello {
    pub(crate) const MAGIC: u16 = 0x5147;

    pub(crate) fn decode(body: Bytes) -> Result<Self, WireError> {
        let mut input = Reader::new(body);
        let hello = Self::read(&mut input)?;
        input.finish()?;
        if hello.magic == Self::MAGIC { Ok(hello) } else { Err(WireError::Contradiction) }
    }
}

/// The view that excluded the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exclusion {
    pub(crate) domain: DomainId,
    pub(crate) view: ViewNumber,
}

impl Exclusion {
    pub(crate) fn decode(body: Bytes) -> Result<Self, WireError> {
        let mut input = Reader::new(body);
        let exclusion = Self::read(&mut input)?;
        input.finish().map(|()| exclusion)
    }
}

/// The reason in a refusal: one octet, which may be one that this build does not know.
pub(crate) fn refusal_of(body: &[u8]) -> Result<Unwelcome, WireError> {
    match body {
        [] => Err(WireError::Truncated),
        [reason] => Ok(Unwelcome(*reason)),
        _ => Err(WireError::Trailing),
    }
}

wire_struct! {
    Hello { magic, oldest, newest, name, process, address, domain, view, durable, nonce }
    Exclusion { domain, view }
}
