//! The drivers: sockets, tasks, timers around the protocol cores.
//!
//! [`Orb`] is the broker of a process. One task drives each connection; it feeds a core from `proto/` with what the socket
//! delivers, hands requests to the adapter, and writes what the core has to say. Callers append to a connection's output
//! under a short lock; a single call is written at once by its caller, many at a time are gathered by the driver. Where threads
//! wait anyway, they may drive connections themselves: callers that block their shortcuts, a server's threads one connection
//! each.

mod address;
mod at_once;
mod bell;
mod blocking;
mod budget;
mod builder;
mod call;
mod callers;
mod clock;
mod connect;
mod connection;
mod corbaname;
mod crowd;
mod descriptor;
mod driver;
mod endpoint;
mod inbound;
mod initial;
mod input;
mod limits;
mod listen;
mod memory;
mod once;
mod orb;
mod outcome;
mod outgoing;
mod path;
mod pool;
mod profiles;
mod progress;
mod race;
mod reach;
mod references;
mod replies;
mod resolver;
mod room;
mod route;
mod shortcut;
mod shutdown;
mod spare;
mod stream;
mod wire;

pub use address::Address;
pub(crate) use blocking::{block_on_call, may_block, runtime_for};
pub use builder::{BlockingOrb, OrbBuilder, Preference};
pub use callers::Callbacks;
pub(crate) use clock::now;
pub(crate) use connection::Connection;
pub(crate) use endpoint::Endpoint;
pub(crate) use inbound::check_depth;
pub use limits::Limits;
pub use memory::MemoryNetwork;
pub(crate) use orb::OpenUpdate;
pub use orb::{OneRequest, OpenCalls, Orb};
pub(crate) use replies::{readmission_context, reply_encoding};
pub use resolver::Resolver;
pub(crate) use resolver::Source;
pub(crate) use route::Route;
pub(crate) use shutdown::CallUnderWay;
pub use shutdown::{DrainReport, shutdown_signal};
