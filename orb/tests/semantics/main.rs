//! What a caller may rely on, whatever way the call takes: ends, cancellation, chains, panics, at most once, drain.

#[path = "../rig/mod.rs"]
#[macro_use]
mod rig;

#[path = "../behaviour/mod.rs"]
mod behaviour;

mod at_once;
mod cancel;
mod chains;
mod deadlines;
mod drain;
mod endpoints;
mod everywhere;
mod failover;
mod forwards;
mod load;
mod once;
mod places;
mod reconnect;
mod report;
mod resolving;
mod sets;
