//! What a caller may rely on, whatever way the call takes: ends, cancellation, chains, panics, at most once, drain.

#[path = "../rig/mod.rs"]
#[macro_use]
mod rig;

mod basics;
mod cancel;
mod chains;
mod deadlines;
mod drain;
mod endpoints;
mod failover;
mod forwards;
mod limits;
mod load;
mod once;
mod panics;
mod places;
mod reconnect;
mod report;
mod resolving;
mod sets;
