//! What a peer can make this side keep.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    CancelRequestHead, GiopError, MessageHeader, MessageKind, ReplyHead as GiopReplyHead,
    ReplyStatus as GiopReplyStatus, ResponseFlags,
};

use super::rig::{End, Pair, call, foreign, foreign_request, ok, oneway, written};
use crate::proto::head::{CallId, Completion};
use crate::proto::iiop::{Addressing, Event, Refused};

fn request(id: u32) -> Vec<u8> {
    written(&foreign_request(id), foreign(Endian::Little, GiopVersion::V1_2), b"")
}

fn first_id(end: &mut End) -> CallId {
    match end.events.remove(0) {
        Event::Request { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_peer_with_too_many_calls_is_not_read_until_one_ends() {
    let mut server = End::server();
    let limit = server.connection.config.calls_served_max;
    let flood: Vec<u8> = (0..limit as u32 + 10).flat_map(request).collect();
    server.feed(&flood);
    assert_eq!((server.events.len(), server.connection.calls_inbound()), (limit, limit));
    assert!(server.connection.is_congested() && !server.connection.is_ready());
    let left = server.input.len();
    assert_eq!(left, 9 * request(0).len(), "what is behind the next one stays where it is");
    for more in 1..=10 {
        let id = first_id(&mut server);
        server.answer(id, b"");
        assert!(server.connection.is_ready());
        server.feed(b"");
        assert_eq!(server.connection.calls_inbound(), limit);
        assert_eq!(server.input.len(), left.saturating_sub(more * request(0).len()));
    }
    assert!(!server.connection.is_congested() && !server.connection.is_ready(), "nothing is left to take");
    assert_eq!(server.error, None);
}

#[test]
fn a_peer_at_its_limit_can_still_give_a_call_up() {
    let mut server = End::server();
    let limit = server.connection.config.calls_served_max as u32;
    let flood: Vec<u8> = (0..limit).flat_map(request).collect();
    server.feed(&flood);
    let id = first_id(&mut server);
    server.take_events();
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    server.feed(&written(&CancelRequestHead { request_id: 0 }, profile, b""));
    assert!(matches!(server.the_event(), Event::Cancelled { id: cancelled } if cancelled == id));
}

#[test]
fn oneway_calls_count_until_they_have_been_executed() {
    let mut server = End::server();
    let limit = server.connection.config.calls_served_max;
    let mut log = foreign_request(1);
    log.response = ResponseFlags::NONE;
    let flood = written(&log, foreign(Endian::Little, GiopVersion::V1_2), b"").repeat(limit + 1);
    server.feed(&flood);
    assert_eq!(server.events.len(), limit);
    for _ in 0..limit {
        let id = first_id(&mut server);
        server.connection.abandon(id);
    }
    server.feed(b"");
    assert_eq!(server.connection.calls_inbound(), 1);
}

#[test]
fn a_peer_that_does_not_read_its_replies_is_not_read_either() {
    let mut server = End::server();
    let limit = server.connection.config.output_bytes_max;
    let body = Bytes::from(vec![0; 10_000]);
    let mut served = 0;
    for id in 0..1_000 {
        server.feed(&request(id));
        for event in server.take_events() {
            let Event::Request { id, .. } = event else { panic!("{event:?}") };
            server.connection.reply(id, &ok(), body.clone()).expect("it is open");
            served += 1;
        }
    }
    assert_eq!(served, limit / (body.len() + 24) + 1);
    assert!(server.connection.output_bytes() as usize <= limit + body.len() + 24);
    assert!(!server.connection.is_ready());
    server.output();
    assert!(server.connection.is_ready(), "the socket has taken it");
    server.feed(b"");
    assert_eq!(server.events.len(), server.connection.config.calls_served_max);
}

#[test]
fn calls_to_a_server_that_does_not_read_are_refused() {
    let mut client = End::client(GiopVersion::V1_2);
    let limit = client.connection.config.output_bytes_max;
    let body = Bytes::from(vec![0; 10_000]);
    let addressing = Addressing::default();
    let refused = loop {
        match client.connection.request(&oneway("log"), &addressing, body.clone()) {
            Ok(_) => assert!(client.connection.output_bytes() as usize <= limit),
            Err(refused) => break refused,
        }
    };
    let queued = client.connection.output_bytes() as usize;
    assert_eq!(refused, Refused::OutputFull { queued, limit });
    assert!(queued > limit - 11_000);
    client.output();
    let large = Bytes::from(vec![0; 2 * limit]);
    client.connection.request(&call("put"), &addressing, large).expect("a large call alone may pass");
}

#[test]
fn a_client_reads_replies_however_much_it_has_to_say() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.call("get", b"");
    pair.run();
    let (id, ..) = pair.server.served();
    let large = Bytes::from(vec![0; 2 * pair.client.connection.config.output_bytes_max]);
    pair.client.connection.request(&call("put"), &Addressing::default(), large).expect("alone");
    assert!(!pair.client.connection.is_congested());
    pair.server.answer(id, b"");
    let reply = pair.server.output();
    pair.client.feed(&reply);
    pair.client.replied();
}

fn header(kind: MessageKind, more_fragments: bool, size: u32) -> Vec<u8> {
    let version = GiopVersion::V1_2;
    MessageHeader { version, endian: Endian::Big, more_fragments, kind, size }.encode().to_vec()
}

#[test]
fn an_announced_length_is_refused_before_the_message_comes() {
    let mut server = End::server();
    let mut message = header(MessageKind::REQUEST, false, u32::MAX);
    message[5] = 1;
    server.feed(&message);
    let limit = server.connection.config.limits.message_bytes_max;
    assert_eq!(server.error, Some(GiopError::MessageTooLarge { size: u32::MAX as usize + 12, limit }));
}

#[test]
fn a_message_that_is_too_large_is_passed_over_and_its_caller_told() {
    let mut server = End::server();
    let limit = server.connection.config.limits.message_bytes_max;
    let mut message = header(MessageKind::REQUEST, false, u32::try_from(limit + 1).expect("a small limit"));
    message.extend([0, 0, 0, 6, 3, 0, 0, 0]);
    message.resize(12 + limit + 1, 0xff);
    let whole = message.len();
    // It comes in pieces, with a good one behind it.
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.call("get", b"");
    message.extend(pair.client.output());
    for piece in message.chunks(999) {
        server.feed(piece);
        assert!(server.connection.assembler.incomplete_bytes() == 0);
    }
    assert_eq!(server.error, None);
    let events = server.take_events();
    match &events[..] {
        [Event::RequestTooLarge { size, limit: told, .. }, Event::Request { .. }] => {
            assert_eq!((*size, *told), (whole as u64, limit));
        }
        other => panic!("{other:?}"),
    }
}

/// Found by a fuzzer: requests that are too large were told to the runtime however many calls were running.
#[test]
fn a_request_that_is_too_large_waits_for_room_like_any_other() {
    let mut server = End::server();
    let limit = server.connection.config.calls_served_max;
    let flood: Vec<u8> = (0..limit as u32).flat_map(request).collect();
    server.feed(&flood);
    let bytes = server.connection.config.limits.message_bytes_max + 1;
    let mut message = header(MessageKind::REQUEST, false, u32::try_from(bytes).expect("a small limit"));
    message.extend([0, 0, 0xff, 6, 3, 0, 0, 0]);
    message.resize(12 + bytes, 0);
    message.extend(request(0x2_0000));
    server.feed(&message);
    assert_eq!((server.events.len(), server.connection.calls_inbound()), (limit, limit));
    assert!(server.connection.is_congested());
    for _ in 0..2 {
        let id = first_id(&mut server);
        server.answer(id, b"");
        server.feed(b"");
        assert_eq!((server.events.len(), server.connection.calls_inbound()), (limit, limit));
    }
    assert!(matches!(server.events[limit - 2..], [Event::RequestTooLarge { .. }, Event::Request { .. }]));
    assert_eq!((server.error, server.input.len()), (None, 0));
}

/// Some brokers send large replies as one large part and a tiny tail.
#[test]
fn a_fragmented_message_whose_beginning_is_too_large_is_passed_over_too() {
    for tails in [0, 1, 3] {
        let mut client = End::client(GiopVersion::V1_2);
        let limit = client.connection.config.limits.message_bytes_max;
        let ids = [client.call("get", b""), client.call("get", b"")];
        client.output();
        let number = u32::try_from(ids[0].0).expect("a request id").to_be_bytes();
        let size = u32::try_from(limit + 5).expect("a small limit");
        let mut octets = header(MessageKind::REPLY, tails > 0, size);
        octets.extend_from_slice(&number);
        octets.resize(12 + limit + 5, 0);
        for tail in 1..=tails {
            octets.extend(header(MessageKind::FRAGMENT, tail < tails, 8));
            octets.extend_from_slice(&number);
            octets.extend_from_slice(b"tail");
        }
        octets.chunks(777).for_each(|piece| client.feed(piece));
        match client.the_event() {
            Event::ReplyTooLarge { id, completion, .. } => {
                assert_eq!((id, completion), (ids[0], Completion::Yes))
            }
            other => panic!("{other:?}"),
        }
        // The other call is not harmed.
        let reply = written(
            &GiopReplyHead::new(ids[1].0 as u32, GiopReplyStatus::NO_EXCEPTION),
            foreign(Endian::Big, GiopVersion::V1_2),
            b"",
        );
        client.feed(&reply);
        assert_eq!(client.replied().0, ids[1]);
        assert_eq!((client.error.clone(), client.connection.assembler.incomplete_bytes()), (None, 0));
    }
}

#[test]
fn incomplete_messages_hold_no_more_than_their_limits() {
    let mut server = End::server();
    let limit = server.connection.config.limits.assembled_bytes_max;
    let mut held = 0;
    for id in 0u32.. {
        let mut first = header(MessageKind::REQUEST, true, 20_004);
        first.extend_from_slice(&id.to_be_bytes());
        first.resize(12 + 20_004, 0);
        server.feed(&first);
        if let Some(error) = &server.error {
            assert_eq!(*error, GiopError::IncompleteTooLarge { limit });
            break;
        }
        held = server.connection.assembler.incomplete_bytes();
        assert!(held <= limit);
    }
    assert!(held > limit / 2);
}
