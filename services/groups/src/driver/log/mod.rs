//! The log on disk: append-only files in one directory, many records with one sync.
//!
//! ```text
//!   DIR/identity          the name on this disk, and the domain it is for
//!   DIR/lock              held while a process uses the directory
//!   DIR/<first>.log       segments, each named by the number of its first record
//!
//!   owner -- append --> thread: write all that is waiting, sync once --> "synced up to n" --> owner
//! ```
//!
//! The core decides what is written and what waits for it (see [`core`](crate::core)); this writes, reads back, and says
//! clearly when it cannot. A record that the process did not live to finish is dropped when it is next read. Anything else
//! that is not as it was written is an error: the process does not start, and nothing is changed. A log that can no longer be
//! written, on a full disk for instance, ends the process as a crash would; it starts again when there is room.

mod directory;
mod frame;
mod segment;
mod writer;

pub use directory::LogError;
pub(super) use directory::open;
pub(super) use writer::{LogHandle, Report};

#[cfg(test)]
mod tests;
