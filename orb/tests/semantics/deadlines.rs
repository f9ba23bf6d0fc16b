//! Every call ends by its deadline, says truthfully whether it was executed, and leaves nothing behind.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb, Preference, Proxy};
use tokio::net::TcpListener;

use crate::behaviour::deadlines::{LIMIT, ends_in_time, is_timeout};
use crate::rig::blackhole::Blackhole;
use crate::rig::peer::Peer;
use crate::rig::world::client_of;
use crate::rig::{ProbeProxy, Way, World, soon};

#[tokio::test]
async fn nested_calls_to_another_server_have_what_is_left() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let (here, there) = (World::new(way).await, World::new(way).await);
        let limit = Duration::from_secs(3);
        let left = here.probe.with_deadline(limit).time_left_of(&there.own).await.unwrap();
        assert!(left > 0 && left < 3_000_000, "{left} microseconds of 3 s");
        here.end().await;
        there.end().await;
    }
}

#[tokio::test]
async fn a_server_that_never_replies() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (orb, probe) = client_of(&listener, preference, |_| {}).await;
        let probe = probe.with_deadline(LIMIT);
        let (fault, _peer) = tokio::join!(ends_in_time(LIMIT, probe.add(1)), Peer::accept(&listener));
        is_timeout(&fault, Completion::Maybe);
        assert_eq!(orb.open_calls().made, 0);
        orb.shutdown(LIMIT).await;
    }
}

#[tokio::test]
async fn without_any_time_nobody_is_connected_to() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (orb, probe) = client_of(&listener, preference, |_| {}).await;
        is_timeout(&probe.with_deadline(Duration::ZERO).add(1).await.unwrap_err(), Completion::No);
        assert_eq!((orb.open_connections(), orb.open_calls().made), (0, 0));
        orb.shutdown(LIMIT).await;
    }
}

/// Like a process that is stopped: the system accepts its connections, and nobody reads.
#[tokio::test]
async fn a_server_that_never_reads() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (orb, probe) = client_of(&listener, preference, |_| {}).await;
        let probe = probe.with_deadline(LIMIT);
        let octets = vec![0; 32 << 20];
        let fault = ends_in_time(LIMIT, probe.store(&octets)).await;
        assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
        assert_eq!(orb.open_calls().made, 0);
        // Oneway calls wait for room, too, and end.
        let oneway = async {
            loop {
                if let Err(fault) = probe.swallow(&octets).await {
                    return fault;
                }
            }
        };
        let fault = soon("oneway calls end", oneway).await;
        assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
        orb.shutdown(LIMIT).await;
    }
}

#[tokio::test]
async fn a_host_that_swallows_connections() {
    let Blackhole { address, .. } = &Blackhole::open();
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let (orb, probe) = client_of(*address, preference, |_| {}).await;
        let fault = ends_in_time(LIMIT, probe.with_deadline(LIMIT).add(1)).await;
        is_timeout(&fault, Completion::No);
        let line = fault.to_string();
        assert!(line.contains("while connecting"), "{line}");
        assert!(line.contains(&format!("{address} (no connection yet)")), "{line}");
        assert_eq!(orb.open_connections(), 0);
        orb.shutdown(LIMIT).await;
    }
}

/// Callers of the same dead address wait for one attempt together, not for one attempt each.
#[tokio::test]
async fn callers_of_a_dead_address_share_its_failure() {
    let Blackhole { address, .. } = &Blackhole::open();
    let orb = Orb::builder()
        .limits(|limits| {
            limits.connect_time_max = Duration::from_millis(100);
            limits.retry_attempts_max = 0;
        })
        .start()
        .await
        .unwrap();
    let probe: ProbeProxy = orb.bind(&format!("corbaloc::{address}/probe")).unwrap();
    let calls = (0..50).map(|_| {
        tokio::spawn({
            let probe = probe.with_deadline(Duration::from_secs(3));
            async move { probe.add(1).await.unwrap_err() }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let fault = soon("every call ends", call).await.unwrap();
        assert_eq!(fault.kind(), Some(ExceptionKind::Transient), "one attempt of 100 ms is enough: {fault}");
        assert_eq!(fault.completed(), Completion::No);
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let orb = Orb::client().await.unwrap();
    let limit = Duration::from_secs(2);
    let probe: ProbeProxy = orb.bind("corbaloc::no-such-host.invalid:2809/probe").unwrap();
    let fault = soon("the call ends", probe.with_deadline(limit).add(1)).await.unwrap_err();
    // The resolver says no, or nothing in time.
    assert!(matches!(fault.kind(), Some(ExceptionKind::Transient | ExceptionKind::Timeout)), "{fault}");
    assert_eq!(fault.completed(), Completion::No);
    assert!(fault.to_string().contains("no-such-host.invalid:2809"), "{fault}");
}

/// The connection minds the deadlines of its calls together: one that is earlier than those before it must not be missed.
#[tokio::test]
async fn a_short_deadline_behind_long_ones() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let world = World::new(way).await;
        let held = tokio::spawn({
            let probe = world.probe.with_deadline(Duration::from_secs(60));
            async move { probe.hold_query().await }
        });
        world.control.started().await;
        for limit in [LIMIT, LIMIT / 4, LIMIT / 2] {
            let fault = ends_in_time(limit, world.probe.with_deadline(limit).hold_query()).await;
            is_timeout(&fault, Completion::Maybe);
        }
        // The one before goes on.
        world.control.go(4);
        soon("the first call ends", held).await.unwrap().unwrap();
        world.end().await;
    }
}

/// A call ends although nobody drives the connection that stands: the broker's runtime rests, the caller's does not.
#[test]
fn a_caller_whose_broker_rests() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (brokers, callers) = (runtime(), runtime());
    for way in [Way::TcpNative, Way::TcpIiop] {
        let world = brokers.block_on(async {
            let world = World::new(way).await;
            world.probe.value().await.unwrap();
            world
        });
        let fault = callers.block_on(ends_in_time(LIMIT, world.probe.with_deadline(LIMIT).value()));
        is_timeout(&fault, Completion::Maybe);
        brokers.block_on(world.end());
    }
}
