//! Bounded strings and sequences.

use std::ops::Deref;

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::Serializer;

use super::IdlType;
use super::plain::{are_plain, is_plain_text};
use crate::model::{TypeCatalogue, TypeDesc};

/// A value was longer than its declared bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a length of {length} exceeds the bound of {bound}")]
pub struct BoundExceeded {
    /// The declared bound.
    pub bound: usize,
    /// The length that was met.
    pub length: usize,
}

impl From<BoundExceeded> for CdrError {
    fn from(error: BoundExceeded) -> Self {
        CdrError::BoundExceeded { bound: error.bound, length: error.length }
    }
}

fn check(length: usize, bound: usize) -> Result<(), BoundExceeded> {
    if length > bound { Err(BoundExceeded { bound, length }) } else { Ok(()) }
}

/// Generates a bounded text: a string whose length in some unit is checked.
macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $length:expr, $desc:ident, $write:ident, $read:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name<const N: usize>(String);

        impl<const N: usize> $name<N> {
            /// A bounded string of `text`.
            ///
            /// # Errors
            #[doc = concat!("`text` is longer than `N` ", $unit, ".")]
            pub fn new(text: impl Into<String>) -> Result<Self, BoundExceeded> {
                let text = text.into();
                let length: fn(&str) -> usize = $length;
                check(length(&text), N)?;
                Ok($name(text))
            }

            /// The text.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<const N: usize> Deref for $name<N> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<const N: usize> TryFrom<&str> for $name<N> {
            type Error = BoundExceeded;

            fn try_from(text: &str) -> Result<Self, BoundExceeded> {
                $name::new(text)
            }
        }

        impl<const N: usize> std::fmt::Display for $name<N> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<const N: usize> Cdr for $name<N> {
            const SIZE_MIN: usize = 4;

            fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
                out.$write(&self.0)
            }

            fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
                Ok($name::new(input.$read()?)?)
            }
        }

        impl<const N: usize> IdlType for $name<N> {
            fn describe(_: &mut TypeCatalogue) -> TypeDesc {
                TypeDesc::$desc { bound: Some(N as u32) }
            }

            fn is_plain(&self, _: u32) -> bool {
                is_plain_text(&self.0)
            }

            fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }

            fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $name::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

bounded_text! {
    /// A string of at most `N` octets: `string<N>`. The bound is checked when it is made and when it is received.
    BString, "octets", str::len, String, write_string, read_string
}

bounded_text! {
    /// A wide string of at most `N` units of UTF-16: `wstring<N>`. The bound is checked when it is made and when it is
    /// received; a character outside the basic plane counts as two.
    BWString, "units of UTF-16", |text| text.encode_utf16().count(), WString, write_wstring, read_wstring
}

/// A sequence of at most `N` elements: `sequence<T, N>`. The bound is checked when it is made and when it is received.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BVec<T, const N: usize>(Vec<T>);

impl<T, const N: usize> BVec<T, N> {
    /// A bounded sequence of `items`.
    ///
    /// # Errors
    /// There are more than `N` items.
    pub fn new(items: Vec<T>) -> Result<Self, BoundExceeded> {
        check(items.len(), N)?;
        Ok(BVec(items))
    }

    /// The elements.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const N: usize> Default for BVec<T, N> {
    fn default() -> Self {
        BVec(Vec::new())
    }
}

impl<T, const N: usize> Deref for BVec<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> TryFrom<Vec<T>> for BVec<T, N> {
    type Error = BoundExceeded;

    fn try_from(items: Vec<T>) -> Result<Self, BoundExceeded> {
        BVec::new(items)
    }
}

impl<T: Cdr, const N: usize> Cdr for BVec<T, N> {
    const SIZE_MIN: usize = Vec::<T>::SIZE_MIN;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        // The announced length is checked before the elements are read: a bound also limits memory.
        let count = input.read_len(T::SIZE_MIN)?;
        check(count, N)?;
        input.nested(|input| T::decode_vec(count, input)).map(BVec)
    }
}

impl<T: IdlType, const N: usize> IdlType for BVec<T, N> {
    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Sequence { element: Box::new(T::describe(types)), bound: Some(N as u32) }
    }

    fn is_plain(&self, levels: u32) -> bool {
        are_plain(&self.0, levels)
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write_cbor_slice(&self.0, serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BVec::new(T::read_cbor_vec(deserializer)?).map_err(de::Error::custom)
    }
}
