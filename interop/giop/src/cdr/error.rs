//! What can be wrong with a CDR stream, or with a value that should become one.

use super::GiopVersion;

/// Why a value could not be read or written.
///
/// The orb maps text and character set variants to `DATA_CONVERSION`, [`BoundExceeded`](Self::BoundExceeded)
/// to `BAD_PARAM` when writing, and everything else to `MARSHAL`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CdrError {
    /// The input ends inside a value.
    #[error("input ends early: {needed} octets needed, {left} left")]
    Truncated {
        /// Octets needed for the next item, padding included.
        needed: usize,
        /// Octets left.
        left: usize,
    },
    /// A length in the input is larger than the rest of the input can hold.
    #[error("a length of {length} cannot fit into the {left} octets left")]
    LengthExceedsInput {
        /// The length as read, in elements.
        length: usize,
        /// Octets left.
        left: usize,
    },
    /// A length to be written is above what CDR's unsigned long can say.
    #[error("a length of {length} does not fit into 32 bits")]
    LengthTooLarge {
        /// The length, in elements.
        length: usize,
    },
    /// A sequence or string is longer than its type allows.
    #[error("bound exceeded: {length} elements where at most {bound} are allowed")]
    BoundExceeded {
        /// The most elements the type allows.
        bound: usize,
        /// The elements there are.
        length: usize,
    },
    /// Values nest deeper than the decoder's budget.
    #[error("values nest deeper than {limit} levels")]
    TooDeep {
        /// The budget the decoder started with.
        limit: u32,
    },
    /// The input describes more values than are followed.
    #[error("more than {limit} values")]
    TooManyValues {
        /// The most values followed in one input.
        limit: u32,
    },
    /// The input claims more elements of no size than are ever accepted.
    #[error("more than {limit} sequence elements without content")]
    TooManyEmptyElements {
        /// The most such elements accepted from one input.
        limit: u32,
    },
    /// A hand-written [`decode_vec`](super::Cdr::decode_vec) returned another number of elements than asked for.
    #[error("{decoded} elements decoded where {expected} were asked for")]
    ElementCount {
        /// The elements asked for.
        expected: usize,
        /// The elements returned.
        decoded: usize,
    },
    /// An enumerator, union label or flag that the type does not have.
    #[error("{value} is no valid discriminant of {type_name}")]
    InvalidDiscriminant {
        /// The Rust or IDL name of the type.
        type_name: &'static str,
        /// The value as read, widened.
        value: i64,
    },
    /// The octets are well-formed, but no value of the type has this encoding.
    #[error("the input is no valid value of {type_name}")]
    InvalidValue {
        /// The Rust or IDL name of the type.
        type_name: &'static str,
    },
    /// A value of a type that this process has no code for (CORBA 3.3 Part 2, 9.3.4.3).
    #[error("nobody has registered the value type `{id}` here")]
    NoValueFactory {
        /// The repository id, the most derived one where the writer names several.
        id: String,
    },
    /// A map in the input has the same key twice.
    #[error("a map has the same key twice")]
    DuplicateKey,
    /// A string's last octet is not NUL.
    #[error("a string does not end in NUL")]
    StringNotTerminated,
    /// A string contains NUL before its end, which no IDL string can.
    #[error("a string contains NUL")]
    NulInString,
    /// A character has no representation in the transmission code set, or none of the size that is needed.
    #[error("{character:?} has no representation in the transmission code set")]
    CharNotRepresentable {
        /// The character that cannot be written.
        character: char,
    },
    /// An octet in the input is not a character of the transmission code set by itself.
    #[error("octet {octet:#04x} is no character of the transmission code set")]
    CharNotValid {
        /// The octet as read.
        octet: u8,
    },
    /// A string in the input is not UTF-8.
    #[error("a string is not valid UTF-8")]
    InvalidUtf8,
    /// A wide string or character in the input is not UTF-16.
    #[error("wide text is not valid UTF-16")]
    InvalidUtf16,
    /// Wide characters are not available: GIOP 1.0, or no code set was negotiated for them.
    #[error("wide characters are not available on this GIOP {version} connection")]
    WcharNotAvailable {
        /// The version in use.
        version: GiopVersion,
    },
    /// Octets are left over after the last value.
    #[error("{count} octets left over")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
}
