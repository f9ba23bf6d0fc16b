//! Relayed requests and answers as octets, whole and damaged.

use std::sync::Arc;

use super::*;

fn invocation(body: Body) -> Invocation {
    let peer = Peer { protocol: Protocol::Iiop, address: Arc::from("10.0.0.1:9") };
    let chain = ChainId([7; 16]);
    let mut state = CallState::new(peer, Bytes::from_static(b"grid"), Bytes::from_static(b"set"), chain);
    state.depth = 3;
    state.contexts.push(ServiceContext { id: 9, data: Bytes::from_static(b"context") });
    let encoding = reply_encoding(&body, Endian::NATIVE);
    Invocation::new(state, body, encoding, None)
}

fn bodies() -> [Body; 3] {
    let octets = Bytes::from_static(b"\0\x02\0\x04\0\0\0\x7b");
    let fragments = message::Body::new(octets.clone(), Endian::Big, GiopVersion::V1_1, 44).joined_at(vec![4]);
    let code_sets = CodeSets { char_set: CharSet::Latin1, wchar_set: None };
    [
        Body::native_cdr(octets, Endian::Little),
        Body::Cdr { contents: fragments, code_sets },
        Body::Cbor(Bytes::from_static(b"\x81\x01")),
    ]
}

#[tokio::test]
async fn a_call_comes_back_as_its_servant_sees_it() {
    let orb = Orb::client().await.unwrap();
    for body in bodies() {
        let sent = invocation(body);
        let relayed = RelayedCall::of(&sent);
        let relayed = RelayedCall::from_parts(relayed.head().clone(), relayed.arguments().clone());
        let got = relayed.invocation(&orb, None, Some("a test")).unwrap();
        assert_eq!(got.operation(), "set");
        assert_eq!(got.context().object_key(), b"grid");
        assert_eq!(got.context().chain(), sent.context().chain());
        assert_eq!(got.context().depth(), 3);
        assert_eq!(got.context().peer(), sent.context().peer());
        assert_eq!(got.context().service_contexts(), sent.context().service_contexts());
        assert_eq!(got.context().calls_refused(), Some("a test"));
        assert_eq!(got.context().deadline(), None);
        assert_eq!(got.reply_encoding(), sent.reply_encoding());
        match (got.arguments(), sent.arguments()) {
            (Body::Cbor(got), Body::Cbor(sent)) => assert_eq!(got, sent),
            (Body::Cdr { contents: got, code_sets: of_got }, Body::Cdr { contents: sent, code_sets }) => {
                assert_eq!(of_got, code_sets);
                assert_eq!((got.octets(), got.joints()), (sent.octets(), sent.joints()));
                assert_eq!(got.origin(), sent.origin() % 8);
                assert_eq!((got.endian(), got.version()), (sent.endian(), sent.version()));
            }
            (got, sent) => panic!("{got:?} for {sent:?}"),
        }
    }
}

#[test]
fn a_reply_comes_back_with_what_its_caller_decides_by() {
    let exception = SystemException::new(ExceptionKind::Transient, Minor::MEMORY_FULL, Completion::No)
        .because("a reason");
    for body in [
        ReplyBody::Results(Bytes::from_static(b"results")),
        ReplyBody::User(Bytes::from_static(b"user")),
        ReplyBody::System(exception.clone()),
    ] {
        let relayed = RelayedReply::of(&Reply::new(body.clone()));
        let executed = !matches!(body, ReplyBody::System(_));
        assert_eq!(relayed.completed() == Completion::Yes, executed);
        match (relayed.reply().unwrap().body, body) {
            (ReplyBody::Results(got), ReplyBody::Results(sent)) => assert_eq!(got, sent),
            (ReplyBody::User(got), ReplyBody::User(sent)) => assert_eq!(got, sent),
            (ReplyBody::System(got), ReplyBody::System(sent)) => {
                assert_eq!(got, sent);
                assert_eq!(got.report().unwrap().detail, sent.report().unwrap().detail);
            }
            (got, sent) => panic!("{got:?} for {sent:?}"),
        }
    }
}

#[test]
fn a_reply_is_given_to_callers_of_its_format_and_to_no_others() {
    let [little, old, cbor] = bodies().map(invocation);
    let reply = RelayedReply::of(&Reply::new(ReplyBody::Results(Bytes::from_static(b"results"))));
    let kept = reply.clone().in_form(cbor.reply_form());
    let kept = RelayedReply::from_parts(kept.head().clone(), kept.body().clone());
    assert_eq!(kept.completed(), Completion::Yes);
    assert!(matches!(kept.reply_to(&cbor).unwrap().body, ReplyBody::Results(body) if body == "results"));
    for other in [&little, &old] {
        let ReplyBody::System(exception) = kept.reply_to(other).unwrap().body else {
            panic!("octets that the caller would misread")
        };
        let told = (exception.minor(), exception.completed());
        assert_eq!(told, (Minor::OUTCOME_FORGOTTEN, Completion::Yes), "{exception}");
    }
    // Exceptions of the broker are written for each caller; of a reply without a form nothing is known.
    let exception = SystemException::new(ExceptionKind::Unknown, Minor::SERVANT_PANICKED, Completion::Maybe);
    let raised = RelayedReply::raising(&exception).in_form(cbor.reply_form());
    assert!(matches!(raised.reply_to(&old).unwrap().body, ReplyBody::System(got) if got == exception));
    assert!(matches!(reply.reply_to(&old).unwrap().body, ReplyBody::Results(_)));
}

#[tokio::test]
async fn damaged_heads_cost_an_error() {
    let orb = Orb::client().await.unwrap();
    let mut refused = 0;
    for body in bodies() {
        let whole = RelayedCall::of(&invocation(body));
        for length in 0..whole.head().len() {
            let cut = RelayedCall::from_parts(whole.head().slice(..length), whole.arguments().clone());
            assert!(cut.invocation(&orb, None, None).is_err(), "{length} octets");
        }
        for at in 0..whole.head().len() {
            for octet in [0, 1, 0x7f, 0xff] {
                let mut head = whole.head().to_vec();
                head[at] = octet;
                let damaged = RelayedCall::from_parts(head.into(), whole.arguments().clone());
                refused += usize::from(damaged.invocation(&orb, None, None).is_err());
            }
        }
    }
    assert!(refused > 50, "only {refused} of the damaged heads were refused");
    assert_eq!(
        RelayedReply::from_parts(Bytes::new(), Bytes::new()).reply().err(),
        Some(RelayError::Truncated)
    );
    let version = RelayedReply::from_parts(Bytes::from_static(&[9, 0]), Bytes::new());
    assert_eq!(version.reply().err(), Some(RelayError::Version(9)));
}
