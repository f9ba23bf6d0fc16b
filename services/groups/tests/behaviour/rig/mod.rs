//! The probe and its hand, as every program of the suite has them, and a world in which the object is replicated.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "part of it is the broker's own rig")]

pub mod group;
#[path = "../../../../../orb/tests/rig/probe.rs"]
pub mod probe;
#[path = "../../../../../orb/tests/rig/servant.rs"]
pub mod servant;
#[path = "../../../../../orb/tests/rig/waiting.rs"]
pub mod waiting;
pub mod world;

pub use group::Processes;
pub use probe::ProbeProxy;
pub use waiting::{PATIENCE, TOLERANCE, soon, until};
pub use world::{Link, Way, World};
