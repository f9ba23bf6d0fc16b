//! Text, sequences, arrays, maps, optional and shared values.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use quorb_giop::cdr::Cdr;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};

use super::IdlType;
use super::cbor::{AsCbor, FromCbor, encode_cbor};
use super::plain::{are_plain, is_plain_text};
use crate::model::{TypeCatalogue, TypeDesc};

impl IdlType for String {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::String { bound: None }
    }

    fn is_plain(&self, _: u32) -> bool {
        is_plain_text(self)
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)
    }
}

impl IdlType for char {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Char
    }

    fn is_plain(&self, _: u32) -> bool {
        self.is_ascii()
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_char(*self)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        char::deserialize(deserializer)
    }
}

impl<T: IdlType> IdlType for Vec<T> {
    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Sequence { element: Box::new(T::describe(types)), bound: None }
    }

    fn is_plain(&self, levels: u32) -> bool {
        are_plain(self, levels)
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write_cbor_slice(self, serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read_cbor_vec(deserializer)
    }
}

impl<T: IdlType, const N: usize> IdlType for [T; N] {
    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Array { element: Box::new(T::describe(types)), length: N as u32 }
    }

    fn is_plain(&self, levels: u32) -> bool {
        are_plain(self, levels)
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write_cbor_slice(self, serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = T::read_cbor_vec(deserializer)?;
        let length = items.len();
        items.try_into().map_err(|_| de::Error::invalid_length(length, &"an array of its declared length"))
    }
}

/// The value or null. Where the value may be null itself, as in an option of an option, it stands alone in an array.
impl<T: IdlType> IdlType for Option<T> {
    const NULLABLE: bool = true;

    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        T::describe_option(types)
    }

    fn is_plain(&self, levels: u32) -> bool {
        self.as_ref().is_none_or(|value| value.is_plain(levels))
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) if T::NULLABLE => serializer.serialize_some(&[AsCbor(value)]),
            Some(value) => serializer.serialize_some(&AsCbor(value)),
            None => serializer.serialize_none(),
        }
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if T::NULLABLE {
            return Ok(Option::<Alone<T>>::deserialize(deserializer)?.map(|Alone(value)| value));
        }
        Ok(Option::<FromCbor<T>>::deserialize(deserializer)?.map(|FromCbor(value)| value))
    }
}

/// A value alone in an array.
struct Alone<T>(T);

impl<'de, T: IdlType> Deserialize<'de> for Alone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AloneVisitor(PhantomData))
    }
}

struct AloneVisitor<T>(PhantomData<T>);

impl<'de, T: IdlType> Visitor<'de> for AloneVisitor<T> {
    type Value = Alone<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of one value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Alone<T>, A::Error> {
        let FromCbor(value) = items.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        match items.next_element::<de::IgnoredAny>()? {
            Some(_) => Err(de::Error::invalid_length(2, &self)),
            None => Ok(Alone(value)),
        }
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => { $(
        impl<T: IdlType> IdlType for $pointer<T> {
            const NULLABLE: bool = T::NULLABLE;

            fn describe(types: &mut TypeCatalogue) -> TypeDesc {
                T::describe(types)
            }

            fn is_plain(&self, levels: u32) -> bool {
                T::is_plain(self, levels)
            }

            fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                T::write_cbor(self, serializer)
            }

            fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::read_cbor(deserializer).map($pointer::new)
            }
        }
    )* };
}

pointers!(Box, Arc);

/// Generates the map types: entries are written in the order of their encoded keys, so that equal maps have equal octets.
macro_rules! maps {
    ($($map:ident: $($bound:ident),+;)*) => { $(
        impl<K: IdlType $(+ $bound)+, V: IdlType> IdlType for $map<K, V>
        where
            $map<K, V>: Cdr,
        {
            fn describe(types: &mut TypeCatalogue) -> TypeDesc {
                TypeDesc::Map { key: Box::new(K::describe(types)), value: Box::new(V::describe(types)) }
            }

            fn is_plain(&self, levels: u32) -> bool {
                let inner = levels.saturating_sub(1);
                levels > 0 && self.iter().all(|(key, value)| key.is_plain(inner) && value.is_plain(inner))
            }

            fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                write_map(self.iter(), serializer)
            }

            fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let entries = deserializer.deserialize_map(Entries(PhantomData))?;
                let announced = entries.len();
                let map: Self = entries.into_iter().collect();
                if map.len() == announced { Ok(map) } else { Err(de::Error::custom("a key occurs twice")) }
            }
        }
    )* };
}

maps! {
    BTreeMap: Ord;
    HashMap: Eq, Hash;
}

fn write_map<'a, K: IdlType, V: IdlType, S: Serializer>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut sorted = Vec::new();
    for (key, value) in entries {
        let mut encoded = Vec::new();
        encode_cbor(key, &mut encoded).map_err(serde::ser::Error::custom)?;
        sorted.push((encoded, key, value));
    }
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut map = serializer.serialize_map(Some(sorted.len()))?;
    for (_, key, value) in sorted {
        map.serialize_entry(&AsCbor(key), &AsCbor(value))?;
    }
    map.end()
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: IdlType, V: IdlType> Visitor<'de> for Entries<K, V> {
    type Value = Vec<(K, V)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((FromCbor(key), FromCbor(value))) = map.next_entry::<FromCbor<K>, FromCbor<V>>()? {
            entries.push((key, value));
        }
        Ok(entries)
    }
}
