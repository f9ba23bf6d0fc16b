//! The frame header: what every frame begins with.

use std::fmt;

/// The octets of a [`FrameHeader`].
pub const FRAME_HEADER_BYTES: usize = 16;

/// The header of every frame, 16 octets, little-endian; head and body follow.
///
/// ```text
///  0        1        2                 4                                   8
/// +--------+--------+-----------------+-----------------------------------+
/// | kind   | flags  | head_len  (u16) | body_len                    (u32) |
/// +--------+--------+-----------------+-----------------------------------+
/// | id                                                              (u64) |
/// +-----------------------------------------------------------------------+
/// | head (head_len octets), body (body_len octets)                        |
/// ```
///
/// `id` is the call in REQUEST, REPLY, CHUNK, CREDIT and CANCEL; a number to be repeated in PING and PONG; the last
/// accepted call in DRAIN and CLOSE; 0 in HELLO; theirs in the frames of object groups.
///
/// Flags 0x01..=0x0f must be understood; 0xf0 may be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the frame is.
    pub kind: FrameKind,
    /// What is special about it.
    pub flags: u8,
    /// Octets of the head.
    pub head_len: u16,
    /// Octets of the body.
    pub body_len: u32,
    /// What it is about.
    pub id: u64,
}

impl FrameHeader {
    /// A header without flags and without body.
    pub const fn new(kind: FrameKind, id: u64) -> FrameHeader {
        FrameHeader { kind, flags: 0, head_len: 0, body_len: 0, id }
    }

    /// The octets on the wire.
    pub fn encode(&self) -> [u8; FRAME_HEADER_BYTES] {
        let mut octets = [0; FRAME_HEADER_BYTES];
        octets[0] = self.kind.0;
        octets[1] = self.flags;
        octets[2..4].copy_from_slice(&self.head_len.to_le_bytes());
        octets[4..8].copy_from_slice(&self.body_len.to_le_bytes());
        octets[8..].copy_from_slice(&self.id.to_le_bytes());
        octets
    }

    /// Reads the octets of the wire. Every combination is a header; whether it makes sense is for others to say.
    pub fn decode(octets: &[u8; FRAME_HEADER_BYTES]) -> FrameHeader {
        let [kind, flags, h0, h1, b0, b1, b2, b3, id @ ..] = *octets;
        FrameHeader {
            kind: FrameKind(kind),
            flags,
            head_len: u16::from_le_bytes([h0, h1]),
            body_len: u32::from_le_bytes([b0, b1, b2, b3]),
            id: u64::from_le_bytes(id),
        }
    }

    /// Octets of the whole frame with its header.
    pub fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.head_len) + u64::from(self.body_len)
    }
}

/// The kind of a frame. Open: see [`FrameKind::is_group`] and [`FrameKind::is_extension`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameKind(pub u8);

impl FrameKind {
    /// Who the sender is and what it accepts; the first frame of each side.
    pub const HELLO: FrameKind = FrameKind(0x01);
    /// A call.
    pub const REQUEST: FrameKind = FrameKind(0x02);
    /// The end of a call.
    pub const REPLY: FrameKind = FrameKind(0x03);
    /// A piece of a body.
    pub const CHUNK: FrameKind = FrameKind(0x04);
    /// Allows more of a body.
    pub const CREDIT: FrameKind = FrameKind(0x05);
    /// The caller gives up.
    pub const CANCEL: FrameKind = FrameKind(0x06);
    /// Asks for PONG.
    pub const PING: FrameKind = FrameKind(0x07);
    /// Answers PING.
    pub const PONG: FrameKind = FrameKind(0x08);
    /// No further calls are taken.
    pub const DRAIN: FrameKind = FrameKind(0x09);
    /// The connection is over.
    pub const CLOSE: FrameKind = FrameKind(0x0a);

    /// Whether the kind belongs to object groups: 0x40..=0x5f. Their content is theirs.
    pub fn is_group(self) -> bool {
        (0x40..=0x5f).contains(&self.0)
    }

    /// Whether a receiver that does not know the kind skips it: 0x80..=0xff. Any other unknown kind is an error.
    pub fn is_extension(self) -> bool {
        self.0 >= 0x80
    }
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            FrameKind::HELLO => "HELLO",
            FrameKind::REQUEST => "REQUEST",
            FrameKind::REPLY => "REPLY",
            FrameKind::CHUNK => "CHUNK",
            FrameKind::CREDIT => "CREDIT",
            FrameKind::CANCEL => "CANCEL",
            FrameKind::PING => "PING",
            FrameKind::PONG => "PONG",
            FrameKind::DRAIN => "DRAIN",
            FrameKind::CLOSE => "CLOSE",
            FrameKind(other) => return write!(f, "frame {other:#04x}"),
        })
    }
}

impl fmt::Debug for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The flags of frames. Each kind knows only its own.
pub mod flags {
    /// REQUEST and REPLY: the body follows in CHUNK frames; the head holds its length, the frame none of it.
    pub const MORE: u8 = 0x01;
    /// REQUEST: nobody waits for the end.
    pub const ONEWAY: u8 = 0x02;
    /// CHUNK: the last one of its body.
    pub const LAST: u8 = 0x01;
    /// CHUNK: the sender gives the body up; the chunk is empty and no other follows.
    pub const ABORT: u8 = 0x02;
    /// The flags that must be understood.
    pub const CRITICAL: u8 = 0x0f;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_survives() {
        let header = FrameHeader {
            kind: FrameKind(0xfe),
            flags: 0xa5,
            head_len: 0x0102,
            body_len: 0x0304_0506,
            id: 0x0708_090a_0b0c_0d0e,
        };
        let octets = header.encode();
        assert_eq!(octets, [0xfe, 0xa5, 2, 1, 6, 5, 4, 3, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 7]);
        assert_eq!(FrameHeader::decode(&octets), header);
        assert_eq!(header.frame_bytes(), 16 + 0x0102 + 0x0304_0506);
    }

    #[test]
    fn kinds_fall_into_ranges() {
        let groups = (0..=255).filter(|&kind| FrameKind(kind).is_group()).count();
        let extensions = (0..=255).filter(|&kind| FrameKind(kind).is_extension()).count();
        assert_eq!((groups, extensions), (32, 128));
        assert!(!FrameKind::CLOSE.is_group() && !FrameKind::CLOSE.is_extension());
    }
}
