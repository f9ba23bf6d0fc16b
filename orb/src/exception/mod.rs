//! What a call can end in besides its result: exceptions, sorted by blame and by what the caller can do.
//!
//! A proxy call returns `Result<T, Fault<E>>`. [`Fault::User`] carries an exception that the interface
//! declares; [`Fault::System`] carries a [`SystemException`]: one of the OMG kinds, a minor code and a
//! completion status, with a [`Report`] that says where it happened and what to do.

mod fault;
mod kind;
mod minor;
mod report;
mod system;
mod user;

pub use fault::Fault;
pub use kind::ExceptionKind;
pub use minor::Minor;
pub use report::{Attempt, Report, Stage};
pub use system::{Advice, SystemException};
pub use user::{Raises, UserException};

pub use crate::proto::head::Completion;
