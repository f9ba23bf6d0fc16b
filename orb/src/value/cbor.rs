//! Between [`IdlType`] and serde: wrappers, and whole values to and from octets.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::valuetype::within_graph;
use super::{BodyError, IdlType};

/// The CBOR nesting that is followed before a value is refused.
pub(crate) const CBOR_DEPTH_MAX: usize = 128;

/// Serializes a value through [`IdlType::write_cbor`].
#[derive(Debug)]
pub struct AsCbor<'a, T>(pub &'a T);

impl<T: IdlType> Serialize for AsCbor<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write_cbor(serializer)
    }
}

/// Serializes a slice through [`IdlType::write_cbor_slice`].
pub(crate) struct SliceAsCbor<'a, T>(pub &'a [T]);

impl<T: IdlType> Serialize for SliceAsCbor<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write_cbor_slice(self.0, serializer)
    }
}

/// Deserializes a value through [`IdlType::read_cbor`].
#[derive(Debug)]
pub struct FromCbor<T>(pub T);

impl<'de, T: IdlType> Deserialize<'de> for FromCbor<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read_cbor(deserializer).map(FromCbor)
    }
}

/// Appends `value` to `out` as CBOR.
///
/// # Errors
/// A value that its type cannot express, such as a union whose label does not fit its variant.
pub fn encode_cbor<T: IdlType>(value: &T, out: &mut Vec<u8>) -> Result<(), BodyError> {
    Ok(write_item(&AsCbor(value), out)?)
}

/// Reads one value from the front of `input` and advances it.
///
/// # Errors
/// Malformed CBOR, a value of another type, or nesting deeper than a named limit.
pub fn decode_cbor<T: IdlType>(input: &mut &[u8]) -> Result<T, BodyError> {
    let FromCbor(value) = read_item(input)?;
    Ok(value)
}

/// Reads whatever serde reads, within the limit on nesting.
pub(super) fn read_item<T: DeserializeOwned>(input: &mut &[u8]) -> Result<T, CborError> {
    within_graph(|| Ok(ciborium::de::from_reader_with_recursion_limit(input, CBOR_DEPTH_MAX)?))
}

/// Writes whatever serde writes.
pub(super) fn write_item<T: Serialize>(item: &T, out: &mut Vec<u8>) -> Result<(), CborError> {
    within_graph(|| ciborium::into_writer(item, out)).map_err(|cause| match cause {
        // A vector takes everything.
        ciborium::ser::Error::Io(cause) => CborError::NotExpressible { reason: cause.to_string() },
        ciborium::ser::Error::Value(reason) => CborError::NotExpressible { reason },
    })
}

/// Why octets are not the CBOR of a value, or a value has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CborError {
    /// The input ends inside a value.
    #[error("input ends early")]
    Truncated,
    /// The octets are not CBOR.
    #[error("not well-formed at octet {offset}")]
    Malformed {
        /// Where in the input.
        offset: usize,
    },
    /// Values nest deeper than is followed.
    #[error("values nest deeper than {limit} levels")]
    TooDeep {
        /// The levels that are followed.
        limit: usize,
    },
    /// It is CBOR, but no value of the type that is expected.
    #[error("{reason}")]
    NotOfType {
        /// What is wrong with it, for people.
        reason: String,
    },
    /// The value is none that its type may have.
    #[error("{reason}")]
    NotExpressible {
        /// What is wrong with it, for people.
        reason: String,
    },
}

impl From<ciborium::de::Error<std::io::Error>> for CborError {
    fn from(cause: ciborium::de::Error<std::io::Error>) -> CborError {
        use ciborium::de::Error;
        match cause {
            // A slice fails in no other way than by ending.
            Error::Io(_) => CborError::Truncated,
            Error::Syntax(offset) => CborError::Malformed { offset },
            Error::Semantic(_, reason) => CborError::NotOfType { reason },
            Error::RecursionLimitExceeded => CborError::TooDeep { limit: CBOR_DEPTH_MAX },
        }
    }
}
