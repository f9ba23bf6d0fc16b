//! A store that forgets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Store, StoreError, TakeRow};
use crate::tree::Row;

/// A store in memory: for tests, and for names that need not outlive their server. Clones share their rows, so that a test
/// can start a second service on what the first one has left.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    /// The lock is held for one call.
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    commits: u64,
    is_full: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// How often something was committed.
    pub fn commits(&self) -> u64 {
        self.shared().commits
    }

    /// Lets every commit fail from now on, or lets them go well again: what a full disk does.
    pub fn set_full(&self, is_full: bool) {
        self.shared().is_full = is_full;
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&mut self, row: TakeRow<'_>) -> Result<(), StoreError> {
        self.shared().rows.iter().try_for_each(|(key, value)| row(key, value))
    }

    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let mut shared = self.shared();
        if shared.is_full {
            return Err(StoreError::Failed(std::io::Error::from(std::io::ErrorKind::StorageFull).into()));
        }
        shared.commits += 1;
        for Row { key, value } in rows {
            match value {
                Some(value) => shared.rows.insert(key.clone(), value.clone()),
                None => shared.rows.remove(key),
            };
        }
        Ok(())
    }
}
