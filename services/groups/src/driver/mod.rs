//! The driver: a process of a domain on tokio, and what an application uses of it.
//!
//! ```text
//!   Domain, Group ------- Call ------------> Owner --- frames ---> writer task of each link ---> TCP
//!   GroupSender -- Sending (outbox) -------> (core)  <-- Net ----- reader task of each link <--- TCP
//!        ^                                     | +---- dials, accepts, wakes at the core's next time
//!        +------ Event (inbox of a group) -----+
//! ```
//!
//! One task owns the [`Core`](crate::core::Core), its listener and its links; nothing else touches protocol state. A link
//! is a TCP connection that carries each frame behind its length (four octets, little-endian). The first frame of both
//! sides is the core's hello: protocol versions, domain name, incarnation and address; then each side says what it has
//! received, and the other goes on from there, so a connection that breaks loses nothing. A connection that is refused
//! is told to the core as evidence that the process has ended.
//!
//! **Why streams of its own** and not the broker's connections: the engine needs what calls do not, namely a connection's
//! end as evidence, frames in one order from one writer, and frames that no call's backlog delays. The core asks for no
//! more than `Dial`, `Send` and `Close`, so broker connections can carry it later without a change to the protocol.
//!
//! **Invariants.** Octets from outside can end a link, never the owner. Every queue has a limit in [`DriverLimits`]. The
//! owner never waits for an application. A member whose application is slow to read acknowledges nothing beyond a limit,
//! so its senders wait; if it reads nothing at all for a while, it loses the group.

mod authority;
mod call;
mod domain;
mod error;
mod event;
mod gate;
mod group;
mod inbox;
mod join;
mod limits;
mod link;
mod lives;
mod log;
mod metrics;
mod obstacle;
mod outbox;
mod owner;
mod registry;
mod requests;
mod rooms;

pub use domain::Domain;
pub(crate) use domain::Served;
pub use error::{Ended, EnterError, Gone, JoinError, RequestError, SendError};
pub use event::{Cast, Delivery, Event, ReadPermit, StateRequest};
pub use group::{EnterGroup, Group, GroupSender};
pub use join::Join;
pub(crate) use limits::BEGINNINGS_MAX;
pub use limits::DriverLimits;
pub(crate) use lives::Way;
pub use log::LogError;
pub use metrics::Metrics;
pub use obstacle::Obstacle;
pub use registry::{DomainWatch, GroupEntry};
