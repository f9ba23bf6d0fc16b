//! `ValueBase`: the base of all value types.

use std::any::{Any, TypeId};

use quorb_giop::cdr::{CdrError, Decoder, Encoder};
use serde::ser::SerializeMap;

use super::{StateReader, ValueState};
use crate::model::{TypeCatalogue, TypeDesc, ValueKind};
use crate::value::CborError;

/// What every value is (`CORBA::ValueBase`): a `ValueRef<ValueBase>` is a reference to a value of any type, which
/// [`cast`](super::ValueRef::cast) gives back. There are no values of this type alone.
///
/// Whoever receives one must have [registered](super::register) the types that it wants to get; others are MARSHAL.
///
/// ```
/// use quorb::value::valuetype::ValueBase;
/// use quorb::{IdlType, ValueRef};
///
/// #[derive(Debug, IdlType)]
/// #[idl(value)]
/// struct Point {
///     x: i32,
/// }
///
/// let any: ValueRef<ValueBase> = ValueRef::new(Point { x: 1 }).cast().expect("every value is one");
/// assert_eq!(any.cast::<Point>().and_then(|point| Some(point.get()?.x)), Some(1));
/// ```
#[derive(Debug)]
pub struct ValueBase(());

/// What all values look like when they are seen as this type.
pub(super) static ANY_VALUE: ValueBase = ValueBase(());

/// Nothing says what a value is whose writer took its type for known.
const UNTYPED: &str = "a value of a type that its writer did not name";

impl ValueState for ValueBase {
    const ID: &'static str = "IDL:omg.org/CORBA/ValueBase:1.0";
    const NAME: &'static str = "ValueBase";
    const KIND: ValueKind = ValueKind::Abstract;
    const IS_BOX: bool = false;
    const MEMBERS: usize = 0;

    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::ValueBase
    }

    fn encode_state(&self, _: &mut Encoder) -> Result<(), CdrError> {
        Err(CdrError::InvalidValue { type_name: UNTYPED })
    }

    fn decode_state(_: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Err(CdrError::InvalidValue { type_name: UNTYPED })
    }

    fn write_members<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }

    fn read_state(_: &mut StateReader) -> Result<Self, CborError> {
        Err(CborError::NotOfType { reason: UNTYPED.to_owned() })
    }

    fn part(&self, ty: TypeId) -> Option<&dyn Any> {
        (ty == TypeId::of::<Self>()).then_some(self)
    }

    fn ids(ids: &mut Vec<&'static str>) {
        ids.push(Self::ID);
    }
}
