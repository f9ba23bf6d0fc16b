//! Value references in both formats.
//!
//! In CDR as the standard has it; in CBOR null, `[number, id, state]` where a value is met first (an array of ids where
//! readers may take it for a base), and the number alone where it is met again.

use std::any::TypeId;
use std::sync::Arc;

use ciborium::Value;
use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder, SharedValue, ValueStart};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{self, Serialize, SerializeTuple, Serializer};

use super::reference::{Link, Slot, ValueRef};
use super::registry::factory_for;
use super::{StateReader, ValueObject, ValueState, graph};
use crate::model::{TypeCatalogue, TypeDesc, ValueKind};
use crate::value::IdlType;
use crate::value::valuetype::within_graph;

/// What is said of a value that cannot be written because nobody holds it any more.
const GONE: CdrError = CdrError::InvalidValue { type_name: "a reference to a value that is gone" };

impl<T: ValueState> Cdr for ValueRef<T> {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        let slot = self.slot().ok_or(GONE)?;
        let object = slot.get().ok_or(GONE)?;
        let ids = object.ids();
        let ids: &[&str] = if object.id() == T::ID && T::KIND != ValueKind::Custom { &[] } else { &ids };
        let chunked = !object.is_box();
        let shared: SharedValue = slot.clone();
        match out.begin_value(&shared, ids, chunked)? {
            None => Ok(()),
            Some(begun) => {
                object.encode_state(out)?;
                out.end_value(begun)
            }
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Self::decode_option(input)?.ok_or(CdrError::InvalidValue { type_name: "a value that is not null" })
    }

    fn encode_option(value: Option<&Self>, out: &mut Encoder) -> Result<(), CdrError> {
        match value {
            Some(value) => value.encode(out),
            None => {
                out.write_null_value();
                Ok(())
            }
        }
    }

    fn decode_option(input: &mut Decoder<'_>) -> Result<Option<Self>, CdrError> {
        let wrong = CdrError::InvalidValue { type_name: T::NAME };
        let header = match input.begin_value()? {
            ValueStart::Null => return Ok(None),
            ValueStart::Shared(value) => {
                let slot = value.downcast::<Slot>().map_err(|_| wrong)?;
                return linked::<T>(slot).map(Some).ok_or(CdrError::InvalidValue { type_name: T::NAME });
            }
            ValueStart::Begin(header) => header,
        };
        let ids =
            if header.ids.is_empty() { vec![T::ID] } else { header.ids.iter().map(String::as_str).collect() };
        let first = ids.first().copied().unwrap_or_default();
        let no_factory = || CdrError::NoValueFactory { id: first.to_owned() };
        let factory = factory_for::<T>(ids).ok_or_else(no_factory)?;
        let slot = Arc::new(Slot::new());
        input.share_value(&header, slot.clone());
        let object = input.nested(|input| (factory.decode)(input))?;
        input.end_value(&header)?;
        filled(slot, object).map(Some).ok_or(wrong)
    }
}

/// A reference to a value that was met before: to one that is still being read, one that closes a cycle.
fn linked<T: ValueState>(slot: Arc<Slot>) -> Option<ValueRef<T>> {
    match slot.get() {
        None => Some(ValueRef::of(Link::Weak(Arc::downgrade(&slot)))),
        Some(object) => {
            object.part(TypeId::of::<T>())?;
            Some(ValueRef::of(Link::Strong(slot)))
        }
    }
}

/// A reference to a value that has been read, if it is of the type.
fn filled<T: ValueState>(slot: Arc<Slot>, object: Box<dyn ValueObject>) -> Option<ValueRef<T>> {
    object.part(TypeId::of::<T>())?;
    slot.set(object).ok()?;
    Some(ValueRef::of(Link::Strong(slot)))
}

impl<T: ValueState> IdlType for ValueRef<T> {
    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        T::describe(types)
    }

    fn describe_option(types: &mut TypeCatalogue) -> TypeDesc {
        T::describe(types)
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        within_graph(|| self.write(serializer))
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = Value::deserialize(deserializer)?;
        within_graph(|| read::<T>(item)).map_err(de::Error::custom)
    }
}

impl<T: ValueState> ValueRef<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let slot = self.slot().ok_or_else(|| ser::Error::custom(GONE))?;
        let object = slot.get().ok_or_else(|| ser::Error::custom(GONE))?;
        let (number, known) = graph::number_of(&slot);
        if known {
            return serializer.serialize_u64(number);
        }
        let mut parts = serializer.serialize_tuple(3)?;
        parts.serialize_element(&number)?;
        match object.ids().as_slice() {
            [id] => parts.serialize_element(id)?,
            ids => parts.serialize_element(ids)?,
        }
        parts.serialize_element(&object.state().map_err(ser::Error::custom)?)?;
        parts.end()
    }
}

fn read<T: ValueState>(item: Value) -> Result<ValueRef<T>, String> {
    let wrong = || format!("expected a value of type `{}`", T::NAME);
    let mut parts = match item {
        Value::Integer(number) => {
            let slot = u64::try_from(number)
                .ok()
                .and_then(graph::shared)
                .ok_or("a value that was not met before")?;
            return linked(slot).ok_or_else(wrong);
        }
        Value::Array(parts) if parts.len() == 3 => parts,
        _ => return Err(wrong()),
    };
    let (state, ids) = (parts.pop().unwrap_or(Value::Null), parts.pop().unwrap_or(Value::Null));
    let number = parts.pop().and_then(|number| u64::try_from(number.as_integer()?).ok()).ok_or_else(wrong)?;
    let ids: Vec<String> = match ids {
        Value::Text(id) => vec![id],
        ids => ids.deserialized().map_err(|_| wrong())?,
    };
    let factory = factory_for::<T>(ids.iter().map(String::as_str))
        .ok_or_else(|| format!("a value of type {}, which nobody registered", ids.join(", ")))?;
    let slot = Arc::new(Slot::new());
    graph::share(number, slot.clone());
    let object = (factory.read)(&mut StateReader::new(state)).map_err(|cause| cause.to_string())?;
    filled(slot, object).ok_or_else(wrong)
}

impl<T: ValueState> Serialize for ValueRef<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write_cbor(serializer)
    }
}

impl<'de, T: ValueState> Deserialize<'de> for ValueRef<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read_cbor(deserializer)
    }
}
