//! What travels beside arguments and results.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{
    ContextId, Message, ReplyHead as GiopReplyHead, ReplyStatus, ServiceContext as Giop,
};

use super::rig::{End, Pair, VERSIONS, call, foreign, messages, ok, to_quorb, written};
use crate::proto::head::{
    BodyFormat, ChainId, ClientId, RequestHead, RequestIdentity, ResponseExpected, ServiceContext,
    TraceContext,
};
use crate::proto::iiop::Addressing;

fn full() -> RequestHead {
    RequestHead {
        identity: Some(RequestIdentity { client: ClientId(7), incarnation: 9, sequence: 0x1_0000_0003 }),
        acknowledged_below: 0x1_0000_0002,
        deadline_left_us: 1_500_000,
        chain: ChainId([3; 16]),
        depth: 9,
        trace: Some(trace(b"vendor=1")),
        contexts: vec![context(0x4000, b"own"), context(12, b""), context(0x4000, b"twice")],
        format: BodyFormat::CDR_LE,
        ..call("get")
    }
}

fn trace(state: &'static [u8]) -> TraceContext {
    TraceContext { trace_id: [1; 16], parent_id: [2; 8], flags: 1, state: Bytes::from_static(state) }
}

fn context(id: u32, data: &'static [u8]) -> ServiceContext {
    ServiceContext { id, data: Bytes::from_static(data) }
}

fn arrived(version: GiopVersion, head: &RequestHead, addressing: &Addressing) -> RequestHead {
    let mut pair = Pair::new(version);
    let body = Bytes::from_static(b"12345678");
    pair.client.connection.request(head, addressing, body.clone()).expect("it can be written");
    pair.run();
    let (_, head, arrived) = pair.server.served();
    assert_eq!(arrived.octets(), &body);
    head
}

#[test]
fn identity_deadline_chain_and_trace_reach_a_server_of_our_kind() {
    for version in VERSIONS {
        assert_eq!(arrived(version, &full(), &to_quorb()), full());
        assert_eq!(arrived(version, &call("get"), &to_quorb()), call("get"));
    }
}

/// By its identity a oneway request is known when it comes again.
#[test]
fn the_identity_of_a_oneway_request_reaches_a_server_of_our_kind() {
    for version in VERSIONS {
        let oneway = RequestHead { response: ResponseExpected::No, ..full() };
        assert_eq!(arrived(version, &oneway, &to_quorb()), oneway);
        let nameless = RequestHead { identity: None, ..oneway };
        assert_eq!(arrived(version, &nameless, &to_quorb()), nameless);
    }
}

/// A server that is not told what is answered keeps every reply until its memory is full.
#[test]
fn what_the_client_acknowledges_reaches_a_server_of_our_kind() {
    for version in VERSIONS {
        let head = RequestHead { acknowledged_below: 5, ..call("set") };
        assert_eq!(arrived(version, &head, &to_quorb()).acknowledged_below, 5);
    }
}

#[test]
fn other_servers_get_only_what_interceptors_send() {
    for version in VERSIONS {
        let expected = RequestHead { contexts: full().contexts, ..call("get") };
        assert_eq!(arrived(version, &full(), &Addressing::default()), expected);
    }
}

/// A `tracestate` comes from outside: a bad one must not make the calls fail that carry it on.
#[test]
fn a_trace_state_that_is_no_text_is_left_out() {
    for state in [&b"a\0b"[..], b"\xff", "gr\u{fc}n".as_bytes()] {
        let head = RequestHead { trace: Some(trace(state)), ..call("get") };
        let expected = RequestHead { trace: Some(trace(b"")), ..call("get") };
        assert_eq!(arrived(GiopVersion::V1_2, &head, &to_quorb()), expected);
    }
}

#[test]
fn interceptors_cannot_forge_what_the_connection_says() {
    let forged =
        [ContextId::CODE_SETS, ContextId::FT_REQUEST, ContextId::QUORB_CALL, ContextId::QUORB_FILLER];
    let contexts = forged.map(|id| context(id.0, b"forged")).to_vec();
    let head = RequestHead { contexts, ..call("get") };
    assert_eq!(arrived(GiopVersion::V1_2, &head, &Addressing::default()), call("get"));
}

/// Bodies of replies are encoded to begin at a multiple of 8, whatever stands before them.
#[test]
fn contexts_of_replies_arrive_and_leave_the_body_aligned() {
    let some = [
        vec![],
        vec![context(0x4000, b"1")],
        vec![context(0x4000, b"12345")],
        vec![context(0x4000, b""), context(0x4001, b"123"), context(0x4002, b"12345678")],
    ];
    for version in VERSIONS {
        for contexts in &some {
            let mut pair = Pair::new(version);
            pair.client.call("get", b"");
            pair.run();
            let (id, ..) = pair.server.served();
            let mut head = ok();
            head.contexts.clone_from(contexts);
            let body = Bytes::from_static(b"12345678");
            pair.server.connection.reply(id, &head, body.clone()).expect("it is open");
            pair.run();
            let (_, arrived, read) = pair.client.replied();
            assert_eq!((arrived, read.octets(), read.origin() % 8), (head, &body, 0));
        }
    }
}

#[test]
fn contexts_of_foreign_replies_are_kept() {
    let mut client = End::client(GiopVersion::V1_2);
    let id = client.call("get", b"");
    let mut head = GiopReplyHead::new(id.0 as u32, ReplyStatus::NO_EXCEPTION);
    head.contexts.push(Giop { id: ContextId::EXCEPTION_DETAIL_MESSAGE, data: Bytes::from_static(b"why") });
    client.feed(&written(&head, foreign(Endian::Big, GiopVersion::V1_2), b""));
    assert_eq!(client.replied().1.contexts, [context(14, b"why")]);
}

#[test]
fn without_contexts_a_reply_head_is_as_short_as_can_be() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    pair.client.call("get", b"");
    pair.run();
    let (id, ..) = pair.server.served();
    pair.server.answer(id, b"");
    let octets = pair.server.output();
    let Message::Reply { head, .. } = messages(&octets).remove(0) else { panic!("a reply") };
    assert_eq!((octets.len(), head.contexts.as_slice()), (24, &[][..]));
}
