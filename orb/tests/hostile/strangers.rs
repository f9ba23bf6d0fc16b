//! Peers that speak something else, or another version.

use quorb_giop::cdr::GiopVersion;
use quorb_giop::message::{Message, MessageHeader, MessageKind};

use crate::rig::healthy::Healthy;
use crate::rig::native::{greeting, head, request};
use crate::rig::peer::Peer;
use crate::rig::{PATIENCE, Way, World, giop, logs};

#[tokio::test]
async fn other_protocols_are_closed_at_once() {
    logs::capture();
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let tls = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
    let strangers: [(&[u8], &str); 7] = [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "begins=474554"),
        (&tls, "begins=160301"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "begins=5353482d"),
        (&[0; 64], "begins=0000"),
        (&[0xff; 64], "begins=ffff"),
        (b"GIOX\x01\x02\x00\x00\x00\x00\x00\x00", "begins=47494f58"),
        (b"QUORX\x01\x00\x00", "begins=51554f5258"),
    ];
    for (octets, begins) in strangers {
        let mut peer = Peer::connect(world.port()).await;
        peer.say(octets).await;
        assert!(peer.hear_to_end(PATIENCE).await.is_empty(), "nothing is said to strangers");
        let line = logs::line_with(&[&peer.name(), begins]).await;
        assert!(line.starts_with("WARN"), "{line}");
    }
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn other_versions_of_giop_are_told_ours() {
    logs::capture();
    let world = World::new(Way::TcpIiop).await;
    let healthy = Healthy::start(&world).await;
    for (major, minor) in [(1, 3), (2, 0), (0, 0), (255, 255)] {
        let mut peer = Peer::connect(world.port()).await;
        let mut message = giop::request(GiopVersion::V1_2, 2, "probe", "value", |_| {});
        (message[4], message[5]) = (major, minor);
        peer.say(&message).await;
        assert_eq!(giop::hear(&mut peer).await, Message::MessageError);
        peer.hear_to_end(PATIENCE).await;
        logs::line_with(&[&peer.name(), &format!("GIOP {major}.{minor} is not supported")]).await;
    }
    // A message that only servers send, and one of a kind that does not exist.
    for kind in [MessageKind::FRAGMENT, MessageKind(9)] {
        let mut peer = Peer::connect(world.port()).await;
        let header = MessageHeader::new(GiopVersion::V1_2, quorb_giop::cdr::Endian::NATIVE, kind, 4).encode();
        peer.say(&[&header[..], &[0; 4]].concat()).await;
        assert_eq!(giop::hear(&mut peer).await, Message::MessageError);
        peer.hear_to_end(PATIENCE).await;
        logs::line_with(&[&peer.name(), "a connection ends"]).await;
    }
    healthy.end().await;
    world.end().await;
}

#[tokio::test]
async fn other_versions_of_the_native_protocol_are_told_ours() {
    logs::capture();
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let mut peer = Peer::connect(world.port()).await;
    let mut octets = greeting();
    octets[5] = 9;
    // Much more follows, which is not read: the farewell must arrive nevertheless.
    octets.extend(vec![0; 300_000]);
    peer.say(&octets).await;
    let heard = peer.hear_to_end(PATIENCE).await;
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("the peer speaks version 9.0 of the protocol, this side 1.0"), "{text:?}");
    logs::line_with(&[&peer.name(), "version 9.0"]).await;
    // A later minor version is spoken.
    let mut octets = greeting();
    octets[6] = 7;
    let mut peer = Peer::connect(world.port()).await;
    peer.say(&[octets, request(1, &head("probe", "value"), &[])].concat()).await;
    peer.hear(greeting().len()).await;
    peer.hear(20).await;
    healthy.end().await;
    drop(peer);
    world.end().await;
}
