//! Object groups: an object served by several processes under one reference.
//!
//! ```text
//!   client --> GroupServant --update--> seat.core --> Group (total, uniform) --> task of every member --> servant
//!                    |                                                             |
//!                    +-----query-----> permit at this place of the order ----------+--> servant of this member
//! ```
//!
//! [`proto`] is the protocol, a value; [`Domain::serve`](crate::driver::Domain::serve) runs it. The broker knows nothing of
//! it: what it sees is a servant that remembers for itself which requests it has executed, and a reference with several
//! endpoints.

mod canonical;
mod chains;
pub mod check;
mod effects;
mod entry;
mod error;
mod keep;
mod latest;
mod machine;
mod moment;
pub mod proto;
mod reads;
mod reference;
mod seat;
mod servant;
mod serve;
mod subject;
mod task;
mod timers;
mod work;

pub use effects::Effects;
pub use error::{ServeError, StateError};
pub use keep::{Family, Keep};
pub use machine::{Commands, Machine};
pub use moment::Ordered;
pub use proto::{Moment, ReplicaLimits, Style};
pub use reads::Reads;
pub use reference::MEMBERS_LISTED_MAX;
pub(crate) use reference::staying;
pub use serve::{Replica, Serve};
pub use timers::TimerError;
