//! What can be wrong with a message, and what to do about it.

use super::{MessageHeader, MessageKind};
use crate::cdr::{CdrError, Endian, GiopVersion};

/// Why octets are no message, or a value cannot become one.
///
/// After any of these on input the connection cannot go on, because the boundaries of messages or the
/// meaning of request ids are in doubt; [`remedy`](Self::remedy) says how to end it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GiopError {
    /// The octets do not start with `GIOP`.
    #[error("not GIOP: the first octets are {}", .magic.escape_ascii())]
    NotGiop {
        /// The octets where `GIOP` should be.
        magic: [u8; 4],
    },
    /// A version that this crate does not speak.
    #[error("GIOP {version} is not supported")]
    UnsupportedVersion {
        /// The version of the message.
        version: GiopVersion,
    },
    /// A kind of message that no known version has.
    #[error("message kind {kind} is unknown")]
    UnknownKind {
        /// The kind as read.
        kind: u8,
    },
    /// A message, joined if fragmented, is larger than accepted.
    #[error("a message of {size} octets where at most {limit} are accepted")]
    MessageTooLarge {
        /// Its size as far as known, header included.
        size: usize,
        /// [`message_bytes_max`](crate::limits::MessageLimits::message_bytes_max).
        limit: usize,
    },
    /// A message says that fragments follow, but its kind has none in its version.
    #[error("a message of kind {} cannot be fragmented in GIOP {version}", .kind.0)]
    NotFragmentable {
        /// The kind of the message.
        kind: MessageKind,
        /// The version of the message.
        version: GiopVersion,
    },
    /// A Fragment of a message that was not begun.
    #[error("a fragment without a beginning")]
    StrayFragment {
        /// The request id the Fragment names; GIOP 1.1 names none.
        request_id: Option<u32>,
    },
    /// A Fragment in another version or byte order than the message it continues.
    #[error("a fragment in another version or byte order than its beginning")]
    FragmentMismatch,
    /// In GIOP 1.1, another message stands between a message and its fragments.
    #[error("a message interrupts the fragments of another")]
    FragmentsInterrupted,
    /// A fragmented message begins with the request id of another that is not complete.
    #[error("two fragmented messages with request id {request_id}")]
    FragmentedTwice {
        /// The id of both.
        request_id: u32,
    },
    /// A Request or LocateRequest has the id of another whose reply has not been sent.
    #[error("two requests with id {request_id} at the same time")]
    DuplicateRequest {
        /// The id of both.
        request_id: u32,
    },
    /// A message of a kind that only the other side may send on this connection (CORBA 3.3 Part 2, 9.4).
    #[error("a message of kind {} from the side that may not send it", .kind.0)]
    WrongDirection {
        /// The kind of the message.
        kind: MessageKind,
    },
    /// More messages are incomplete than accepted.
    #[error("more than {limit} incomplete messages")]
    TooManyIncomplete {
        /// [`fragments_open_max`](crate::limits::MessageLimits::fragments_open_max).
        limit: usize,
    },
    /// Incomplete messages hold more memory than accepted.
    #[error("incomplete messages of more than {limit} octets")]
    IncompleteTooLarge {
        /// [`assembled_bytes_max`](crate::limits::MessageLimits::assembled_bytes_max).
        limit: usize,
    },
    /// More service contexts than accepted.
    #[error("{count} service contexts where at most {limit} are accepted")]
    TooManyContexts {
        /// Their number.
        count: usize,
        /// [`service_contexts_max`](crate::limits::MessageLimits::service_contexts_max).
        limit: usize,
    },
    /// An object key is longer than accepted.
    #[error("an object key of {length} octets where at most {limit} are accepted")]
    KeyTooLong {
        /// Its length.
        length: usize,
        /// [`key_bytes_max`](crate::limits::MessageLimits::key_bytes_max).
        limit: usize,
    },
    /// The name of an operation is longer than accepted.
    #[error("an operation name of {length} octets where at most {limit} are accepted")]
    OperationTooLong {
        /// Its length.
        length: usize,
        /// [`operation_bytes_max`](crate::limits::MessageLimits::operation_bytes_max).
        limit: usize,
    },
    /// A target addressed in a way that does not exist.
    #[error("addressing disposition {disposition} is unknown")]
    UnknownAddressing {
        /// The disposition as read.
        disposition: i16,
    },
    /// A target addressed otherwise than by key cannot be written before GIOP 1.2.
    #[error("GIOP {version} addresses objects by key only")]
    AddressingNotInVersion {
        /// The version asked for.
        version: GiopVersion,
    },
    /// A member of a message is malformed.
    #[error(transparent)]
    Malformed(#[from] CdrError),
}

/// How to end a connection after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Close without a word: the peer does not speak GIOP.
    Close,
    /// Send a MessageError of this version, then close (CORBA 3.3 Part 2, 9.4.1 and 9.4.8).
    MessageErrorThenClose {
        /// A version the peer understands; the highest we speak if its own is not ours.
        version: GiopVersion,
    },
}

impl GiopError {
    /// What to do about this error on a connection whose peer was last heard to speak `spoken`.
    #[must_use]
    pub const fn remedy(&self, spoken: GiopVersion) -> Remedy {
        match self {
            Self::NotGiop { .. } => Remedy::Close,
            Self::UnsupportedVersion { .. } => Remedy::MessageErrorThenClose { version: GiopVersion::V1_2 },
            _ => Remedy::MessageErrorThenClose { version: spoken },
        }
    }
}

/// A whole MessageError message.
#[must_use]
pub fn message_error(version: GiopVersion, endian: Endian) -> [u8; MessageHeader::BYTES] {
    MessageHeader::new(version, endian, MessageKind::MESSAGE_ERROR, 0).encode()
}

/// A whole CloseConnection message.
#[must_use]
pub fn close_connection(version: GiopVersion, endian: Endian) -> [u8; MessageHeader::BYTES] {
    MessageHeader::new(version, endian, MessageKind::CLOSE_CONNECTION, 0).encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_fits_the_peer() {
        let http = GiopError::NotGiop { magic: *b"GET " };
        assert_eq!(http.remedy(GiopVersion::V1_0), Remedy::Close);
        let later = GiopError::UnsupportedVersion { version: GiopVersion { major: 1, minor: 4 } };
        let ours = Remedy::MessageErrorThenClose { version: GiopVersion::V1_2 };
        assert_eq!(later.remedy(GiopVersion::V1_0), ours);
        let theirs = Remedy::MessageErrorThenClose { version: GiopVersion::V1_1 };
        assert_eq!(GiopError::FragmentMismatch.remedy(GiopVersion::V1_1), theirs);
        assert_eq!(message_error(GiopVersion::V1_1, Endian::Big), *b"GIOP\x01\x01\0\x06\0\0\0\0");
        assert_eq!(close_connection(GiopVersion::V1_2, Endian::Little), *b"GIOP\x01\x02\x01\x05\0\0\0\0");
    }
}
