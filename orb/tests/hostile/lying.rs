//! Lengths that lie, and lengths beyond the limits.

use quorb::ExceptionKind;
use quorb::proto::native::{Event, FrameKind, flags};
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{Message, MessageHeader, MessageKind};

use crate::rig::healthy::Healthy;
use crate::rig::native::{Talker, frame, greeting, head, request};
use crate::rig::peer::{Peer, resident_bytes};
use crate::rig::{PATIENCE, Way, World, giop, logs, until};

const MEBIBYTE: usize = 1 << 20;

/// A GIOP message whose header announces `size` octets.
fn announcing(version: GiopVersion, kind: MessageKind, size: u32, content: &[u8]) -> Vec<u8> {
    let header = MessageHeader::new(version, Endian::NATIVE, kind, size).encode();
    [&header[..], content].concat()
}

#[tokio::test]
async fn lengths_inside_of_giop_messages() {
    logs::capture();
    let world = World::new(Way::TcpIiop).await;
    let healthy = Healthy::start(&world).await;
    let good = giop::request(GiopVersion::V1_2, 2, "probe", "value", |_| {});
    // Octets 24..28 are the length of the key.
    for length in [u32::MAX, 0x7fff_ffff, 0x0010_0000, good.len() as u32] {
        let mut octets = good.clone();
        octets[24..28].copy_from_slice(&length.to_ne_bytes());
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&octets).await;
        assert_eq!(giop::hear(&mut peer).await, Message::MessageError, "key of {length}");
        peer.hear_to_end(PATIENCE).await;
        logs::line_with(&[&peer.name(), "GIOP: "]).await;
    }
    // Contexts without end, of 1.0, where they stand first.
    for count in [u32::MAX, 1_000_000, 65] {
        let content = [count.to_ne_bytes(), [0; 4]].concat();
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&announcing(GiopVersion::V1_0, MessageKind::REQUEST, 8, &content)).await;
        assert_eq!(giop::hear(&mut peer).await, Message::MessageError, "{count} contexts");
        peer.hear_to_end(PATIENCE).await;
    }
    // A size that ends the message early: what follows is no message.
    let mut octets = good.clone();
    octets[8..12].copy_from_slice(&(good.len() as u32 - 12 - 8).to_ne_bytes());
    let mut peer = Peer::connect(world.port()).await;
    peer.say(&octets).await;
    peer.hear_to_end(PATIENCE).await;
    logs::line_with(&[&peer.name(), "GIOP: "]).await;
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn giop_messages_that_are_too_large() {
    logs::capture();
    let world = World::serving(Way::TcpIiop, |limits| limits.body_bytes_max = MEBIBYTE).await;
    let healthy = Healthy::start(&world).await;
    // In the first versions the connection ends.
    for version in [GiopVersion::V1_0, GiopVersion::V1_1] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&announcing(version, MessageKind::REQUEST, u32::MAX, &[0; 100])).await;
        assert_eq!(giop::hear(&mut peer).await, Message::MessageError);
        peer.hear_to_end(PATIENCE).await;
        logs::line_with(&[&peer.name(), "at most 1048576 are accepted"]).await;
    }
    // In 1.2 the caller is told at once, and the message passed over, whatever its length.
    let mut peer = Peer::connect(world.port()).await;
    let size = 200 * MEBIBYTE as u32;
    let beginning = [7u32.to_ne_bytes(), [3, 0, 0, 0]].concat();
    peer.say(&announcing(GiopVersion::V1_2, MessageKind::REQUEST, size, &beginning)).await;
    let (id, exception) = giop::hear_exception(&mut peer).await;
    assert_eq!(id, 7);
    assert_eq!(exception.exception_id.as_str(), ExceptionKind::ImpLimit.repository_id());
    let piece = vec![0; MEBIBYTE];
    let mut most = 0;
    for _ in 0..199 {
        peer.say(&piece).await;
        most = most.max(world.server.buffered_bytes());
    }
    peer.say(&piece[8..]).await;
    assert!(most < 8 * MEBIBYTE as u64, "it is not kept: {most} octets");
    peer.say(&giop::request(GiopVersion::V1_2, 9, "probe", "value", |_| {})).await;
    assert!(matches!(giop::hear(&mut peer).await, Message::Reply { head, .. } if head.request_id == 9));
    healthy.end().await;
    drop(peer);
    world.end().await;
}

#[tokio::test]
async fn fragments_that_add_up_to_too_much() {
    logs::capture();
    let world = World::serving(Way::TcpIiop, |limits| {
        limits.body_bytes_max = MEBIBYTE;
        limits.assembly_bytes_max = 4 * MEBIBYTE;
    })
    .await;
    let healthy = Healthy::start(&world).await;
    let first = |id: u32| {
        let mut message = giop::request(GiopVersion::V1_2, id, "probe", "store", |_| {});
        message[6] |= 2;
        message
    };
    let fragment = |id: u32| {
        let content = [&id.to_ne_bytes()[..], &vec![0; 100_000]].concat();
        let mut message =
            announcing(GiopVersion::V1_2, MessageKind::FRAGMENT, content.len() as u32, &content);
        message[6] |= 2;
        message
    };
    let before = resident_bytes();
    // One message without end; many messages without end; tiny fragments without end.
    let tiny = |id: u32| {
        let mut message = announcing(GiopVersion::V1_2, MessageKind::FRAGMENT, 4, &id.to_ne_bytes());
        message[6] |= 2;
        message
    };
    let attacks: [Vec<u8>; 3] = [
        [first(2), fragment(2).repeat(20)].concat(),
        (1..=70).flat_map(|id| [first(id * 2), fragment(id * 2)].concat()).collect(),
        [first(2), tiny(2).repeat(300_000)].concat(),
    ];
    for attack in attacks {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&attack).await;
        let heard = peer.hear_to_end(PATIENCE).await;
        assert!(heard.is_empty() || heard.starts_with(b"GIOP\x01\x02"), "{heard:?}");
        logs::line_with(&[&peer.name(), "GIOP: "]).await;
    }
    assert!(resident_bytes() < before + 100 * MEBIBYTE);
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn frames_that_lie() {
    logs::capture();
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let good = request(1, &head("probe", "value"), &[]);
    let with = |at: usize, octets: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + octets.len()].copy_from_slice(octets);
        changed
    };
    let cases: [(Vec<u8>, &str); 8] = [
        (with(4, &u32::MAX.to_le_bytes()), "frame_bytes_max"),
        (with(0, &[0x3f]), "kind"),
        (with(1, &[0x0f]), "flags"),
        (with(16 + 3, &u16::MAX.to_le_bytes()), "octets needed"),
        (with(8, &(1u64 << 63 | 5).to_le_bytes()), ""),
        (frame(FrameKind::CHUNK, flags::LAST, 77, &[], b"stray"), "no open body"),
        (frame(FrameKind::REPLY, 0, 1 << 63 | 1, &[0, 0, 0, 0], &[]), ""),
        ([good.clone(), good.clone()].concat(), ""),
    ];
    for (octets, cause) in cases {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&[greeting(), octets].concat()).await;
        let heard = peer.hear_to_end(PATIENCE).await;
        assert!(heard.starts_with(b"QUORB"), "the server has greeted");
        logs::line_with(&[&peer.name(), "native protocol: ", cause]).await;
    }
    // Something else than HELLO comes first.
    let mut peer = Peer::connect(world.port()).await;
    peer.say(&[&greeting()[..8], &good].concat()).await;
    peer.hear_to_end(PATIENCE).await;
    logs::line_with(&[&peer.name(), "native protocol: "]).await;
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn bodies_that_are_not_what_was_announced() {
    let world = World::serving(Way::TcpNative, |limits| limits.body_bytes_max = MEBIBYTE).await;
    let healthy = Healthy::start(&world).await;
    // Too large: refused at once, and the rest is not wanted.
    let mut client = Talker::connect(world.port(), 5, 1).await;
    let id = client.call(&head("probe", "store"), vec![0; 2 * MEBIBYTE].into()).await.unwrap();
    match client.event().await {
        Event::Reply { id: answered, .. } => assert_eq!(answered, id),
        other => panic!("{other:?}"),
    }
    // More chunks than announced, and fewer.
    let mut announced = head("probe", "store");
    announced.deadline_left_us = 0;
    let frame_of = |total: u64| {
        let speaker =
            quorb::proto::native::Speaker { client: quorb::proto::head::ClientId(0x5eed), incarnation: 1 };
        let written = quorb::proto::native::RequestFrame::new(&announced, speaker, Some(total));
        let mut octets = Vec::new();
        written.encode(&mut octets);
        frame(FrameKind::REQUEST, written.flags(), 1, &octets, &[])
    };
    let chunk = |flags, octets: &[u8]| frame(FrameKind::CHUNK, flags, 1, &[], octets);
    for chunks in [
        chunk(0, &[0; 200]),
        chunk(flags::LAST, &[0; 50]),
        [chunk(0, &[0; 50]), chunk(0, &[])].concat(),
        [chunk(0, &[0; 99]), chunk(flags::LAST, &[0; 2])].concat(),
    ] {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(&[greeting(), frame_of(100), chunks].concat()).await;
        peer.hear_to_end(PATIENCE).await;
    }
    until("nothing is kept", || world.server.open_calls().served == 0).await;
    healthy.end().await;
    drop(client);
    world.end().await;
}
