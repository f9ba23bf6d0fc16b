//! What the tests of bad input and of semantics share: an object that can be made to wait, every way to reach it, peers
//! that speak in raw octets, and the log.
//!
//! Nothing here sleeps to wait for something: waits are for events, and end in a panic after [`PATIENCE`].
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test program uses its own part of the rig")]

pub mod blackhole;
pub mod giop;
pub mod healthy;
pub mod logs;
pub mod native;
pub mod peer;
pub mod probe;
pub mod servant;
pub mod waiting;
#[macro_use]
pub mod world;

pub use probe::ProbeProxy;
#[allow(unused_imports, reason = "as above")]
pub use servant::Control;
pub use waiting::{PATIENCE, TOLERANCE, soon, until};
pub use world::{Way, World};
