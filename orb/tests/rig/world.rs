//! A server with a probe, a client, and every way between them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quorb::runtime::DrainReport;
use quorb::{Address, Limits, MemoryNetwork, Orb, Preference, Proxy};

use tokio::net::TcpListener;

use super::probe::ProbeProxy;
use super::servant::{Control, ProbeServant};
use super::until;

/// A way from a caller to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Collocated,
    MemoryNative,
    MemoryIiop,
    UnixNative,
    UnixIiop,
    TcpNative,
    TcpIiop,
}

impl Way {
    /// Those with a connection.
    pub const REMOTE: [Way; 6] =
        [Way::MemoryNative, Way::MemoryIiop, Way::UnixNative, Way::UnixIiop, Way::TcpNative, Way::TcpIiop];

    /// Whether the caller is in the object's process.
    pub fn is_collocated(self) -> bool {
        self == Way::Collocated
    }

    /// The protocol to prefer.
    pub fn preference(self) -> Preference {
        match self {
            Way::MemoryIiop | Way::UnixIiop | Way::TcpIiop => Preference::IiopOnly,
            _ => Preference::NativeOnly,
        }
    }

    /// Small calls that get past two large bodies at least: GIOP messages are sent whole, the native protocol interleaves.
    pub fn passing_min(self) -> u32 {
        if self.preference() == Preference::NativeOnly { 5 } else { 1 }
    }

    fn listen(self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        match self {
            Way::MemoryNative | Way::MemoryIiop => "memory:probe".to_owned(),
            Way::UnixNative | Way::UnixIiop => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let name = format!("quorb-{}-{number}.sock", std::process::id());
                format!("unix:{}", std::env::temp_dir().join(name).display())
            }
            _ => "127.0.0.1:0".to_owned(),
        }
    }
}

/// A server, its object, and a client.
pub struct World {
    pub server: Orb,
    pub client: Orb,
    pub network: MemoryNetwork,
    pub control: Arc<Control>,
    /// The object, as the client sees it.
    pub probe: ProbeProxy,
    /// The object, as the server sees it.
    pub own: ProbeProxy,
}

impl World {
    /// With the default limits.
    pub async fn new(way: Way) -> World {
        World::with(way, |_| {}, |_| {}).await
    }

    /// With limits of its own for the server.
    pub async fn serving(way: Way, limits: impl FnOnce(&mut Limits)) -> World {
        World::with(way, limits, |_| {}).await
    }

    /// With limits of their own for both.
    pub async fn with(way: Way, server: impl FnOnce(&mut Limits), client: impl FnOnce(&mut Limits)) -> World {
        let network = MemoryNetwork::new();
        let builder =
            Orb::builder().memory(&network).listen(way.listen()).prefer(way.preference()).limits(server);
        let server = builder.start().await.expect("the server starts");
        let (servant, control) = ProbeServant::new();
        let own = server.serve("probe", servant).expect("the id is free");
        let client = match way {
            Way::Collocated => server.clone(),
            _ => {
                let builder = Orb::builder().memory(&network).prefer(way.preference()).limits(client);
                builder.start().await.expect("the client starts")
            }
        };
        let probe = client.bind(&own.object().to_string()).expect("the reference is good");
        World { server, client, network, control, probe, own }
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        match &self.server.addresses()[0] {
            Address::Tcp { port, .. } => *port,
            other => panic!("{other} has no port"),
        }
    }

    /// Nothing is left of any call.
    pub async fn is_clean(&self) {
        until("nothing is under way", || {
            let (client, server) = (self.client.open_calls(), self.server.open_calls());
            client.made == 0 && server.made == 0 && client.served == 0 && server.served == 0
        })
        .await;
    }

    /// Shuts both down, and checks that nothing stays behind.
    pub async fn end(self) -> DrainReport {
        self.is_clean().await;
        self.client.shutdown(Duration::from_secs(1)).await;
        let report = self.server.shutdown(Duration::from_secs(1)).await;
        until("every connection is gone", || {
            self.server.open_connections() == 0 && self.client.open_connections() == 0
        })
        .await;
        report
    }
}

/// Where something listens.
pub struct At(SocketAddr);

impl From<SocketAddr> for At {
    fn from(address: SocketAddr) -> At {
        At(address)
    }
}

impl From<&TcpListener> for At {
    fn from(listener: &TcpListener) -> At {
        At(listener.local_addr().expect("a bound socket"))
    }
}

/// A client, and its proxy on a probe at an address, by a reference that offers both protocols there.
pub async fn client_of(
    address: impl Into<At>,
    preference: Preference,
    limits: impl FnOnce(&mut Limits),
) -> (Orb, ProbeProxy) {
    let At(address) = address.into();
    let client = Orb::builder().prefer(preference).limits(limits).start().await.expect("the client starts");
    let made_by = Orb::builder().listen("127.0.0.1:0").advertise(address.to_string());
    let made_by = made_by.start().await.expect("the maker of the reference starts");
    let reference =
        made_by.serve("probe", ProbeServant::new().0).expect("the id is free").object().to_string();
    made_by.shutdown(Duration::ZERO).await;
    let probe = client.bind(&reference).expect("the reference is good");
    (client, probe)
}

/// Makes one test of each way out of a test that is written once.
#[allow(unused_macros, reason = "each test program uses its own part of the rig")]
macro_rules! every_way {
    ($($(#[$attribute:meta])* $test:ident;)*) => { $(
        mod $test {
            use crate::rig::Way;
            #[tokio::test] async fn collocated() { super::$test(Way::Collocated).await; }
            #[tokio::test] async fn memory_native() { super::$test(Way::MemoryNative).await; }
            #[tokio::test] async fn memory_iiop() { super::$test(Way::MemoryIiop).await; }
            #[tokio::test] async fn unix_native() { super::$test(Way::UnixNative).await; }
            #[tokio::test] async fn unix_iiop() { super::$test(Way::UnixIiop).await; }
            #[tokio::test] async fn tcp_native() { super::$test(Way::TcpNative).await; }
            #[tokio::test] async fn tcp_iiop() { super::$test(Way::TcpIiop).await; }
        }
    )* };
}

/// As [`every_way`], without the collocated one.
#[allow(unused_macros, reason = "each test program uses its own part of the rig")]
macro_rules! every_connection {
    ($($test:ident;)*) => { $(
        mod $test {
            use crate::rig::Way;
            #[tokio::test] async fn memory_native() { super::$test(Way::MemoryNative).await; }
            #[tokio::test] async fn memory_iiop() { super::$test(Way::MemoryIiop).await; }
            #[tokio::test] async fn unix_native() { super::$test(Way::UnixNative).await; }
            #[tokio::test] async fn unix_iiop() { super::$test(Way::UnixIiop).await; }
            #[tokio::test] async fn tcp_native() { super::$test(Way::TcpNative).await; }
            #[tokio::test] async fn tcp_iiop() { super::$test(Way::TcpIiop).await; }
        }
    )* };
}
