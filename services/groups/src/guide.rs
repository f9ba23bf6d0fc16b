//! The guide to groups.
//!
//! [`model`] explains the words and what happens when something fails; [`beyond`] names every decision of the protocol that the
//! papers leave open, with its reason and what shows it. [`replicating`] and [`guarantees`] are about replicated objects;
//! [`measured`] is what it all costs.

#[doc = include_str!("../guide/model.md")]
pub mod model {}

#[doc = include_str!("../guide/beyond.md")]
pub mod beyond {}

#[doc = include_str!("../guide/replicating.md")]
pub mod replicating {}

#[doc = include_str!("../guide/managing.md")]
pub mod managing {}

#[doc = include_str!("../guide/tools.md")]
pub mod tools {}

#[doc = include_str!("../guide/guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("../guide/measured.md")]
pub mod measured {}
