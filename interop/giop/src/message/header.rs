//! The twelve octets in front of every GIOP message (CORBA 3.3 Part 2, 9.4.1).

use super::GiopError;
use crate::cdr::{Endian, GiopVersion};

/// The header of a GIOP message.
///
/// ```text
///   0                 4       5       6       7       8                12
///   | 'G' 'I' 'O' 'P' | major | minor | flags | kind  | u32 size       |
/// ```
///
/// `flags` bit 0: little-endian; bit 1, from GIOP 1.1: more fragments follow. `size` counts what follows
/// the header, in the byte order that the flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    /// The version whose rules the message follows.
    pub version: GiopVersion,
    /// The byte order of the size and of everything behind the header.
    pub endian: Endian,
    /// Whether the message goes on in a Fragment. Never in GIOP 1.0.
    pub more_fragments: bool,
    /// What the message is.
    pub kind: MessageKind,
    /// Octets behind the header.
    pub size: u32,
}

const MAGIC: [u8; 4] = *b"GIOP";
const FLAG_MORE_FRAGMENTS: u8 = 2;

impl MessageHeader {
    /// Octets a header takes.
    pub const BYTES: usize = 12;

    /// The first octets of every header, by which a connection is recognised as GIOP.
    pub const MAGIC: [u8; 4] = MAGIC;

    /// A header of a message that is not fragmented.
    #[must_use]
    pub const fn new(version: GiopVersion, endian: Endian, kind: MessageKind, size: u32) -> Self {
        Self { version, endian, more_fragments: false, kind, size }
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`GiopError::NotGiop`], [`GiopError::UnsupportedVersion`] above 1.2, [`GiopError::UnknownKind`].
    pub fn decode(octets: &[u8; Self::BYTES]) -> Result<Self, GiopError> {
        let [m0, m1, m2, m3, major, minor, flags, kind, size @ ..] = *octets;
        let magic = [m0, m1, m2, m3];
        if magic != MAGIC {
            return Err(GiopError::NotGiop { magic });
        }
        let version = GiopVersion { major, minor };
        if major != 1 || version > GiopVersion::V1_2 {
            return Err(GiopError::UnsupportedVersion { version });
        }
        if kind > MessageKind::FRAGMENT.0 {
            return Err(GiopError::UnknownKind { kind });
        }
        let endian = Endian::from_flag(flags);
        let size = match endian {
            Endian::Big => u32::from_be_bytes(size),
            Endian::Little => u32::from_le_bytes(size),
        };
        let more_fragments = version > GiopVersion::V1_0 && flags & FLAG_MORE_FRAGMENTS != 0;
        Ok(Self { version, endian, more_fragments, kind: MessageKind(kind), size })
    }

    /// Writes a header.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let more = if self.more_fragments { FLAG_MORE_FRAGMENTS } else { 0 };
        let [s0, s1, s2, s3] = match self.endian {
            Endian::Big => self.size.to_be_bytes(),
            Endian::Little => self.size.to_le_bytes(),
        };
        let [m0, m1, m2, m3] = MAGIC;
        let GiopVersion { major, minor } = self.version;
        [m0, m1, m2, m3, major, minor, self.endian.flag() | more, self.kind.0, s0, s1, s2, s3]
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKind(pub u8);

impl MessageKind {
    /// A client calls an operation.
    pub const REQUEST: Self = Self(0);
    /// A server answers a Request.
    pub const REPLY: Self = Self(1);
    /// A client no longer waits for an answer.
    pub const CANCEL_REQUEST: Self = Self(2);
    /// A client asks whether an object is there.
    pub const LOCATE_REQUEST: Self = Self(3);
    /// A server answers a LocateRequest.
    pub const LOCATE_REPLY: Self = Self(4);
    /// The sender closes the connection in order: what is not answered was not executed.
    pub const CLOSE_CONNECTION: Self = Self(5);
    /// The sender did not understand a message, and closes the connection.
    pub const MESSAGE_ERROR: Self = Self(6);
    /// A message goes on; from GIOP 1.1.
    pub const FRAGMENT: Self = Self(7);

    /// Whether a message of this kind may be fragmented in `version` (CORBA 3.3 Part 2, 9.4.9).
    #[must_use]
    pub fn may_be_fragmented(self, version: GiopVersion) -> bool {
        match self {
            Self::REQUEST | Self::REPLY | Self::FRAGMENT => version >= GiopVersion::V1_1,
            Self::LOCATE_REQUEST | Self::LOCATE_REPLY => version >= GiopVersion::V1_2,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagram_holds() {
        let header = MessageHeader {
            version: GiopVersion::V1_2,
            endian: Endian::Little,
            more_fragments: true,
            kind: MessageKind::REPLY,
            size: 0x0102_0304,
        };
        let octets = *b"GIOP\x01\x02\x03\x01\x04\x03\x02\x01";
        assert_eq!(header.encode(), octets);
        assert_eq!(MessageHeader::decode(&octets), Ok(header));
        let octets = *b"GIOP\x01\x00\x00\x06\0\0\0\x01";
        let header = MessageHeader::new(GiopVersion::V1_0, Endian::Big, MessageKind::MESSAGE_ERROR, 1);
        assert_eq!(MessageHeader::decode(&octets), Ok(header));
        assert_eq!(header.encode(), octets);
    }

    #[test]
    fn giop_1_0_has_no_fragments() {
        let header = MessageHeader::decode(b"GIOP\x01\x00\x02\x00\0\0\0\0").unwrap();
        assert!(!header.more_fragments);
        assert!(!MessageKind::REQUEST.may_be_fragmented(GiopVersion::V1_0));
        assert!(!MessageKind::LOCATE_REPLY.may_be_fragmented(GiopVersion::V1_1));
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let error = |octets: &[u8; 12]| MessageHeader::decode(octets).unwrap_err();
        assert_eq!(error(b"HTTP\x01\x02\0\0\0\0\0\0"), GiopError::NotGiop { magic: *b"HTTP" });
        for (major, minor) in [(1, 3), (2, 0), (0, 9)] {
            let mut octets = *b"GIOP\x01\x02\0\0\0\0\0\0";
            (octets[4], octets[5]) = (major, minor);
            let version = GiopVersion { major, minor };
            assert_eq!(error(&octets), GiopError::UnsupportedVersion { version });
        }
        assert_eq!(error(b"GIOP\x01\x02\0\x08\0\0\0\0"), GiopError::UnknownKind { kind: 8 });
    }
}
