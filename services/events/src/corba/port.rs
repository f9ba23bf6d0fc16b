//! What the four proxies share: who is connected, and how that ends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use quorb::{ExceptionKind, ObjectRef, Orb, Proxy, SystemException};
use tokio::sync::watch;

use super::parcel::Parcels;
use crate::cos::{PullConsumerProxy, PullSupplierProxy, PushConsumerProxy, PushSupplierProxy};
use crate::server::live::LiveChannel;
use crate::server::refused;

/// The proxies of a channel.
#[derive(Default)]
pub(crate) struct Ports {
    /// The lock is held for a look or an insertion.
    known: Mutex<Known>,
    parcels: Parcels,
}

#[derive(Default)]
struct Known {
    ports: BTreeMap<u64, Arc<Port>>,
    next: u64,
    others: Vec<ObjectRef>,
}

/// One proxy: a place where somebody can be connected.
pub(super) struct Port {
    number: u64,
    pub(super) channel: Arc<LiveChannel>,
    orb: Orb,
    role: Role,
    /// The lock is held for a look.
    state: Mutex<State>,
    reference: OnceLock<ObjectRef>,
    /// True when it has ended.
    ended: watch::Sender<bool>,
}

/// What the peer of a proxy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    PushSupplier,
    PullSupplier,
    PushConsumer,
    PullConsumer,
}

#[derive(Debug)]
enum State {
    Fresh,
    Connected(ObjectRef),
    Ended,
}

/// Somebody is connected already, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken;

impl Ports {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What several consumers are pushed.
    pub(super) fn parcels(&self) -> &Parcels {
        &self.parcels
    }

    /// How many have somebody connected.
    pub(crate) fn connected(&self) -> usize {
        self.known().ports.values().filter(|port| port.is_connected()).count()
    }

    /// An object that ends with the channel.
    pub(super) fn also_deactivate(&self, object: ObjectRef) {
        self.known().others.push(object);
    }

    /// A new proxy of a channel.
    pub(super) fn begin(
        channel: &Arc<LiveChannel>,
        orb: &Orb,
        role: Role,
    ) -> Result<Arc<Port>, SystemException> {
        let mut known = channel.ports().known();
        let limit = channel.limits().proxies_max;
        if known.ports.len() >= limit {
            return Err(refused(ExceptionKind::ImpLimit, format_args!("proxies_max = {limit} proxies")));
        }
        known.next += 1;
        let port = Arc::new(Port {
            number: known.next,
            channel: channel.clone(),
            orb: orb.clone(),
            role,
            state: Mutex::new(State::Fresh),
            reference: OnceLock::new(),
            ended: watch::Sender::new(false),
        });
        known.ports.insert(port.number, port.clone());
        Ok(port)
    }

    /// Forgets them, when the broker has ended and nobody can be told anything.
    pub(crate) fn forget_all(&self) {
        let ports = std::mem::take(&mut *self.known());
        drop(ports);
    }

    /// Ends all of them.
    pub(super) fn end_all(&self, orb: &Orb) {
        let ports = std::mem::take(&mut self.known().ports);
        for port in ports.into_values() {
            port.end_and_tell();
        }
        self.withdraw(orb);
    }

    /// Takes what ends with the channel out of service.
    pub(super) fn withdraw(&self, orb: &Orb) {
        let others = std::mem::take(&mut self.known().others);
        for object in others {
            orb.adapter().deactivate(&object);
        }
    }
}

impl Port {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the reference under which it is active.
    pub(super) fn is_at<P: Proxy>(&self, proxy: P) -> P {
        // It is set once, here.
        let _ = self.reference.set(proxy.object().clone());
        proxy
    }

    pub(super) fn orb(&self) -> &Orb {
        &self.orb
    }

    pub(super) fn is_connected(&self) -> bool {
        matches!(*self.state(), State::Connected(_))
    }

    /// Connects somebody.
    pub(super) fn connect(&self, peer: ObjectRef) -> Result<(), Taken> {
        let mut state = self.state();
        match *state {
            State::Fresh => {
                *state = State::Connected(peer);
                Ok(())
            }
            State::Connected(_) | State::Ended => Err(Taken),
        }
    }

    /// Wakes when it has ended.
    pub(super) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    /// Ends it: it is an object no more. Answers who was connected.
    pub(super) fn end(&self) -> Option<ObjectRef> {
        let before = std::mem::replace(&mut *self.state(), State::Ended);
        self.ended.send_replace(true);
        if let Some(reference) = self.reference.get() {
            self.orb.adapter().deactivate(reference);
        }
        self.channel.ports().known().ports.remove(&self.number);
        match before {
            State::Connected(peer) => Some(peer),
            State::Fresh | State::Ended => None,
        }
    }

    /// Ends it, and lets who was connected know. Nobody waits for that: the peer may be gone.
    pub(super) fn end_and_tell(&self) {
        let Some(peer) = self.end().filter(|peer| !peer.is_nil()) else { return };
        let (role, wait) = (self.role, self.channel.limits().peer_wait_max);
        tokio::spawn(async move {
            let told = match role {
                Role::PushSupplier => {
                    peer.unchecked::<PushSupplierProxy>().with_deadline(wait).disconnect_push_supplier().await
                }
                Role::PullSupplier => {
                    peer.unchecked::<PullSupplierProxy>().with_deadline(wait).disconnect_pull_supplier().await
                }
                Role::PushConsumer => {
                    peer.unchecked::<PushConsumerProxy>().with_deadline(wait).disconnect_push_consumer().await
                }
                Role::PullConsumer => {
                    peer.unchecked::<PullConsumerProxy>().with_deadline(wait).disconnect_pull_consumer().await
                }
            };
            if let Err(fault) = told {
                tracing::debug!(?role, %fault, "a peer of a channel could not be told that it is disconnected");
            }
        });
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("number", &self.number).field("role", &self.role).finish()
    }
}
