//! The simulator: production cores in virtual time, over a network and on machines that fail.
//!
//! [`run`](run::run) plays a seed: a [scenario] draws machines and faults, a simple application uses every
//! class of messages, queries, groups and state transfer, and the [invariants] look at the [trace]. Everything follows
//! from the seed, so a violation can be replayed. Known mistakes in the core can be switched on one at a time; each must
//! be caught.

mod application;
pub mod coverage;
mod disk;
mod due;
mod faults;
mod habits;
pub mod invariants;
mod moments;
mod network;
pub mod objects;
mod payload;
mod plots;
pub mod random;
pub mod run;
pub mod scenario;
pub mod sharp;
pub mod trace;
mod upgrades;
mod world;

/// Something that must hold did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's code.
    pub code: &'static str,
    /// What was seen.
    pub detail: String,
}
