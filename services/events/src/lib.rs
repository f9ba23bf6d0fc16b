//! The event service: who has news does not know who wants them.
//!
//! [`EventServer`] serves channels: to any CORBA client through OMG's CosEventChannelAdmin, to Rust programs through
//! [`Events`], with subjects, wildcards, typed payloads, replay, and guarantees by choice. The [`guide`] begins at the
//! beginning; [`guide::choosing`] says what each guarantee means.
//!
//! | module | what it is about |
//! |---|---|
//! | `subject` | what events are about: hierarchical subjects, and patterns of them |
//! | `block` | many events in one piece of memory: what travels, waits and lies on disk |
//! | `channel` | the core of a channel, a value without I/O: order, queues, policies, positions, replay |
//! | `spool` | what durable channels keep on disk |
//! | `cos`, `native` | the interfaces: OMG's, omniEvents', and ours |
//! | `server` | the service in a broker |
//! | `corba` | OMG's channels, admins and proxies |
//! | `topic` | how Rust programs use it |

pub mod block;
pub mod channel;
mod corba;
pub mod cos;
pub mod limits;
pub mod native;
pub mod server;
pub mod spool;
pub mod subject;
pub mod topic;

pub use limits::Limits;
pub use native::{ChannelOptions, Guarantee, Overflow, Start};
pub use server::{EventServer, ServeError};
pub use topic::{Event, EventError, Events, Feed, Loss, Subscription, Topic};

/// The guide: from the first event to a day of them.
#[doc = include_str!("../guide/events.md")]
pub mod guide {
    /// What can be promised, what it costs, and which test shows it.
    #[doc = include_str!("../guide/choosing.md")]
    pub mod choosing {}

    /// Several servers that are one: what is where, and what happens when one fails.
    #[doc = include_str!("../guide/servers.md")]
    pub mod servers {}

    /// What it does beside omniEvents and NATS.
    #[doc = include_str!("../guide/measured.md")]
    pub mod measured {}
}
