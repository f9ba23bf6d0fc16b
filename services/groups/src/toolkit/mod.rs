//! Tools for the processes of a domain: values, locks, tokens, barriers and work that they share, and eyes on each other.
//!
//! ```text
//!   Locks, Tokens, Barriers, Balancer            handles: what an application calls
//!        |
//!   Replicated<T> -- change --> the group's one order --> T::apply at every member; T::roster at every view
//! ```
//!
//! Each tool is a value that every member changes at the same places of one order ([`proto`]); [`Replicated`] runs such a value
//! over a group. A member that is lost is known to all at one place of that order, so each tool has one answer to that,
//! and every member gives the same.
//!
//! For objects that clients call by reference see [`object`](crate::object); these are for the processes themselves.

mod balancer;
mod barriers;
mod cell;
mod journal;
mod locks;
mod monitor;
pub mod proto;
mod ranking;
mod replicated;
mod tokens;

pub use balancer::Balancer;
pub use barriers::Barriers;
pub use cell::Shared;
pub use journal::{JournalError, Playback, Step};
pub use locks::{LockGuard, Locks};
pub use monitor::{GroupChange, GroupMonitor, MemberChange, Monitor};
pub use ranking::Ranking;
pub use replicated::{JoinTool, Replicated, ToolError};
pub use tokens::Tokens;
