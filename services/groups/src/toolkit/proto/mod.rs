//! The tools as values. Nothing here knows a clock, chance, a lock or a task: two members that saw the same changes and rosters
//! hold equal values.

pub mod barrier;
pub mod lock;
pub mod share;
pub mod token;
#[cfg(test)]
pub(crate) mod trial;

use crate::core::ProcessId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that all members of a group have, and change alike.
pub trait State: Serialize + DeserializeOwned + Send + 'static {
    /// What is done to it. It travels as CBOR.
    type Change: Serialize + DeserializeOwned + Send + 'static;
    /// What the member that asked for a change learns of it.
    type Answer: Send + 'static;

    /// Does a change, at its place in the order. The outcome follows from the value, `by` and `change` alone.
    fn apply(&mut self, by: ProcessId, change: Self::Change) -> Self::Answer;

    /// The members with the value, by rank, from this place on. Whoever is missing is gone for good: its changes that all will
    /// ever see have been applied.
    fn roster(&mut self, members: &[ProcessId]) {
        let _ = members;
    }
}
