//! Foreign ORBs as processes under test.
//!
//! [`peers::build`] compiles the programs of `interop/peers`; [`Process`] runs one of them; [`Report`] is what a
//! client found out; [`Tap`] sits between the two and notes, or spoils, what passes.
//!
//! A machine without the foreign ORB skips these tests and says what to install. With `QUORB_REQUIRE_PEERS=1`
//! in the environment a missing peer fails them instead.

pub mod checks;
pub mod echo;
mod folder;
pub mod limits;
mod mesh;
mod omninames;
pub mod peers;
mod plan;
mod port;
mod process;
mod report;
mod server;
pub mod serving;
mod steps;
pub mod table;
pub mod tally;
mod tap;
mod trail;
pub mod zoo;

pub use folder::Folder;
pub use mesh::Mesh;
pub use omninames::OmniNames;
pub use port::free_port;
pub use process::{Finished, Process, ProcessFault};
pub use report::{Outcome, Report, ReportFault};
pub use server::{Reference, Server};
pub use tap::{Direction, Message, MessageKind, Tap};
pub use trail::Trail;
