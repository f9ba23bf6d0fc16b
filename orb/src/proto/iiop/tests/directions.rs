//! Who may say what: calls go from the side that opened the connection, unless both have agreed otherwise.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    CancelRequestHead, GiopError, LocateReplyHead, LocateRequestHead, LocateStatus, Message, MessageKind,
    ReplyHead as GiopReplyHead, ReplyStatus,
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
    pair.client.connection.allow_both_directions();
    pair.server.connection.allow_both_directions();
    let there = pair.client.call("get", b"there");
    pair.run();
    let (outer, ..) = pair.server.served();
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
}
