//! A fragmented message of which more is to come.
//!
//! ```text
//!   GIOP 1.1   Fragment:   header | content goes on
//!   GIOP 1.2   Fragment:   header | u32 request id | content goes on
//! ```
//!
//! In GIOP 1.1 nothing says what a Fragment continues, so only one message at a time can be incomplete. In
//! GIOP 1.2 every fragmented message and every Fragment begins with the request id.

use bytes::Bytes;

use crate::cdr::{Decoder, Endian, GiopVersion, Grow};
use crate::limits::{COPY_PIECE_BYTES, FRAGMENT_OVERHEAD_BYTES};
use crate::message::{Frame, GiopError, MessageHeader, MessageKind};

/// What has arrived of a message.
#[derive(Debug)]
pub(super) struct Incomplete {
    /// The how many-th fragmented message of the stream it is.
    number: u64,
    header: MessageHeader,
    /// None in GIOP 1.1.
    request_id: Option<u32>,
    content: Vec<u8>,
    joints: Vec<usize>,
    fragments: usize,
}

impl Incomplete {
    /// A message whose first part is `content`.
    pub(super) fn begin(
        header: MessageHeader,
        content: &[u8],
        number: u64,
        grow: Grow,
    ) -> Result<Self, GiopError> {
        let request_id = match names_request(&header) {
            true => Some(first_u32(content, header.endian)?),
            false => None,
        };
        let mut message =
            Self { number, header, request_id, content: Vec::new(), joints: Vec::new(), fragments: 1 };
        message.copy(content, grow);
        Ok(message)
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn request_id(&self) -> Option<u32> {
        self.request_id
    }

    /// Whether no other message may come before this one is complete.
    pub(super) const fn is_exclusive(&self) -> bool {
        self.request_id.is_none()
    }

    /// The memory this message holds, tiny fragments included.
    pub(super) const fn cost_bytes(&self) -> usize {
        self.content.len() + self.fragments * FRAGMENT_OVERHEAD_BYTES
    }

    /// Whether this is the Request or LocateRequest with that id.
    pub(super) fn is_request(&self, request_id: Option<u32>) -> bool {
        let id = self.request_id.or_else(|| old_request_id(&self.header, &self.content));
        matches!(self.header.kind, MessageKind::REQUEST | MessageKind::LOCATE_REQUEST) && id == request_id
    }

    /// Adds what a Fragment carries.
    pub(super) fn append(
        &mut self,
        fragment: &MessageHeader,
        payload: &[u8],
        limit: usize,
        grow: Grow,
    ) -> Result<(), GiopError> {
        if (fragment.version, fragment.endian) != (self.header.version, self.header.endian) {
            return Err(GiopError::FragmentMismatch);
        }
        let size = MessageHeader::BYTES.saturating_add(self.content.len()).saturating_add(payload.len());
        if size > limit {
            return Err(GiopError::MessageTooLarge { size, limit });
        }
        let joint = self.content.len();
        if self.is_exclusive() && self.joints.last() != Some(&joint) {
            self.joints.push(joint);
        }
        self.fragments += 1;
        self.copy(payload, grow);
        Ok(())
    }

    /// The whole message, once its last Fragment is there.
    pub(super) fn into_frame(self, share: fn(Vec<u8>) -> Bytes) -> Frame {
        // The limit on messages is far below, but the type is wider.
        let size = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        let header = MessageHeader { more_fragments: false, size, ..self.header };
        Frame { header, content: share(self.content), joints: self.joints }
    }

    fn copy(&mut self, payload: &[u8], grow: Grow) {
        if self.content.capacity() - self.content.len() < payload.len() {
            grow(&mut self.content, payload.len());
        }
        for piece in payload.chunks(COPY_PIECE_BYTES) {
            self.content.extend_from_slice(piece);
        }
    }
}

/// What a Fragment continues, and with what.
pub(super) fn fragment_parts<'a>(
    header: &MessageHeader,
    content: &'a [u8],
) -> Result<(Option<u32>, &'a [u8]), GiopError> {
    if header.version < GiopVersion::V1_1 {
        return Err(GiopError::StrayFragment { request_id: None });
    }
    if !names_request(header) {
        return Ok((None, content));
    }
    let request_id = first_u32(content, header.endian)?;
    Ok((Some(request_id), &content[4..]))
}

/// Which request a CancelRequest is about; none if it is malformed, which its decoder will say.
pub(super) fn cancelled_id(header: &MessageHeader, content: &[u8]) -> Option<u32> {
    first_u32(content, header.endian).ok()
}

/// Whether messages of this version begin with the request id.
fn names_request(header: &MessageHeader) -> bool {
    header.version >= GiopVersion::V1_2
}

fn first_u32(content: &[u8], endian: Endian) -> Result<u32, GiopError> {
    Ok(Decoder::with_profile(content, MessageHeader::BYTES, crate::cdr::CdrProfile::native(endian))
        .read_u32()?)
}

/// The request id of a GIOP 1.1 Request, which stands behind its service contexts; none as long as it has
/// not arrived. A client that has not sent it may not cancel the request.
fn old_request_id(header: &MessageHeader, content: &[u8]) -> Option<u32> {
    let profile = crate::cdr::CdrProfile::unnegotiated(header.endian, header.version);
    let mut input = Decoder::with_profile(content, MessageHeader::BYTES, profile);
    for _ in 0..input.read_len(8).ok()? {
        input.read_u32().ok()?;
        input.read_octet_sequence().ok()?;
    }
    input.read_u32().ok()
}
