//! A replicated object in the simulated domain, and its clients: a counter whose every answer says where in the order it was
//! given, so that what all clients have seen can be checked.
//!
//! A client has one call open at a time. It asks any live process; if that one is lost, or says that it cannot tell, it asks
//! another one under the same identity, as a broker of ours does. Some clients number nothing: their calls may end in the
//! unknown. When everything has come to rest the clients' history must be that of one counter ([`check`](crate::object::check)).

mod clients;
mod seat;

pub(super) use clients::Market;
pub(super) use seat::Seat;

/// The object's group.
pub(super) const OBJECT: &str = "object";
