//! Who can be called back over a connection that it has opened itself.

use std::future::Future;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use quorb_giop::ior::Ior;
use quorb_giop::message::ListenPoint;

use super::{Address, Connection, Endpoint, Orb, profiles};
use crate::adapter::{ObjectKey, Servant};
use crate::model::Interface;

/// Whether objects are called over connections that their own broker has opened.
///
/// A client that nobody can connect to, because it listens nowhere or sits behind a firewall, can still pass references to
/// its objects: servers call them over the connection that the client has opened to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Callbacks {
    /// Never: calls go from who connects to who listens. Others that try are refused with NO_PERMISSION.
    Off,
    /// Over native connections.
    #[default]
    Native,
    /// Over native connections, and over those of GIOP 1.2 by the OMG's bidirectional policy (CORBA 3.3 Part 2, 9.8).
    ///
    /// GIOP has no proof that a client is who it says: a server should allow this only where it trusts those who can connect.
    /// Its clients are believed only what lies on their own machine, or a name that nobody could connect to.
    Everywhere,
}

/// The connections that others have opened to this broker, by what they are called back for.
///
/// Where several connections say the same of themselves, the oldest that is open is used: who comes later cannot take over
/// the calls of one that is there.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    at: DashMap<Address, Vec<Arc<Connection>>>,
    /// References that lead to brokers by their identity, as long as they live: what keeps idle connections open.
    wanted: DashMap<u64, Arc<AtomicUsize>>,
}

impl Callers {
    /// A connection can be used for calls to `address`.
    pub(super) fn register(&self, address: Address, connection: &Arc<Connection>) {
        let mut connections = self.at.entry(address).or_default();
        if !connections.iter().any(|known| known.number == connection.number) {
            connections.push(connection.clone());
        }
    }

    /// A connection has ended.
    pub(super) fn forget(&self, addresses: &[Address], number: u64) {
        for address in addresses {
            self.at.remove_if_mut(address, |_, connections| {
                connections.retain(|connection| connection.number != number);
                connections.is_empty()
            });
        }
    }

    /// The oldest connection for calls to `address`.
    pub(super) fn connection(&self, address: &Address) -> Option<Arc<Connection>> {
        let connections = self.at.get(address)?;
        connections.iter().find(|connection| connection.is_usable()).cloned()
    }

    /// Somebody holds a reference that leads to the broker with this identity, over its own connection only.
    pub(super) fn want(&self, identity: u64) -> Wanted {
        let count = self.wanted.entry(identity).or_default().clone();
        count.fetch_add(1, Ordering::AcqRel);
        Wanted(count)
    }

    /// Whether somebody may call the broker with this identity.
    pub(super) fn is_wanted(&self, identity: u64) -> bool {
        let unwanted = self.wanted.remove_if(&identity, |_, count| count.load(Ordering::Acquire) == 0);
        unwanted.is_none() && self.wanted.contains_key(&identity)
    }
}

/// A reference leads to a caller, as long as this lives.
#[derive(Debug)]
pub(super) struct Wanted(Arc<AtomicUsize>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Orb {
    /// The streams that others may read from here.
    pub(crate) fn streams_open(&self) -> &Arc<AtomicUsize> {
        &self.shared.streams_open
    }

    /// Runs a task of the broker.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.runtime.spawn(task);
    }

    /// Activates what a stream is read from, under a key that nobody can guess. It is reached over connections that are open.
    pub(crate) fn activate_source(
        &self,
        servant: Arc<dyn Servant>,
        interface: &'static Interface,
    ) -> (ObjectKey, Ior) {
        let key = ObjectKey::transient(self.incarnation(), self.random());
        self.active_objects().insert(key.clone(), servant);
        let reference = profiles::of_own_source(self, &key, interface);
        (key, reference)
    }

    pub(crate) fn deactivate_source(&self, key: &ObjectKey) {
        self.active_objects().remove(key);
    }

    pub(super) fn callbacks(&self) -> Callbacks {
        self.shared.settings.callbacks
    }

    /// Whether references to objects here say that they are called over this broker's own connections.
    pub(super) fn is_called_back(&self) -> bool {
        self.callbacks() != Callbacks::Off
            && (self.shared.listening.advertised.is_empty() || self.shared.settings.unreachable)
    }

    /// What this broker says of itself to servers that may call it back by GIOP.
    pub(super) fn listen_points(&self) -> Vec<ListenPoint> {
        if self.callbacks() != Callbacks::Everywhere {
            return Vec::new();
        }
        let points = self.shared.listening.advertised.iter();
        let mut points: Vec<ListenPoint> =
            points.map(|(host, port)| ListenPoint { host: host.clone(), port: *port }).collect();
        if points.is_empty() {
            let (host, port) = nowhere(self.shared.identity);
            points.push(ListenPoint { host, port });
        }
        points
    }
}

/// The address of a broker that listens nowhere, for protocols that must name one. No such name is ever resolved (RFC 6761, 6.4),
/// and no two brokers have the same.
pub(super) fn nowhere(identity: u64) -> (String, u16) {
    (format!("{identity:016x}{NOWHERE}"), NOWHERE_PORT)
}

/// Whether a host is the name of a broker that listens nowhere.
pub(super) fn is_nowhere(host: &str) -> bool {
    host.ends_with(NOWHERE)
}

const NOWHERE: &str = ".quorb.invalid";

/// Some number that is not 0, which means that there is no port.
const NOWHERE_PORT: u16 = 1;

/// Listen points of one connection that are taken notice of.
pub(super) const LISTEN_POINTS_MAX: usize = 16;

/// Whether a client at `peer` (as its socket says) is believed that it listens at `host`: an address of its own machine, or a
/// name that nobody could connect to. Everything else would let a client have the calls that are meant for others.
pub(super) fn is_credible(host: &str, peer: &str) -> bool {
    if is_nowhere(host) {
        return true;
    }
    let Some(peer) = ip_of(peer) else {
        // A Unix socket, or memory: its other end is on this machine.
        return host.parse().is_ok_and(is_of_this_machine);
    };
    let Ok(host) = host.parse::<IpAddr>() else { return false };
    host.to_canonical() == peer || is_of_this_machine(peer) && is_of_this_machine(host)
}

fn ip_of(peer: &str) -> Option<IpAddr> {
    peer.parse::<std::net::SocketAddr>().ok().map(|address| address.ip().to_canonical())
}

/// Only an address of this machine can be bound. Nothing is sent.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || !ip.is_unspecified() && !ip.is_multicast() && UdpSocket::bind((ip, 0)).is_ok()
}

impl Endpoint {
    /// Whether nothing listens there: it is reached only over a connection of its own broker's.
    pub(super) fn is_only_called_back(&self) -> bool {
        match &self.address {
            Address::Caller(_) => true,
            Address::Tcp { host, .. } => is_nowhere(host),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_believed_what_lies_on_its_own_machine() {
        for (host, peer, believed) in [
            ("10.1.2.3", "10.1.2.3:4711", true),
            ("10.1.2.3", "10.1.2.4:4711", false),
            ("::ffff:10.1.2.3", "10.1.2.3:4711", true),
            ("127.0.0.1", "10.1.2.3:4711", false),
            ("127.0.0.1", "127.0.0.1:4711", true),
            ("bank.example", "10.1.2.3:4711", false),
            ("0.0.0.0", "127.0.0.1:4711", false),
            ("00000000000000ff.quorb.invalid", "10.1.2.3:4711", true),
            ("127.0.0.1", "unix:/run/x.sock", true),
            ("10.1.2.3", "memory:x", false),
        ] {
            assert_eq!(is_credible(host, peer), believed, "{host} for {peer}");
        }
        let (host, port) = nowhere(255);
        assert_eq!((host.as_str(), port, is_nowhere(&host)), ("00000000000000ff.quorb.invalid", 1, true));
    }

    #[test]
    fn it_is_wanted_as_long_as_a_reference_lives() {
        let callers = Callers::default();
        assert!(!callers.is_wanted(1));
        let (one, two) = (callers.want(1), callers.want(1));
        drop(one);
        assert!(callers.is_wanted(1) && !callers.is_wanted(2));
        drop(two);
        assert!(!callers.is_wanted(1));
    }
}
