//! Connections come and go; proxies stay.

use std::time::Duration;

use quorb::{Address, MemoryNetwork, Orb, Proxy};

use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World, soon, until};

async fn serve(listen: &str, network: &MemoryNetwork) -> (Orb, ProbeProxy) {
    let server = Orb::builder().listen(listen).memory(network).start().await.unwrap();
    let probe = server.serve("probe", ProbeServant::new().0).unwrap();
    (server, probe)
}

async fn a_server_comes_back(way: Way) {
    let world = World::new(way).await;
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    let address = world.server.addresses()[0].clone();
    for round in 0..3 {
        world.server.shutdown(Duration::from_secs(1)).await;
        if round > 0 {
            break;
        }
        let listen = match &address {
            Address::Tcp { host, port } => format!("{host}:{port}"),
            other => other.to_string(),
        };
        let (server, _own) = serve(&listen, &world.network).await;
        // The same proxy, no error in between, another life of the object.
        assert_eq!(soon("the next call", world.probe.add(5)).await.unwrap(), 5);
        assert_eq!(world.client.open_connections(), 1, "the old connection is gone");
        server.shutdown(Duration::from_secs(1)).await;
    }
    world.client.shutdown(Duration::from_secs(1)).await;
}

/// Signs of life are no use: they keep no connection open.
async fn idle_connections_close_and_come_back(way: Way) {
    let limits = |limits: &mut quorb::Limits| {
        limits.idle_time_max = Duration::from_millis(150);
        limits.ping_idle = Duration::from_millis(20);
    };
    let world = World::with(way, limits, limits).await;
    for n in 1..=3 {
        assert_eq!(world.probe.add(1).await.unwrap(), n);
        assert_eq!(world.client.open_connections(), 1);
        until("the connection closes", || {
            world.client.open_connections() == 0 && world.server.open_connections() == 0
        })
        .await;
    }
    // A connection with a call on it is not idle, however long that takes.
    let held = tokio::spawn({
        let probe = world.probe.clone();
        async move { probe.hold_query().await }
    });
    world.control.started().await;
    let other = Orb::builder().memory(&world.network).limits(limits).start().await.unwrap();
    let probe: ProbeProxy = other.bind(&world.own.object().to_string()).unwrap();
    probe.value().await.unwrap();
    until("another connection, opened later, closes", || other.open_connections() == 0).await;
    world.control.go(1);
    assert_eq!(held.await.unwrap().unwrap(), 3);
    world.end().await;
}

every_connection! {
    a_server_comes_back;
    idle_connections_close_and_come_back;
}

/// In a time that passes only where everybody waits: however long the server was away, a call that waits for it succeeds
/// within one wait of the listen.
#[tokio::test(start_paused = true)]
async fn the_first_success_comes_within_one_wait_of_the_listen() {
    let network = MemoryNetwork::new();
    let (server, own) = serve("memory:probe", &network).await;
    let reference = own.object().to_string();
    let wait_max = Duration::from_millis(200);
    for away in [1, 10, 45, 333, 2_718, 9_001] {
        server.shutdown(Duration::ZERO).await;
        let client = Orb::builder().memory(&network).limits(|limits| {
            limits.retry_attempts_max = u32::MAX;
            limits.retry_wait_max = wait_max;
        });
        let client = client.start().await.unwrap();
        let probe: ProbeProxy = client.bind(&reference).unwrap();
        let call = tokio::spawn(async move { probe.add(1).await });
        tokio::time::sleep(Duration::from_millis(away)).await;
        let (again, _own) = serve("memory:probe", &network).await;
        let listens = tokio::time::Instant::now();
        assert_eq!(call.await.unwrap().unwrap(), 1);
        assert!(listens.elapsed() <= wait_max, "{:?} after {away} ms", listens.elapsed());
        client.shutdown(Duration::ZERO).await;
        again.shutdown(Duration::ZERO).await;
    }
}

/// However often calls and the end of an idle connection meet, no call suffers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_moment_of_the_idle_end() {
    for way in [Way::TcpNative, Way::TcpIiop, Way::MemoryNative] {
        let limits = |limits: &mut quorb::Limits| limits.idle_time_max = Duration::from_millis(3);
        let world = World::with(way, limits, limits).await;
        for n in 1..=150 {
            assert_eq!(soon("a call", world.probe.add(1)).await.unwrap(), n);
            tokio::time::sleep(Duration::from_micros(2700 + 10 * (n % 60) as u64)).await;
        }
        world.end().await;
    }
}
