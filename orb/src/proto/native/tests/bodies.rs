//! Large bodies: chunks, credit, fairness, refusals.

use bytes::Bytes;

use super::pair::{End, Pair, call, pattern};
use crate::proto::head::{BodyFormat, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, Time};
use crate::proto::native::{BodyRefusal, Event, FrameHeader, FrameKind, Limits, Payload, Side, flags};

const MIB: usize = 1024 * 1024;

fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

#[test]
fn a_large_body_arrives_as_it_left_in_both_directions() {
    for bytes in [240 * 1024, 240 * 1024 + 1, MIB, 16 * MIB] {
        let mut pair = Pair::joined(Limits::default());
        pair.step = 100_000;
        let body = pattern(bytes);
        let id = pair.client.connection.request(&call("echo"), body.clone()).expect("room");
        pair.run();
        let (served, head, arrived) = pair.served();
        assert_eq!((served, head), (id, call("echo")));
        assert!(arrived == body, "{bytes} octets");
        pair.server.connection.reply(id, &ok(), arrived).expect("it is open");
        pair.run();
        assert!(pair.replied().2 == body, "{bytes} octets");
        assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
        assert_eq!(pair.server.connection.assembly_bytes(), 0);
    }
}

#[test]
fn a_body_split_at_every_byte_arrives() {
    let mut pair = Pair::joined(Limits { chunk_bytes: 60_000, ..Limits::default() });
    pair.step = 1;
    let body = pattern(200_000);
    let parts = [body.slice(..1), body.slice(1..70_000), body.slice(70_000..)];
    pair.client.connection.request(&call("put"), &parts[..]).expect("room");
    pair.run();
    assert!(pair.served().2 == body);
}

#[test]
fn a_large_body_starts_before_the_hello_of_the_other_side() {
    let mut pair = Pair::new(Limits { call_window_bytes: 4 * MIB as u32, ..Limits::default() });
    let body = pattern(2 * MIB);
    pair.client.connection.request(&call("put"), body.clone()).expect("room");
    let first = pair.client.output();
    assert!(first.len() > 64 * 1024 && first.len() < 66 * 1024, "the least window: {}", first.len());
    pair.server.feed(&first, Time::ZERO);
    pair.run();
    let Some(Event::Request { body: arrived, .. }) = pair.server.take_events().pop() else {
        panic!("no request");
    };
    assert!(arrived == body);
}

#[test]
fn a_small_call_passes_large_ones() {
    let mut pair = Pair::joined(Limits::default());
    for _ in 0..4 {
        pair.client.connection.request(&call("put"), pattern(16 * MIB)).expect("room");
    }
    // Let credit come, so that all four could go on for long.
    let windows = pair.client.output();
    pair.server.feed(&windows, Time::ZERO);
    let credit = pair.server.output();
    pair.client.feed(&credit, Time::ZERO);
    let before = pair.client.output_once();
    assert!((240 * 1024..256 * 1024).contains(&before.len()), "one chunk: {}", before.len());
    let small = pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    let next = pair.client.output_once();
    let header = FrameHeader::decode(next.first_chunk().expect("a frame"));
    assert_eq!((header.kind, header.id), (FrameKind::REQUEST, small.0), "first in the next output");
    assert!(next.len() < 256 * 1024, "{}", next.len());
}

#[test]
fn bodies_wait_for_room_in_order_and_all_arrive() {
    let limits =
        Limits { body_bytes_max: MIB as u64, assembly_bytes_max: MIB as u64 + 1, ..Limits::default() };
    let mut pair = Pair::joined(limits);
    for _ in 0..10 {
        pair.client.connection.request(&call("put"), pattern(MIB)).expect("room");
    }
    let mut held_most = 0;
    while pair.client.connection.has_output() || pair.server.connection.has_output() {
        let octets = pair.client.output_once();
        pair.server.feed(&octets, Time::ZERO);
        held_most = held_most.max(pair.server.connection.assembly_bytes());
        let octets = pair.server.output_once();
        pair.client.feed(&octets, Time::ZERO);
    }
    let events = pair.server.take_events();
    let ids = events.iter().map(|event| match event {
        Event::Request { id, body, .. } if *body == pattern(MIB) => id.0,
        other => panic!("{other:?}"),
    });
    assert!(ids.eq(1..=10));
    assert!(held_most <= MIB + 10 * 64 * 1024, "{held_most}");
}

#[test]
fn a_body_that_is_too_large_is_refused_at_once_and_the_connection_lives() {
    let mut pair = Pair::joined(Limits { body_bytes_max: MIB as u64, ..Limits::default() });
    let id = pair.client.connection.request(&call("put"), pattern(2 * MIB)).expect("room");
    pair.run();
    let reason = BodyRefusal::TooLarge { total: 2 * MIB as u64, limit: MIB as u64 };
    let head = Box::new(call("put"));
    assert_eq!(pair.server.the_event(), Event::RequestRefused { id, head, reason });
    let exception = ReplyHead::new(ReplyStatus::SYSTEM_EXCEPTION, BodyFormat::CDR_LE);
    pair.server.connection.reply(id, &exception, &b"IMP_LIMIT"[..]).expect("it is open");
    pair.run();
    assert_eq!(pair.replied(), (id, exception, Bytes::from_static(b"IMP_LIMIT")));
    assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
    let counters = pair.server.connection.counters();
    assert_eq!(
        (counters.chunks_dropped, counters.chunk_octets_dropped),
        (2, 64 * 1024),
        "the window and ABORT"
    );
    pair.client.connection.request(&call("get"), Payload::EMPTY).expect("room");
    pair.run();
    pair.served();
}

#[test]
fn a_refused_call_is_in_flight_until_its_body_ends() {
    let mut server = End::greeted(Side::Server, Limits { body_bytes_max: MIB as u64, ..Limits::default() });
    let mut peer = End::greeted(Side::Client, Limits::default());
    let id = peer.connection.request(&call("put"), pattern(2 * MIB)).expect("room");
    server.feed(&peer.output(), Time::ZERO);
    server.connection.reply(id, &ok(), Payload::EMPTY).expect("it is open");
    let reply = server.output();
    assert_eq!(server.connection.calls_inbound(), 1);
    peer.feed(&reply, Time::ZERO);
    server.feed(&peer.output(), Time::ZERO);
    assert_eq!(server.connection.calls_inbound(), 0);
}

#[test]
fn a_reply_that_is_too_large_is_refused_and_stopped() {
    let mut pair = Pair::joined(Limits { body_bytes_max: MIB as u64, ..Limits::default() });
    let id = pair.client.connection.request(&call("fetch"), Payload::EMPTY).expect("room");
    pair.run();
    pair.server.connection.reply(id, &ok(), pattern(2 * MIB)).expect("it is open");
    pair.run();
    assert!(matches!(pair.client.the_event(), Event::ReplyRefused { id: refused, .. } if refused == id));
    assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
}

#[test]
fn a_whole_body_above_the_limit_is_refused_too() {
    let mut pair = Pair::joined(Limits { body_bytes_max: 10, ..Limits::default() });
    let id = pair.client.connection.request(&call("put"), &[0; 11][..]).expect("room");
    pair.run();
    assert!(matches!(pair.server.the_event(), Event::RequestRefused { id: refused, .. } if refused == id));
    pair.server.connection.reply(id, &ok(), &[0; 11][..]).expect("it is open");
    pair.run();
    assert!(matches!(pair.client.the_event(), Event::ReplyRefused { id: refused, .. } if refused == id));
}

#[test]
fn a_large_oneway_is_in_flight_until_it_is_sent() {
    let mut pair = Pair::joined(Limits::default());
    let head = RequestHead { response: ResponseExpected::No, ..call("publish") };
    pair.client.connection.request(&head, pattern(MIB)).expect("room");
    assert_eq!(pair.client.connection.calls_outbound(), 1);
    pair.run();
    assert_eq!(pair.client.connection.calls_outbound(), 0);
    assert!(pair.served().2 == pattern(MIB));
    assert_eq!(pair.server.connection.calls_inbound(), 0);
}

#[test]
fn a_oneway_that_is_too_large_is_stopped() {
    let mut pair = Pair::joined(Limits { body_bytes_max: MIB as u64, ..Limits::default() });
    let head = RequestHead { response: ResponseExpected::No, ..call("publish") };
    let id = pair.client.connection.request(&head, pattern(2 * MIB)).expect("room");
    pair.run();
    assert!(matches!(pair.server.the_event(), Event::RequestRefused { id: refused, .. } if refused == id));
    assert!(pair.client.connection.is_idle() && pair.server.connection.is_idle());
    assert_eq!(pair.client.connection.counters().bodies_refused_by_peer, 1);
}

#[test]
fn small_bodies_share_the_input_and_large_ones_the_output() {
    let mut pair = Pair::joined(Limits::default());
    let body = pattern(50_000);
    pair.client.connection.request(&call("put"), body.clone()).expect("room");
    let connection = &mut pair.client.connection;
    connection.transmit(&mut pair.client.out);
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    let count = bytes::Buf::chunks_vectored(&pair.client.out, &mut slices);
    assert_eq!(count, 2, "head and body");
    assert_eq!(slices[1].as_ptr(), body.as_ptr(), "the body was not copied");
}

#[test]
fn a_call_in_assembly_does_not_keep_a_read_buffer_alive() {
    let mut server = End::greeted(Side::Server, Limits::default());
    let mut peer = End::greeted(Side::Client, Limits::default());
    peer.connection.request(&call("put"), pattern(MIB)).expect("room");
    server.feed(&peer.output(), Time::ZERO);
    assert_eq!(server.take_events(), []);
    assert_eq!(server.connection.calls_inbound(), 1);
    assert!(server.connection.assembly_bytes() <= 64 * 1024);
    assert!(server.input.try_reclaim(64 * 1024), "nobody else holds the buffer");
    let whole_buffer = server.input.capacity();
    peer.connection.request(&call("get"), Payload::EMPTY).expect("room");
    server.feed(&peer.output(), Time::ZERO);
    assert!(!server.input.try_reclaim(whole_buffer), "the event of a whole request shares it");
}

#[test]
fn a_server_that_gives_a_reply_up_does_not_leave_the_caller_waiting() {
    let mut pair = Pair::joined(Limits::default());
    let id = pair.client.connection.request(&call("fetch"), Payload::EMPTY).expect("room");
    pair.run();
    pair.server.connection.reply(id, &ok(), pattern(MIB)).expect("it is open");
    pair.client.feed(&pair.server.output(), Time::ZERO);
    let mut abort = FrameHeader::new(FrameKind::CHUNK, id.0);
    abort.flags = flags::ABORT;
    pair.client.feed(&abort.encode(), Time::ZERO);
    let (replied, head, body) = pair.replied();
    assert_eq!((replied, head.status, body.len()), (id, ReplyStatus::CANCELLED, 0));
    assert!(pair.client.connection.is_idle());
}
