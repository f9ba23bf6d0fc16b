//! Drain, close, wrong versions, and what is unknown.

use bytes::Bytes;

use super::pair::{End, Pair, call, config, pattern};
use crate::proto::head::{BodyFormat, CallId, Completion, Delivery, ReplyHead, ReplyStatus, Time};
use crate::proto::native::hello::encode_preface;
use crate::proto::native::{
    Close, CloseCode, Connection, Event, Features, FrameHeader, FrameKind, Limits, Payload, ProtocolError,
    Refused, Side, Unanswered, Version,
};

fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

fn get(pair: &mut Pair) -> CallId {
    pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room")
}

#[test]
fn a_drained_server_ends_what_it_took_and_nothing_else() {
    let mut pair = Pair::joined(Limits::default());
    let taken = get(&mut pair);
    pair.run();
    pair.served();
    assert_eq!(pair.server.connection.drain(), taken);
    let small = get(&mut pair);
    let large = pair.client.connection.request(&call("put"), pattern(1 << 20)).expect("room");
    pair.run();
    assert_eq!(pair.server.take_events(), []);
    assert_eq!(pair.server.connection.counters().requests_after_drain, 2);
    let drain = Event::Drain { last_accepted: taken, not_executed: vec![small, large] };
    assert_eq!(pair.client.the_event(), drain);
    assert_eq!(pair.client.connection.request(&call("get"), Payload::EMPTY), Err(Refused::Draining));
    pair.server.connection.reply(taken, &ok(), Payload::EMPTY).expect("it is open");
    pair.run();
    assert_eq!(pair.replied().0, taken);
    assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
}

#[test]
fn a_drained_server_may_still_call_back() {
    let mut pair = Pair::joined(Limits::default());
    pair.server.connection.drain();
    let back = pair.server.connection.request(&call("notify"), Payload::EMPTY).expect("room");
    pair.run();
    let events = pair.client.take_events();
    assert!(matches!(events[..], [Event::Drain { .. }, Event::Request { id, .. }] if id == back));
}

#[test]
fn close_says_why_and_what_was_accepted() {
    let mut pair = Pair::joined(Limits::default());
    let accepted = get(&mut pair);
    pair.run();
    pair.server.connection.close(CloseCode::SHUTDOWN, "maintenance");
    let crossing = get(&mut pair);
    pair.run();
    let close = Close { code: CloseCode::SHUTDOWN, text: "maintenance".to_owned() };
    let closed = Event::Closed { close, last_accepted: accepted };
    assert_eq!(pair.client.the_event(), closed);
    assert_eq!(pair.client.connection.request(&call("get"), Payload::EMPTY), Err(Refused::Closed));
    let unanswered = |id, completion| Unanswered { id, delivery: Delivery::Sent, completion };
    let expected = [unanswered(accepted, Completion::Maybe), unanswered(crossing, Completion::No)];
    assert_eq!(pair.client.connection.on_eof(0), expected);
    assert_eq!(pair.client.connection.on_eof(0), []);
    assert_eq!(pair.server.connection.next_timeout(), None);
}

#[test]
fn the_end_of_the_stream_tells_how_much_of_each_call_was_sent() {
    let mut pair = Pair::joined(Limits::default());
    let ids: Vec<CallId> = (0..3).map(|_| get(&mut pair)).collect();
    let large = pair.client.connection.request(&call("put"), pattern(1 << 20)).expect("room");
    let before = pair.client.output_once().len();
    assert!(before > 64 * 1024, "three calls, and the window of the large one");
    let frame = 16 + 7 + 3 + 3;
    let chunk_and_announcement = before - 3 * frame;
    let cancelled = get(&mut pair);
    pair.client.connection.cancel(cancelled);
    let unsent = get(&mut pair);
    // The socket took one call and half of the next.
    let unwritten = frame / 2 + frame + chunk_and_announcement;
    let told = pair.client.connection.on_eof(unwritten);
    let expected = [
        (ids[0], Delivery::Sent, Completion::Maybe),
        (ids[1], Delivery::PartlySent, Completion::No),
        (ids[2], Delivery::NotSent, Completion::No),
        (large, Delivery::NotSent, Completion::No),
        (unsent, Delivery::NotSent, Completion::No),
    ];
    let expected = expected.map(|(id, delivery, completion)| Unanswered { id, delivery, completion });
    assert_eq!(told, expected);
}

#[test]
fn a_reply_that_has_begun_tells_that_the_call_was_executed() {
    let mut pair = Pair::joined(Limits::default());
    let id = get(&mut pair);
    pair.run();
    pair.server.connection.reply(id, &ok(), pattern(1 << 20)).expect("it is open");
    let window = pair.server.output();
    pair.client.feed(&window, Time::ZERO);
    assert_eq!(pair.client.connection.on_eof(0)[0].completion, Completion::Yes);
}

#[test]
fn a_body_where_there_is_none_is_an_error() {
    let mut server = End::greeted(Side::Server, Limits::default());
    let mut ping = FrameHeader::new(FrameKind::PING, 0);
    ping.body_len = 5;
    server.feed(&ping.encode(), Time::ZERO);
    let kind = FrameKind::PING;
    assert_eq!(server.error, Some(ProtocolError::BodyNotAllowed { kind, bytes: 5 }));
}

#[test]
fn a_large_call_that_was_sent_completely_may_have_been_executed() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("put"), pattern(1 << 20)).expect("room");
    pair.run();
    let told = Unanswered { id, delivery: Delivery::Sent, completion: Completion::Maybe };
    assert_eq!(pair.client.connection.on_eof(0), [told]);
}

#[test]
fn opening_and_cancelling_bodies_does_not_pile_up_output() {
    let mut server = End::greeted(Side::Server, Limits::default());
    let mut peer = End::greeted(Side::Client, Limits::default());
    let oneway = crate::proto::head::RequestHead {
        response: crate::proto::head::ResponseExpected::No,
        ..call("publish")
    };
    for _ in 0..2_000 {
        let id = peer.connection.request(&oneway, pattern(100_000)).expect("room");
        peer.connection.cancel(id);
        server.feed(&peer.output(), Time::ZERO);
    }
    assert_eq!((server.error.as_ref(), server.connection.output_bytes()), (None, 0));
}

#[test]
fn another_version_is_told_both_versions() {
    let mut server = End::new(Side::Server, Limits::default());
    let theirs = Version { major: 9, minor: 1 };
    server.feed(&encode_preface(theirs), Time::ZERO);
    let ours = Version::OURS;
    assert_eq!(server.error, Some(ProtocolError::Version { ours, theirs }));
    let output = server.output();
    let text = "the peer speaks version 9.1 of the protocol, this side 1.0";
    assert!(output.ends_with(text.as_bytes()));
    let close = &output[output.len() - text.len() - 2 - 16..];
    assert_eq!(FrameHeader::decode(close.first_chunk().expect("a frame")).kind, FrameKind::CLOSE);
    server.feed(b"more", Time::ZERO);
    assert!(server.input.is_empty(), "what follows is dropped");
}

#[test]
fn nothing_comes_before_hello() {
    let mut server = End::new(Side::Server, Limits::default());
    server.feed(&encode_preface(Version::OURS), Time::ZERO);
    server.feed(&FrameHeader::new(FrameKind::PING, 0).encode(), Time::ZERO);
    let kind = FrameKind::PING;
    assert_eq!(server.error, Some(ProtocolError::HelloExpected { kind }));
}

#[test]
fn unknown_frames_are_skipped_refused_or_fatal_by_their_range() {
    let frame = |kind: u8| {
        let mut header = FrameHeader::new(FrameKind(kind), 3);
        header.head_len = 1;
        header.body_len = 2;
        [&header.encode()[..], b"hbb"].concat()
    };
    let mut server = End::greeted(Side::Server, Limits::default());
    server.feed(&[frame(0x80), frame(0xff), frame(0x40), frame(0x5f)].concat(), Time::ZERO);
    assert_eq!(server.take_events(), []);
    assert_eq!(server.error, None);
    let counters = server.connection.counters();
    assert_eq!((counters.extensions_skipped, counters.group_frames_refused), (2, 2));
    server.feed(&frame(0x60), Time::ZERO);
    let kind = FrameKind(0x60);
    assert_eq!(server.error, Some(ProtocolError::UnknownKind { kind }));
}

#[test]
fn group_frames_travel_where_both_speak_them() {
    let mut pair = Pair::new(Limits::default());
    for (end, side) in [(&mut pair.client, Side::Client), (&mut pair.server, Side::Server)] {
        let mut config = config(side, Limits::default());
        config.features = Features::GROUPS;
        end.connection = Connection::new(config, Time::ZERO);
    }
    let kind = FrameKind(0x41);
    let early = pair.client.connection.group(kind, 7, b"head", &b"body"[..]);
    assert_eq!(early, Err(Refused::NotSpoken { kind }));
    pair.run();
    pair.server.take_events();
    assert_eq!(pair.client.connection.group(kind, 7, b"head", &b"body"[..]), Ok(()));
    pair.run();
    let group = Event::Group {
        kind,
        flags: 0,
        id: 7,
        head: Bytes::from_static(b"head"),
        body: Bytes::from_static(b"body"),
    };
    assert_eq!(pair.server.the_event(), group);
}

#[test]
fn flags_that_must_be_understood_are_and_others_are_ignored() {
    let mut server = End::greeted(Side::Server, Limits::default());
    let mut ping = FrameHeader::new(FrameKind::PING, 0);
    ping.flags = 0xf0;
    server.feed(&ping.encode(), Time::ZERO);
    assert_eq!(server.error, None);
    ping.flags = 0x01;
    server.feed(&ping.encode(), Time::ZERO);
    let kind = FrameKind::PING;
    assert_eq!(server.error, Some(ProtocolError::UnknownFlags { kind, flags: 1 }));
}

#[test]
fn a_frame_that_is_too_long_is_refused_by_its_header() {
    let mut server = End::greeted(Side::Server, Limits::default());
    let mut header = FrameHeader::new(FrameKind::REQUEST, 1);
    header.body_len = u32::MAX;
    server.feed(&header.encode(), Time::ZERO);
    let (bytes, limit) = (16 + u64::from(u32::MAX), 256 * 1024);
    assert_eq!(server.error, Some(ProtocolError::FrameTooLong { bytes, limit }));
}

#[test]
fn the_driver_learns_how_much_to_read() {
    let server = End::greeted(Side::Server, Limits::default());
    let mut header = FrameHeader::new(FrameKind::REQUEST, 1);
    header.head_len = 10;
    header.body_len = 1000;
    assert_eq!(server.connection.wanted_bytes(&[]), 16);
    assert_eq!(server.connection.wanted_bytes(&header.encode()), 1010);
    header.body_len = u32::MAX;
    assert_eq!(server.connection.wanted_bytes(&header.encode()), 256 * 1024 - 16);
}
