//! A message being written.

use super::{GiopError, MessageHead, MessageHeader};
use crate::cdr::{CdrError, CdrProfile, Encoder, GiopVersion};

/// A message whose head is written and whose body may follow.
///
/// ```
/// # use quorb_giop::{cdr::*, message::*};
/// let reply = ReplyHead::new(7, ReplyStatus::NO_EXCEPTION);
/// let mut open = reply.open(Vec::new(), CdrProfile::native(Endian::Big))?;
/// 42i32.encode(open.body())?;
/// let octets = open.finish()?;
/// assert_eq!(octets[8..12], [0, 0, 0, 16]);
/// assert_eq!(octets[24..], [0, 0, 0, 42]);
/// # Ok::<(), GiopError>(())
/// ```
///
/// A large body can stay where it is: encode or keep it elsewhere, aligned from
/// [`body_origin`](Self::body_origin), and send it behind [`finish_head`](Self::finish_head).
#[derive(Debug)]
pub struct OpenMessage {
    out: Encoder,
    /// Where in the buffer the message header begins.
    start: usize,
    /// The end of the head, relative to `start`.
    head_bytes: usize,
    /// Whether the body, if there is one, begins at a multiple of 8.
    aligned: bool,
}

impl OpenMessage {
    /// Appends header and head to `buf`.
    pub(super) fn begin<H: MessageHead>(
        head: &H,
        mut buf: Vec<u8>,
        profile: CdrProfile,
    ) -> Result<Self, GiopError> {
        buf.reserve(HEAD_ROOM_BYTES);
        let start = buf.len();
        let mut out = Encoder::with_buffer(buf, 0, profile);
        let header = MessageHeader::new(profile.version, profile.endian, H::KIND, 0);
        out.write_octets(&header.encode());
        head.write(&mut out)?;
        let head_bytes = out.len();
        let aligned = H::BODY_IS_ALIGNED && profile.version >= GiopVersion::V1_2;
        Ok(Self { out, start, head_bytes, aligned })
    }

    /// The encoder to write the body with; alignment and code sets are those of the message.
    pub fn body(&mut self) -> &mut Encoder {
        self.pad();
        &mut self.out
    }

    /// The alignment position at which a non-empty body begins.
    #[must_use]
    pub const fn body_origin(&self) -> usize {
        if self.aligned { self.head_bytes.next_multiple_of(8) } else { self.head_bytes }
    }

    /// Ends the message with what was written to [`body`](Self::body), and returns the buffer with it.
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`] for a message of 4 GiB and more.
    pub fn finish(self) -> Result<Vec<u8>, CdrError> {
        let is_empty = self.out.len() <= self.body_origin();
        let keep = if is_empty { self.head_bytes } else { self.out.len() };
        self.seal(keep, 0)
    }

    /// Ends the message's head, behind which the caller sends a body of `body_bytes` octets, and returns
    /// the buffer with header, head and padding. What was written to [`body`](Self::body) is dropped.
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`] for a message of 4 GiB and more.
    pub fn finish_head(mut self, body_bytes: usize) -> Result<Vec<u8>, CdrError> {
        let keep = if body_bytes == 0 { self.head_bytes } else { self.body_origin() };
        self.pad();
        self.seal(keep, body_bytes)
    }

    /// Gives the buffer back as it was before the message, for example because a result has no encoding
    /// and an exception must be sent instead.
    #[must_use]
    pub fn abort(self) -> Vec<u8> {
        let mut buf = self.out.into_bytes();
        buf.truncate(self.start);
        buf
    }

    fn pad(&mut self) {
        if self.aligned && self.out.len() == self.head_bytes {
            self.out.align(8);
        }
    }

    /// Keeps so many octets of the message and writes its size, which counts `more` octets behind them.
    fn seal(self, keep: usize, more: usize) -> Result<Vec<u8>, CdrError> {
        let length = (keep - MessageHeader::BYTES).saturating_add(more);
        let size = u32::try_from(length).map_err(|_| CdrError::LengthTooLarge { length })?;
        let swapped = self.out.profile().endian.is_foreign();
        let mut buf = self.out.into_bytes();
        buf.truncate(self.start + keep);
        let size = if swapped { size.swap_bytes() } else { size };
        buf[self.start + 8..self.start + 12].copy_from_slice(&size.to_ne_bytes());
        Ok(buf)
    }
}

/// The room that a head gets before it has to grow: enough for an ordinary request with our own contexts.
const HEAD_ROOM_BYTES: usize = 256;
