//! A connection's use against the direction in which it was opened: for calls to its client.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use quorb_giop::message::ListenPoint;

use super::Connection;
use crate::adapter::Protocol;
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::runtime::callers::{LISTEN_POINTS_MAX, is_credible};
use crate::runtime::endpoint::{Endpoint, WireChoice};
use crate::runtime::{Address, Callbacks};

/// What the client of a connection is called back for.
#[derive(Debug, Default)]
pub(super) struct Back {
    /// The identity of a native client that takes calls.
    identity: OnceLock<u64>,
    /// What it is registered under. The lock is held for a look or a change.
    addresses: Mutex<Vec<Address>>,
}

impl Connection {
    /// The native peer has said who it is, and that it takes calls on this connection: a server does, and a client may.
    pub(in crate::runtime) fn leads_to(self: &Arc<Self>, identity: u64) {
        let may_call = self.is_driven() && (self.key.is_some() || self.orb.callbacks() != Callbacks::Off);
        if may_call && self.back.identity.set(identity).is_ok() {
            self.is_called_back_at(Address::Caller(identity));
        }
    }

    /// The GIOP client of an accepted connection has said what it takes calls for.
    pub(in crate::runtime) fn is_opened_at(self: &Arc<Self>, points: Vec<ListenPoint>) {
        for ListenPoint { host, port } in points.into_iter().take(LISTEN_POINTS_MAX) {
            if is_credible(&host, &self.peer.address) {
                self.is_called_back_at(Address::Tcp { host, port });
            } else {
                tracing::warn!(peer = %self.peer, host, port, "a client says that it listens elsewhere, and is not believed");
            }
        }
    }

    fn is_called_back_at(self: &Arc<Self>, address: Address) {
        let mut addresses = self.addresses();
        if !addresses.contains(&address) && addresses.len() < LISTEN_POINTS_MAX {
            self.orb.shared.callers.register(address.clone(), self);
            addresses.push(address);
            drop(addresses);
            if !self.is_usable() {
                // It has ended meanwhile, and has been forgotten before.
                self.forget_calls_back();
            }
        }
    }

    /// The connection is over.
    pub(super) fn forget_calls_back(&self) {
        self.orb.shared.callers.forget(&std::mem::take(&mut *self.addresses()), self.number);
    }

    /// The endpoint as calls over this connection use it, if they may go over it.
    pub(in crate::runtime) fn endpoint_for(&self, endpoint: &Arc<Endpoint>) -> Option<Arc<Endpoint>> {
        if let Some(key) = &self.key {
            let fits = key.wire == endpoint.wire
                && (key.address == endpoint.address || self.addresses().contains(&endpoint.address));
            return fits.then(|| endpoint.clone());
        }
        if !self.addresses().contains(&endpoint.address) {
            return None;
        }
        match (self.peer.protocol, endpoint.wire) {
            (Protocol::Native, WireChoice::Native) => Some(endpoint.clone()),
            // The client has chosen version and code sets when it opened the connection.
            (Protocol::Iiop, WireChoice::Iiop { .. }) => {
                let wire = self.lock().core.wire();
                Some(Arc::new(Endpoint { wire, ..Endpoint::clone(endpoint) }))
            }
            _ => None,
        }
    }

    /// Refuses calls of a server that this side has connected to, where they are not wanted.
    pub(in crate::runtime) fn check_direction(&self) -> Result<(), SystemException> {
        if self.key.is_some() && self.orb.callbacks() == Callbacks::Off {
            return Err(SystemException::new(
                ExceptionKind::NoPermission,
                Minor::CALLBACKS_OFF,
                Completion::No,
            ));
        }
        Ok(())
    }

    /// Whether the connection is needed though it is idle: its client may be called back on it, and by nothing else.
    pub(in crate::runtime) fn is_kept_for_calls_back(&self) -> bool {
        match &self.key {
            Some(key) => {
                let native = key.wire == WireChoice::Native;
                let takes_calls = if native { Callbacks::Native } else { Callbacks::Everywhere };
                let is_on =
                    self.orb.callbacks() == takes_calls || self.orb.callbacks() == Callbacks::Everywhere;
                is_on && self.orb.is_called_back() && !self.orb.adapter().is_empty()
            }
            None => {
                self.back.identity.get().is_some_and(|identity| self.orb.shared.callers.is_wanted(*identity))
            }
        }
    }

    fn addresses(&self) -> std::sync::MutexGuard<'_, Vec<Address>> {
        self.back.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
