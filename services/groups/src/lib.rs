//! Virtual synchrony for Quorb: a domain of processes that agree on who they are, multicast in order, and see each view
//! change at the same point of every stream of messages.
//!
//! * [`core`] is the protocol: one value per process, driven by events, with no input or output of its own.
//! * [`sim`] runs many of them in virtual time under faults and checks what must hold.

pub mod core;
pub mod sim;
