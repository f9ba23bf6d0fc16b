//! Peers that take their time: every wait has a limit.

use std::time::{Duration, Instant};

use quorb::Limits;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{MessageHeader, MessageKind};

use crate::rig::healthy::Healthy;
use crate::rig::native::{greeting, head, request};
use crate::rig::peer::Peer;
use crate::rig::{PATIENCE, Way, World, giop, logs};

const WAIT: Duration = Duration::from_millis(200);

fn short(limits: &mut Limits) {
    limits.first_octets_wait = WAIT;
    limits.message_wait_max = WAIT;
    limits.ping_idle = WAIT;
    limits.ping_timeout = WAIT;
    limits.idle_time_max = Duration::from_secs(60);
}

/// Sends octets one at a time, slowly, until the other side has had enough; returns how long that took.
async fn trickle(peer: &mut Peer, octets: impl IntoIterator<Item = Vec<u8>>) -> Duration {
    let began = Instant::now();
    for piece in octets {
        peer.say(&piece).await;
        let more = Duration::from_millis(10);
        if tokio::time::timeout(more, peer.stream.readable()).await.is_ok() && is_closed(peer) {
            return began.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    peer.hear_to_end(PATIENCE).await;
    began.elapsed()
}

/// Takes what has come; whether the end is among it.
fn is_closed(peer: &mut Peer) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match peer.stream.try_read(&mut buffer) {
            Ok(0) => return true,
            Ok(count) => peer.heard.extend_from_slice(&buffer[..count]),
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

#[tokio::test]
async fn a_peer_that_says_nothing() {
    logs::capture();
    let world = World::serving(Way::TcpNative, short).await;
    let healthy = Healthy::start(&world).await;
    for octets in [&b""[..], b"G", b"GIO", b"QUOR"] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(octets).await;
        assert!(peer.hear_to_end(PATIENCE).await.is_empty());
        logs::line_with(&[&peer.name(), "silent for too long"]).await;
    }
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn one_octet_at_a_time() {
    logs::capture();
    let world = World::serving(Way::TcpNative, short).await;
    let healthy = Healthy::start(&world).await;
    let long = giop::request(GiopVersion::V1_2, 2, "probe", "store", |out| out.write_octets(&[0; 5000]));
    let native = [greeting(), request(1, &head("probe", "store"), &[0; 5000])].concat();
    for (at_once, octets) in [(20, long), (greeting().len() + 4, native)] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&octets[..at_once]).await;
        let taken = trickle(&mut peer, octets[at_once..].iter().map(|octet| vec![*octet])).await;
        assert!(taken < PATIENCE, "{taken:?}");
        logs::line_with(&[&peer.name(), "a message was not completed in time"]).await;
    }
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn a_greeting_without_anything_behind() {
    logs::capture();
    let world = World::serving(Way::TcpNative, short).await;
    let healthy = Healthy::start(&world).await;
    // The preface alone, and a whole greeting whose sender then does not answer when it is asked.
    for octets in [greeting()[..8].to_vec(), greeting()] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&octets).await;
        peer.hear_to_end(PATIENCE).await;
        logs::line_with(&[&peer.name(), "the peer is silent"]).await;
    }
    healthy.end().await;
    world.end().await;
}

fn fragment(version: GiopVersion, content: &[u8]) -> Vec<u8> {
    let header = MessageHeader::new(version, Endian::NATIVE, MessageKind::FRAGMENT, content.len() as u32);
    let mut octets = [&header.encode()[..], content].concat();
    octets[6] |= 2;
    octets
}

#[tokio::test]
async fn fragments_that_never_end() {
    logs::capture();
    let world = World::serving(Way::TcpIiop, short).await;
    let healthy = Healthy::start(&world).await;
    let first = |version| {
        let mut message = giop::request(version, 2, "probe", "store", |_| {});
        message[6] |= 2;
        message
    };
    let id = 2u32.to_ne_bytes();
    let whole = giop::request(GiopVersion::V1_2, 4, "probe", "value", |_| {});
    let more = |piece: Vec<u8>| std::iter::repeat_n(piece, 2000);
    // Fragments for ever; and whole messages for ever, behind a beginning that is never gone on with.
    let attacks: [(Vec<u8>, Vec<u8>); 3] = [
        (first(GiopVersion::V1_1), fragment(GiopVersion::V1_1, &[0; 8])),
        (first(GiopVersion::V1_2), fragment(GiopVersion::V1_2, &id)),
        (first(GiopVersion::V1_2), whole),
    ];
    for (beginning, piece) in attacks {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&beginning).await;
        trickle(&mut peer, more(piece)).await;
        logs::line_with(&[&peer.name(), "a message was not completed in time"]).await;
    }
    healthy.end().await;
    world.end().await;
}

/// A body of the native protocol is announced and never goes on, while its sender shows every other sign of life.
#[tokio::test]
async fn a_body_that_does_not_go_on() {
    logs::capture();
    let world = World::serving(Way::TcpNative, short).await;
    let healthy = Healthy::start(&world).await;
    let request = head("probe", "store");
    let speaker =
        quorb::proto::native::Speaker { client: quorb::proto::head::ClientId(0x5eed), incarnation: 1 };
    let written = quorb::proto::native::RequestFrame::new(&request, speaker, Some(1000));
    let mut octets = Vec::new();
    written.encode(&mut octets);
    let kind = quorb::proto::native::FrameKind::REQUEST;
    let announced = crate::rig::native::frame(kind, written.flags(), 1, &octets, &[]);
    let ping = crate::rig::native::frame(quorb::proto::native::FrameKind::PING, 0, 9, &[], &[]);
    let mut peer = Peer::connect(world.port()).await;
    peer.say(&[greeting(), announced].concat()).await;
    trickle(&mut peer, std::iter::repeat_n(ping, 2000)).await;
    logs::line_with(&[&peer.name(), "a body did not go on in time"]).await;
    healthy.end().await;
    world.end().await;
}

/// Slower than the least pace, in a message that could take an hour.
#[tokio::test]
async fn a_message_that_trickles() {
    logs::capture();
    let pace = |limits: &mut Limits| {
        limits.message_wait_max = Duration::from_secs(3600);
        limits.message_rate_window = WAIT;
        limits.message_bytes_per_second_min = 10_000;
    };
    let world = World::serving(Way::TcpNative, pace).await;
    let healthy = Healthy::start(&world).await;
    let long = giop::request(GiopVersion::V1_2, 2, "probe", "store", |out| out.write_octets(&[0; 50_000]));
    let native = [greeting(), request(1, &head("probe", "store"), &[0; 50_000])].concat();
    for (at_once, octets) in [(20, long), (greeting().len() + 4, native)] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&octets[..at_once]).await;
        let taken = trickle(&mut peer, octets[at_once..].iter().map(|octet| vec![*octet])).await;
        assert!(taken < PATIENCE, "{taken:?}");
        logs::line_with(&[&peer.name(), "message_bytes_per_second_min"]).await;
    }
    healthy.end().await;
    world.end().await;
}

/// Slow, but not slower than is allowed, over many windows; and silent for long where no message has begun.
#[tokio::test]
async fn a_message_that_takes_its_time() {
    let pace = |limits: &mut Limits| {
        limits.message_rate_window = Duration::from_millis(400);
        limits.message_bytes_per_second_min = 3;
    };
    let world = World::serving(Way::TcpIiop, pace).await;
    let octets = giop::request(GiopVersion::V1_2, 2, "probe", "store", |out| out.write_octets(&[0; 5000]));
    let mut peer = Peer::connect(world.port()).await;
    for _ in 0..2 {
        for piece in octets.chunks(200) {
            peer.say(piece).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        let reply = crate::rig::soon("it is answered", giop::hear(&mut peer)).await;
        drop(reply);
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    drop(peer);
    world.end().await;
}

/// A peer that is cut off in the middle of its call, without a word: the call is cancelled, and the others go on.
#[tokio::test]
async fn a_peer_that_loses_its_cable() {
    logs::capture();
    let world = World::serving(Way::TcpNative, short).await;
    let healthy = Healthy::start(&world).await;
    let mut peer = Peer::connect(world.port()).await;
    let call = request(1, &head("probe", "hold_query"), &[]);
    peer.say(&[greeting(), call].concat()).await;
    world.control.started().await;
    // It is there, but nothing of it is heard any more.
    world.control.dropped().await;
    logs::line_with(&[&peer.name(), "the peer is silent"]).await;
    healthy.end().await;
    drop(peer);
    world.end().await;
}
