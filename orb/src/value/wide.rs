//! Wide characters and strings: what IDL calls `wchar` and `wstring`.

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::IdlType;
use crate::model::{TypeCatalogue, TypeDesc};

/// Generates a wide twin of a text type: the same value, written in the wide code set of the connection.
macro_rules! wide {
    ($(#[$doc:meta])* $name:ident($inner:ty), $desc:expr, $min:literal, $write:ident($($deref:tt)?), $read:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl Cdr for $name {
            const SIZE_MIN: usize = $min;

            fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
                out.$write($($deref)? self.0)
            }

            fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
                input.$read().map($name)
            }
        }

        impl IdlType for $name {
            fn describe(_: &mut TypeCatalogue) -> TypeDesc {
                $desc
            }

            fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                $name(value)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

wide! {
    /// A wide character: `wchar`. GIOP 1.2, CBOR and native bodies carry any; GIOP 1.1 carries one unit of UTF-16, so that
    /// characters outside the basic plane have no place in it (DATA_CONVERSION), and GIOP 1.0 none at all.
    WChar(char), TypeDesc::WChar, 1, write_wchar(), read_wchar
}

wide! {
    /// A wide string: `wstring`.
    WString(String), TypeDesc::WString { bound: None }, 4, write_wstring(&), read_wstring
}

impl From<&str> for WString {
    fn from(value: &str) -> Self {
        WString(value.to_owned())
    }
}
