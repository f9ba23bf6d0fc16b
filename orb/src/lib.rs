//! An object request broker whose objects can replicate themselves.

extern crate self as quorb;

pub mod adapter;
pub mod exception;
pub mod guide;
pub mod intercept;
pub mod model;
pub mod object;
pub mod proto;
mod repository;
pub mod runtime;
pub mod stream;
pub mod value;

pub use adapter::{Adapter, Context, Dispatch, Invocation, Reply, Servant, Tie};
pub use exception::{Completion, ExceptionKind, Fault, Minor, SystemException};
pub use object::{CallOptions, Deferred, DynamicException, MockCall, ObjectRef, Proxy};
pub use quorb_macros::{Exception, IdlType, idl, include_idl, interface};
pub use runtime::{
    Address, BlockingOrb, Callbacks, Limits, MemoryNetwork, OneRequest, OpenCalls, Orb, OrbBuilder,
    Preference, Resolver, shutdown_signal,
};
pub use stream::{ByteSink, ByteStream, StreamError};
pub use value::{
    Abstract, Any, BString, BVec, BWString, Fixed, IdlType, LongDouble, TypeCode, ValueRef, WChar, WString,
};

/// The programs of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What generated code refers to. Not for anybody else; it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
    pub use serde;

    pub use crate::__proxy_values as proxy_values;
    pub use crate::adapter::{
        BoxFuture, Context, Dispatch, Facet, Guarded, Invocation, Reply, Servant, ServantCell, Thread, Tie,
        ValueTie, executed_here,
    };
    pub use crate::exception::{Fault, Raises, UserException};
    pub use crate::model::{
        Behaviour, Case, Direction, Interface, Kind, Member, Operation, Parameter, Replies, Signature,
        StateMember, TypeCatalogue, TypeDef, TypeDesc, ValueKind,
    };
    pub use crate::object::{Deferred, Facade, ObjectRef, Proxy};
    pub use crate::value::derived::{
        Cases, Enumerators, MemberKey, Slots, fill_slot, label_name, label_number, missing_member,
        read_enumerator, read_record, read_union, read_value, unknown_label, write_member, write_union,
        wrong_label,
    };
    pub use crate::value::plain::{is_plain, is_plain_slice, is_plain_text};
    pub use crate::value::valuetype::generated::{custom_octets, custom_value};
    pub use crate::value::valuetype::{Custom, StateReader, ValueState};
    pub use crate::value::{AsCbor, BodyError, BodyReader, BodyWriter, CborError, FromCbor, IdlType};
}
