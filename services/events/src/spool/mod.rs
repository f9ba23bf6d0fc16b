//! What durable channels keep on disk: append-only segments, many blocks with one sync.
//!
//! ```text
//!   DIR/channel              what the channel is
//!   DIR/settled              how far its subscribers with names have come
//!   DIR/lock                 held while a process uses the directory
//!   DIR/<first>.spool        segments, each named by the position of its first event
//! ```
//!
//! | file | what it is about |
//! |---|---|
//! | `frame` | how a block lies in a segment |
//! | `segment` | a file of blocks, and an index of it in memory |
//! | `files` | the small files beside the segments |
//! | `directory` | the segments of a channel: opening, writing, reading, removing the oldest |
//!
//! A block that a process did not live to finish is dropped when the spool is opened. A damaged block costs its events, which
//! readers are told of exactly, and nothing else. Behind the files stands a small trait, [`Spool`], for those who keep their
//! events elsewhere: an existing stream server, for instance.

mod directory;
mod files;
mod frame;
mod segment;
#[cfg(test)]
mod tests;

pub use directory::{DirectorySpool, SpoolError};
pub use files::{ChannelFile, SettledFile};

use std::sync::Arc;

use crate::channel::{Recovered, Stored, Time};

/// Where a durable channel keeps its blocks.
///
/// Appending is done by one thread; readers come at the same time.
pub trait Spool: Send + Sync + 'static {
    /// What is there.
    fn recovered(&self) -> Recovered;

    /// Appends blocks, which follow each other, and returns when they would survive a crash. Afterwards all or, after an
    /// error, none of them are there.
    ///
    /// # Errors
    /// The disk. [`SpoolError::InDoubt`] if nobody knows whether they are there: then nothing more can be appended.
    fn append(&self, blocks: &[Arc<Stored>]) -> Result<(), SpoolError>;

    /// The blocks that hold the positions from `from` on, in front of `until`, about `bytes_max` octets of them; at least one
    /// block if there is one.
    ///
    /// # Errors
    /// The disk. Damage is no error: see [`SpoolPart::gone`].
    fn read(&self, from: u64, until: u64, bytes_max: usize) -> Result<SpoolPart, SpoolError>;

    /// The first position since a time; none if everything is older.
    fn since(&self, time: Time) -> Option<u64>;

    /// The oldest position.
    fn oldest(&self) -> u64;

    /// Nothing more is appended by this process: another one may.
    fn close(&self);
}

/// What was read of a spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpoolPart {
    /// The blocks.
    pub blocks: Vec<Arc<Stored>>,
    /// The position behind what was looked at.
    pub end: u64,
    /// Positions that are gone, from the first to in front of the second: removed, or damaged.
    pub gone: Option<(u64, u64)>,
}
