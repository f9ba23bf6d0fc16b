//! What an abstract interface is as a type: a reference to an object, or a value.

use std::fmt;

use ciborium::Value;
use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::valuetype::ValueBase;
use super::{FromCbor, IdlType, ValueRef};
use crate::model::{TypeCatalogue, TypeDesc};
use crate::object::{ObjectRef, Proxy};

/// The repository id of what every abstract interface is.
pub(crate) const ABSTRACT_BASE_ID: &str = "IDL:omg.org/CORBA/AbstractBase:1.0";

/// A reference to an object, or a value: what an `abstract interface` of IDL is as a type (CORBA 3.3 Part 2, 9.3.7). `P` is the
/// proxy of the abstract interface; [`ObjectRef`] stands for any (`CORBA::AbstractBase`).
///
/// A nil reference and a null value are the same nothing: [`Abstract::nil`]. Whoever receives values must have
/// [registered](super::valuetype::register) their types.
///
/// ```
/// use quorb::value::{Abstract, valuetype::register};
/// use quorb::{IdlType, Proxy, ValueRef, interface};
///
/// #[interface]
/// trait Described {
///     fn describe(&self) -> String;
/// }
///
/// #[derive(Debug, IdlType)]
/// #[idl(value)]
/// struct Note {
///     text: String,
/// }
///
/// #[interface]
/// trait Reader {
///     fn read(&self, what: Abstract<DescribedProxy>) -> String;
/// }
/// # struct Desk;
/// # impl Reader for Desk {
/// #     fn read(&self, what: Abstract<DescribedProxy>) -> String {
/// match what {
///     Abstract::Object(object) => format!("an object: {object}"),
///     Abstract::Value(value) => match value.cast::<Note>().and_then(|note| note.get()) {
///         Some(note) => note.text.clone(),
///         None => "another value".to_owned(),
///     },
///     Abstract::Nil => "nothing".to_owned(),
/// }
/// #     }
/// # }
/// # register::<Note>();
/// # let reader = quorb::Tie::into_local_proxy(ReaderServant::new(Desk)).blocking();
/// # let note = ValueRef::new(Note { text: "hello".into() });
/// # assert_eq!(reader.read(Abstract::from(note))?, "hello");
/// # assert_eq!(reader.read(Abstract::Nil)?, "nothing");
/// # assert_eq!(reader.read(Abstract::from(DescribedProxy::nil()))?, "nothing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub enum Abstract<P> {
    /// Nothing.
    #[default]
    Nil,
    /// An object, which is not nil.
    Object(P),
    /// A value, of whatever type.
    Value(ValueRef<ValueBase>),
}

/// The proxy of an abstract interface, or [`ObjectRef`] for any.
pub trait AbstractTarget: IdlType {
    /// The type of an object or value of the interface.
    fn describe_abstract() -> TypeDesc;

    /// The reference under the proxy.
    fn reference(&self) -> &ObjectRef;
}

impl<P: Proxy> AbstractTarget for P {
    fn describe_abstract() -> TypeDesc {
        TypeDesc::Abstract(P::interface().id().to_owned())
    }

    fn reference(&self) -> &ObjectRef {
        self.object()
    }
}

impl AbstractTarget for ObjectRef {
    fn describe_abstract() -> TypeDesc {
        TypeDesc::Abstract(ABSTRACT_BASE_ID.to_owned())
    }

    fn reference(&self) -> &ObjectRef {
        self
    }
}

impl<P: AbstractTarget> Abstract<P> {
    /// Nothing.
    pub fn nil() -> Abstract<P> {
        Abstract::Nil
    }

    /// An object; nothing for a nil reference.
    pub fn object(object: P) -> Abstract<P> {
        if object.reference().is_nil() { Abstract::Nil } else { Abstract::Object(object) }
    }

    /// The object that it is to others: a nil reference in [`Object`](Abstract::Object) is nothing.
    fn as_object(&self) -> Option<&P> {
        match self {
            Abstract::Object(object) if !object.reference().is_nil() => Some(object),
            _ => None,
        }
    }

    fn as_value(&self) -> Option<&ValueRef<ValueBase>> {
        match self {
            Abstract::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl<P: Proxy> From<P> for Abstract<P> {
    fn from(object: P) -> Self {
        Abstract::object(object)
    }
}

impl<P, T: super::valuetype::ValueState> From<ValueRef<T>> for Abstract<P> {
    /// Nothing if the value is gone.
    fn from(value: ValueRef<T>) -> Self {
        value.cast().map_or(Abstract::Nil, Abstract::Value)
    }
}

/// References are equal as references are, values as values are.
impl<P: AbstractTarget> PartialEq for Abstract<P> {
    fn eq(&self, other: &Self) -> bool {
        match (self.as_object(), other.as_object(), self.as_value(), other.as_value()) {
            (Some(one), Some(two), _, _) => one.reference() == two.reference(),
            (None, None, Some(one), Some(two)) => one == two,
            (None, None, None, None) => true,
            _ => false,
        }
    }
}

impl<P: AbstractTarget> fmt::Debug for Abstract<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_object(), self.as_value()) {
            (Some(object), _) => f.debug_tuple("Object").field(object.reference()).finish(),
            (None, Some(value)) => f.debug_tuple("Value").field(value).finish(),
            (None, None) => f.write_str("Nil"),
        }
    }
}

/// In CDR whether it is an object stands in front; nothing is the null value.
impl<P: AbstractTarget> Cdr for Abstract<P> {
    const SIZE_MIN: usize = 5;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        let object = self.as_object();
        out.write_bool(object.is_some());
        match object {
            Some(object) => object.encode(out),
            None => ValueRef::encode_option(self.as_value(), out),
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        if input.read_bool()? {
            return P::decode(input).map(Abstract::object);
        }
        let value = ValueRef::decode_option(input)?;
        Ok(value.map_or(Abstract::Nil, Abstract::Value))
    }
}

/// In CBOR a reference is text, a value is what values are, nothing is null.
impl<P: AbstractTarget> IdlType for Abstract<P> {
    const NULLABLE: bool = true;

    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        P::describe(types);
        P::describe_abstract()
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.as_object(), self.as_value()) {
            (Some(object), _) => object.write_cbor(serializer),
            (None, Some(value)) => value.write_cbor(serializer),
            (None, None) => serializer.serialize_none(),
        }
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Abstract::Nil),
            text @ Value::Text(_) => text
                .deserialized()
                .map(|FromCbor(object)| Abstract::object(object))
                .map_err(de::Error::custom),
            other => other.deserialized().map(Abstract::Value).map_err(de::Error::custom),
        }
    }
}

impl<P: AbstractTarget> Serialize for Abstract<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write_cbor(serializer)
    }
}

impl<'de, P: AbstractTarget> Deserialize<'de> for Abstract<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read_cbor(deserializer)
    }
}
