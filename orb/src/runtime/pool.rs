//! The connection cache: one connection for each peer and protocol, shared by all references that lead there.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{Mutex, watch};

use super::connect::{ConnectError, open};
use super::endpoint::{Endpoint, WireChoice};
use super::{Address, Connection, Orb};

/// What a connection can be shared for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(super) address: Address,
    pub(super) wire: WireChoice,
}

/// The outgoing connections of a broker.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    slots: DashMap<PoolKey, Arc<Slot>>,
}

/// A place for a connection. The lock is held while one is being opened, so that callers who want the same one wait for
/// it instead of opening their own. If that fails, it fails for all who waited: they do not try one after the other, each
/// with a wait of its own.
#[derive(Debug, Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
    failures: watch::Sender<Failures>,
}

/// The failures to open a connection.
#[derive(Debug, Default, Clone)]
struct Failures {
    count: u64,
    last: Option<ConnectError>,
}

impl Pool {
    /// The connection to an endpoint; opens it if there is none. Cancellation safe: the next caller opens it then.
    pub(super) async fn connect(
        &self,
        orb: &Orb,
        endpoint: &Endpoint,
    ) -> Result<Arc<Connection>, ConnectError> {
        let key = endpoint.pool_key();
        let visit = Visit { pool: self, slot: self.slots.entry(key.clone()).or_default().clone(), key };
        let slot = &visit.slot;
        let failures_before = slot.failures.borrow().count;
        let mut place = slot.connection.lock().await;
        if let Some(connection) = place.as_ref().filter(|connection| connection.is_usable()) {
            return Ok(connection.clone());
        }
        let Failures { count, last } = slot.failures.borrow().clone();
        if let Some(error) = last.filter(|_| count > failures_before) {
            return Err(error);
        }
        match open(orb, visit.key.clone()).await {
            Ok(connection) => {
                *place = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                slot.failures.send_modify(|failures| {
                    failures.count += 1;
                    failures.last = Some(error.clone());
                });
                Err(error)
            }
        }
    }

    /// Drops the place of a connection that has ended.
    pub(super) fn forget(&self, key: &PoolKey, number: u64) {
        self.slots.remove_if(key, |_, slot| {
            slot.connection
                .try_lock()
                .is_ok_and(|place| place.as_ref().is_some_and(|kept| kept.number == number))
        });
    }

    /// Drops every place.
    pub(super) fn clear(&self) {
        self.slots.clear();
    }
}

/// Somebody wants the connection of a place. The last one to go removes a place that has none, however it goes.
struct Visit<'a> {
    pool: &'a Pool,
    slot: Arc<Slot>,
    key: PoolKey,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.pool.slots.remove_if(&self.key, |_, slot| {
            // Ours and the map's own.
            Arc::ptr_eq(slot, &self.slot)
                && Arc::strong_count(slot) <= 2
                && slot.connection.try_lock().is_ok_and(|place| place.is_none())
        });
    }
}
