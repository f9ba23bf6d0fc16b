//! Peers that want too much: memory, connections, attention.

use std::sync::atomic::Ordering;
use std::time::Duration;

use quorb::proto::native::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};
use quorb_giop::cdr::GiopVersion;
use tokio::io::AsyncWriteExt;

use crate::rig::healthy::Healthy;
use crate::rig::native::{body, frame, greeting, head, request};
use crate::rig::peer::{Peer, resident_bytes};
use crate::rig::{PATIENCE, Way, World, giop, logs, soon, until};

const MEBIBYTE: usize = 1 << 20;

/// Small requests for large replies that are never read: on either protocol the server stops to make them, and gives the
/// client up.
#[tokio::test]
async fn a_client_that_does_not_read() {
    logs::capture();
    let world =
        World::serving(Way::TcpNative, |limits| limits.output_wait_max = Duration::from_millis(800)).await;
    let healthy = Healthy::start(&world).await;
    let giop: Vec<u8> = (1..1000)
        .flat_map(|n| giop::request(GiopVersion::V1_2, 2 * n, "probe", "blob", |out| out.write_u32(4 << 20)))
        .collect();
    let size = body(|out| out.write_u32(60_000));
    let native: Vec<u8> = (1..1000).flat_map(|id| request(id, &head("probe", "blob"), &size)).collect();
    for (attack, size) in [(giop, 4 << 20), ([greeting(), native].concat(), 60_000)] {
        let before = resident_bytes();
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&attack).await;
        let blobs = world.control.blobs.swap(0, Ordering::SeqCst);
        healthy.goes_on().await;
        let line = logs::line_with(&[&peer.name(), "output_wait_max"]).await;
        assert!(line.starts_with("WARN"), "{line}");
        // Little more than output_bytes_max is waiting, and what the system's own buffers take.
        let made = (blobs + world.control.blobs.swap(0, Ordering::SeqCst)) * size;
        assert!(made > 0 && made < 40 * MEBIBYTE, "{made} octets of replies were made");
        let grown = resident_bytes().saturating_sub(before);
        assert!(grown < 150 * MEBIBYTE, "{} MiB for replies that nobody reads", grown / MEBIBYTE);
        until("the connection is gone", || world.server.open_connections() == 1).await;
    }
    healthy.end().await;
    world.end().await;
}

/// A client that calls without end, beside one that calls now and then: between two calls of the one run no more of the
/// other's than it may have in a row, and the few of the turn in which that comes to its end.
#[tokio::test]
async fn a_client_that_floods() {
    const IN_A_ROW: usize = 64;
    const FLOOD: usize = 20_000;
    for way in [Way::TcpNative, Way::TcpIiop] {
        let world = World::serving(way, |limits| limits.calls_in_a_row_max = IN_A_ROW).await;
        let flood: Vec<u8> = (1..=FLOOD as u32)
            .flat_map(|n| giop::request(GiopVersion::V1_2, 2 * n, "probe", "value", |_| {}))
            .collect();
        world.probe.value().await.unwrap();
        let peer = Peer::connect(world.port()).await;
        let (mut reader, mut writer) = peer.stream.into_split();
        let writing = tokio::spawn(async move { writer.write_all(&flood).await.map(|()| writer) });
        let reading = tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
        let dispatched = || world.control.dispatched.load(Ordering::SeqCst);
        until("the flood has begun", || dispatched() > 1).await;
        let mut between = Vec::new();
        while dispatched() < FLOOD {
            let before = dispatched();
            world.probe.value().await.unwrap();
            between.push(dispatched() - before - 1);
        }
        // The first call makes it a crowd.
        let most = between[1..].iter().max().copied().unwrap_or(0);
        between.sort_unstable();
        println!(
            "{way:?}: {} calls, {} of the flood between two, at most {most}",
            between.len(),
            between[between.len() / 2]
        );
        assert!(between.len() > FLOOD / (IN_A_ROW + 32), "{way:?}: the others get their share");
        assert!(most <= IN_A_ROW + 32, "{way:?}: {most}");
        drop(writing.await.unwrap().unwrap());
        until("the flood is over", || dispatched() >= FLOOD + between.len()).await;
        let _ = reading.await.unwrap();
        world.end().await;
    }
}

/// A client that reads, but never gives credit for the replies: further calls of it are refused.
#[tokio::test]
async fn a_client_that_gives_no_credit() {
    let world = World::serving(Way::TcpNative, |limits| limits.replies_bytes_max = 16 * MEBIBYTE).await;
    let healthy = Healthy::start(&world).await;
    let before = resident_bytes();
    let mut peer = Peer::connect(world.port()).await;
    let size = body(|out| out.write_u32(2 << 20));
    let calls: Vec<u8> = (1..=200).flat_map(|id| request(id, &head("probe", "blob"), &size)).collect();
    peer.say(&[greeting(), calls].concat()).await;
    peer.hear(8).await;
    let (mut whole, mut announced) = (0, 0);
    while whole + announced < 200 {
        let octets = peer.hear(FRAME_HEADER_BYTES).await;
        let header = FrameHeader::decode(octets[..].try_into().expect("a header"));
        peer.hear(header.head_len as usize + header.body_len as usize).await;
        match (header.kind, header.body_len) {
            (FrameKind::REPLY, 0) => announced += 1,
            (FrameKind::REPLY, _) => whole += 1,
            _ => {}
        }
    }
    assert!((7..=12).contains(&announced), "{announced} replies of 2 MiB are kept");
    assert!(resident_bytes() < before + 100 * MEBIBYTE);
    healthy.end().await;
    drop(peer);
    world.end().await;
}

/// GIOP has no word for a limit on calls in flight: what comes beyond it is not looked at before others have ended.
#[tokio::test]
async fn more_calls_than_are_served() {
    let world = World::serving(Way::TcpIiop, |limits| limits.calls_in_flight_max = 3).await;
    let mut peer = Peer::connect(world.port()).await;
    let calls = |from: u32| -> Vec<u8> {
        let call = |n| giop::request(GiopVersion::V1_2, 2 * n, "probe", "hold_query", |_| {});
        (from..from + 10).flat_map(call).collect()
    };
    peer.say(&calls(1)).await;
    for served in 3..=10 {
        for _ in 0..if served == 3 { 3 } else { 1 } {
            world.control.started().await;
        }
        assert_eq!(world.control.dispatched.load(Ordering::SeqCst), served);
        world.control.go(1);
        soon("one ends", giop::hear(&mut peer)).await;
    }
    world.control.go(2);
    giop::hear(&mut peer).await;
    giop::hear(&mut peer).await;
    drop(peer);
    world.end().await;
}

#[tokio::test]
async fn oneway_calls_without_end() {
    let world = World::new(Way::TcpIiop).await;
    let healthy = Healthy::start(&world).await;
    let mut peer = Peer::connect(world.port()).await;
    let flood: Vec<u8> =
        (0..20_000).flat_map(|n| giop::oneway(2 * n, "probe", "note", |out| out.write_u32(1))).collect();
    peer.say(&flood).await;
    peer.say(&giop::request(GiopVersion::V1_2, 2, "probe", "value", |_| {})).await;
    soon("the call behind them is answered", giop::hear(&mut peer)).await;
    assert_eq!(world.probe.value().await.unwrap(), 20_000);
    healthy.end().await;
    drop(peer);
    world.end().await;
}

#[tokio::test]
async fn pings_and_unknown_frames_without_end() {
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let before = resident_bytes();
    for kind in [FrameKind::PING, FrameKind(0x90), FrameKind(0x41), FrameKind::CREDIT] {
        let mut peer = Peer::connect(world.port()).await;
        let head: &[u8] = if kind == FrameKind::CREDIT { &[0; 8] } else { &[] };
        let piece = frame(kind, 0, 3, head, &[]).repeat(20_000);
        peer.say(&greeting()).await;
        for _ in 0..5 {
            peer.say(&piece).await;
        }
        healthy.goes_on().await;
    }
    assert!(resident_bytes() < before + 60 * MEBIBYTE);
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn thousands_of_connections() {
    logs::capture();
    let world = World::serving(Way::TcpNative, |limits| {
        limits.connections_max = 300;
        limits.first_octets_wait = Duration::from_secs(5);
    })
    .await;
    let healthy = Healthy::start(&world).await;
    for round in 0..3 {
        let mut peers = Vec::new();
        for _ in 0..700 {
            peers.push(Peer::connect(world.port()).await);
        }
        healthy.goes_on().await;
        assert!(world.server.open_connections() <= 300);
        // The last ones were refused.
        let mut last = peers.pop().expect("one of 700");
        assert!(last.hear_to_end(PATIENCE).await.is_empty());
        logs::line_with(&[&last.name(), "too many connections", "limit=300"]).await;
        drop(peers);
        until("the silent ones are gone", || world.server.open_connections() == 1).await;
        assert!(round < 3);
    }
    assert_eq!(world.probe.add(1).await.unwrap(), 1, "there is room again");
    healthy.end().await;
    world.end().await;
}

/// Connections that are reset before they are accepted do not make the others wait.
#[tokio::test]
async fn connections_that_break_off() {
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    for _ in 0..500 {
        let peer = Peer::connect(world.port()).await;
        let socket = socket2::SockRef::from(&peer.stream);
        socket.set_linger(Some(Duration::ZERO)).expect("a TCP socket");
    }
    assert_eq!(soon("a new client is served", world.probe.add(1)).await.unwrap(), 1);
    healthy.end().await;
    world.end().await;
}
