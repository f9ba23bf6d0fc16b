//! Replies of every status.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{Message, ReplyHead as GiopReplyHead, ReplyStatus as GiopStatus};

use super::rig::{End, Pair, VERSIONS, foreign, messages, ok, written};
use crate::proto::head::{BodyFormat, CallId, ReplyHead, ReplyStatus};
use crate::proto::iiop::{Event, Refused};

#[test]
fn every_status_arrives_as_it_was_sent() {
    let statuses = [
        ReplyStatus::OK,
        ReplyStatus::USER_EXCEPTION,
        ReplyStatus::SYSTEM_EXCEPTION,
        ReplyStatus::FORWARD,
        ReplyStatus::FORWARD_PERMANENT,
    ];
    for version in VERSIONS {
        for status in statuses {
            let mut pair = Pair::new(version);
            pair.client.call("get", b"");
            pair.run();
            let (id, ..) = pair.server.served();
            let head = ReplyHead::new(status, BodyFormat::CDR_LE);
            pair.server.connection.reply(id, &head, Bytes::from_static(b"the body")).expect("it is open");
            pair.run();
            let (_, head, body) = pair.client.replied();
            let expected = match status {
                // Before GIOP 1.2 there is no other word for it.
                ReplyStatus::FORWARD_PERMANENT if version < GiopVersion::V1_2 => ReplyStatus::FORWARD,
                status => status,
            };
            assert_eq!((head.status, &body.octets()[..]), (expected, &b"the body"[..]));
        }
    }
}

#[test]
fn statuses_of_the_other_protocol_are_system_exceptions_here() {
    for status in [ReplyStatus::FORMAT_REFUSED, ReplyStatus::CANCELLED, ReplyStatus(77)] {
        let mut pair = Pair::new(GiopVersion::V1_2);
        pair.client.call("get", b"");
        pair.run();
        let (id, ..) = pair.server.served();
        let head = ReplyHead::new(status, BodyFormat::CDR_LE);
        pair.server.connection.reply(id, &head, Bytes::new()).expect("it is open");
        let Message::Reply { head, .. } = messages(&pair.server.output()).remove(0) else {
            panic!("a reply")
        };
        assert_eq!(head.status, GiopStatus::SYSTEM_EXCEPTION);
    }
}

#[test]
fn an_unknown_status_survives_as_unknown() {
    for (sent, expected) in [(6, 0x86), (0x90, 0x90), (0x1_0000, 0xff), (u32::MAX, 0xff)] {
        let mut client = End::client(GiopVersion::V1_2);
        let id = client.call("get", b"");
        let head = GiopReplyHead::new(id.0 as u32, GiopStatus(sent));
        client.feed(&written(&head, foreign(Endian::Big, GiopVersion::V1_2), b""));
        assert_eq!(client.replied().1.status, ReplyStatus(expected), "it is none of ours");
    }
}

#[test]
fn replies_may_come_in_any_order() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let ids: Vec<CallId> = (0..3).map(|_| pair.client.call("get", b"")).collect();
    pair.run();
    for event in pair.server.take_events().into_iter().rev() {
        let Event::Request { id, .. } = event else { panic!("{event:?}") };
        pair.server.answer(id, b"");
    }
    pair.run();
    let replied = pair.client.take_events().into_iter().map(|event| match event {
        Event::Reply { id, .. } => id,
        other => panic!("{other:?}"),
    });
    assert!(replied.eq(ids.into_iter().rev()));
}

#[test]
fn a_reply_to_nothing_is_dropped() {
    let mut client = End::client(GiopVersion::V1_2);
    let profile = foreign(Endian::Little, GiopVersion::V1_2);
    client.feed(&written(&GiopReplyHead::new(2, GiopStatus::NO_EXCEPTION), profile, b"surprise"));
    let id = client.call("get", b"");
    let reply = written(&GiopReplyHead::new(id.0 as u32, GiopStatus::NO_EXCEPTION), profile, b"");
    client.feed(&[&reply[..], &reply].concat());
    assert_eq!(client.replied().0, id, "the second one finds nobody");
    assert_eq!(client.error, None);
}

#[test]
fn a_call_is_answered_once() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.call("get", b"");
    pair.run();
    let (id, ..) = pair.server.served();
    pair.server.answer(id, b"");
    let again = pair.server.connection.reply(id, &ok(), Bytes::new());
    assert_eq!(again, Err(Refused::UnknownCall { id }));
    let never = CallId(99);
    assert_eq!(
        pair.server.connection.reply(never, &ok(), Bytes::new()),
        Err(Refused::UnknownCall { id: never })
    );
}

#[test]
fn replies_in_both_byte_orders_are_understood() {
    for version in VERSIONS {
        for (endian, format) in [(Endian::Big, BodyFormat::CDR_BE), (Endian::Little, BodyFormat::CDR_LE)] {
            let mut client = End::client(version);
            let id = client.call("get", b"");
            let head = GiopReplyHead::new(id.0 as u32, GiopStatus::NO_EXCEPTION);
            client.feed(&written(&head, foreign(endian, version), b"12345678"));
            let (_, head, body) = client.replied();
            assert_eq!((head.format, body.endian(), &body.octets()[..]), (format, endian, &b"12345678"[..]));
        }
    }
}
