//! Load shared among the processes of a domain.

use super::proto::share::{LoadTable, Piece, Policy};
use super::ranking::Ranking;
use super::replicated::{Replicated, ToolError};
use crate::core::ProcessId;
use crate::driver::Domain;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Says who does what. Members report their load; whoever has work chooses one of them, without a message.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Balancer, ToolError};
/// # use quorb_groups::toolkit::proto::share::Policy;
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let balancer = Balancer::join(domain, "workers").await?;
/// balancer.report(3).await?;                                        // jobs in hand here
/// let idle = balancer.choose(Policy::LeastLoaded, &());
/// let same = balancer.choose(Policy::Affinity, &"customer 4711");   // the same one, as long as it is there
/// let mine = balancer.ranking().is_some_and(|ranking| ranking.is_first());
/// # let _ = (idle, same, mine); Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Balancer {
    table: Replicated<LoadTable>,
    number: Arc<AtomicU64>,
}

impl Balancer {
    /// Joins the group of this name.
    ///
    /// # Errors
    /// When the group cannot be entered.
    pub async fn join(domain: &Domain, name: &str) -> Result<Self, ToolError> {
        let table = Replicated::join(domain, name, LoadTable::default()).await?;
        Ok(Self { table, number: Arc::default() })
    }

    /// Reports this member's load, in whatever unit all of them use.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn report(&self, load: u64) -> Result<(), ToolError> {
        self.table.change(load).await
    }

    /// Who is to do a piece of work about `key`.
    #[must_use]
    pub fn choose(&self, policy: Policy, key: &impl Hash) -> Option<ProcessId> {
        let piece = Piece {
            number: self.number.fetch_add(1, Ordering::Relaxed),
            key: hashed(key),
            chance: RandomState::new().hash_one(0),
        };
        self.table.look(|table| table.choose(policy, piece))
    }

    /// This member's rank among those that share.
    #[must_use]
    pub fn ranking(&self) -> Option<Ranking> {
        self.table.look(|table| Ranking::of(self.table.me(), table.members()))
    }

    /// The value behind it.
    #[must_use]
    pub fn table(&self) -> &Replicated<LoadTable> {
        &self.table
    }
}

/// The same at every process: FNV-1a, over what the key feeds.
fn hashed(key: &impl Hash) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    key.hash(&mut hasher);
    hasher.finish()
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
