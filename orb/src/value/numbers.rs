//! Numbers and truth values. Slices of fixed-size numbers move as one block: octets as a CBOR byte string, wider numbers
//! as typed arrays (RFC 8746, 2) in little-endian order.

use bytemuck::Pod;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use std::marker::PhantomData;

use super::{FromCbor, IdlType};
use crate::model::{TypeCatalogue, TypeDesc};

/// A number whose slices have a dense CBOR form.
trait Dense: IdlType + Pod + Serialize {
    /// The RFC 8746 tag of the little-endian typed array; `None` for octets, which are a plain byte string.
    const TAG: Option<u64>;
    /// The RFC 8746 tag of the big-endian one, which is read too; for octets the tag that says no more than none.
    const TAG_BIG_ENDIAN: Option<u64>;
    /// Turns a number around if the machine's order is not little-endian.
    fn swap_to_little(self) -> Self;
    /// Turns a number around.
    fn swap(self) -> Self;
}

macro_rules! numbers {
    ($($ty:ty = $wire:ty: $desc:ident, $tag:expr, $tag_be:expr, $swap:expr, $read:expr;)*) => { $(
        impl Dense for $ty {
            const TAG: Option<u64> = $tag;
            const TAG_BIG_ENDIAN: Option<u64> = $tag_be;
            fn swap_to_little(self) -> Self { if cfg!(target_endian = "little") { self } else { self.swap() } }
            fn swap(self) -> Self { let swap: fn(Self) -> Self = $swap; swap(self) }
        }

        impl IdlType for $ty {
            fn describe(_: &mut TypeCatalogue) -> TypeDesc { TypeDesc::$desc }
            fn is_plain(&self, _: u32) -> bool { true }
            fn are_plain(_: &[Self], _: u32) -> bool { true }
            fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> { self.serialize(serializer) }
            fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn($wire) -> Result<Self, D::Error> = $read;
                read(<$wire>::deserialize(deserializer)?)
            }
            fn write_cbor_slice<S: Serializer>(items: &[Self], serializer: S) -> Result<S::Ok, S::Error> {
                write_dense(items, serializer)
            }
            fn read_cbor_vec<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Self>, D::Error> {
                read_dense(deserializer)
            }
        }
    )* };
}

numbers! {
    u8 = u8: Octet, None, Some(64), |n| n, Ok;
    i8 = i8: Int8, Some(72), None, |n| n, Ok;
    u16 = u16: UShort, Some(69), Some(65), u16::swap_bytes, Ok;
    u32 = u32: ULong, Some(70), Some(66), u32::swap_bytes, Ok;
    u64 = u64: ULongLong, Some(71), Some(67), u64::swap_bytes, Ok;
    i16 = i16: Short, Some(77), Some(73), i16::swap_bytes, Ok;
    i32 = i32: Long, Some(78), Some(74), i32::swap_bytes, Ok;
    i64 = i64: LongLong, Some(79), Some(75), i64::swap_bytes, Ok;
    f32 = f64: Float, Some(85), Some(81), |n| f32::from_bits(n.to_bits().swap_bytes()), narrow;
    f64 = f64: Double, Some(86), Some(82), |n| f64::from_bits(n.to_bits().swap_bytes()), Ok;
}

/// CBOR carries a `float` in whatever width holds it, and peers may send a wider one. It is rounded; only what is too large
/// is refused, since it would become infinite.
fn narrow<E: de::Error>(wide: f64) -> Result<f32, E> {
    let narrow = wide as f32;
    if narrow.is_infinite() && wide.is_finite() {
        return Err(E::invalid_value(de::Unexpected::Float(wide), &"a `float`"));
    }
    Ok(narrow)
}

impl IdlType for bool {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Boolean
    }

    fn is_plain(&self, _: u32) -> bool {
        true
    }

    fn are_plain(_: &[Self], _: u32) -> bool {
        true
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer)
    }
}

fn write_dense<T: Dense, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        let mut sequence = serializer.serialize_seq(Some(items.len()))?;
        for item in items {
            sequence.serialize_element(item)?;
        }
        return sequence.end();
    }
    if cfg!(target_endian = "little") {
        return Block { tag: T::TAG, octets: bytemuck::cast_slice(items) }.serialize(serializer);
    }
    let swapped: Vec<T> = items.iter().map(|item| item.swap_to_little()).collect();
    Block { tag: T::TAG, octets: bytemuck::cast_slice(&swapped) }.serialize(serializer)
}

/// A byte string, under a tag if it has one.
struct Block<'a> {
    tag: Option<u64>,
    octets: &'a [u8],
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.tag {
            None => serializer.serialize_bytes(self.octets),
            Some(_) => ciborium::tag::Captured(self.tag, Block { tag: None, octets: self.octets })
                .serialize(serializer),
        }
    }
}

fn read_dense<'de, T: Dense, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    if deserializer.is_human_readable() {
        return match Numbers::deserialize(deserializer)? {
            Numbers::Listed(items) => Ok(items),
            Numbers::Block(_) => Err(de::Error::custom("octets where a list of numbers is expected")),
        };
    }
    let ciborium::tag::Captured(tag, numbers) =
        ciborium::tag::Captured::<Numbers<T>>::deserialize(deserializer)?;
    match (numbers, tag) {
        (Numbers::Listed(items), None) => Ok(items),
        (Numbers::Block(octets), tag) if tag == T::TAG => numbers_from(&octets, T::swap_to_little),
        (Numbers::Block(octets), tag) if tag == T::TAG_BIG_ENDIAN => {
            numbers_from(&octets, |item: T| item.swap_to_little().swap())
        }
        (_, tag) => Err(de::Error::custom(format_args!("unexpected tag {tag:?} on an array of numbers"))),
    }
}

fn numbers_from<T: Dense, E: de::Error>(octets: &[u8], order: impl Fn(T) -> T) -> Result<Vec<T>, E> {
    let size = size_of::<T>();
    if !octets.len().is_multiple_of(size) {
        return Err(E::custom(format_args!(
            "a typed array of {} octets holds no whole number of elements",
            octets.len()
        )));
    }
    // The octets may lie unaligned: copy them into place, then fix the order.
    let mut items = vec![T::zeroed(); octets.len() / size];
    bytemuck::cast_slice_mut::<T, u8>(&mut items).copy_from_slice(octets);
    for item in &mut items {
        *item = order(*item);
    }
    Ok(items)
}

/// What an array of numbers may arrive as.
enum Numbers<T> {
    Listed(Vec<T>),
    Block(Vec<u8>),
}

impl<'de, T: Dense> Deserialize<'de> for Numbers<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor(PhantomData))
    }
}

struct NumbersVisitor<T>(PhantomData<T>);

impl<'de, T: Dense> Visitor<'de> for NumbersVisitor<T> {
    type Value = Numbers<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of numbers or a byte string")
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<Self::Value, E> {
        Ok(Numbers::Block(octets.to_vec()))
    }

    fn visit_byte_buf<E: de::Error>(self, octets: Vec<u8>) -> Result<Self::Value, E> {
        Ok(Numbers::Block(octets))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(FromCbor(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Numbers::Listed(items))
    }
}
