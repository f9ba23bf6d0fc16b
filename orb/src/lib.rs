//! An object request broker whose objects can replicate themselves.

extern crate self as quorb;

pub mod adapter;
pub mod exception;
pub mod model;
pub mod object;
pub mod proto;
pub mod runtime;
pub mod value;

pub use adapter::{Adapter, Context, Dispatch, Invocation, Reply, Servant, Tie};
pub use exception::{Completion, ExceptionKind, Fault, Minor, SystemException};
pub use object::{CallOptions, MockCall, ObjectRef, Proxy};
pub use runtime::{
    Address, BlockingOrb, Limits, MemoryNetwork, OpenCalls, Orb, OrbBuilder, Preference, shutdown_signal,
};
pub use value::{BString, BVec, IdlType, WChar, WString};

/// What generated code refers to. Not for anybody else; it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
    pub use serde;

    pub use crate::__proxy_values as proxy_values;
    pub use crate::adapter::{BoxFuture, Dispatch, Invocation, Reply, ServantCell};
    pub use crate::exception::{Raises, UserException};
    pub use crate::model::{
        Behaviour, Case, Direction, Interface, Kind, Member, Operation, Parameter, Signature, TypeCatalogue,
        TypeDef, TypeDesc,
    };
    pub use crate::value::{AsCbor, BodyError, BodyReader, BodyWriter, FromCbor};
}
