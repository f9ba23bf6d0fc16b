//! Structs and exceptions: a CBOR map from member names, or from small numbers, to values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;

use crate::value::{AsCbor, FromCbor, IdlType};

/// How a member is called in CBOR: by its index where it has one, else by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberKey {
    /// The name.
    pub name: &'static str,
    /// The index that stands for the name.
    pub index: Option<u32>,
}

/// A record under construction: one slot for each member.
///
/// The derives implement it for a private struct, so that values of the record itself are always whole.
pub trait Slots: Default {
    /// The record.
    type Record;
    /// The simple name of the record, for messages.
    const NAME: &'static str;
    /// The members, in the order of their places.
    const MEMBERS: &'static [MemberKey];

    /// Reads the value of the member at `place` into its slot.
    ///
    /// # Errors
    /// The value does not decode, or the slot is taken.
    fn fill<'de, A: MapAccess<'de>>(&mut self, place: usize, map: &mut A) -> Result<(), A::Error>;

    /// Makes the record of what was read.
    ///
    /// # Errors
    /// A member without a default is missing.
    fn assemble<E: Error>(self) -> Result<Self::Record, E>;
}

/// Writes a member.
///
/// # Errors
/// Those of the value and of the serializer.
pub fn write_member<M: SerializeMap, T: IdlType>(
    map: &mut M,
    key: MemberKey,
    value: &T,
) -> Result<(), M::Error> {
    match key.index {
        Some(index) => map.serialize_entry(&index, &AsCbor(value)),
        None => map.serialize_entry(key.name, &AsCbor(value)),
    }
}

/// Reads a record. Members that it does not know are skipped.
///
/// # Errors
/// The input is no map, has a member twice, lacks one that has no default, or holds a value of another type.
pub fn read_record<'de, P: Slots, D: Deserializer<'de>>(deserializer: D) -> Result<P::Record, D::Error> {
    deserializer.deserialize_map(RecordVisitor::<P>(PhantomData))
}

/// Reads the value of a member into its slot.
///
/// # Errors
/// The slot is taken, or the value does not decode.
pub fn fill_slot<'de, A: MapAccess<'de>, T: IdlType>(
    slot: &mut Option<T>,
    key: MemberKey,
    map: &mut A,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(Error::duplicate_field(key.name));
    }
    let FromCbor(value) = map.next_value()?;
    *slot = Some(value);
    Ok(())
}

/// The error for a member that is not there and has no default.
pub fn missing_member<E: Error>(record: &str, key: MemberKey) -> E {
    E::custom(format_args!("member `{}` of `{record}` is missing", key.name))
}

struct RecordVisitor<P>(PhantomData<P>);

impl<'de, P: Slots> Visitor<'de> for RecordVisitor<P> {
    type Value = P::Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map of the members of `{}`", P::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<P::Record, A::Error> {
        let mut slots = P::default();
        while let Some(place) = map.next_key_seed(KeySeed(P::MEMBERS))? {
            match place {
                Some(place) => slots.fill(place, &mut map)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        slots.assemble()
    }
}

/// Reads a key and finds the place of its member.
struct KeySeed(&'static [MemberKey]);

impl KeySeed {
    fn place_of_index(&self, index: u64) -> Option<usize> {
        self.0.iter().position(|key| key.index.is_some_and(|known| u64::from(known) == index))
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name or index of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let by_name = self.0.iter().position(|key| key.index.is_none() && key.name == name);
        // Formats whose keys are always text write an index in digits.
        Ok(by_name.or_else(|| self.place_of_index(name.parse().ok()?)))
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<Option<usize>, E> {
        Ok(self.place_of_index(index))
    }

    fn visit_i64<E: Error>(self, index: i64) -> Result<Option<usize>, E> {
        Ok(u64::try_from(index).ok().and_then(|index| self.place_of_index(index)))
    }
}
