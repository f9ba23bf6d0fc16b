//! Management: which processes can hold replicas, which objects have them where, and the program's and other tools' way to ask.
//!
//! ```text
//!   Host ---- enrol, ready, gone ----> Placement, a replicated object of its own, at every host of the domain
//!     ^                                    |  the same plan everywhere
//!     +-- serve, leave <---- agent <-------+        quorb group add, remove, move ... call it as any object
//! ```
//!
//! A [`Host`] offers kinds of objects; the [`Placement`](placement::Placement) says which of them it serves, and the host does
//! that. Where a number of replicas is wanted, lost ones are replaced as long as there are hosts. [`interface`] is what tools
//! call: the plan under the key [`PLACEMENT_KEY`], what a process sees of its domain under [`DOMAIN_KEY`], and FT-CORBA's
//! reading operations under [`FT_KEY`].

mod agent;
mod control;
mod ft;
mod host;
pub mod interface;
mod offer;
pub mod placement;

pub use ft::{
    Location, MemberNotFound, NameComponent, ObjectGroupManager, ObjectGroupManagerProxy,
    ObjectGroupNotFound, ReadMemberError,
};
pub use host::{Host, HostError, StartHost};

/// The key of the plan at every host, and the name of its group.
pub const PLACEMENT_KEY: &str = "quorb.placement";
/// The key of what a process sees of its domain, at every host.
pub const DOMAIN_KEY: &str = "quorb.domain";
/// The key of FT-CORBA's reading operations, at every host.
pub const FT_KEY: &str = "ObjectGroupManager";
