//! Between [`IdlType`] and serde: wrappers, and whole values to and from octets.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

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
    write_item(&AsCbor(value), out)
}

/// Reads one value from the front of `input` and advances it.
///
/// # Errors
/// Malformed CBOR, a value of another type, or nesting deeper than a named limit.
pub fn decode_cbor<T: IdlType>(input: &mut &[u8]) -> Result<T, BodyError> {
    let FromCbor(value) = ciborium::de::from_reader_with_recursion_limit(input, CBOR_DEPTH_MAX)
        .map_err(|cause| BodyError::Cbor(cause.to_string()))?;
    Ok(value)
}

pub(super) fn write_item<T: Serialize>(item: &T, out: &mut Vec<u8>) -> Result<(), BodyError> {
    ciborium::into_writer(item, out).map_err(|cause| BodyError::Cbor(cause.to_string()))
}
