//! A value's canonical CBOR, and its digest: the same octets for equal values, however their maps are walked.
//!
//! ```text
//!   value --serde--> [octets] head, content; the entries of a map put in the order of their keys when it ends --> FNV-1a
//! ```
//!
//! The entries are in the order of their encoded keys (RFC 8949, 4.2.1); everything else is written as ciborium writes it, with
//! which states travel. It is written at once, and not made a tree first: members take digests while their clients wait.

use super::error::StateError;
use serde::Serialize;
use serde::ser::{self, Serializer};
use std::fmt::Display;

/// What a first octet says in its upper three bits (RFC 8949, 3.1).
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
}

const FALSE: u8 = 0xF4;
const TRUE: u8 = 0xF5;
const NULL: u8 = 0xF6;

/// As what ciborium lets values through that have tags of their own.
const TAG_ENUM: &str = "@@TAG@@";
const TAGGED: &str = "@@TAGGED@@";
const UNTAGGED: &str = "@@UNTAGGED@@";

/// The digest of a value that is equal for equal values. Takes time and memory in proportion to its canonical form.
pub(super) fn digest<V: Serialize>(value: &V) -> Result<u128, StateError> {
    let mut out = Canonical::default();
    match value.serialize(&mut out) {
        Ok(()) => Ok(fnv1a(&out.octets)),
        Err(Unwritable(cause)) => Err(StateError::Unwritable(cause)),
    }
}

/// FNV-1a with 128 bits: states that have drifted apart are no adversaries.
fn fnv1a(octets: &[u8]) -> u128 {
    octets.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, &octet| {
        (hash ^ u128::from(octet)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// Where the value is written.
#[derive(Debug, Default)]
struct Canonical {
    octets: Vec<u8>,
}

/// Why a value cannot be written: it says so itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unwritable(String);

impl ser::Error for Unwritable {
    fn custom<T: Display>(cause: T) -> Self {
        Self(cause.to_string())
    }
}

/// A head with its shortest argument.
fn head(major: u8, argument: u64) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    let octets_of = argument.to_be_bytes();
    let (additional, length) = match argument {
        0..24 => (argument as u8, 0),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    octets[0] = major << 5 | additional;
    octets[1..=length].copy_from_slice(&octets_of[8 - length..]);
    (octets, 1 + length)
}

impl Canonical {
    #[inline]
    fn head(&mut self, major: u8, argument: u64) {
        if argument < 24 {
            return self.octets.push(major << 5 | argument as u8);
        }
        let (octets, length) = head(major, argument);
        self.octets.extend_from_slice(&octets[..length]);
    }

    /// What is rare is written by ciborium itself.
    fn leave_to_ciborium<V: Serialize>(&mut self, value: V) -> Result<(), Unwritable> {
        ciborium::into_writer(&value, &mut self.octets).map_err(ser::Error::custom)
    }

    fn text(&mut self, text: &str) {
        self.head(major::TEXT, text.len() as u64);
        self.octets.extend_from_slice(text.as_bytes());
    }

    /// A variant with content is a map with one entry.
    fn variant(&mut self, variant: &str) {
        self.head(major::MAP, 1);
        self.text(variant);
    }

    /// Begins something of several parts, that says how many it has, or does not know.
    fn parts(&mut self, major: u8, count: Option<usize>) -> Parts<'_> {
        let begin = self.octets.len();
        self.head(major, count.unwrap_or(0) as u64);
        let content = self.octets.len();
        Parts { out: self, major, begin, content, count: 0, entries: Vec::new() }
    }
}

/// An array, a map, or what has a tag, while it is written.
struct Parts<'a> {
    out: &'a mut Canonical,
    major: u8,
    /// Where its head is, and where that ends.
    begin: usize,
    content: usize,
    count: u64,
    /// In a map: where each entry begins, and its value.
    entries: Vec<(usize, usize)>,
}

impl Parts<'_> {
    #[inline]
    fn part<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Unwritable> {
        let at = self.out.octets.len();
        value.serialize(&mut *self.out)?;
        if self.major == major::TAG && self.count == 0 {
            // What was written is a number: as the head of a tag it looks the same but for its first bits.
            match self.out.octets.get_mut(at) {
                Some(first) if *first >> 5 == major::UNSIGNED => *first |= major::TAG << 5,
                _ => return Err(ser::Error::custom("expected tag")),
            }
        }
        self.count += 1;
        Ok(())
    }

    fn key<V: Serialize + ?Sized>(&mut self, key: &V) -> Result<(), Unwritable> {
        let at = self.out.octets.len();
        key.serialize(&mut *self.out)?;
        self.entries.push((at, self.out.octets.len()));
        self.count += 1;
        Ok(())
    }

    fn end(mut self) -> Result<(), Unwritable> {
        if self.major == major::TAG {
            return Ok(());
        }
        self.sort();
        let (octets, length) = head(self.major, self.count);
        let written = self.begin..self.content;
        if self.out.octets[written.clone()] != octets[..length] {
            // It did not say truly how many parts it would have.
            self.out.octets.splice(written, octets[..length].iter().copied());
        }
        Ok(())
    }

    fn sort(&mut self) {
        let octets = &self.out.octets;
        let key = |&(begin, value): &(usize, usize)| &octets[begin..value];
        if self.entries.is_sorted_by_key(key) {
            return;
        }
        let ends = self.entries.iter().skip(1).map(|&(begin, _)| begin).chain([octets.len()]);
        let mut entries: Vec<_> = self.entries.iter().copied().zip(ends).collect();
        entries.sort_by(|(a, _), (b, _)| key(a).cmp(key(b)));
        let sorted: Vec<u8> =
            entries.into_iter().flat_map(|((begin, _), end)| &octets[begin..end]).copied().collect();
        self.out.octets[self.content..].copy_from_slice(&sorted);
    }
}

impl<'a> Serializer for &'a mut Canonical {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.octets.push(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Unwritable> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unwritable> {
        match u64::try_from(value) {
            Ok(value) => self.head(major::UNSIGNED, value),
            Err(_) => self.head(major::NEGATIVE, !value as u64),
        }
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Unwritable> {
        self.leave_to_ciborium(value)
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<(), Unwritable> {
        match value {
            0..24 => self.octets.push(value),
            24.. => self.octets.extend_from_slice(&[24, value]),
        }
        Ok(())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Unwritable> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Unwritable> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unwritable> {
        self.head(major::UNSIGNED, value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Unwritable> {
        self.leave_to_ciborium(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritable> {
        self.leave_to_ciborium(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        self.leave_to_ciborium(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unwritable> {
        self.head(major::BYTES, value.len() as u64);
        self.octets.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.octets.push(NULL);
        Ok(())
    }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritable> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &V,
    ) -> Result<(), Unwritable> {
        if (name, variant) != (TAG_ENUM, UNTAGGED) {
            self.variant(variant);
        }
        value.serialize(self)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Parts<'a>, Unwritable> {
        Ok(self.parts(major::ARRAY, count))
    }

    fn serialize_tuple(self, count: usize) -> Result<Parts<'a>, Unwritable> {
        self.serialize_seq(Some(count))
    }

    fn serialize_tuple_struct(self, _: &'static str, count: usize) -> Result<Parts<'a>, Unwritable> {
        self.serialize_seq(Some(count))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Parts<'a>, Unwritable> {
        if (name, variant) == (TAG_ENUM, TAGGED) {
            let at = self.octets.len();
            return Ok(Parts {
                out: self,
                major: major::TAG,
                begin: at,
                content: at,
                count: 0,
                entries: Vec::new(),
            });
        }
        self.variant(variant);
        self.serialize_seq(Some(count))
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Parts<'a>, Unwritable> {
        Ok(self.parts(major::MAP, count))
    }

    fn serialize_struct(self, _: &'static str, count: usize) -> Result<Parts<'a>, Unwritable> {
        self.serialize_map(Some(count))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Parts<'a>, Unwritable> {
        self.variant(variant);
        self.serialize_map(Some(count))
    }
}

/// What is written part after part.
macro_rules! written_by_parts {
    ($($kind:ident :: $part:ident)*) => {$(
        impl ser::$kind for Parts<'_> {
            type Ok = ();
            type Error = Unwritable;

            #[inline]
            fn $part<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Unwritable> {
                self.part(value)
            }

            fn end(self) -> Result<(), Unwritable> {
                Parts::end(self)
            }
        }
    )*};
}

written_by_parts! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<V: Serialize + ?Sized>(&mut self, key: &V) -> Result<(), Unwritable> {
        self.key(key)
    }

    fn serialize_value<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), Unwritable> {
        value.serialize(&mut *self.out)
    }

    fn end(self) -> Result<(), Unwritable> {
        Parts::end(self)
    }
}

/// What has named fields.
macro_rules! written_by_fields {
    ($($kind:ident)*) => {$(
        impl ser::$kind for Parts<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<V: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &V,
            ) -> Result<(), Unwritable> {
                self.key(name)?;
                value.serialize(&mut *self.out)
            }

            fn end(self) -> Result<(), Unwritable> {
                Parts::end(self)
            }
        }
    )*};
}

written_by_fields! { SerializeStruct SerializeStructVariant }

#[cfg(test)]
mod tests;
