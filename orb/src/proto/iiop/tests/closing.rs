//! Ends of connections.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    GiopError, Message, MessageHeader, MessageKind, ReplyHead as GiopReplyHead, ReplyStatus,
    close_connection, message_error,
};

use super::rig::{
    End, Pair, VERSIONS, call, foreign, foreign_request, message, messages, ok, oneway, written,
};
use crate::proto::head::Delivery;
use crate::proto::iiop::{Addressing, Event, Refused};

#[test]
fn a_server_without_calls_closes_at_once() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let id = pair.client.call("get", b"");
        pair.run();
        let (served, ..) = pair.server.served();
        pair.server.answer(served, b"");
        pair.run();
        assert_eq!(pair.client.replied().0, id);
        pair.server.connection.drain();
        assert!(pair.server.connection.is_closed());
        assert_eq!(pair.server.output()[..], close_connection(version, Endian::NATIVE));
    }
}

#[test]
fn a_draining_server_answers_what_runs_and_closes_then() {
    let mut pair = Pair::new(GiopVersion::V1_1);
    let ids = [pair.client.call("get", b""), pair.client.call("get", b"")];
    pair.run();
    let served: Vec<_> = pair.server.take_events();
    pair.server.connection.drain();
    assert!(!pair.server.connection.has_output(), "two calls run");
    for event in served {
        let Event::Request { id, .. } = event else { panic!("{event:?}") };
        assert!(!pair.server.connection.is_closed());
        pair.server.answer(id, b"");
    }
    assert!(pair.server.connection.is_closed());
    pair.run();
    let events = pair.client.take_events();
    let [Event::Reply { id: one, .. }, Event::Reply { id: two, .. }, Event::Closed] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!([one, two], ids);
    assert!(pair.client.connection.is_closed());
    assert_eq!(pair.client.connection.on_eof(0), []);
}

#[test]
fn a_draining_server_waits_for_oneway_calls_and_cancelled_ones() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let addressing = Addressing::default();
    pair.client.connection.request(&oneway("log"), &addressing, Bytes::new()).expect("room");
    pair.run();
    let (log, ..) = pair.server.served();
    let id = pair.client.call_ours("get");
    pair.run();
    let (get, ..) = pair.server.served();
    pair.client.connection.cancel(id);
    pair.run();
    pair.server.connection.drain();
    pair.server.connection.abandon(log);
    assert!(!pair.server.connection.is_closed());
    pair.server.answer(get, b"");
    assert_eq!(message(&pair.server.output()), Message::CloseConnection);
}

#[test]
fn a_draining_side_makes_no_calls_and_closes_after_its_last_reply() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.call("get", b"");
    let cancelled = pair.client.call_ours("get");
    pair.run();
    pair.client.connection.drain();
    let refused = pair.client.connection.request(&call("get"), &Addressing::default(), Bytes::new());
    assert_eq!(refused, Err(Refused::Closed));
    let Some(Event::Request { id, .. }) = pair.server.events.first() else { panic!("a request") };
    pair.server.connection.reply(*id, &ok(), Bytes::new()).expect("it is open");
    pair.run();
    assert!(!pair.client.connection.is_closed());
    pair.client.connection.cancel(cancelled);
    assert!(pair.client.connection.is_closed(), "a server need not answer a call that was given up");
    let said = messages(&pair.client.output());
    assert!(matches!(said[..], [Message::CancelRequest(_), Message::CloseConnection]), "{said:?}");
}

#[test]
fn a_reply_that_is_too_large_is_the_last_one_too() {
    let mut client = End::client(GiopVersion::V1_2);
    let id = client.call("get", b"");
    client.output();
    client.connection.drain();
    let limit = client.connection.config.limits.message_bytes_max;
    let head = GiopReplyHead::new(id.0 as u32, ReplyStatus::NO_EXCEPTION);
    client.feed(&written(&head, foreign(Endian::Big, GiopVersion::V1_2), &vec![0; limit]));
    assert!(matches!(client.the_event(), Event::ReplyTooLarge { .. }));
    assert!(client.connection.is_closed());
}

#[test]
fn a_client_before_1_2_ends_without_a_word() {
    for (version, words) in VERSIONS.into_iter().zip([0, 0, 12]) {
        let mut client = End::client(version);
        client.connection.drain();
        assert!(client.connection.is_closed());
        assert_eq!(client.output().len(), words);
    }
}

#[test]
fn a_server_that_was_not_spoken_to_closes_in_the_oldest_version() {
    let mut server = End::server();
    server.connection.close();
    server.connection.close();
    assert_eq!(server.output()[..], close_connection(GiopVersion::V1_0, Endian::NATIVE));
}

#[test]
fn what_was_not_answered_before_the_server_closed_was_not_executed() {
    let mut client = End::client(GiopVersion::V1_2);
    let ids = [client.call("get", b""), client.call("get", b"")];
    client.output();
    client.feed(&close_connection(GiopVersion::V1_2, Endian::Big));
    assert!(matches!(client.the_event(), Event::Closed));
    assert!(!client.connection.has_output(), "no answer is due");
    let ends = ids.map(|id| (id, Delivery::PartlySent));
    assert_eq!(client.connection.on_eof(0), ends, "as good as not sent");
    assert_eq!(client.connection.on_eof(0), [], "each is told once");
}

/// CloseConnection means that nothing without a reply was executed (CORBA 3.3 Part 2, 9.4.7). A client would repeat the call.
#[test]
fn close_does_not_say_that_a_running_call_was_not_executed() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        let id = pair.client.call("set", b"");
        pair.run();
        let (served, ..) = pair.server.served();
        pair.server.connection.close();
        assert!(pair.server.connection.is_closed());
        assert!(!pair.server.connection.has_output());
        assert_eq!(pair.server.connection.reply(served, &ok(), Bytes::new()), Err(Refused::Closed));
        assert_eq!(pair.client.connection.on_eof(0), [(id, Delivery::Sent)], "nobody can tell");
    }
}

#[test]
fn close_may_say_so_of_calls_whose_callers_do_not_wait() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.connection.request(&oneway("log"), &Addressing::default(), Bytes::new()).expect("room");
    let id = pair.client.call_ours("get");
    pair.run();
    pair.client.connection.cancel(id);
    pair.run();
    pair.server.connection.close();
    assert_eq!(message(&pair.server.output()), Message::CloseConnection);
}

#[test]
fn a_client_may_close_in_1_2() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.connection.close();
    pair.run();
    assert!(matches!(pair.server.the_event(), Event::Closed));
    assert!(pair.server.connection.is_closed());
}

#[test]
fn a_message_error_ends_the_connection_and_its_calls_may_have_run() {
    let mut client = End::client(GiopVersion::V1_2);
    let ids = [client.call("get", b""), client.call("get", b"")];
    client.output();
    client.feed(&message_error(GiopVersion::V1_0, Endian::Big));
    assert!(matches!(client.the_event(), Event::PeerError { about: None }));
    assert!(client.connection.is_closed() && !client.connection.has_output());
    assert_eq!(client.connection.on_eof(0), ids.map(|id| (id, Delivery::Sent)));
}

#[test]
fn a_message_error_is_about_the_only_call() {
    let mut client = End::client(GiopVersion::V1_2);
    let id = client.call("get", b"");
    client.output();
    client.feed(&message_error(GiopVersion::V1_0, Endian::Big));
    assert!(matches!(client.the_event(), Event::PeerError { about: Some(call) } if call == id));
    assert!(client.connection.is_closed());
    assert_eq!(client.connection.on_eof(0), []);
}

#[test]
fn what_follows_the_end_is_not_read() {
    let profile = foreign(Endian::Little, GiopVersion::V1_2);
    let mut server = End::server();
    let request = written(&foreign_request(1), profile, b"");
    server.feed(&[&close_connection(GiopVersion::V1_2, Endian::Little), &request[..]].concat());
    assert!(matches!(server.the_event(), Event::Closed));
    server.feed(&request);
    assert!(server.take_events().is_empty() && server.input.is_empty());
}

#[test]
fn an_unknown_version_is_answered_with_the_highest_one() {
    for version in [GiopVersion { major: 1, minor: 3 }, GiopVersion { major: 2, minor: 0 }] {
        let mut server = End::server();
        server.feed(&[b"GIOP", &[version.major, version.minor][..], b"\0\0\0\0\0\0"].concat());
        assert_eq!(server.error, Some(GiopError::UnsupportedVersion { version }));
        assert_eq!(server.output()[..], message_error(GiopVersion::V1_2, Endian::NATIVE));
    }
}

/// The version of a bad message is known from its header, even if it is the first.
#[test]
fn a_bad_message_is_answered_in_its_version() {
    for version in VERSIONS {
        let mut server = End::server();
        let mut request = written(&foreign_request(1), foreign(Endian::Little, version), b"");
        request.truncate(20);
        request[8..12].copy_from_slice(&8u32.to_le_bytes());
        server.feed(&request);
        assert!(matches!(server.error, Some(GiopError::Malformed(_))));
        assert_eq!(server.output()[..], message_error(version, Endian::NATIVE));
    }
}

#[test]
fn a_message_that_is_misplaced_is_answered_in_its_version() {
    for version in VERSIONS {
        let mut server = End::server();
        let header = MessageHeader::new(version, Endian::Big, MessageKind::FRAGMENT, 4);
        server.feed(&[&header.encode()[..], &[0; 4]].concat());
        assert!(matches!(server.error, Some(GiopError::StrayFragment { .. })));
        assert_eq!(server.output()[..], message_error(version, Endian::NATIVE));
    }
}

#[test]
fn what_is_not_giop_gets_no_answer() {
    let mut server = End::server();
    server.feed(b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(server.error, Some(GiopError::NotGiop { magic: *b"GET " }));
    assert!(!server.connection.has_output() && server.connection.is_closed());
}

#[test]
fn a_client_that_hears_nonsense_says_so_in_its_version() {
    let mut client = End::client(GiopVersion::V1_1);
    client.call("get", b"");
    client.output();
    client.feed(b"GIOP\x01\x01\x00\x09\0\0\0\0");
    assert_eq!(client.error, Some(GiopError::UnknownKind { kind: 9 }));
    assert_eq!(client.output()[..], message_error(GiopVersion::V1_1, Endian::NATIVE));
}
