//! What a type must be to be a value type.

use std::any::{Any, TypeId};

use ciborium::Value;
use quorb_giop::cdr::{CdrError, Decoder, Encoder};
use serde::de::Error as _;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value_base::{ANY_VALUE, ValueBase};
use crate::model::{TypeCatalogue, TypeDesc, ValueKind};
use crate::value::cbor::{read_item, write_item};
use crate::value::{CborError, FromCbor, IdlType};

/// The state of a value type: a struct under `#[derive(IdlType)]` with `#[idl(value)]`, which is passed as
/// [`ValueRef`](super::ValueRef).
pub trait ValueState: Sized + Send + Sync + 'static {
    /// The repository id.
    const ID: &'static str;
    /// The simple name.
    const NAME: &'static str;
    /// What it is besides its state.
    const KIND: ValueKind;
    /// Whether it is a box: a value of another type with identity and null, which has no members and no chunks.
    const IS_BOX: bool;

    /// The type as data; it and what it reaches enter the catalogue.
    fn describe(types: &mut TypeCatalogue) -> TypeDesc;

    /// Appends the state: that of the base first, then its own.
    ///
    /// # Errors
    /// Those of the members.
    fn encode_state(&self, out: &mut Encoder) -> Result<(), CdrError>;

    /// Reads the state.
    ///
    /// # Errors
    /// Those of the members.
    fn decode_state(input: &mut Decoder<'_>) -> Result<Self, CdrError>;

    /// How many members there are, with those of the base.
    const MEMBERS: usize;

    /// Writes the members into a map of CBOR, those of the base first.
    ///
    /// # Errors
    /// Those of the members.
    fn write_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Writes the state as CBOR: a map of the members; a box its content, a custom value its octets.
    ///
    /// # Errors
    /// Those of the members.
    fn write_state<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Self::MEMBERS))?;
        self.write_members(&mut map)?;
        map.end()
    }

    /// Takes the state out of what was read as CBOR.
    ///
    /// # Errors
    /// A member is missing or of another type.
    fn read_state(state: &mut StateReader) -> Result<Self, CborError>;

    /// The value as one of a base of its, or as itself.
    fn part(&self, ty: TypeId) -> Option<&dyn Any>;

    /// The ids that a reader may take the value for: its own, and those of its bases as long as each may be cut off.
    fn ids(ids: &mut Vec<&'static str>);
}

/// A value type that writes and reads its state itself: `#[idl(value, custom)]`.
///
/// In CBOR the state is a byte string of what [`marshal`](Self::marshal) writes, in big-endian order.
pub trait Custom: Sized {
    /// Appends the state.
    ///
    /// # Errors
    /// Whatever cannot be written.
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError>;

    /// Reads the state. What it leaves unread is skipped.
    ///
    /// # Errors
    /// Whatever is no state.
    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError>;
}

/// A value of some value type.
pub trait ValueObject: Send + Sync + 'static {
    /// The repository id.
    fn id(&self) -> &'static str;
    /// The ids that a reader may take the value for, its own first.
    fn ids(&self) -> Vec<&'static str>;
    /// Whether it is a box.
    fn is_box(&self) -> bool;
    /// The value as one of this type, if it is that or a base of it.
    fn part(&self, ty: TypeId) -> Option<&dyn Any>;
    /// Appends the state.
    ///
    /// # Errors
    /// Those of the members.
    fn encode_state(&self, out: &mut Encoder) -> Result<(), CdrError>;
    /// The state as an item of CBOR.
    ///
    /// # Errors
    /// Those of the members.
    fn state(&self) -> Result<Value, CborError>;
}

impl<T: ValueState> ValueObject for T {
    fn id(&self) -> &'static str {
        T::ID
    }

    fn ids(&self) -> Vec<&'static str> {
        let mut ids = Vec::new();
        T::ids(&mut ids);
        ids
    }

    fn is_box(&self) -> bool {
        T::IS_BOX
    }

    fn part(&self, ty: TypeId) -> Option<&dyn Any> {
        if ty == TypeId::of::<ValueBase>() { Some(&ANY_VALUE) } else { ValueState::part(self, ty) }
    }

    fn encode_state(&self, out: &mut Encoder) -> Result<(), CdrError> {
        ValueState::encode_state(self, out)
    }

    fn state(&self) -> Result<Value, CborError> {
        let mut octets = Vec::new();
        write_item(&AsState(self), &mut octets)?;
        read_item(&mut &octets[..])
    }
}

/// Serializes the state of a value.
struct AsState<'a, T>(&'a T);

impl<T: ValueState> Serialize for AsState<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write_state(serializer)
    }
}

/// The state of a value as it was read from CBOR, member by member.
#[derive(Debug)]
pub struct StateReader(Value);

impl StateReader {
    pub(crate) fn new(state: Value) -> StateReader {
        StateReader(state)
    }

    /// Takes a member; `None` if it is not there.
    ///
    /// # Errors
    /// The state is no map, or the member is of another type.
    pub fn member<T: IdlType>(&mut self, name: &str) -> Result<Option<T>, CborError> {
        self.take(name)?.map(value_of).transpose()
    }

    /// Takes a member that must be there.
    ///
    /// # Errors
    /// It is missing, or of another type.
    pub fn needed<T: IdlType>(&mut self, name: &str) -> Result<T, CborError> {
        self.member(name)?.ok_or_else(|| missing(name))
    }

    /// Takes the whole, as the content of a box.
    ///
    /// # Errors
    /// It is of another type.
    pub fn content<T: IdlType>(&mut self) -> Result<T, CborError> {
        value_of(std::mem::replace(&mut self.0, Value::Null))
    }

    fn take(&mut self, name: &str) -> Result<Option<Value>, CborError> {
        let Value::Map(entries) = &mut self.0 else {
            return Err(CborError::NotOfType {
                reason: "the state of a value is a map of its members".to_owned(),
            });
        };
        let place = entries.iter().position(|(key, _)| key.as_text() == Some(name));
        Ok(place.map(|place| entries.swap_remove(place).1))
    }
}

fn missing(name: &str) -> CborError {
    CborError::NotOfType { reason: format!("member `{name}` of a value is missing") }
}

fn value_of<T: IdlType>(value: Value) -> Result<T, CborError> {
    let mut octets = Vec::new();
    write_item(&value, &mut octets)?;
    let FromCbor(value) = read_item(&mut &octets[..])?;
    Ok(value)
}

/// The state of a custom value as octets, and back.
pub fn custom_octets<T: Custom>(value: &T) -> Result<Vec<u8>, CdrError> {
    let mut out = Encoder::new(quorb_giop::cdr::Endian::Big);
    value.marshal(&mut out)?;
    Ok(out.into_bytes())
}

/// A custom value out of its octets.
///
/// # Errors
/// They are no state.
pub fn custom_value<T: Custom>(octets: &[u8]) -> Result<T, CborError> {
    T::unmarshal(&mut Decoder::new(octets, quorb_giop::cdr::Endian::Big)).map_err(CborError::custom)
}

impl CborError {
    fn custom(cause: CdrError) -> CborError {
        CborError::from(ciborium::de::Error::<std::io::Error>::custom(cause))
    }
}
