//! Where the names are kept when nobody runs the service.

mod memory;
mod redb;

pub use memory::MemoryStore;
pub use redb::RedbStore;

use std::path::PathBuf;

use crate::tree::Row;

/// An ordered store of keys and values, in which the names survive: a file by default, a shared database, memory in tests.
///
/// It is driven by one thread. A store of its own needs three methods; what they promise is all that the service relies on.
pub trait Store: Send + 'static {
    /// Gives every key with its value to `row`, each once, in any order. Called once, first.
    ///
    /// # Errors
    /// What prevents it; `row` may stop it with a reason of its own.
    fn load(&mut self, row: TakeRow<'_>) -> Result<(), StoreError>;

    /// Writes all rows down, or none; the later of two with the same key counts. On return they survive the end of the
    /// process and of the machine.
    ///
    /// # Errors
    /// None of them is written, and none will be; [`StoreError::InDoubt`] says that this is not known.
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreError>;

    /// A moment to put things in order: nobody waits. What it does may fail without harm.
    fn settle(&mut self) {}
}

/// Takes a key and its value.
pub type TakeRow<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError>;

/// Why a store does not do what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has it.
    #[error("{0}: another process uses it")]
    InUse(PathBuf),
    /// The folder or file cannot be made or opened.
    #[error("{path}: {cause}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It cannot be read or written.
    #[error("the store of names: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// It has failed while it wrote, and cannot be asked what it has written. A store that says so has none of the rows once a
    /// later commit has gone well.
    #[error("the store of names failed while it wrote: {0}")]
    InDoubt(Box<dyn std::error::Error + Send + Sync>),
    /// It holds what no naming service has written.
    #[error(transparent)]
    Malformed(#[from] crate::tree::MalformedRow),
}
