//! What the peer has begun must be complete after a while.

use std::time::Duration;

use quorb_giop::assembly::split;
use quorb_giop::cdr::{Endian, GiopVersion};

use super::rig::{End, foreign, foreign_request, written};
use crate::proto::head::Time;
use crate::proto::iiop::Event;

const LIMIT: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

fn request(id: u32, body: &[u8]) -> Vec<u8> {
    written(&foreign_request(id), foreign(Endian::Big, GiopVersion::V1_2), body)
}

/// The pieces of a request in fragments.
fn pieces(id: u32) -> Vec<Vec<u8>> {
    let whole = request(id, &[7; 300]);
    let pieces = split(&whole, b"", 64).expect("a whole message");
    pieces.map(|piece| piece.slices().concat()).collect()
}

#[test]
fn a_message_that_stops_in_the_middle_ends_the_connection() {
    let whole = request(1, b"12345678");
    for cut in 1..whole.len() {
        let mut server = End::server();
        assert_eq!(server.connection.next_timeout(), None);
        server.now = at(5);
        server.feed(&whole[..cut]);
        assert_eq!(server.connection.next_timeout(), Some(at(5) + LIMIT));
        assert!(!server.connection.handle_timeout(at(64)));
        assert!(server.connection.handle_timeout(at(65)));
        assert!(server.connection.is_closed());
        assert_eq!(server.connection.next_timeout(), None);
    }
}

#[test]
fn octets_that_trickle_do_not_gain_time() {
    let whole = request(1, b"12345678");
    let mut server = End::server();
    for (second, octet) in whole[..whole.len() - 1].iter().enumerate() {
        server.now = at(second as u64);
        server.feed(&[*octet]);
    }
    assert_eq!(server.connection.next_timeout(), Some(Time::ZERO + LIMIT));
    server.feed(&whole[whole.len() - 1..]);
    server.served();
    assert_eq!(server.connection.next_timeout(), None);
}

#[test]
fn each_message_has_its_own_time() {
    let whole = request(1, b"");
    let mut server = End::server();
    server.feed(&whole[..10]);
    server.now = at(50);
    server.feed(&[&whole[10..], &request(2, b"")[..10]].concat());
    assert_eq!(server.connection.next_timeout(), Some(at(50) + LIMIT));
}

/// Fragments that never end hold memory: whole messages between them must not gain them time.
#[test]
fn other_messages_do_not_gain_time_for_one_in_fragments() {
    let mut server = End::server();
    let fragments = pieces(1);
    assert!(fragments.len() > 4, "it is in fragments");
    server.feed(&fragments[0]);
    for second in 1..60 {
        server.now = at(second);
        server.feed(&request(1000 + second as u32, b""));
        let (id, ..) = server.served();
        server.answer(id, b"");
        if let Some(fragment) = fragments[1..fragments.len() - 1].get(second as usize) {
            server.feed(fragment);
        }
        assert_eq!(server.connection.next_timeout(), Some(Time::ZERO + LIMIT));
    }
    assert!(server.connection.handle_timeout(at(60)));
}

#[test]
fn interleaved_fragments_are_each_timed_from_their_beginning() {
    let mut server = End::server();
    let (one, two) = (pieces(1), pieces(2));
    server.feed(&one[0]);
    server.now = at(10);
    server.feed(&two[0]);
    assert_eq!(server.connection.next_timeout(), Some(Time::ZERO + LIMIT));
    server.now = at(20);
    one[1..].iter().for_each(|piece| server.feed(piece));
    server.served();
    assert_eq!(server.connection.next_timeout(), Some(at(10) + LIMIT));
    two[1..].iter().for_each(|piece| server.feed(piece));
    server.served();
    assert_eq!(server.connection.next_timeout(), None);
}

#[test]
fn a_peer_that_is_not_read_is_not_late() {
    let mut server = End::server();
    for id in 0..=server.connection.config.calls_served_max {
        server.feed(&request(id as u32, b""));
    }
    let whole = request(1000, b"");
    server.feed(&whole[..20]);
    assert_eq!(server.connection.next_timeout(), None);
    server.now = at(500);
    let Event::Request { id, .. } = server.take_events()[0] else { panic!("a request") };
    server.answer(id, b"");
    server.feed(b"");
    assert_eq!(server.connection.next_timeout(), Some(at(500) + LIMIT));
}
