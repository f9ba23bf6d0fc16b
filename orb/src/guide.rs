//! The guide: from the first program to what happens when something fails.
//!
//! Every program in it is compiled and run by the tests.

/// The first program, and what to know from the first day.
#[doc = include_str!("../guide/quick_start.md")]
pub mod quick_start {}

/// Interfaces: methods, attributes, behaviours, inheritance.
#[doc = include_str!("../guide/interfaces.md")]
pub mod interfaces {}

/// Which types cross an interface, and how they look in IDL, CDR and CBOR.
#[doc = include_str!("../guide/types.md")]
pub mod types {}

/// Interfaces that are written in OMG IDL: from an existing file to a server, and the whole mapping.
#[doc = include_str!("../guide/idl.md")]
pub mod idl {}

/// Deferred calls, oneway calls, objects that call each other, callbacks without a port.
#[doc = include_str!("../guide/asynchrony.md")]
pub mod asynchrony {}

/// What happens when a call fails, an object panics, a server ends.
#[doc = include_str!("../guide/failures.md")]
pub mod failures {}

/// Code around every call: tracing, metrics, caches, load shedding, and your own.
#[doc = include_str!("../guide/interceptors.md")]
pub mod interceptors {}

/// Addresses, limits, logs, ending, tools.
#[doc = include_str!("../guide/operations.md")]
pub mod operations {}

/// What a call costs, how to measure it, and where the time goes.
#[doc = include_str!("../guide/performance.md")]
pub mod performance {}

/// The rooms of the house and the sentences that hold in them.
#[doc = include_str!("../guide/architecture.md")]
pub mod architecture {}
