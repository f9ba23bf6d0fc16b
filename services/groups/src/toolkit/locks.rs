//! Locks among the processes of a domain.

use super::proto::lock::{Grant, LockChange, LockTable};
use super::replicated::{Replicated, ToolError};
use crate::driver::Domain;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The locks of a group of processes, by name. A process that is lost loses its locks as soon as all know of it; the next in line
/// is told.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Locks, ToolError};
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let locks = Locks::join(domain, "locks").await?;
/// let guard = locks.lock("ledger").await?;
/// if guard.after_loss() { /* the holder before was lost in the middle of something: look at it first */ }
/// println!("everything stored under number {} or above is mine", guard.fence());
/// guard.release().await?; // or drop it
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Locks {
    table: Replicated<LockTable>,
    last: Arc<AtomicU64>,
}

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
#[must_use = "dropping it gives the lock back"]
pub struct LockGuard {
    asked: Asked,
    grant: Grant,
}

/// A place in line. Dropping it leaves the line, or gives the lock back.
#[derive(Debug)]
struct Asked {
    table: Replicated<LockTable>,
    name: String,
    request: u64,
    is_over: bool,
}

impl Locks {
    /// Joins the group of this name.
    ///
    /// # Errors
    /// When the group cannot be entered.
    pub async fn join(domain: &Domain, name: &str) -> Result<Self, ToolError> {
        let table = Replicated::join(domain, name, LockTable::default()).await?;
        // Requests of an earlier membership of this process do not come back as those of this one.
        let first = RandomState::new().hash_one(name) >> 1;
        Ok(Self { table, last: Arc::new(AtomicU64::new(first)) })
    }

    /// Waits for a lock. Cancelled, it leaves the line.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn lock(&self, name: &str) -> Result<LockGuard, ToolError> {
        let mut asked = self.asked(name);
        let (name, request) = (asked.name.clone(), asked.request);
        if !self.table.change(LockChange::Ask { name: name.clone(), request }).await? {
            asked.is_over = true;
            return Err(ToolError::Encoding(format!("there are too many locks to begin with `{name}`")));
        }
        let me = self.table.me();
        let grant = self.table.until(|table| table.granted(&name, me, request)).await?;
        Ok(LockGuard { asked, grant })
    }

    /// Takes a lock if it is free.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub async fn try_lock(&self, name: &str) -> Result<Option<LockGuard>, ToolError> {
        let mut asked = self.asked(name);
        let (name, request) = (asked.name.clone(), asked.request);
        let has_it = self.table.change(LockChange::Try { name: name.clone(), request }).await?;
        let grant = self.table.look(|table| table.granted(&name, self.table.me(), request));
        match grant.filter(|_| has_it) {
            Some(grant) => Ok(Some(LockGuard { asked, grant })),
            None => {
                asked.is_over = true;
                Ok(None)
            }
        }
    }

    /// The value behind it: who holds what, and who waits.
    #[must_use]
    pub fn table(&self) -> &Replicated<LockTable> {
        &self.table
    }

    fn asked(&self, name: &str) -> Asked {
        let request = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        Asked { table: self.table.clone(), name: name.to_owned(), request, is_over: false }
    }
}

impl LockGuard {
    /// The number of this grant: later grants have larger ones. Have whatever the lock protects refuse smaller numbers than it has
    /// seen: then a holder that was cut off, and does not know yet that it is lost, does no harm.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.grant.fence
    }

    /// Whether the holder before was lost: what the lock protects may be half done.
    #[must_use]
    pub fn after_loss(&self) -> bool {
        self.grant.after_loss
    }

    /// Whether it is still held: not so once this process is out of the group.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let Asked { table, name, request, .. } = &self.asked;
        table.members().contains(&table.me())
            && table.look(|locks| locks.granted(name, table.me(), *request)) == Some(self.grant)
    }

    /// Gives the lock back; returns when everybody knows.
    ///
    /// # Errors
    /// When this process is out of the group, and the lock with it.
    pub async fn release(mut self) -> Result<(), ToolError> {
        self.asked.is_over = true;
        let Asked { table, name, request, .. } = &self.asked;
        table.change(LockChange::Release { name: name.clone(), request: *request }).await.map(drop)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.is_over {
            let name = std::mem::take(&mut self.name);
            self.table.post(LockChange::Release { name, request: self.request });
        }
    }
}
