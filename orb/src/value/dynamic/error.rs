//! What can be wrong with a dynamic value.

use ciborium::Value;
use quorb_giop::cdr::CdrError;

use crate::value::{CborError, DecimalError};

/// Why a dynamic value could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DynamicError {
    /// CDR refused.
    #[error(transparent)]
    Cdr(#[from] CdrError),
    /// CBOR refused.
    #[error("CBOR: {0}")]
    Cbor(#[from] CborError),
    /// The value is of another kind than its type.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// The type, in IDL.
        expected: String,
        /// What there is, in a word.
        found: &'static str,
    },
    /// A number is outside of the range of its type.
    #[error("{value} does not fit into `{ty}`")]
    OutOfRange {
        /// The type, in IDL.
        ty: String,
        /// The number.
        value: String,
    },
    /// A string or sequence is longer than its type allows.
    #[error("a length of {length} exceeds the bound of {bound}")]
    BoundExceeded {
        /// The bound.
        bound: u32,
        /// The length.
        length: usize,
    },
    /// An array has another number of elements than its type.
    #[error("{length} elements where the array has {expected}")]
    ArrayLength {
        /// The elements of the type.
        expected: u32,
        /// The elements of the value.
        length: usize,
    },
    /// A record has a member that its type lacks.
    #[error("`{ty}` has no member `{member}`")]
    UnknownMember {
        /// The simple name of the type.
        ty: String,
        /// The member.
        member: String,
    },
    /// A record lacks a member.
    #[error("member `{member}` of `{ty}` is missing")]
    MissingMember {
        /// The simple name of the type.
        ty: String,
        /// The member.
        member: String,
    },
    /// A record has a member twice.
    #[error("member `{0}` is there twice")]
    DuplicateMember(String),
    /// A name is not among the enumerators.
    #[error("`{name}` is no enumerator of `{ty}`")]
    UnknownEnumerator {
        /// The simple name of the enum.
        ty: String,
        /// The name or ordinal.
        name: String,
    },
    /// A map has a key twice.
    #[error("a key is there twice")]
    DuplicateKey,
    /// Text is no `IOR:` string.
    #[error("no reference: {0}")]
    NotAReference(#[from] quorb_giop::ior::IorTextError),
    /// A type is used that is not defined.
    #[error("the type `{0}` is not defined")]
    UndefinedType(String),
    /// A type whose values cannot be sent: local interfaces, `native`.
    #[error("values of `{0}` cannot be sent")]
    NotMarshallable(String),
    /// A number is no `fixed` of its size.
    #[error("{0}")]
    NotDecimal(#[from] DecimalError),
    /// A value is no type code.
    #[error("no type code: {0}")]
    NotATypeCode(String),
    /// Values nest too deep.
    #[error("values nest deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// There are too many values.
    #[error("more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// Something is wrong inside of the value.
    #[error("at `{place}`: {cause}")]
    Inside {
        /// Where: `.member`, `[index]`, one behind the other.
        place: String,
        /// What.
        cause: Box<DynamicError>,
    },
}

impl DynamicError {
    /// The same error, seen from one level further out.
    pub(super) fn inside(self, step: impl std::fmt::Display) -> DynamicError {
        match self {
            DynamicError::Inside { place, cause } => {
                DynamicError::Inside { place: format!("{step}{place}"), cause }
            }
            // The levels of a value that is too deep would not help, and there are many.
            DynamicError::TooDeep { .. } | DynamicError::TooManyValues { .. } => self,
            cause => DynamicError::Inside { place: step.to_string(), cause: Box::new(cause) },
        }
    }

    /// The cause behind the places that it happened in.
    pub fn innermost(&self) -> &DynamicError {
        match self {
            DynamicError::Inside { cause, .. } => cause.innermost(),
            cause => cause,
        }
    }

    pub(super) fn mismatch(expected: impl std::fmt::Display, found: &Value) -> DynamicError {
        DynamicError::Mismatch { expected: expected.to_string(), found: kind_of(found) }
    }
}

/// The kind of a value in a word.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "an integer",
        Value::Bytes(_) => "octets",
        Value::Float(_) => "a float",
        Value::Text(_) => "text",
        Value::Bool(_) => "a truth value",
        Value::Null => "null",
        Value::Tag(..) => "a tagged value",
        Value::Array(_) => "a list",
        Value::Map(_) => "a map",
        _ => "something unknown",
    }
}
