//! A replicated object in the simulated domain, and its clients: a counter whose every answer says where in the order it was
//! given, so that what all clients have seen can be checked.
//!
//! A client has one call open at a time. It asks any live process; if that one is lost, or says that it cannot tell, it asks
//! another one under the same identity, as a broker of ours does. Some clients number nothing: their calls may end in the
//! unknown. In some runs the replicas have room to remember only some of the clients, in some a servant drifts away from the
//! others. What happens goes to a `record`, at which the `invariants` look in the end: among them that the clients' history is
//! that of one counter ([`check`](crate::object::check)).

mod clients;
mod invariants;
mod record;
mod seat;

pub(super) use clients::Market;
pub(super) use seat::Seat;

use super::scenario::{SCENARIOS, Scenario};

/// The object's group.
pub(super) const OBJECT: &str = "object";

/// The scenario that a seed draws where there is an object: one without disks, for the object is kept in memory.
#[must_use]
pub fn drawn(seed: u64) -> &'static Scenario {
    let plain = || SCENARIOS.iter().filter(|scenario| !scenario.durable);
    let index = seed as usize % plain().count().max(1);
    plain().nth(index).unwrap_or(&SCENARIOS[0])
}
