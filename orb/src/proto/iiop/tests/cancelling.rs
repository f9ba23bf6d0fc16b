//! Calls that are given up.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{CancelRequestHead, LocateRequestHead, Message, ResponseFlags};

use super::rig::{End, Pair, VERSIONS, call, foreign, foreign_request, messages, ok, written};
use crate::proto::head::CallId;
use crate::proto::iiop::{Addressing, Event};

#[test]
fn the_server_is_told_and_does_not_answer() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let id = pair.client.call_ours("get");
        pair.run();
        let (served, ..) = pair.server.served();
        pair.client.connection.cancel(id);
        pair.client.connection.cancel(id);
        pair.run();
        let Event::Cancelled { id } = pair.server.the_event() else { panic!("it was cancelled") };
        assert_eq!(id, served);
        assert_eq!(pair.server.connection.calls_inbound(), 1, "it runs until its servant has ended");
        pair.server.answer(served, b"late");
        assert!(pair.is_at_rest());
    }
}

/// Some foreign servers end, or never serve again, a connection on which a CancelRequest has come.
#[test]
fn a_foreign_server_is_not_told() {
    for version in VERSIONS {
        let mut client = End::client(version);
        let id = client.call("get", b"");
        client.output();
        client.connection.cancel(id);
        assert_eq!(client.connection.calls_outbound(), 0);
        assert!(!client.connection.has_output());
    }
}

#[test]
fn a_cancelled_call_may_be_abandoned() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let id = pair.client.call_ours("get");
    pair.run();
    let (served, ..) = pair.server.served();
    pair.client.connection.cancel(id);
    pair.run();
    pair.server.connection.abandon(served);
    assert!(pair.is_at_rest());
}

#[test]
fn cancel_and_reply_may_cross() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let id = pair.client.call_ours("get");
    pair.run();
    let (served, ..) = pair.server.served();
    pair.server.answer(served, b"crossing");
    pair.client.connection.cancel(id);
    pair.run();
    assert!(pair.client.take_events().is_empty(), "nobody wants it any more");
    assert!(pair.server.take_events().is_empty(), "nothing is left to cancel");
    assert!(pair.is_at_rest());
}

/// A server that obeys a CancelRequest never answers. Calls that were given up must not fill the connection for ever.
#[test]
fn cancelled_calls_take_no_room() {
    let mut client = End::client(GiopVersion::V1_2);
    let limit = client.connection.config.calls_in_flight_max;
    for _ in 0..3 * limit {
        let id = client.call_ours("get");
        client.connection.cancel(id);
        assert_eq!(client.connection.calls_outbound(), 0);
    }
    let (mut requests, mut cancels) = (Vec::new(), Vec::new());
    for message in messages(&client.output()) {
        match message {
            Message::Request { head, .. } => requests.push(head.request_id),
            Message::CancelRequest(head) => cancels.push(head.request_id),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((requests.len(), &cancels), (3 * limit, &requests));
    assert_eq!(client.connection.on_eof(0), [], "whoever gave up is not told the end");
}

#[test]
fn an_id_is_not_used_again_soon() {
    let mut client = End::client(GiopVersion::V1_2);
    let first = client.call("get", b"");
    client.connection.cancel(first);
    assert_ne!(client.call("get", b""), first, "the late reply would be taken for another's");
}

#[test]
fn what_is_not_open_cannot_be_cancelled() {
    let mut client = End::client(GiopVersion::V1_2);
    for id in [CallId(2), CallId(1 << 40)] {
        client.connection.cancel(id);
    }
    assert!(!client.connection.has_output());
    let mut server = End::server();
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    server.feed(&written(&CancelRequestHead { request_id: 5 }, profile, b""));
    assert!(server.take_events().is_empty());
    assert_eq!(server.error, None, "a cancel may come late");
}

#[test]
fn a_call_is_cancelled_once_however_often_the_peer_says_so() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    server.feed(&written(&foreign_request(5), profile, b""));
    server.served();
    let cancel = written(&CancelRequestHead { request_id: 5 }, profile, b"");
    server.feed(&cancel.repeat(3));
    assert!(matches!(server.the_event(), Event::Cancelled { .. }));
}

#[test]
fn the_end_of_a_oneway_call_is_not_that_of_another_with_its_id() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    server.feed(&written(&foreign_request(5), profile, b""));
    let (get, ..) = server.served();
    let mut log = foreign_request(5);
    log.response = ResponseFlags::NONE;
    server.feed(&written(&log, profile, b""));
    let (log, ..) = server.served();
    server.connection.abandon(log);
    server.feed(&written(&CancelRequestHead { request_id: 5 }, profile, b""));
    assert!(matches!(server.the_event(), Event::Cancelled { id } if id == get));
}

#[test]
fn a_question_may_be_cancelled_too() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    let question = LocateRequestHead { request_id: 5, target: foreign_request(5).target };
    server.feed(&written(&question, profile, b""));
    let Event::Locate { id, .. } = server.the_event() else { panic!("a question") };
    server.feed(&written(&CancelRequestHead { request_id: 5 }, profile, b""));
    assert!(matches!(server.the_event(), Event::Cancelled { .. }));
    server.connection.reply(id, &ok(), Bytes::new()).expect("it is open");
    assert!(!server.connection.has_output());
}

#[test]
fn after_the_end_nothing_is_said() {
    let mut client = End::client(GiopVersion::V1_2);
    let id = client.call("get", b"");
    client.output();
    client.feed(b"GIOP\x01\x02\x00\x05\0\0\0\0");
    client.connection.cancel(id);
    assert!(!client.connection.has_output());
    let refused = client.connection.request(&call("get"), &Addressing::default(), Bytes::new());
    assert!(refused.is_err());
}
