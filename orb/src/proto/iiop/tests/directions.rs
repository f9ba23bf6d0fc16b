//! Who may say what: calls go from the side that opened the connection, unless both have agreed otherwise.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    CancelRequestHead, GiopError, ListenPoint, LocateReplyHead, LocateRequestHead, LocateStatus, Message,
    MessageKind, ReplyHead as GiopReplyHead, ReplyStatus,
};

use super::rig::{End, Pair, VERSIONS, call, foreign, foreign_request, message, written};
use crate::proto::iiop::{Addressing, Refused};

#[test]
fn a_server_does_not_reach_the_objects_of_its_clients() {
    for version in VERSIONS {
        let profile = foreign(Endian::Big, version);
        let question = LocateRequestHead { request_id: 1, target: foreign_request(1).target };
        let forbidden = [
            (MessageKind::REQUEST, written(&foreign_request(1), profile, b"")),
            (MessageKind::LOCATE_REQUEST, written(&question, profile, b"")),
            (MessageKind::CANCEL_REQUEST, written(&CancelRequestHead { request_id: 1 }, profile, b"")),
        ];
        for (kind, octets) in forbidden {
            let mut client = End::client(version);
            client.feed(&octets);
            assert_eq!(client.error, Some(GiopError::WrongDirection { kind }));
            assert!(client.events.is_empty());
            assert_eq!(message(&client.output()), Message::MessageError);
        }
    }
}

#[test]
fn a_client_does_not_answer_what_no_server_asked() {
    let profile = foreign(Endian::Little, GiopVersion::V1_2);
    let here = LocateReplyHead { request_id: 1, status: LocateStatus::OBJECT_HERE };
    let forbidden = [
        (MessageKind::REPLY, written(&GiopReplyHead::new(1, ReplyStatus::NO_EXCEPTION), profile, b"")),
        (MessageKind::LOCATE_REPLY, written(&here, profile, b"")),
    ];
    for (kind, octets) in forbidden {
        let mut server = End::server();
        server.feed(&octets);
        assert_eq!(server.error, Some(GiopError::WrongDirection { kind }));
    }
}

#[test]
fn a_server_makes_no_calls_unless_that_was_agreed() {
    let mut server = End::server();
    let refused = server.connection.request(&call("get"), &Addressing::default(), Bytes::new());
    assert_eq!(refused, Err(Refused::OneDirection));
    assert!(!server.connection.has_output());
}

#[test]
fn both_sides_call_where_both_have_agreed() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let points = vec![ListenPoint { host: "here".to_owned(), port: 7 }];
    pair.client.connection.offer_both_directions(points.clone());
    pair.server.connection.accept_both_directions();
    let there = pair.client.call("get", b"there");
    pair.run();
    let (outer, head, _) = pair.server.served();
    assert_eq!(head, call("get"), "the offer is not for interceptors");
    assert_eq!(pair.server.connection.take_offered(), points);
    assert!(pair.server.connection.take_offered().is_empty());
    let back = pair.server.call("back", b"back");
    pair.run();
    let (inner, head, body) = pair.client.served();
    assert_eq!((head.operation.as_str(), &body.octets()[..]), ("back", &b"back"[..]));
    pair.client.answer(inner, b"");
    pair.run();
    assert_eq!(pair.server.replied().0, back);
    pair.server.answer(outer, b"");
    pair.run();
    assert_eq!(pair.client.replied().0, there);
    assert!(pair.is_at_rest());
    // It is said once.
    pair.client.call("get", b"");
    pair.run();
    let _ = pair.server.served();
    assert!(pair.server.connection.take_offered().is_empty());
}

#[test]
fn ids_tell_who_calls() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.connection.offer_both_directions(Vec::new());
    pair.server.connection.accept_both_directions();
    for _ in 0..3 {
        assert_eq!(pair.client.call("get", b"").0 % 2, 0, "who opened the connection counts in even numbers");
    }
    pair.run();
    for _ in 0..3 {
        assert_eq!(pair.server.call("back", b"").0 % 2, 1);
    }
}

#[test]
fn an_offer_is_nothing_to_a_server_that_does_not_want_it() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.connection.offer_both_directions(Vec::new());
    pair.client.call("get", b"");
    pair.run();
    let refused = pair.server.connection.request(&call("back"), &Addressing::default(), Bytes::new());
    assert_eq!(refused, Err(Refused::OneDirection));
}

#[test]
fn before_giop_1_2_there_is_one_direction() {
    for version in [GiopVersion::V1_0, GiopVersion::V1_1] {
        let mut pair = Pair::new(version);
        pair.client.connection.offer_both_directions(Vec::new());
        pair.server.connection.accept_both_directions();
        pair.client.call("get", b"");
        pair.run();
        let refused = pair.server.connection.request(&call("back"), &Addressing::default(), Bytes::new());
        assert_eq!(refused, Err(Refused::OneDirection));
    }
}
