//! Messages out of a stream of octets, and large messages into fragments (CORBA 3.3 Part 2, 9.4.9).

mod incomplete;
mod split;

use bytes::{Bytes, BytesMut};

pub use split::{Piece, Pieces, split};

use crate::cdr::{GiopVersion, Grow};
use crate::limits::MessageLimits;
use crate::message::{Frame, GiopError, MessageHeader, MessageKind};
use incomplete::Incomplete;

/// The receiving end of a connection: takes octets as they come, gives whole messages.
///
/// Drive it like this, whenever octets have arrived:
///
/// ```
/// # use bytes::BytesMut;
/// # use quorb_giop::{assembly::Assembler, limits::MessageLimits, message::*};
/// let limits = MessageLimits::default();
/// let mut assembler = Assembler::new(limits.clone());
/// let mut received = BytesMut::from(&b"GIOP\x01\x02\x00\x05\0\0\0\0GIOP"[..]);
/// while let Some(frame) = assembler.next(&mut received)? {
///     assert_eq!(Message::decode(&frame, &limits)?, Message::CloseConnection);
/// }
/// assert_eq!(received, "GIOP", "the beginning of the next message");
/// # Ok::<(), GiopError>(())
/// ```
///
/// A message that arrives in one piece is a slice of the buffer; only fragments are copied, to join them.
/// After an error the stream cannot be resumed: do what [`remedy`](GiopError::remedy) says, with
/// [`version`](Self::version).
#[derive(Debug)]
pub struct Assembler {
    limits: MessageLimits,
    /// The version of the last message with a good header.
    version: GiopVersion,
    /// Fragmented messages of which more is to come, oldest first.
    incomplete: Vec<Incomplete>,
    /// Fragmented messages that have begun so far.
    begun: u64,
    /// Fragments that continue these requests or replies are dropped, through the last.
    unwanted: Vec<u32>,
    grow: Grow,
    share: fn(Vec<u8>) -> Bytes,
}

impl Assembler {
    /// The receiving end of a new connection.
    #[must_use]
    pub fn new(limits: MessageLimits) -> Self {
        Self {
            limits,
            version: GiopVersion::V1_0,
            incomplete: Vec::new(),
            begun: 0,
            unwanted: Vec::new(),
            grow: Vec::reserve,
            share: Bytes::from,
        }
    }

    /// The same assembler, which joins fragments in buffers that `grow` makes room in, and makes messages of them with
    /// `share`: whoever keeps large buffers saves the allocator's work for each.
    #[must_use]
    pub fn with_buffers(self, grow: Grow, share: fn(Vec<u8>) -> Bytes) -> Self {
        Self { grow, share, ..self }
    }

    /// The version the peer spoke last; 1.0 before its first message.
    #[must_use]
    pub const fn version(&self) -> GiopVersion {
        self.version
    }

    /// Octets held for messages of which more is to come.
    #[must_use]
    pub fn incomplete_bytes(&self) -> usize {
        self.incomplete.iter().map(Incomplete::cost_bytes).sum()
    }

    /// The messages of which more is to come, oldest first: the how many-th fragmented message of this stream
    /// each is, from 0. Whoever has a clock can tell by them how long each has been incomplete.
    pub fn incomplete_messages(&self) -> impl Iterator<Item = u64> + '_ {
        self.incomplete.iter().map(Incomplete::number)
    }

    /// Drops the Fragments to come of a GIOP 1.2 message whose beginning the caller has taken off the stream by itself,
    /// because it was too large.
    ///
    /// # Errors
    /// [`GiopError::FragmentedTwice`] if it has begun already, [`GiopError::TooManyIncomplete`].
    pub fn drop_fragments_of(&mut self, request_id: u32) -> Result<(), GiopError> {
        if self.incomplete.iter().any(|message| message.request_id() == Some(request_id))
            || self.unwanted.contains(&request_id)
        {
            return Err(GiopError::FragmentedTwice { request_id });
        }
        let limit = self.limits.fragments_open_max;
        if self.incomplete.len() + self.unwanted.len() >= limit {
            return Err(GiopError::TooManyIncomplete { limit });
        }
        self.unwanted.push(request_id);
        Ok(())
    }

    /// Takes the next whole message off the front of `received`; none if more octets are needed.
    ///
    /// Call it until it gives none. Work is proportional to the octets taken off, plus
    /// [`fragments_open_max`](MessageLimits::fragments_open_max) for each fragment.
    ///
    /// # Errors
    /// All of [`GiopError`] that concern headers, sizes and fragments. What is in `received` is then of no use.
    pub fn next(&mut self, received: &mut BytesMut) -> Result<Option<Frame>, GiopError> {
        while let Some(header) = self.peek(received)? {
            let message_bytes = MessageHeader::BYTES + header.size as usize;
            if received.len() < message_bytes {
                return Ok(None);
            }
            let mut content = received.split_to(message_bytes);
            let _ = content.split_to(MessageHeader::BYTES);
            if let Some(frame) = self.take(header, content)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// How many octets are missing until [`next`](Self::next) can take a message, or its header, off the
    /// front of `received`. A hint for reserving buffer space; 0 if the header is bad, too.
    #[must_use]
    pub fn missing_bytes(&self, received: &[u8]) -> usize {
        let Some(header) = received.first_chunk() else {
            return MessageHeader::BYTES - received.len();
        };
        MessageHeader::decode(header)
            .ok()
            .filter(|header| self.check_size(header).is_ok())
            .map_or(0, |header| (MessageHeader::BYTES + header.size as usize).saturating_sub(received.len()))
    }

    /// The header at the front, if it is there. What cannot become one is refused at its first octets.
    fn peek(&mut self, received: &[u8]) -> Result<Option<MessageHeader>, GiopError> {
        let Some(header) = received.first_chunk() else {
            let expected = &MessageHeader::MAGIC[..received.len().min(4)];
            if received.starts_with(expected) {
                return Ok(None);
            }
            let mut magic = [0; 4];
            magic[..expected.len()].copy_from_slice(&received[..expected.len()]);
            return Err(GiopError::NotGiop { magic });
        };
        let header = MessageHeader::decode(header)?;
        self.version = header.version;
        self.check_size(&header)?;
        if header.more_fragments && !header.kind.may_be_fragmented(header.version) {
            return Err(GiopError::NotFragmentable { kind: header.kind, version: header.version });
        }
        Ok(Some(header))
    }

    fn check_size(&self, header: &MessageHeader) -> Result<(), GiopError> {
        let size = MessageHeader::BYTES.saturating_add(header.size as usize);
        let limit = self.limits.message_bytes_max;
        if size > limit { Err(GiopError::MessageTooLarge { size, limit }) } else { Ok(()) }
    }

    /// Decides what a message in the stream is: a whole one, or a part of one.
    fn take(&mut self, header: MessageHeader, content: BytesMut) -> Result<Option<Frame>, GiopError> {
        if header.kind == MessageKind::FRAGMENT {
            return self.go_on(header, &content);
        }
        if header.kind == MessageKind::CANCEL_REQUEST {
            // "The server should assume no more fragments will follow": 9.4.9.
            let cancelled = incomplete::cancelled_id(&header, &content);
            self.incomplete.retain(|message| cancelled.is_none() || !message.is_request(cancelled));
            self.unwanted.retain(|request_id| cancelled != Some(*request_id));
        } else if self.incomplete.iter().any(Incomplete::is_exclusive)
            && header.kind < MessageKind::CLOSE_CONNECTION
        {
            return Err(GiopError::FragmentsInterrupted);
        }
        if !header.more_fragments {
            return Ok(Some(Frame { header, content: content.freeze(), joints: Vec::new() }));
        }
        let begun = Incomplete::begin(header, &content, self.begun, self.grow)?;
        if let Some(request_id) = begun.request_id()
            && (self.incomplete.iter().any(|other| other.request_id() == Some(request_id))
                || self.unwanted.contains(&request_id))
        {
            return Err(GiopError::FragmentedTwice { request_id });
        }
        let limit = self.limits.fragments_open_max;
        if self.incomplete.len() + self.unwanted.len() >= limit {
            return Err(GiopError::TooManyIncomplete { limit });
        }
        self.incomplete.push(begun);
        self.begun += 1;
        self.check_memory()?;
        Ok(None)
    }

    /// Joins a Fragment to what it continues; gives the message if it was the last.
    fn go_on(&mut self, header: MessageHeader, content: &[u8]) -> Result<Option<Frame>, GiopError> {
        let (request_id, payload) = incomplete::fragment_parts(&header, content)?;
        let continued = self.incomplete.iter().position(|message| message.request_id() == request_id);
        let Some(index) = continued else {
            return self.drop_unwanted(&header, request_id);
        };
        self.incomplete[index].append(&header, payload, self.limits.message_bytes_max, self.grow)?;
        if header.more_fragments {
            self.check_memory()?;
            return Ok(None);
        }
        Ok(Some(self.incomplete.remove(index).into_frame(self.share)))
    }

    fn drop_unwanted(
        &mut self,
        header: &MessageHeader,
        request_id: Option<u32>,
    ) -> Result<Option<Frame>, GiopError> {
        let stray = GiopError::StrayFragment { request_id };
        let index = self.unwanted.iter().position(|unwanted| Some(*unwanted) == request_id).ok_or(stray)?;
        if !header.more_fragments {
            self.unwanted.remove(index);
        }
        Ok(None)
    }

    fn check_memory(&self) -> Result<(), GiopError> {
        let limit = self.limits.assembled_bytes_max;
        if self.incomplete_bytes() > limit { Err(GiopError::IncompleteTooLarge { limit }) } else { Ok(()) }
    }
}
