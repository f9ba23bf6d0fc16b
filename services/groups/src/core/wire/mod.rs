//! The engine's binary format: integers as LEB128 varints, bytes with their length in front, sequences with their count.
//!
//! Whatever comes from outside is checked before anything is allocated: a count never exceeds the octets that are left,
//! since no element is shorter than one.

pub(crate) mod frame;
#[cfg(test)]
mod golden;
pub(crate) mod item;
pub(crate) mod value;

use bytes::{BufMut, Bytes, BytesMut};
use std::sync::Arc;

/// Why octets from outside were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The octets end inside a field.
    #[error("truncated")]
    Truncated,
    /// A varint is longer than its type allows.
    #[error("integer out of range")]
    Range,
    /// A tag of no known meaning.
    #[error("unknown tag {0}")]
    Tag(u8),
    /// A text is not UTF-8.
    #[error("text is not UTF-8")]
    Text,
    /// A length exceeds its limit.
    #[error("length exceeds its limit")]
    Limit,
    /// Octets follow the end of what was expected.
    #[error("trailing octets")]
    Trailing,
    /// A field contradicts another or the protocol's state.
    #[error("contradictory content")]
    Contradiction,
}

/// What remains to be read of some octets; slices share the buffer they came from.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    rest: Bytes,
}

impl Reader {
    pub(crate) fn new(octets: Bytes) -> Self {
        Self { rest: octets }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        let first = *self.rest.first().ok_or(WireError::Truncated)?;
        bytes::Buf::advance(&mut self.rest, 1);
        Ok(first)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for (i, &octet) in self.rest.iter().take(10).enumerate() {
            if i == 9 && octet > 1 {
                return Err(WireError::Range);
            }
            value |= u64::from(octet & 0x7f) << (7 * i);
            if octet < 0x80 {
                bytes::Buf::advance(&mut self.rest, i + 1);
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 { WireError::Truncated } else { WireError::Range })
    }

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<Bytes, WireError> {
        if length > self.rest.len() {
            return Err(WireError::Truncated);
        }
        Ok(self.rest.split_to(length))
    }

    /// A count of elements still to come, each at least one octet long.
    pub(crate) fn count(&mut self) -> Result<usize, WireError> {
        let count = self.varint()?;
        if count > self.rest.len() as u64 { Err(WireError::Truncated) } else { Ok(count as usize) }
    }

    pub(crate) fn finish(&self) -> Result<(), WireError> {
        if self.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }
}

#[inline]
pub(crate) fn put_varint(out: &mut BytesMut, mut value: u64) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// An octet and a varint, written at once: the head of every message.
#[inline]
pub(crate) fn put_u8_varint(out: &mut BytesMut, octet: u8, mut value: u64) {
    let mut head = [octet; 11];
    let mut length = 1;
    while value >= 0x80 {
        head[length] = value as u8 | 0x80;
        value >>= 7;
        length += 1;
    }
    head[length] = value as u8;
    out.put_slice(&head[..=length]);
}

/// A value with one encoding.
pub(crate) trait Wire: Sized {
    fn write(&self, out: &mut BytesMut);
    fn read(input: &mut Reader) -> Result<Self, WireError>;

    fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::new();
        self.write(&mut out);
        out.freeze()
    }
}

macro_rules! wire_integer {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            fn write(&self, out: &mut BytesMut) {
                put_varint(out, u64::from(*self));
            }
            fn read(input: &mut Reader) -> Result<Self, WireError> {
                <$type>::try_from(input.varint()?).map_err(|_| WireError::Range)
            }
        }
    )*};
}
wire_integer!(u8, u16, u32, u64);

/// A struct is its fields in order.
macro_rules! wire_struct {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl $crate::core::wire::Wire for $name {
            fn write(&self, out: &mut bytes::BytesMut) {
                let Self { $($field),* } = self;
                $($crate::core::wire::Wire::write($field, out);)*
            }
            fn read(input: &mut $crate::core::wire::Reader) -> Result<Self, $crate::core::wire::WireError> {
                Ok(Self { $($field: $crate::core::wire::Wire::read(input)?),* })
            }
        }
    )*};
}
pub(crate) use wire_struct;

/// A newtype is what it wraps.
macro_rules! wire_newtype {
    ($($name:ident),*) => {$(
        impl Wire for $name {
            fn write(&self, out: &mut BytesMut) {
                self.0.write(out);
            }
            fn read(input: &mut Reader) -> Result<Self, WireError> {
                Ok(Self(Wire::read(input)?))
            }
        }
    )*};
}

use crate::core::identity::{DomainId, DurableId, GroupId, Member, ProcessId, View, ViewNumber};
use crate::core::options::OrderingDomain;
wire_newtype!(DomainId, DurableId, GroupId, OrderingDomain, ProcessId, ViewNumber);
wire_struct! {
    Member { process, address, weight, durable, speaks }
    View { domain, number, members }
}

impl Wire for bool {
    fn write(&self, out: &mut BytesMut) {
        out.put_u8(u8::from(*self));
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        match input.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(WireError::Tag(other)),
        }
    }
}

impl Wire for Bytes {
    fn write(&self, out: &mut BytesMut) {
        put_varint(out, self.len() as u64);
        out.put_slice(self);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let length = input.count()?;
        input.take(length)
    }
}

impl Wire for Arc<str> {
    fn write(&self, out: &mut BytesMut) {
        put_varint(out, self.len() as u64);
        out.put_slice(self.as_bytes());
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let octets = Bytes::read(input)?;
        std::str::from_utf8(&octets).map(Arc::from).map_err(|_| WireError::Text)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut BytesMut) {
        put_varint(out, self.len() as u64);
        for element in self {
            element.write(out);
        }
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let count = input.count()?;
        let mut all = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            all.push(T::read(input)?);
        }
        Ok(all)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut BytesMut) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok(if bool::read(input)? { Some(T::read(input)?) } else { None })
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut BytesMut) {
        (**self).write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        T::read(input).map(Box::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut BytesMut) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(input: &mut Reader) -> Result<Self, WireError> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_have_one_longest_form() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = BytesMut::new();
            put_varint(&mut out, value);
            put_u8_varint(&mut out, 7, value);
            let mut reader = Reader::new(out.freeze());
            assert_eq!(reader.varint(), Ok(value));
            assert_eq!((reader.u8(), reader.varint()), (Ok(7), Ok(value)));
            assert!(reader.is_empty());
        }
        assert_eq!(Reader::new(Bytes::from_static(&[0x80])).varint(), Err(WireError::Truncated));
        let long = Bytes::from_static(&[0xff; 10]);
        assert_eq!(Reader::new(long).varint(), Err(WireError::Range));
    }

    #[test]
    fn a_count_beyond_the_octets_is_refused_before_allocating() {
        let mut out = BytesMut::new();
        put_varint(&mut out, u64::MAX / 2);
        assert_eq!(Vec::<u64>::read(&mut Reader::new(out.freeze())), Err(WireError::Truncated));
    }
}
