//! Requests and their ids.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{GiopError, Message, ResponseFlags};

use super::rig::{
    End, Pair, VERSIONS, call, config, foreign, foreign_request, messages, ok, oneway, written,
};
use crate::proto::head::{BodyFormat, CallId};
use crate::proto::iiop::{Addressing, BadRequest, Connection, Event, Refused, Side};

#[test]
fn a_call_goes_there_and_back_in_every_version() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let id = pair.client.call("get", b"args");
        pair.run();
        let (served, head, body) = pair.server.served();
        let mut expected = call("get");
        expected.format = BodyFormat::CDR_LE;
        assert_eq!((&head, &body.octets()[..], body.version()), (&expected, &b"args"[..], version));
        assert_eq!(pair.server.connection.version(), version);
        pair.server.answer(served, b"result");
        pair.run();
        let (replied, head, body) = pair.client.replied();
        assert_eq!((replied, head, &body.octets()[..]), (id, ok(), &b"result"[..]));
        assert!(pair.is_at_rest());
    }
}

#[test]
fn every_split_of_the_wire_gives_the_same() {
    for version in VERSIONS {
        for step in 1..120 {
            let mut pair = Pair::new(version);
            pair.step = step;
            for _ in 0..3 {
                pair.client.call("get", b"12345678");
            }
            pair.run();
            let served = pair.server.take_events();
            assert_eq!(served.len(), 3, "step {step}");
            for event in served {
                let Event::Request { id, body, .. } = event else { panic!("{event:?}") };
                assert_eq!(body.octets(), "12345678");
                pair.server.answer(id, b"abcdefgh");
            }
            pair.run();
            let replies = pair.client.take_events();
            let ids = replies.iter().map(|reply| match reply {
                Event::Reply { id, body, .. } if body.octets() == "abcdefgh" => id.0,
                other => panic!("{other:?}"),
            });
            assert!(ids.eq([2, 4, 6]), "step {step}");
            assert!(pair.is_at_rest());
        }
    }
}

#[test]
fn a_oneway_call_has_no_reply_and_ends_when_the_runtime_says_so() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let addressing = Addressing::default();
        pair.client.connection.request(&oneway("log"), &addressing, Bytes::new()).expect("room");
        assert_eq!(pair.client.connection.calls_outbound(), 0);
        pair.run();
        let (id, head, _) = pair.server.served();
        assert_eq!(head, oneway("log"));
        assert_eq!(pair.server.connection.calls_inbound(), 1);
        pair.server.connection.abandon(id);
        assert!(pair.is_at_rest());
        assert_eq!(pair.server.connection.reply(id, &ok(), Bytes::new()), Err(Refused::UnknownCall { id }));
    }
}

#[test]
fn a_reply_to_a_oneway_call_is_not_sent() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.connection.request(&oneway("log"), &Addressing::default(), Bytes::new()).expect("room");
    pair.run();
    let (id, ..) = pair.server.served();
    pair.server.answer(id, b"nobody waits");
    assert!(pair.is_at_rest());
}

/// The request ids in what an end has written.
fn request_ids(end: &mut End) -> Vec<u32> {
    let ids = messages(&end.output()).into_iter().map(|message| match message {
        Message::Request { head, .. } => head.request_id,
        other => panic!("{other:?}"),
    });
    ids.collect()
}

#[test]
fn ids_are_even_on_the_side_that_opened_the_connection_and_odd_on_the_other() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.server.connection.allow_both_directions();
    for end in [&mut pair.client, &mut pair.server] {
        for _ in 0..3 {
            end.call("get", b"");
        }
    }
    assert_eq!(request_ids(&mut pair.client), [2, 4, 6]);
    assert_eq!(request_ids(&mut pair.server), [1, 3, 5]);
}

#[test]
fn ids_wrap_around_and_pass_over_those_that_are_open() {
    for (side, last, after) in [(Side::Client, u32::MAX - 1, 0), (Side::Server, u32::MAX, 1)] {
        let mut end = End::new(config(side, GiopVersion::V1_2));
        end.connection.allow_both_directions();
        end.connection.next_id = after;
        assert_eq!(end.call("get", b""), CallId(after.into()));
        end.connection.next_id = last;
        assert_eq!(end.call("get", b""), CallId(last.into()));
        assert_eq!(end.call("get", b""), CallId(u64::from(after) + 2));
        assert_eq!(request_ids(&mut end), [after, last, after + 2]);
    }
}

#[test]
fn no_more_calls_are_in_flight_than_may_be() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let limit = pair.client.connection.config.calls_in_flight_max;
    for _ in 0..limit {
        pair.client.call("get", b"");
    }
    let refused = |connection: &mut Connection| {
        connection.request(&call("get"), &Addressing::default(), Bytes::new()).err()
    };
    assert_eq!(refused(&mut pair.client.connection), Some(Refused::TooManyCalls { limit }));
    pair.run();
    let Some(Event::Request { id, .. }) = pair.server.events.first() else { panic!("calls were made") };
    pair.server.connection.reply(*id, &ok(), Bytes::new()).expect("it is open");
    pair.run();
    assert_eq!(refused(&mut pair.client.connection), None, "a reply makes room");
}

#[test]
fn two_requests_with_one_id_at_the_same_time_are_an_error() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    server.feed(&written(&foreign_request(7), profile, b""));
    let (id, ..) = server.served();
    server.answer(id, b"");
    server.feed(&written(&foreign_request(7), profile, b""));
    server.served();
    server.output();
    server.feed(&written(&foreign_request(7), profile, b""));
    assert_eq!(server.error, Some(GiopError::DuplicateRequest { request_id: 7 }));
    assert_eq!(messages(&server.output()), [Message::MessageError]);
}

#[test]
fn any_number_of_oneway_requests_may_share_an_id() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    let mut log = foreign_request(7);
    log.response = ResponseFlags::NONE;
    for _ in 0..3 {
        server.feed(&written(&log, profile, b""));
    }
    server.feed(&written(&foreign_request(7), profile, b""));
    let mut ids: Vec<_> = server.take_events().iter().map(id_of).collect();
    assert_eq!(server.connection.calls_inbound(), 4);
    ids.dedup();
    assert_eq!(ids.len(), 4, "the runtime can tell them apart");
    server.answer(ids[3], b"");
    let Message::Reply { head, .. } = messages(&server.output()).remove(0) else { panic!("a reply") };
    assert_eq!(head.request_id, 7);
}

fn id_of(event: &Event) -> CallId {
    let Event::Request { id, .. } = event else { panic!("{event:?}") };
    *id
}

#[test]
fn requests_in_both_byte_orders_are_understood() {
    for version in VERSIONS {
        for (endian, format) in [(Endian::Big, BodyFormat::CDR_BE), (Endian::Little, BodyFormat::CDR_LE)] {
            let mut server = End::server();
            server.feed(&written(&foreign_request(3), foreign(endian, version), b"12345678"));
            let (_, head, body) = server.served();
            assert_eq!((head.format, body.endian()), (format, endian));
            assert_eq!((head.object_key, head.operation), (call("get").object_key, call("get").operation));
        }
    }
}

#[test]
fn each_request_is_answered_in_its_version() {
    let mut server = End::server();
    for version in VERSIONS {
        server.feed(&written(&foreign_request(3), foreign(Endian::Big, version), b""));
        let (id, ..) = server.served();
        server.answer(id, b"12345678");
        let octets = server.output();
        assert_eq!((octets[4], octets[5]), (version.major, version.minor));
        let Message::Reply { body, .. } = messages(&octets).remove(0) else { panic!("a reply") };
        assert_eq!((&body.octets()[..], body.origin() % 8), (&b"12345678"[..], 0));
    }
}

#[test]
fn what_no_head_can_say_is_left_to_the_runtime_to_refuse() {
    let profile = foreign(Endian::Little, GiopVersion::V1_2);
    let mut server = End::server();
    let mut request = foreign_request(9);
    request.operation = quorb_giop::names::OperationName::from_static("not a name");
    server.feed(&written(&request, profile, b""));
    let Event::BadRequest { id, problem: BadRequest::Operation } = server.the_event() else {
        panic!("a bad request")
    };
    server.answer(id, b"");
    assert!(matches!(messages(&server.output())[..], [Message::Reply { .. }]));
}
