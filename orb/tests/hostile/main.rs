//! Bad input: whatever a peer sends or fails to send ends in the right exception or a closed connection, with a log line,
//! bounded memory, and every other connection unharmed.

#[path = "../rig/mod.rs"]
#[macro_use]
mod rig;

mod damaged;
mod greedy;
mod lying;
mod refusals;
mod servers;
mod slow;
mod strangers;
