//! Unions: a CBOR array of discriminator and value; null stands for a case without a value.

use std::fmt;
use std::marker::PhantomData;

use quorb_giop::cdr::{Encoder, Endian};
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeTuple, Serializer};

use crate::value::{AsCbor, FromCbor, IdlType};

/// How a union reads its two parts. The derives implement it for a private marker.
pub trait Cases {
    /// The union.
    type Union;
    /// The discriminator as it is read.
    type Label;
    /// The simple name of the union, for messages.
    const NAME: &'static str;

    /// Reads the discriminator; `None` when the array is empty.
    ///
    /// # Errors
    /// It is of another type, or unknown.
    fn read_label<'de, A: SeqAccess<'de>>(parts: &mut A) -> Result<Option<Self::Label>, A::Error>;

    /// Reads the value that belongs to `label`.
    ///
    /// # Errors
    /// No case has the label, or the value does not decode.
    fn read_case<'de, A: SeqAccess<'de>>(label: Self::Label, parts: &mut A) -> Result<Self::Union, A::Error>;
}

/// Writes a union of its discriminator and, where the case has one, its value.
///
/// # Errors
/// Those of the parts and of the serializer.
pub fn write_union<S: Serializer, L: Serialize + ?Sized, T: IdlType>(
    serializer: S,
    label: &L,
    value: Option<&T>,
) -> Result<S::Ok, S::Error> {
    let mut parts = serializer.serialize_tuple(2)?;
    parts.serialize_element(label)?;
    match value {
        Some(value) => parts.serialize_element(&AsCbor(value))?,
        None => parts.serialize_element(&())?,
    }
    parts.end()
}

/// The error for a label that does not belong to the case which keeps it.
pub fn wrong_label<E: ser::Error>(label: impl fmt::Debug, union: &str, case: &str) -> E {
    E::custom(format_args!("label {label:?} does not belong to `{union}::{case}`"))
}

/// The name of an enumerator in IDL, as labels have it.
pub fn label_name<T: IdlType>(label: &T) -> String {
    match ciborium::Value::serialized(&AsCbor(label)) {
        Ok(ciborium::Value::Text(name)) => name,
        // What is no enum without values is no label, and the compiler has said so before.
        _ => String::new(),
    }
}

/// The number that stands for a label in CDR, for messages.
pub fn label_number<T: IdlType>(label: &T) -> i64 {
    let mut out = Encoder::new(Endian::Big);
    match label.encode(&mut out) {
        Ok(()) => out.as_slice().iter().fold(0, |number, octet| number << 8 | i64::from(*octet)),
        Err(_) => -1,
    }
}

/// Reads a union.
///
/// # Errors
/// The input is not an array of a known discriminator and its value.
pub fn read_union<'de, C: Cases, D: Deserializer<'de>>(deserializer: D) -> Result<C::Union, D::Error> {
    deserializer.deserialize_seq(UnionVisitor::<C>(PhantomData))
}

/// Reads the value of a case that has one.
///
/// # Errors
/// It is missing or does not decode.
pub fn read_value<'de, A: SeqAccess<'de>, T: IdlType>(parts: &mut A) -> Result<T, A::Error> {
    match parts.next_element()? {
        Some(FromCbor(value)) => Ok(value),
        None => Err(de::Error::invalid_length(1, &"a discriminator and a value")),
    }
}

/// The error for a label that no case has.
pub fn unknown_label<E: de::Error>(label: impl fmt::Debug, union: &str) -> E {
    E::custom(format_args!("`{union}` has no case for label {label:?}"))
}

struct UnionVisitor<C>(PhantomData<C>);

impl<'de, C: Cases> Visitor<'de> for UnionVisitor<C> {
    type Value = C::Union;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of the discriminator and the value of `{}`", C::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<C::Union, A::Error> {
        let label = C::read_label(&mut parts)?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let union = C::read_case(label, &mut parts)?;
        while parts.next_element::<IgnoredAny>()?.is_some() {}
        Ok(union)
    }
}
