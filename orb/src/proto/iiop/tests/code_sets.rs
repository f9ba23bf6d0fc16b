//! How text is encoded: the client says it, the server takes it over.

use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::codeset::{CodeSetContext, CodeSetId, CodeSets};
use quorb_giop::message::{ContextId, Message, RequestHead as GiopRequestHead, ServiceContext};

use super::rig::{End, Pair, UNICODE, VERSIONS, config, foreign, foreign_request, messages, written};
use crate::proto::iiop::{BadRequest, Event, Side};

/// What each request of a client says of its code sets.
fn said(version: GiopVersion) -> Vec<Option<CodeSetContext>> {
    let mut client = End::client(version);
    for _ in 0..3 {
        client.call("get", b"");
    }
    let said = messages(&client.output()).into_iter().map(|message| match message {
        Message::Request { head, .. } => head.contexts.get().map(|read| read.expect("it is readable")),
        other => panic!("{other:?}"),
    });
    said.collect()
}

#[test]
fn a_client_says_them_once_in_1_2_and_always_in_1_1_and_never_in_1_0() {
    let chosen = Some(CodeSetContext::from(UNICODE));
    assert_eq!(said(GiopVersion::V1_0), [None, None, None]);
    assert_eq!(said(GiopVersion::V1_1), [chosen, chosen, chosen]);
    assert_eq!(said(GiopVersion::V1_2), [chosen, None, None]);
}

#[test]
fn a_server_that_lists_none_is_told_of_none() {
    let mut config = config(Side::Client, GiopVersion::V1_2);
    config.code_sets = CodeSets::UNNEGOTIATED;
    let mut client = End::new(config);
    client.call("get", b"");
    let Message::Request { head, .. } = messages(&client.output()).remove(0) else { panic!("a request") };
    assert!(head.contexts.as_slice().is_empty());
}

#[test]
fn the_server_takes_them_over_and_keeps_them() {
    for version in VERSIONS {
        let mut pair = Pair::new(version);
        assert_eq!(pair.server.connection.code_sets(), CodeSets::UNNEGOTIATED);
        let expected = if version == GiopVersion::V1_0 { CodeSets::UNNEGOTIATED } else { UNICODE };
        for _ in 0..2 {
            pair.client.call("get", b"");
            pair.run();
            pair.server.served();
            assert_eq!(pair.server.connection.code_sets(), expected);
            assert_eq!(pair.client.connection.code_sets(), expected);
        }
    }
}

fn request_with(id: u32, data: &[u8]) -> GiopRequestHead {
    let mut request = foreign_request(id);
    let data = data.to_vec().into();
    request.contexts.push(ServiceContext { id: ContextId::CODE_SETS, data });
    request
}

fn request_choosing(char_data: CodeSetId, wchar_data: CodeSetId) -> GiopRequestHead {
    let mut request = foreign_request(1);
    request.contexts.put(&CodeSetContext { char_data, wchar_data }).expect("two numbers");
    request
}

#[test]
fn a_code_set_that_is_not_ours_is_refused_with_the_request_and_changes_nothing() {
    let refused = [
        request_choosing(CodeSetId::UCS_4, CodeSetId::NONE),
        request_choosing(CodeSetId::UTF_8, CodeSetId::UCS_2),
        request_with(1, b""),
        request_with(1, b"\0\0\0\0\x05\x01\0"),
    ];
    for request in refused {
        let mut server = End::server();
        let profile = foreign(Endian::Big, GiopVersion::V1_2);
        server.feed(&written(&request_choosing(CodeSetId::UTF_8, CodeSetId::UTF_16), profile, b""));
        let (id, ..) = server.served();
        server.answer(id, b"");
        server.feed(&written(&request, profile, b""));
        let event = server.the_event();
        assert!(matches!(event, Event::BadRequest { problem: BadRequest::CodeSet, .. }), "{event:?}");
        assert_eq!((server.connection.code_sets(), &server.error), (UNICODE, &None));
    }
}

/// GIOP 1.0 knows no choice of code sets, and a client may not mix versions: one that does gains nothing.
#[test]
fn a_request_in_1_0_is_latin_1_whatever_was_said() {
    let chosen = request_choosing(CodeSetId::UTF_8, CodeSetId::UTF_16);
    let silent = foreign_request(1);
    let mut server = End::server();
    for (request, version, expected) in [
        (&chosen, GiopVersion::V1_0, CodeSets::UNNEGOTIATED),
        (&silent, GiopVersion::V1_2, CodeSets::UNNEGOTIATED),
        (&chosen, GiopVersion::V1_2, UNICODE),
        (&silent, GiopVersion::V1_0, CodeSets::UNNEGOTIATED),
        (&silent, GiopVersion::V1_2, UNICODE),
    ] {
        server.feed(&written(request, foreign(Endian::Little, version), b""));
        let (id, ..) = server.served();
        assert_eq!(server.connection.code_sets(), expected);
        server.answer(id, b"");
    }
}
