//! The connection cache: one connection for each peer and protocol, shared by all references that lead there.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::Mutex;

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
/// it instead of opening their own.
#[derive(Debug, Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
}

impl Pool {
    /// The connection to an endpoint; opens it if there is none. Cancellation safe: the next caller opens it then.
    pub(super) async fn connect(
        &self,
        orb: &Orb,
        endpoint: &Endpoint,
    ) -> Result<Arc<Connection>, ConnectError> {
        let key = endpoint.pool_key();
        let slot = self.slots.entry(key.clone()).or_default().clone();
        let mut place = slot.connection.lock().await;
        if let Some(connection) = place.as_ref().filter(|connection| connection.is_usable()) {
            return Ok(connection.clone());
        }
        match open(orb, key.clone()).await {
            Ok(connection) => {
                *place = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                drop(place);
                self.forget_if_empty(&key);
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

    fn forget_if_empty(&self, key: &PoolKey) {
        self.slots.remove_if(key, |_, slot| {
            Arc::strong_count(slot) <= 2 && slot.connection.try_lock().is_ok_and(|place| place.is_none())
        });
    }
}
