//! The server side of an object: servant, adapter, and what happens to a call between the wire and the servant.
//!
//! A [`Servant`] answers [`Invocation`]s; the macros generate one around a user's type. The [`Adapter`] knows which
//! servants are active under which object keys. A [`ServantCell`] guards the user's value: queries share it, updates have
//! it alone, and a chain of calls that would wait for itself is refused.

mod active;
mod builtin;
mod cell;
mod context;
mod dynamic;
mod endpoints;
mod execute;
mod invocation;
mod key;
mod key_hashing;
mod located;
mod names;
mod relay;
mod running;
mod servant;

pub(crate) use active::{ActiveObject, ActiveObjects, Lookup};
pub use active::{Adapter, Lifespan};
pub(crate) use builtin::METADATA_OPERATION;
pub(crate) use builtin::answer as answer_builtin;
pub(crate) use builtin::result as builtin_result;
pub use cell::{
    Door, ExclusiveGuard, Guarded, OBJECT_QUEUE_MAX, ServantCell, SharedGuard, Thread, WriteResults,
};
pub(crate) use context::CallState;
pub use context::{Context, Peer, Protocol};
pub use dynamic::{DynamicCall, DynamicOutcome, DynamicServant};
pub use execute::{dispatch, execute};
pub(crate) use execute::{dispatch_within, drive, fault_of_panic, panicked, run_to_end};
pub(crate) use invocation::ReplyFate;
pub use invocation::{Invocation, Reply, ReplyBody};
pub(crate) use invocation::{encoded, malformed, unwritable};
pub use key::ObjectKey;
pub use located::ServantLocator;
pub use names::UpdateNames;
pub use relay::{RelayError, RelayedCall, RelayedReply, ReplyForm};
#[doc(hidden)]
pub use running::executed_here;
pub(crate) use running::{CURRENT, DirectCall, DirectDeadline, Place, Running};
pub use servant::{BoxFuture, Dispatch, Facet, Location, Servant, Tie, Usher, ValueTie};
