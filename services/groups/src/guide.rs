//! Pages for people; everything in them is compiled.

#[doc = include_str!("../guide/replicating.md")]
pub mod replicating {}

#[doc = include_str!("../guide/managing.md")]
pub mod managing {}

#[doc = include_str!("../guide/tools.md")]
pub mod tools {}

#[doc = include_str!("../guide/guarantees.md")]
pub mod guarantees {}
