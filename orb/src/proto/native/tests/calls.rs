//! Small calls, in both directions.

use bytes::Bytes;

use super::pair::{End, Pair, call};
use crate::proto::head::{
    BodyFormat, CallId, ChainId, ClientId, ReplyHead, ReplyStatus, RequestHead, RequestIdentity,
    ResponseExpected, Time,
};
use crate::proto::native::{
    Event, FrameKind, Limits, Payload, ProtocolError, Refused, Side, Version, control,
};

fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

#[test]
fn a_call_needs_no_round_trip_before_it() {
    let mut pair = Pair::new(Limits::default());
    let id = pair.client.connection.request(&call("get"), &b"args"[..]).expect("room");
    let greeting_and_call = pair.client.output();
    pair.server.feed(&greeting_and_call, Time::ZERO);
    let events = pair.server.take_events();
    let [Event::Hello(hello), Event::Request { id: served, head, body }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((hello.identity, *served), (0xc11e, id));
    assert_eq!(pair.server.connection.peer_version(), Some(Version::OURS));
    assert_eq!((&**head, &body[..]), (&call("get"), &b"args"[..]));
    pair.server.connection.reply(id, &ok(), &b"result"[..]).expect("it is open");
    pair.run();
    let events = pair.client.take_events();
    let [Event::Hello(_), Event::Reply { id: replied, head, body }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((*replied, &**head, &body[..]), (id, &ok(), &b"result"[..]));
    assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
}

#[test]
fn every_split_of_the_wire_gives_the_same() {
    for step in 1..200 {
        let mut pair = Pair::new(Limits::default());
        pair.step = step;
        for _ in 0..3 {
            pair.client.connection.request(&call("get"), &b"args"[..]).expect("room");
        }
        pair.run();
        let ids: Vec<CallId> = requests(&pair.server.take_events());
        assert_eq!(ids, [CallId(1), CallId(2), CallId(3)]);
        for id in ids.into_iter().rev() {
            pair.server.connection.reply(id, &ok(), Payload::EMPTY).expect("it is open");
        }
        pair.run();
        assert_eq!(pair.client.take_events().len(), 1 + 3, "hello and three replies");
    }
}

#[test]
fn an_identity_of_the_own_hello_is_left_out_and_another_is_not() {
    let mut pair = Pair::joined(Limits::default());
    for client in [0xc11e, 7] {
        let identity = RequestIdentity { client: ClientId(client), incarnation: 1, sequence: 5 };
        let head =
            RequestHead { identity: Some(identity), chain: ChainId::starting_with(&identity), ..call("set") };
        let before = pair.client.connection.output_bytes();
        pair.client.connection.request(&head, Payload::EMPTY).expect("room");
        let bytes = pair.client.connection.output_bytes() - before;
        assert_eq!(bytes, 16 + 7 + 3 + 3 + 8 + if client == 7 { 16 } else { 0 });
        pair.run();
        assert_eq!(pair.served().1, head);
    }
}

#[test]
fn the_server_calls_back_on_the_same_connection() {
    let mut pair = Pair::joined(Limits::default());
    let there = pair.client.connection.request(&call("outer"), Payload::EMPTY).expect("room");
    pair.run();
    pair.served();
    let back = pair.server.connection.request(&call("inner"), &b"x"[..]).expect("room");
    assert_eq!((there, back), (CallId(1), CallId((1 << 63) | 1)));
    pair.run();
    let Event::Request { id, .. } = pair.client.the_event() else {
        panic!("not a request");
    };
    assert_eq!(id, back);
    pair.client.connection.reply(id, &ok(), &b"y"[..]).expect("it is open");
    pair.run();
    assert!(matches!(pair.server.the_event(), Event::Reply { id, .. } if id == back));
    pair.server.connection.reply(there, &ok(), &b"z"[..]).expect("it is open");
    pair.run();
    assert_eq!(pair.replied().2, &b"z"[..]);
}

#[test]
fn a_oneway_is_forgotten_when_it_is_sent() {
    let mut pair = Pair::joined(Limits::default());
    let head = RequestHead { response: ResponseExpected::No, ..call("notify") };
    let id = pair.client.connection.request(&head, &b"x"[..]).expect("room");
    assert_eq!(pair.client.connection.calls_outbound(), 0);
    pair.run();
    assert_eq!(pair.served().1.response, ResponseExpected::No);
    assert_eq!(pair.server.connection.calls_inbound(), 0);
    let refused = pair.server.connection.reply(id, &ok(), Payload::EMPTY);
    assert_eq!(refused, Err(Refused::UnknownCall { id }));
}

#[test]
fn a_call_is_answered_once() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    pair.run();
    assert_eq!(pair.served().0, id);
    assert_eq!(pair.server.connection.reply(id, &ok(), Payload::EMPTY), Ok(()));
    let again = pair.server.connection.reply(id, &ok(), Payload::EMPTY);
    assert_eq!(again, Err(Refused::UnknownCall { id }));
}

#[test]
fn calls_in_flight_are_limited_on_both_sides() {
    let mut pair = Pair::joined(Limits { calls_in_flight_max: 256, ..Limits::default() });
    for _ in 0..256 {
        pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    }
    let refused = pair.client.connection.request(&call("get"), Payload::EMPTY);
    assert_eq!(refused, Err(Refused::TooManyCalls { limit: 256 }));
    pair.run();
    let ids = requests(&pair.server.take_events());
    pair.server.connection.reply(ids[7], &ok(), Payload::EMPTY).expect("it is open");
    assert_eq!(pair.server.connection.calls_inbound(), 256, "the slot is free when the reply has left");
    pair.run();
    assert_eq!(pair.server.connection.calls_inbound(), 255);
    assert!(pair.client.connection.request(&call("get"), Payload::EMPTY).is_ok());
    pair.run();
}

#[test]
fn a_peer_that_exceeds_the_limit_and_does_not_read_is_closed() {
    let mut server = End::greeted(Side::Server, Limits { calls_in_flight_max: 256, ..Limits::default() });
    let mut flood = End::greeted(Side::Client, Limits::default());
    for _ in 0..257 {
        flood.connection.request(&call("get"), Payload::EMPTY).expect("room");
        let octets = flood.output();
        server.feed(&octets, Time::ZERO);
        if let Some(Event::Request { id, .. }) = server.take_events().pop() {
            server.connection.reply(id, &ok(), Payload::EMPTY).expect("it is open");
        }
    }
    assert_eq!(server.error, Some(ProtocolError::TooManyCalls { limit: 256 }));
}

#[test]
fn replies_to_nothing_and_requests_out_of_order_are_errors() {
    let bare = |kind, id| {
        let mut frame = Vec::new();
        control::encode_bare(kind, 0, id, &mut frame);
        frame
    };
    let reply = |id: u64| {
        let mut frame = bare(FrameKind::REPLY, id);
        frame[2] = 4;
        frame.extend_from_slice(&[0; 4]);
        frame
    };
    let mut client = End::greeted(Side::Client, Limits::default());
    client.feed(&reply(1), Time::ZERO);
    assert_eq!(client.error, Some(ProtocolError::ReplyToNothing { id: CallId(1) }));

    let mut client = End::greeted(Side::Client, Limits::default());
    client.feed(&reply(1 << 63), Time::ZERO);
    assert!(matches!(client.error, Some(ProtocolError::IdOfWrongSide { .. })));

    let mut server = End::greeted(Side::Server, Limits::default());
    let mut peer = End::greeted(Side::Client, Limits::default());
    peer.connection.request(&call("get"), Payload::EMPTY).expect("room");
    let request = peer.output();
    server.feed(&[&request[..], &request[..]].concat(), Time::ZERO);
    let (id, last) = (CallId(1), CallId(1));
    assert_eq!(server.error, Some(ProtocolError::IdNotIncreasing { id, last }));
}

#[test]
fn a_head_that_does_not_fit_is_refused_and_the_call_stays_open() {
    let mut pair = Pair::joined(Limits::default());
    let mut head = call("get");
    head.object_key.0 = Bytes::from(vec![0; 70_000]);
    let refused = pair.client.connection.request(&head, Payload::EMPTY);
    assert_eq!(refused, Err(Refused::HeadTooLong { bytes: 70_010 }));
    let id = pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    pair.run();
    let mut long = ok();
    long.new_endpoint_set =
        Some(crate::proto::head::EndpointSet { version: 2, ior: Bytes::from(vec![0; 70_000]) });
    let refused = pair.server.connection.reply(id, &long, Payload::EMPTY);
    assert!(matches!(refused, Err(Refused::HeadTooLong { .. })));
    assert_eq!(pair.server.connection.reply(id, &ok(), Payload::EMPTY), Ok(()));
}

#[test]
fn output_is_limited_but_one_call_always_goes() {
    let mut pair = Pair::joined(Limits { output_bytes_max: 1000, ..Limits::default() });
    let body = [0; 2000];
    assert!(pair.client.connection.request(&call("put"), &body[..]).is_ok());
    let refused = pair.client.connection.request(&call("put"), &body[..]);
    assert!(matches!(refused, Err(Refused::OutputFull { limit: 1000, .. })));
    pair.run();
    assert!(pair.client.connection.request(&call("put"), &body[..]).is_ok());
}

fn requests(events: &[Event]) -> Vec<CallId> {
    let ids = events.iter().filter_map(|event| match event {
        Event::Request { id, .. } => Some(*id),
        _ => None,
    });
    ids.collect()
}
