//! Which value types this process knows.
//!
//! A reader of a declared type also gets values of derived ones. Who wants them must have registered them; otherwise a
//! value that is truncatable is cut down to a base that is known, and any other is refused.

use std::collections::BTreeMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use quorb_giop::cdr::{CdrError, Decoder};

use super::{StateReader, ValueObject, ValueState};
use crate::value::CborError;

/// How values of a type are made of what was read.
#[derive(Clone, Copy)]
pub(crate) struct Factory {
    pub(crate) decode: fn(&mut Decoder<'_>) -> Result<Box<dyn ValueObject>, CdrError>,
    pub(crate) read: fn(&mut StateReader) -> Result<Box<dyn ValueObject>, CborError>,
}

impl Factory {
    pub(super) fn of<T: ValueState>() -> Factory {
        Factory {
            decode: |input| Ok(Box::new(T::decode_state(input)?)),
            read: |state| Ok(Box::new(T::read_state(state)?)),
        }
    }
}

fn known() -> &'static RwLock<BTreeMap<&'static str, Factory>> {
    static KNOWN: OnceLock<RwLock<BTreeMap<&'static str, Factory>>> = OnceLock::new();
    KNOWN.get_or_init(RwLock::default)
}

/// Lets values of type `T` be received where a base of it is declared. Registering a type again changes nothing.
pub fn register<T: ValueState>() {
    known().write().unwrap_or_else(PoisonError::into_inner).insert(T::ID, Factory::of::<T>());
}

/// How values of the type with this id are made, if it is registered.
pub(crate) fn factory_of(id: &str) -> Option<Factory> {
    known().read().unwrap_or_else(PoisonError::into_inner).get(id).copied()
}

/// The first of these ids whose values can be made; `T` itself needs no registration.
pub(super) fn factory_for<'a, T: ValueState>(ids: impl IntoIterator<Item = &'a str>) -> Option<Factory> {
    let known = known().read().unwrap_or_else(PoisonError::into_inner);
    ids.into_iter().find_map(|id| if id == T::ID { Some(Factory::of::<T>()) } else { known.get(id).copied() })
}
