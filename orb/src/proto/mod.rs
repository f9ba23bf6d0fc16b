//! Protocol cores: values that take octets, calls and the time, and return events and octets.
//!
//! Architecture invariant: nothing in this folder knows a runtime, a socket, a clock, a source of randomness or a lock, and
//! no decision depends on the iteration order of a hashed map. Time and randomness are arguments. The drivers around
//! the cores own tasks, timers and sockets; `tests/sans_io.rs` proves the absence.

pub mod buffers;
pub mod gate;
pub mod head;
pub mod health;
pub mod iiop;
pub mod native;
pub mod reply_cache;
pub mod retry;
pub mod shed;

#[cfg(test)]
mod dice;
