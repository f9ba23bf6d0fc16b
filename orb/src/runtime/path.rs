//! A reference, and what it offers to a caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quorb_giop::cdr::{Cdr, CdrError, Decoder};
use quorb_giop::ior::Ior;

use super::Address;
use super::callers::Wanted;
use super::connection::Connection;
use super::endpoint::{Endpoint, endpoints_of};
use super::orb::Orb;
use crate::adapter::ObjectKey;
use crate::proto::head::EndpointSet;

/// A reference, and what it offers to a caller.
pub(super) struct Path {
    pub(super) ior: Arc<Ior>,
    /// Best first; at most `endpoints_max`.
    pub(super) endpoints: Vec<Arc<Endpoint>>,
    /// The object is in this process.
    pub(super) own: Option<ObjectKey>,
    /// The version of the endpoint set; 0 if it does not change.
    pub(super) set_version: u64,
    /// The server was built with another version of the interface: bodies go as CBOR from the start.
    pub(super) wants_cbor: AtomicBool,
    /// Keeps the connection of an object's broker open that is called back.
    _wanted: Option<Wanted>,
}

/// Why an endpoint set is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    #[error("its reference cannot be read: {0}")]
    Unreadable(#[from] CdrError),
    #[error("it names no endpoint that this broker can use")]
    NoEndpoint,
    #[error("it is about another object: `{0}`")]
    OtherObject(ObjectKey),
}

impl Path {
    pub(super) fn of(orb: &Orb, ior: &Ior) -> Path {
        let mut endpoints = endpoints_of(ior, orb.preference());
        endpoints.truncate(orb.limits().endpoints_max);
        let own = orb.own_key(ior);
        let wanted = wanted(orb, &endpoints).filter(|_| own.is_none());
        Path {
            set_version: endpoints.iter().map(|endpoint| endpoint.set_version).max().unwrap_or(0),
            endpoints: endpoints.into_iter().map(Arc::new).collect(),
            own,
            ior: Arc::new(ior.clone()),
            wants_cbor: AtomicBool::new(false),
            _wanted: wanted,
        }
    }

    /// What a server has sent as the new endpoints of the object with this key. It cannot lead to another object: all
    /// servers of a set have the object under the same key.
    pub(super) fn of_set(orb: &Orb, set: &EndpointSet, key: &ObjectKey) -> Result<Path, SetError> {
        let ior = Ior::decode(&mut Decoder::of_encapsulation(&set.ior)?)?;
        let mut endpoints = endpoints_of(&ior, orb.preference());
        endpoints.truncate(orb.limits().endpoints_max);
        if endpoints.is_empty() {
            return Err(SetError::NoEndpoint);
        }
        let own = orb.own_key(&ior);
        let keys = endpoints.iter().map(|endpoint| &endpoint.key).chain(&own);
        if let Some(other) = { keys }.find(|other| *other != key) {
            return Err(SetError::OtherObject(other.clone()));
        }
        for endpoint in &mut endpoints {
            // What the head of the reply says is what the next request must say.
            endpoint.set_version = set.version;
        }
        let _wanted = wanted(orb, &endpoints).filter(|_| own.is_none());
        let endpoints = endpoints.into_iter().map(Arc::new).collect();
        let wants_cbor = AtomicBool::new(false);
        Ok(Path { ior: Arc::new(ior), endpoints, own, set_version: set.version, wants_cbor, _wanted })
    }

    /// With what has been learnt about the servers.
    pub(super) fn of_the_same_servers_as(self, other: &Path) -> Path {
        self.wants_cbor.store(other.wants_cbor.load(Ordering::Relaxed), Ordering::Relaxed);
        self
    }

    /// The endpoint that calls over this connection are made for.
    pub(super) fn endpoint_of(&self, connection: &Connection) -> Option<Arc<Endpoint>> {
        self.endpoints.iter().find_map(|endpoint| connection.endpoint_for(endpoint))
    }

    /// The endpoints that suit, one for each address, in order: an address that cannot be reached with one protocol cannot
    /// be reached with the other.
    pub(super) fn candidates(&self, suits: impl Fn(&Endpoint) -> bool) -> Vec<Arc<Endpoint>> {
        let mut candidates: Vec<Arc<Endpoint>> = Vec::with_capacity(self.endpoints.len());
        for endpoint in self.endpoints.iter().filter(|endpoint| suits(endpoint)) {
            if candidates.iter().all(|known| known.address != endpoint.address) {
                candidates.push(endpoint.clone());
            }
        }
        candidates
    }
}

/// Notes that a caller is wanted, if one is among the endpoints.
fn wanted(orb: &Orb, endpoints: &[Endpoint]) -> Option<Wanted> {
    let callers = endpoints.iter().filter_map(|endpoint| match endpoint.address {
        Address::Caller(identity) => Some(identity),
        _ => None,
    });
    { callers }.next().map(|identity| orb.shared.callers.want(identity))
}
