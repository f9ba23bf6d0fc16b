//! An object request broker whose objects can replicate themselves.

pub mod exception;
pub mod model;
pub mod proto;
pub mod value;

pub use exception::{Fault, SystemException};
pub use value::IdlType;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
