//! Whole messages that make no sense: each is answered with the exception that fits, and the connection goes on.

use bytes::Bytes;
use quorb::proto::head::{BodyFormat, ReplyStatus};
use quorb::{ExceptionKind, Proxy};
use quorb_giop::cdr::GiopVersion;
use quorb_giop::codeset::{CodeSetContext, CodeSetId};
use quorb_giop::ior::{ProfileTag, TaggedProfile};
use quorb_giop::message::{CompletionStatus, MessageHead, RequestHead, SystemExceptionBody, Target};
use quorb_giop::names::{ObjectKey, OperationName};

use crate::rig::healthy::Healthy;
use crate::rig::native::{Talker, body, head};
use crate::rig::peer::Peer;
use crate::rig::{ProbeProxy, Way, World, giop, logs};

fn is_refused((id, exception): (u32, SystemExceptionBody), wanted_id: u32, kind: ExceptionKind) {
    assert_eq!(id, wanted_id);
    assert_eq!(exception.exception_id.as_str(), kind.repository_id());
    assert_eq!(exception.completion, CompletionStatus::NO);
}

fn raw(id: u32, target: Target, operation: &'static str, chosen: Option<CodeSetContext>) -> Vec<u8> {
    let mut head = RequestHead::new(id, target, OperationName::new(Bytes::from_static(operation.as_bytes())));
    if let Some(chosen) = chosen {
        head.contexts.put(&chosen).expect("a context");
    }
    head.open(Vec::new(), giop::profile(GiopVersion::V1_2)).expect("a head").finish().expect("a message")
}

#[tokio::test]
async fn giop_requests_that_no_client_should_send() {
    logs::capture();
    let world = World::new(Way::TcpIiop).await;
    let healthy = Healthy::start(&world).await;
    let mut peer = Peer::connect(world.port()).await;
    let name = peer.name();
    let key = || Target::Key(ObjectKey::new(Bytes::from_static(b"probe")));
    let profile = TaggedProfile { tag: ProfileTag::IIOP, data: Bytes::from_static(b"\x01nonsense") };
    let code_sets = CodeSetContext { char_data: CodeSetId(0x1234_5678), wchar_data: CodeSetId(0x9abc) };
    let cases = [
        (
            raw(2, Target::Key(ObjectKey::new(Bytes::from(vec![0xff; 900]))), "value", None),
            ExceptionKind::ObjectNotExist,
        ),
        (raw(4, Target::Profile(profile), "value", None), ExceptionKind::ObjectNotExist),
        (raw(6, key(), "", None), ExceptionKind::BadOperation),
        (raw(8, key(), "no such thing", None), ExceptionKind::BadOperation),
        (raw(10, key(), "_no_such_attribute", None), ExceptionKind::BadOperation),
        (raw(12, key(), "value", Some(code_sets)), ExceptionKind::CodesetIncompatible),
    ];
    for (index, (message, kind)) in cases.into_iter().enumerate() {
        peer.say(&message).await;
        is_refused(giop::hear_exception(&mut peer).await, 2 * index as u32 + 2, kind);
        logs::line_with(&[&name, "refuse", kind.omg_name()]).await;
    }
    // All that on one connection, which still serves.
    peer.say(&giop::request(GiopVersion::V1_2, 14, "probe", "value", |_| {})).await;
    assert!(matches!(giop::hear(&mut peer).await, quorb_giop::message::Message::Reply { .. }));
    healthy.end().await;
    drop(peer);
    world.end().await;
}

/// Bodies in CBOR, and in a format that nobody knows.
#[tokio::test]
async fn native_bodies_that_make_no_sense() {
    let world = World::new(Way::TcpNative).await;
    let healthy = Healthy::start(&world).await;
    let mut client = Talker::connect(world.port(), 5, 1).await;
    let deep = [vec![0x81], vec![0x81; 100_000], vec![0]].concat();
    let cases: [(&str, BodyFormat, Vec<u8>, ExceptionKind); 11] = [
        ("add", BodyFormat::CBOR, vec![0x80], ExceptionKind::BadParam),
        ("add", BodyFormat::CBOR, vec![], ExceptionKind::Marshal),
        ("add", BodyFormat::CBOR, vec![0x81, 0x61, b'x'], ExceptionKind::Marshal),
        (
            "add",
            BodyFormat::CBOR,
            vec![0x81, 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ExceptionKind::Marshal,
        ),
        ("add", BodyFormat::CBOR, vec![0x9a, 0xff, 0xff, 0xff, 0xff, 1], ExceptionKind::Marshal),
        ("add", BodyFormat::CBOR, vec![0x81, 1, 0, 0], ExceptionKind::Marshal),
        (
            "echo",
            BodyFormat::CBOR,
            vec![0x81, 0x5b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ExceptionKind::Marshal,
        ),
        ("text", BodyFormat::CBOR, vec![0x81, 0x62, 0xff, 0xfe], ExceptionKind::Marshal),
        ("depth", BodyFormat::CBOR, deep, ExceptionKind::Marshal),
        ("add", BodyFormat(9), vec![1, 2, 3, 4], ExceptionKind::Marshal),
        ("add", BodyFormat::CDR_BE, vec![1, 2], ExceptionKind::Marshal),
    ];
    for (operation, format, octets, kind) in cases {
        let mut request = head("probe", operation);
        request.format = format;
        let id = client.call(&request, octets.clone().into()).await.unwrap();
        let (reply, answer) = client.reply(id).await;
        assert_eq!(reply.status, ReplyStatus::SYSTEM_EXCEPTION, "{operation} {octets:?}");
        let exception = crate::rig::native::result::<SystemExceptionBody>(&reply, &answer);
        assert_eq!(exception.exception_id.as_str(), kind.repository_id(), "{operation} {octets:?}");
        assert_eq!(exception.completion, CompletionStatus::NO);
    }
    let id = client.call(&head("probe", "add"), body(|out| out.write_u32(3))).await.unwrap();
    assert_eq!(client.reply(id).await.0.status, ReplyStatus::OK);
    healthy.end().await;
    drop(client);
    world.end().await;
}

/// References that came from anywhere cost an error when they are made, or when they are called.
#[tokio::test]
async fn reference_strings_that_are_none() {
    let world = World::new(Way::TcpNative).await;
    let good = world.own.object().to_string();
    for text in [
        "",
        "IOR:",
        "IOR:00",
        "IOR:zz",
        "http://x/",
        "corbaloc:",
        "corbaloc::/",
        "corbaloc::h:99999/k",
        &good[..good.len() / 2],
    ] {
        let error = world.client.bind::<ProbeProxy>(text).unwrap_err();
        assert_eq!(error.kind(), ExceptionKind::InvObjref, "{text}: {error}");
    }
    let mut dice = crate::rig::peer::Dice::new(1);
    for _ in 0..2000 {
        let mut octets = good.clone().into_bytes();
        for _ in 0..=dice.below(3) {
            let at = 4 + dice.below(octets.len() - 4);
            octets[at] = b"0123456789abcdef"[dice.below(16)];
        }
        // It may even be good.
        let _ = world.client.bind::<ProbeProxy>(std::str::from_utf8(&octets).expect("hexadecimal"));
    }
    world.end().await;
}
