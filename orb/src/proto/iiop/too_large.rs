//! Messages that are too large: refused by their first octets, and passed over as they come.
//!
//! In GIOP 1.2 the request id stands first in Requests and Replies, so that the caller can be told; everybody else on the
//! connection goes on undisturbed. Before 1.2, and for a message that only its later fragments make too large, the connection
//! ends.

use bytes::{Buf, BytesMut};
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{GiopError, MessageHeader, MessageKind};

use super::connection::{Connection, Side};
use super::inbound::Inbound;
use super::receive::{Event, Held, Step};
use crate::proto::head::{CallId, Completion};

/// Octets of a message that say whom to tell: header, request id, and the response flags or the reply status.
const BEGINNING_BYTES: usize = MessageHeader::BYTES + 8;

impl Connection {
    /// Passes over what has come of a message that is too large. Answers whether that is all of it.
    pub(super) fn pass_over(&mut self, input: &mut BytesMut) -> bool {
        let count = self.passing_over.min(input.len() as u64);
        input.advance(count as usize);
        self.passing_over -= count;
        self.passing_over == 0
    }

    /// The message at the front of `input` is too large: `error` says so.
    pub(super) fn refuse_too_large(
        &mut self,
        input: &mut BytesMut,
        error: GiopError,
    ) -> Result<Step, GiopError> {
        let GiopError::MessageTooLarge { size, limit } = error else { return Err(error) };
        let header = input.first_chunk().map(MessageHeader::decode).transpose()?;
        let Some(header) = header.filter(|header| {
            header.version >= GiopVersion::V1_2
                && matches!(header.kind, MessageKind::REQUEST | MessageKind::REPLY)
        }) else {
            return Err(error);
        };
        let Some(beginning) = input.first_chunk::<BEGINNING_BYTES>() else { return Ok(Step::NeedsMore) };
        self.check_direction(header.kind)?;
        if header.kind == MessageKind::REQUEST && !self.has_room() {
            self.held = Some(Held::TooLarge);
            return Ok(Step::Silent);
        }
        let [.., i0, i1, i2, i3, s0, s1, s2, s3] = *beginning;
        let number = |octets: [u8; 4]| match header.endian {
            Endian::Big => u32::from_be_bytes(octets),
            Endian::Little => u32::from_le_bytes(octets),
        };
        let (request_id, status) = (number([i0, i1, i2, i3]), number([s0, s1, s2, s3]));
        if header.more_fragments {
            self.assembler.drop_fragments_of(request_id)?;
        }
        let size = size as u64;
        self.passing_over = size;
        if header.kind == MessageKind::REQUEST {
            if self.side == Side::Server {
                self.version = header.version;
            }
            let id = self.inbound.begin(Inbound {
                request_id,
                version: header.version,
                expects_reply: s0 & 1 != 0,
                is_locate: false,
                cancelled: false,
            })?;
            return Ok(Step::Event(Event::RequestTooLarge { id, size, limit }));
        }
        if self.outbound.remove(&request_id).is_none() {
            return Ok(Step::Silent);
        }
        self.close_if_drained();
        // Results and declared exceptions, 0 and 1, mean that the operation ran.
        let id = CallId(request_id.into());
        let completion = if status <= 1 { Completion::Yes } else { Completion::Maybe };
        Ok(Step::Event(Event::ReplyTooLarge { id, size, limit, completion }))
    }
}
