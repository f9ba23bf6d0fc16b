//! Peers that say nothing, or stop in the middle.

use std::time::Duration;

use super::pair::{End, Pair, call, pattern};
use crate::proto::head::Time;
use crate::proto::native::{Event, FrameHeader, FrameKind, Limits, Payload, Side, Silence};

#[test]
fn an_idle_peer_is_pinged_and_a_silent_one_is_given_up() {
    let limits = Limits::default();
    let mut pair = Pair::joined(limits.clone());
    let idle = Time::ZERO + limits.ping_idle;
    assert_eq!(pair.client.connection.next_timeout(), Some(idle));
    assert_eq!(pair.client.connection.handle_timeout(Time(idle.0 - 1)), None);
    assert!(!pair.client.connection.has_output());
    pair.now = idle;
    assert_eq!(pair.client.connection.handle_timeout(idle), None);
    pair.run();
    assert_eq!(pair.client.take_events(), [], "the answer to a keep-alive is nobody's business");
    assert_eq!(pair.client.connection.next_timeout(), Some(idle + limits.ping_idle));

    let again = idle + limits.ping_idle;
    assert_eq!(pair.client.connection.handle_timeout(again), None);
    pair.client.output();
    let dead = again + limits.ping_timeout;
    assert_eq!(pair.client.connection.next_timeout(), Some(dead));
    let lost = pair.client.connection.handle_timeout(dead);
    assert_eq!(lost, Some(Event::Lost(Silence::PingUnanswered)));
    let close = pair.client.output();
    let header = FrameHeader::decode(close.first_chunk().expect("a frame"));
    assert_eq!(header.kind, FrameKind::CLOSE);
    assert_eq!(pair.client.connection.next_timeout(), None);
}

#[test]
fn a_frame_that_drips_is_given_up() {
    let limits = Limits::default();
    let mut server = End::greeted(Side::Server, limits.clone());
    let mut peer = End::greeted(Side::Client, Limits::default());
    peer.connection.request(&call("get"), &[0; 1000][..]).expect("room");
    let mut now = Time::ZERO;
    for octet in peer.output() {
        server.feed(&[octet], now);
        now = now + Duration::from_secs(1);
        if let Some(event) = server.connection.handle_timeout(now) {
            assert_eq!(event, Event::Lost(Silence::FrameStalled));
            assert_eq!(now, Time::ZERO + limits.frame_wait_max);
            return;
        }
    }
    panic!("it was not given up");
}

#[test]
fn each_frame_has_its_own_time() {
    let limits = Limits::default();
    let mut server = End::greeted(Side::Server, limits.clone());
    let mut peer = End::greeted(Side::Client, Limits::default());
    for _ in 0..2 {
        peer.connection.request(&call("get"), Payload::EMPTY).expect("room");
    }
    let octets = peer.output();
    let (first, rest) = octets.split_at(10);
    server.feed(first, Time::ZERO);
    // The first is complete now, and the second has begun.
    let later = Time::ZERO + Duration::from_secs(50);
    server.feed(&rest[..rest.len() - 10], later);
    assert_eq!(server.take_events().len(), 1);
    server.connection.ping().expect("it is open");
    assert_eq!(server.connection.handle_timeout(Time::ZERO + limits.frame_wait_max), None);
}

#[test]
fn a_body_that_goes_on_is_not_given_up() {
    let limits = Limits { ping_idle: Duration::from_secs(1000), ..Limits::default() };
    let mut server = End::greeted(Side::Server, limits.clone());
    let mut peer = End::greeted(Side::Client, Limits::default());
    peer.connection.request(&call("put"), pattern(1 << 20)).expect("room");
    server.feed(&peer.output(), Time::ZERO);
    peer.feed(&server.output(), Time::ZERO);
    let later = Time::ZERO + Duration::from_secs(50);
    server.feed(&peer.output_once(), later);
    assert_eq!(server.take_events(), []);
    assert_eq!(server.connection.handle_timeout(Time::ZERO + limits.body_wait_max), None);
    let lost = server.connection.handle_timeout(later + limits.body_wait_max);
    assert!(matches!(lost, Some(Event::Lost(Silence::BodyStalled | Silence::FrameStalled))));
}

#[test]
fn a_body_that_stops_is_given_up_and_one_that_waits_for_us_is_not() {
    let limits = Limits {
        body_bytes_max: 1 << 20,
        assembly_bytes_max: 1 << 20,
        ping_idle: Duration::from_secs(1000),
        ..Limits::default()
    };
    let mut server = End::greeted(Side::Server, limits.clone());
    let mut peer = End::greeted(Side::Client, Limits::default());
    peer.connection.request(&call("put"), pattern(1 << 20)).expect("room");
    server.feed(&peer.output(), Time::ZERO);
    let idle = Time::ZERO + limits.ping_idle;
    assert_eq!(server.connection.next_timeout(), Some(idle), "the window is used up");
    server.output();
    let deadline = Time::ZERO + limits.body_wait_max;
    assert_eq!(server.connection.next_timeout(), Some(deadline), "credit was given");
    let lost = server.connection.handle_timeout(deadline);
    assert_eq!(lost, Some(Event::Lost(Silence::BodyStalled)));
}

#[test]
fn a_ping_of_the_runtime_is_answered_to_it() {
    let mut pair = Pair::joined(Limits::default());
    let first = pair.client.connection.ping().expect("it is open");
    let second = pair.client.connection.ping().expect("it is open");
    assert!(first < second);
    pair.run();
    assert_eq!(pair.client.the_event(), Event::Pong { number: second });
}

#[test]
fn pings_do_not_pile_up_answers() {
    let mut server = End::greeted(Side::Server, Limits::default());
    for number in 0..10_000 {
        server.feed(&FrameHeader::new(FrameKind::PING, number).encode(), Time::ZERO);
        assert!(server.connection.output_bytes() == 0);
    }
    let answers = server.output();
    assert_eq!(answers, FrameHeader::new(FrameKind::PONG, 9_999).encode());
}
