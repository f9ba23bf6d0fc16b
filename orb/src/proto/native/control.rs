//! The frames that steer: CHUNK, CREDIT, CANCEL, PING, PONG, DRAIN and CLOSE.
//!
//! All but CREDIT and CLOSE are a frame header alone (CHUNK with a body):
//!
//! ```text
//!          kind  flags          head_len  body_len  id
//! CHUNK    0x04  LAST or ABORT  0         n         the call    n octets of the body that REQUEST or REPLY announced
//! CREDIT   0x05  0              8         0         the call    head: granted (u64)
//! CANCEL   0x06  0              0         0         the call
//! PING     0x07  0              0         0         any number
//! PONG     0x08  0              0         0         the number of the PING, which answers all before it as well
//! DRAIN    0x09  0              0         0         the last accepted call
//! CLOSE    0x0a  0              n         0         the last accepted call    head: see [`Close`]
//! ```
//!
//! * CHUNK of a call's maker belongs to the request, of its server to the reply. LAST is on the one that completes the
//!   body, and on no other. ABORT gives the body up: the chunk is empty and none follows.
//! * CREDIT: `granted` octets of the body may be sent, counted from its beginning; a smaller number than before changes
//!   nothing.
//! * CANCEL, by the maker of a call: no more of the request follows, and the reply is not wanted. It comes nevertheless,
//!   perhaps with the status CANCELLED, perhaps cut short by ABORT: the call is open until then.
//!   By the other side: the body of the request is not taken (as a REPLY says too, but a oneway call gets none); the
//!   sender ends it with ABORT.
//! * DRAIN and CLOSE: calls after the last accepted one were not and will not be executed.

use bytes::Bytes;

use super::error::HeadError;
use super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};
use super::limits::CLOSE_TEXT_BYTES_MAX;
use super::wire::HeadReader;

/// Appends a frame that is a header alone.
pub fn encode_bare(kind: FrameKind, flags: u8, id: u64, out: &mut Vec<u8>) {
    let mut header = FrameHeader::new(kind, id);
    header.flags = flags;
    out.extend_from_slice(&header.encode());
}

/// Appends a CREDIT frame: of the body of call `id`, `granted` octets may be sent.
pub fn encode_credit(id: u64, granted: u64, out: &mut Vec<u8>) {
    let mut header = FrameHeader::new(FrameKind::CREDIT, id);
    header.head_len = 8;
    out.extend_from_slice(&header.encode());
    out.extend_from_slice(&granted.to_le_bytes());
}

/// Reads the head of a CREDIT frame: the octets granted.
///
/// # Errors
/// The head has not 8 octets.
pub fn decode_credit(head: Bytes) -> Result<u64, HeadError> {
    let mut head = HeadReader::new(head);
    let granted = head.u64()?;
    head.finish()?;
    Ok(granted)
}

/// Why a connection is over: the head of a CLOSE frame, the last one of its side. The same in every major version.
///
/// ```text
///  0                 2
/// +-----------------+--------------------------------------------+
/// | code      (u16) | text, UTF-8, to the end of the head         |
/// +-----------------+--------------------------------------------+
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The reason, for programs.
    pub code: CloseCode,
    /// The reason, for people.
    pub text: String,
}

impl Close {
    /// Appends the whole frame. Of the text, at most [`CLOSE_TEXT_BYTES_MAX`] octets are said.
    pub fn encode(&self, last_accepted: u64, out: &mut Vec<u8>) {
        let mut end = self.text.len().min(CLOSE_TEXT_BYTES_MAX);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let mut header = FrameHeader::new(FrameKind::CLOSE, last_accepted);
        header.head_len = (2 + end) as u16;
        out.reserve(FRAME_HEADER_BYTES + 2 + end);
        out.extend_from_slice(&header.encode());
        out.extend_from_slice(&self.code.0.to_le_bytes());
        out.extend_from_slice(&self.text.as_bytes()[..end]);
    }

    /// Reads the head of a CLOSE frame. A text that is not UTF-8 is mended, one that is too long is cut.
    ///
    /// # Errors
    /// There is no code.
    pub fn decode(head: Bytes) -> Result<Close, HeadError> {
        let mut head = HeadReader::new(head);
        let code = CloseCode(head.u16()?);
        let text = head.rest();
        let text = &text[..text.len().min(CLOSE_TEXT_BYTES_MAX)];
        Ok(Close { code, text: String::from_utf8_lossy(text).into_owned() })
    }
}

/// The reason of a CLOSE frame, for programs. Open: unknown codes survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Nobody needs the connection any more.
    pub const IDLE: CloseCode = CloseCode(0);
    /// The side that closes goes out of service.
    pub const SHUTDOWN: CloseCode = CloseCode(1);
    /// The versions do not fit; the text names both.
    pub const VERSION: CloseCode = CloseCode(2);
    /// The peer broke the protocol; the text says how.
    pub const PROTOCOL: CloseCode = CloseCode(3);
    /// The peer exceeded a limit; the text names it.
    pub const LIMIT: CloseCode = CloseCode(4);
    /// The peer was silent too long.
    pub const SILENT: CloseCode = CloseCode(5);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(close: &Close) -> Bytes {
        let mut frame = Vec::new();
        close.encode(9, &mut frame);
        Bytes::from(frame).slice(FRAME_HEADER_BYTES..)
    }

    #[test]
    fn a_close_survives_and_its_text_is_cut_between_characters() {
        let mut close = Close { code: CloseCode(77), text: "bye".to_owned() };
        assert_eq!(Close::decode(head_of(&close)), Ok(close.clone()));
        close.text = "\u{20ac}".repeat(CLOSE_TEXT_BYTES_MAX);
        let cut = Close::decode(head_of(&close)).expect("it has a code");
        assert_eq!(cut.text, "\u{20ac}".repeat(CLOSE_TEXT_BYTES_MAX / 3));
    }

    #[test]
    fn strange_closes_are_read_nevertheless() {
        let mended = Close::decode(Bytes::from_static(&[1, 0, 0xff, b'x'])).expect("it has a code");
        assert_eq!(mended.text, "\u{fffd}x");
        assert!(Close::decode(Bytes::from_static(&[1])).is_err());
    }

    #[test]
    fn a_credit_has_eight_octets() {
        let mut frame = Vec::new();
        encode_credit(1, 1 << 33, &mut frame);
        let head = Bytes::from(frame).slice(FRAME_HEADER_BYTES..);
        assert_eq!(decode_credit(head.clone()), Ok(1 << 33));
        assert!(decode_credit(head.slice(1..)).is_err());
        assert!(decode_credit(Bytes::from_static(&[0; 9])).is_err());
    }
}
