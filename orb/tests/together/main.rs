//! Many peers, each within its limits: what they may do together. A program of its own, since its tests fill memory, and
//! others measure it.

#[path = "../rig/mod.rs"]
#[macro_use]
mod rig;

mod memory;
