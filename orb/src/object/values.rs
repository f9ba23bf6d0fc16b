//! References as values: in arguments, results and stored data.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use quorb_giop::ior::Ior;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::ObjectRef;
use crate::model::{TypeCatalogue, TypeDesc};
use crate::runtime::Orb;
use crate::value::IdlType;

/// The repository id of the interface that every object has.
pub(crate) const OBJECT_ID: &str = "IDL:omg.org/CORBA/Object:1.0";

thread_local! {
    /// The broker that decodes a body on this thread right now: references in it are bound to this broker.
    static DECODING_FOR: RefCell<Option<Orb>> = const { RefCell::new(None) };
}

/// Runs `decode`, binding every reference that it decodes to `orb`.
pub(crate) fn binding_to<R>(orb: Option<&Orb>, decode: impl FnOnce() -> R) -> R {
    /// Restores the outer broker even when decoding panics.
    struct Restore(Option<Orb>);
    impl Drop for Restore {
        fn drop(&mut self) {
            DECODING_FOR.set(self.0.take());
        }
    }
    let _restore = Restore(DECODING_FOR.replace(orb.cloned()));
    decode()
}

/// The object behind a reference that is being decoded.
pub(crate) fn bound(ior: Ior) -> ObjectRef {
    DECODING_FOR.with_borrow(|orb| match orb {
        Some(orb) => orb.object(ior),
        None => ObjectRef::unbound(ior),
    })
}

impl Cdr for ObjectRef {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.ior().encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ior::decode(input).map(bound)
    }
}

/// CBOR carries a reference as its stringified form, or null for nil.
impl Serialize for ObjectRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_nil() { serializer.serialize_none() } else { serializer.serialize_some(&self.to_string()) }
    }
}

impl<'de> Deserialize<'de> for ObjectRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<String>::deserialize(deserializer)? {
            None => Ok(ObjectRef::nil()),
            Some(text) => text.parse().map(bound).map_err(de::Error::custom),
        }
    }
}

impl IdlType for ObjectRef {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Object(OBJECT_ID.to_owned())
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// References are equal when their stringified forms are. Different references may still lead to the same object.
impl PartialEq for ObjectRef {
    fn eq(&self, other: &Self) -> bool {
        self.ior() == other.ior()
    }
}

impl Eq for ObjectRef {}

impl Hash for ObjectRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ior().type_id.hash(state);
        for profile in &self.ior().profiles {
            profile.hash(state);
        }
    }
}

/// Generates what makes a proxy a value: the traits of [`ObjectRef`], passed through.
#[doc(hidden)]
#[macro_export]
macro_rules! __proxy_values {
    ($proxy:ident) => {
        impl $crate::__private::Cdr for $proxy {
            const SIZE_MIN: usize = 8;

            fn encode(
                &self,
                out: &mut $crate::__private::Encoder,
            ) -> ::core::result::Result<(), $crate::__private::CdrError> {
                $crate::__private::Cdr::encode($crate::Proxy::object(self), out)
            }

            fn decode(
                input: &mut $crate::__private::Decoder<'_>,
            ) -> ::core::result::Result<Self, $crate::__private::CdrError> {
                ::core::result::Result::map(
                    <$crate::ObjectRef as $crate::__private::Cdr>::decode(input),
                    <Self as $crate::Proxy>::from_object,
                )
            }
        }

        impl $crate::IdlType for $proxy {
            fn describe(types: &mut $crate::__private::TypeCatalogue) -> $crate::__private::TypeDesc {
                types.refer(<Self as $crate::Proxy>::interface())
            }

            fn write_cbor<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::__private::serde::Serialize::serialize($crate::Proxy::object(self), serializer)
            }

            fn read_cbor<'de, D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::core::result::Result::map(
                    <$crate::ObjectRef as $crate::__private::serde::Deserialize>::deserialize(deserializer),
                    <Self as $crate::Proxy>::from_object,
                )
            }
        }

        impl $crate::__private::serde::Serialize for $proxy {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::IdlType::write_cbor(self, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $proxy {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::IdlType::read_cbor(deserializer)
            }
        }

        /// The reference as text: `IOR:...`.
        impl ::core::fmt::Display for $proxy {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt($crate::Proxy::object(self), f)
            }
        }

        impl ::core::fmt::Debug for $proxy {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::write_str(f, ::core::stringify!($proxy))?;
                ::core::fmt::Formatter::write_str(f, "(")?;
                ::core::fmt::Debug::fmt($crate::Proxy::object(self), f)?;
                ::core::fmt::Formatter::write_str(f, ")")
            }
        }

        impl ::core::cmp::PartialEq for $proxy {
            fn eq(&self, other: &Self) -> bool {
                $crate::Proxy::object(self) == $crate::Proxy::object(other)
            }
        }

        impl ::core::cmp::Eq for $proxy {}

        impl ::core::hash::Hash for $proxy {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash($crate::Proxy::object(self), state);
            }
        }
    };
}
