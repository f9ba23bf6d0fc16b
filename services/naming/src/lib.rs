//! The naming service: objects found by name.
//!
//! [`NameServer`] serves OMG's CosNaming to any CORBA client, durable, and more than it to ours: leases, look-ups that are
//! cached, changes to watch. [`Names`] is how Rust programs use it, or any other naming service. The [`guide`] begins at the
//! beginning.

pub mod client;
pub mod cos;
pub mod limits;
pub mod name;
pub mod server;
pub mod storage;
pub mod tree;

pub use client::{Lease, NameError, Names, Watch, WatchEvent};
pub use limits::Limits;
pub use server::{NameServer, ServeError};

/// The guide: names from the first to the millionth.
#[doc = include_str!("../guide/naming.md")]
pub mod guide {
    #[doc = include_str!("../guide/operating.md")]
    pub mod operating {}

    #[doc = include_str!("../guide/measured.md")]
    pub mod measured {}
}
