//! Preface and HELLO: who speaks, which version, and what it accepts.

use std::fmt;

use bytes::Bytes;

use super::error::{HeadError, ProtocolError};
use super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};
use super::limits::{
    CALL_WINDOW_BYTES_LEAST, CALLS_IN_FLIGHT_LEAST, FRAME_BYTES_LEAST, LimitName, SOFTWARE_BYTES_MAX,
};
use super::wire::HeadReader;

/// What a connection begins with in either direction; the first octets that a server decides the protocol by.
pub const MAGIC: [u8; 5] = *b"QUORB";

/// The octets of a preface.
pub const PREFACE_BYTES: usize = 8;

/// A version of the protocol. Majors do not understand each other; minors do, as the smaller of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes when old and new cannot talk.
    pub major: u8,
    /// Changes when something is added.
    pub minor: u8,
}

impl Version {
    /// What this code speaks.
    pub const OURS: Version = Version { major: 1, minor: 0 };
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The preface: 8 octets that each side sends first. It and the CLOSE frame are the same in every major version.
///
/// ```text
///  0                       5        6        7
/// +-----------------------+--------+--------+--------+
/// | "QUORB"               | major  | minor  | 0      |
/// +-----------------------+--------+--------+--------+
/// ```
///
/// The last octet is ignored by receivers.
pub fn encode_preface(version: Version) -> [u8; PREFACE_BYTES] {
    let [m0, m1, m2, m3, m4] = MAGIC;
    [m0, m1, m2, m3, m4, version.major, version.minor, 0]
}

/// Reads a preface from the beginning of a stream: `None` as long as it is incomplete.
///
/// # Errors
/// [`ProtocolError::Magic`] with the first octet that differs, however few there are; [`ProtocolError::Version`].
pub fn decode_preface(input: &[u8]) -> Result<Option<Version>, ProtocolError> {
    let known = input.len().min(MAGIC.len());
    if input[..known] != MAGIC[..known] {
        let mut found = [0; MAGIC.len()];
        found[..known].copy_from_slice(&input[..known]);
        return Err(ProtocolError::Magic { found });
    }
    let Some(preface) = input.first_chunk::<PREFACE_BYTES>() else {
        return Ok(None);
    };
    let theirs = Version { major: preface[5], minor: preface[6] };
    if theirs.major != Version::OURS.major {
        return Err(ProtocolError::Version { ours: Version::OURS, theirs });
    }
    Ok(Some(theirs))
}

/// What a side can do beyond the base protocol. Unknown bits are kept and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Features(pub u64);

impl Features {
    /// It takes the frames of object groups.
    pub const GROUPS: Features = Features(1);
    /// It takes calls on connections that it has opened.
    pub const CALLED_BACK: Features = Features(2);

    /// Whether all of `others` are among these.
    pub fn contains(self, others: Features) -> bool {
        self.0 & others.0 == others.0
    }
}

/// The head of a HELLO frame. Its `id` is 0 and it has no body.
///
/// ```text
///  0                                                                       8
/// +-----------------------------------------------------------------------+
/// | identity                                                        (u64) |
/// +-----------------------------------------------------------------------+
/// | incarnation                                                     (u64) |
/// +-----------------------------------------------------------------------+
/// | features                                                        (u64) |
/// +-----------------------------------+-----------------------------------+
/// | frame_bytes_max             (u32) | calls_in_flight_max         (u32) |
/// +-----------------------------------+-----------------------------------+
/// | call_window_bytes           (u32) | 0, ignored                  (u32) |
/// +-----------------------------------+-----------------------------------+
/// | extensions: { tag (u16), length (u16), value }, unknown tags skipped  |
/// ```
///
/// Tag 1 is the name of the software, UTF-8, at most [`SOFTWARE_BYTES_MAX`] octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The number that the process keeps: the client of the identities of its requests.
    pub identity: u64,
    /// Which life of it.
    pub incarnation: u64,
    /// What it can do.
    pub features: Features,
    /// Octets of the longest frame it takes.
    pub frame_bytes_max: u32,
    /// Calls that its peer may have open at it.
    pub calls_in_flight_max: u32,
    /// Octets of a chunked body that it takes without credit.
    pub call_window_bytes: u32,
    /// The name of its software, for people; may be empty.
    pub software: Bytes,
}

const TAG_SOFTWARE: u16 = 1;
const FIXED_BYTES: usize = 40;

impl Hello {
    /// What must be assumed of a peer before its HELLO is here.
    pub(super) const LEAST: Hello = Hello {
        identity: 0,
        incarnation: 0,
        features: Features(0),
        frame_bytes_max: FRAME_BYTES_LEAST,
        calls_in_flight_max: CALLS_IN_FLIGHT_LEAST,
        call_window_bytes: CALL_WINDOW_BYTES_LEAST,
        software: Bytes::new(),
    };

    /// Appends the whole frame. Of `software`, only the first [`SOFTWARE_BYTES_MAX`] octets are said.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let software = &self.software[..self.software.len().min(SOFTWARE_BYTES_MAX)];
        let extension_bytes = if software.is_empty() { 0 } else { 4 + software.len() };
        let mut header = FrameHeader::new(FrameKind::HELLO, 0);
        header.head_len = (FIXED_BYTES + extension_bytes) as u16;
        out.reserve(FRAME_HEADER_BYTES + FIXED_BYTES + extension_bytes);
        out.extend_from_slice(&header.encode());
        out.extend_from_slice(&self.identity.to_le_bytes());
        out.extend_from_slice(&self.incarnation.to_le_bytes());
        out.extend_from_slice(&self.features.0.to_le_bytes());
        out.extend_from_slice(&self.frame_bytes_max.to_le_bytes());
        out.extend_from_slice(&self.calls_in_flight_max.to_le_bytes());
        out.extend_from_slice(&self.call_window_bytes.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        if !software.is_empty() {
            out.extend_from_slice(&TAG_SOFTWARE.to_le_bytes());
            out.extend_from_slice(&(software.len() as u16).to_le_bytes());
            out.extend_from_slice(software);
        }
    }

    /// Reads the head of a HELLO frame.
    ///
    /// # Errors
    /// [`ProtocolError::Head`] when it cannot be read, [`ProtocolError::HelloBelowMinimum`] when it announces less than
    /// the protocol allows.
    pub fn decode(head: Bytes) -> Result<Hello, ProtocolError> {
        let hello = Hello::read(HeadReader::new(head))
            .map_err(|error| ProtocolError::Head { kind: FrameKind::HELLO, error })?;
        let least = &Hello::LEAST;
        for (name, value, minimum) in [
            (LimitName::FrameBytes, hello.frame_bytes_max, least.frame_bytes_max),
            (LimitName::CallsInFlight, hello.calls_in_flight_max, least.calls_in_flight_max),
            (LimitName::CallWindowBytes, hello.call_window_bytes, least.call_window_bytes),
        ] {
            if value < minimum {
                return Err(ProtocolError::HelloBelowMinimum {
                    name,
                    value: value.into(),
                    minimum: minimum.into(),
                });
            }
        }
        Ok(hello)
    }

    fn read(mut head: HeadReader) -> Result<Hello, HeadError> {
        let mut hello = Hello {
            identity: head.u64()?,
            incarnation: head.u64()?,
            features: Features(head.u64()?),
            frame_bytes_max: head.u32()?,
            calls_in_flight_max: head.u32()?,
            call_window_bytes: head.u32()?,
            software: Bytes::new(),
        };
        head.u32()?;
        while head.left() > 0 {
            let tag = head.u16()?;
            let length = head.u16()?;
            let value = head.slice(length.into())?;
            if tag == TAG_SOFTWARE {
                if value.len() > SOFTWARE_BYTES_MAX || std::str::from_utf8(&value).is_err() {
                    return Err(HeadError::Text);
                }
                // Copied: it lives as long as the connection and must not keep a read buffer alive.
                hello.software = Bytes::copy_from_slice(&value);
            }
        }
        Ok(hello)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(hello: &Hello) -> Bytes {
        let mut frame = Vec::new();
        hello.encode(&mut frame);
        Bytes::from(frame).slice(FRAME_HEADER_BYTES..)
    }

    fn some_hello() -> Hello {
        Hello {
            identity: 7,
            incarnation: 2,
            features: Features(0x8000_0000_0000_0001),
            frame_bytes_max: FRAME_BYTES_LEAST,
            calls_in_flight_max: 1000,
            call_window_bytes: u32::MAX,
            software: Bytes::from_static(b"quorb 0.1.0"),
        }
    }

    #[test]
    fn a_hello_survives_and_skips_unknown_extensions() {
        assert_eq!(Hello::decode(head_of(&some_hello())), Ok(some_hello()));
        let mut extended = vec![];
        extended.extend_from_slice(&head_of(&some_hello()));
        extended.extend_from_slice(&[0xff, 0xff, 3, 0, b'n', b'e', b'w']);
        assert_eq!(Hello::decode(extended.into()), Ok(some_hello()));
    }

    #[test]
    fn every_cut_but_the_one_between_extensions_is_an_error() {
        let head = head_of(&some_hello());
        for cut in (0..head.len()).filter(|&cut| cut != FIXED_BYTES) {
            assert!(Hello::decode(head.slice(..cut)).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn limits_below_the_least_are_refused() {
        let small = Hello { calls_in_flight_max: 255, ..some_hello() };
        assert_eq!(
            Hello::decode(head_of(&small)),
            Err(ProtocolError::HelloBelowMinimum {
                name: LimitName::CallsInFlight,
                value: 255,
                minimum: 256
            })
        );
    }

    #[test]
    fn a_preface_is_refused_at_its_first_wrong_octet() {
        let preface = encode_preface(Version::OURS);
        for cut in 0..PREFACE_BYTES {
            assert_eq!(decode_preface(&preface[..cut]), Ok(None));
        }
        assert_eq!(decode_preface(&preface), Ok(Some(Version::OURS)));
        assert_eq!(decode_preface(b"QI"), Err(ProtocolError::Magic { found: *b"QI\0\0\0" }));
    }

    #[test]
    fn another_major_is_refused_with_both_versions_and_another_minor_is_not() {
        let newer = Version { major: 2, minor: 7 };
        let error = decode_preface(&encode_preface(newer)).unwrap_err();
        assert_eq!(error.to_string(), "the peer speaks version 2.7 of the protocol, this side 1.0");
        let minor = Version { major: 1, minor: 7 };
        assert_eq!(decode_preface(&encode_preface(minor)), Ok(Some(minor)));
    }
}
