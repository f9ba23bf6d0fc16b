//! References to the repository's own objects, typed.

use std::marker::PhantomData;

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::model::{Interface, TypeCatalogue, TypeDesc};
use crate::object::ObjectRef;
use crate::value::IdlType;

/// An interface of the repository, as a type.
pub(super) trait Named: 'static {
    fn interface() -> &'static Interface;
}

/// A reference to an object of interface `I`. The repository has no use for proxies: it only hands references out.
pub(super) struct Ref<I>(pub(super) ObjectRef, PhantomData<fn() -> I>);

impl<I> Ref<I> {
    pub(super) fn to(object: ObjectRef) -> Ref<I> {
        Ref(object, PhantomData)
    }

    pub(super) fn nil() -> Ref<I> {
        Ref::to(ObjectRef::nil())
    }
}

impl<I: Named> Cdr for Ref<I> {
    const SIZE_MIN: usize = ObjectRef::SIZE_MIN;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        ObjectRef::decode(input).map(Ref::to)
    }
}

impl<I: Named> IdlType for Ref<I> {
    fn describe(types: &mut TypeCatalogue) -> TypeDesc {
        types.refer(I::interface())
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ObjectRef::deserialize(deserializer).map(Ref::to)
    }
}
