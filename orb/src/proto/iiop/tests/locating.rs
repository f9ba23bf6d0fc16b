//! LocateRequests: foreign clients ask before they call.

use bytes::Bytes;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::message::{GiopError, LocateRequestHead, LocateStatus, Message, Target};

use super::rig::{End, VERSIONS, foreign, foreign_request, message, written};
use crate::proto::head::{BodyFormat, CallId, ReplyHead, ReplyStatus};
use crate::proto::iiop::Event;

fn ask(server: &mut End, version: GiopVersion, target: Target) -> (CallId, Option<Bytes>) {
    let question = LocateRequestHead { request_id: 8, target };
    server.feed(&written(&question, foreign(Endian::Big, version), b""));
    match server.the_event() {
        Event::Locate { id, key } => (id, key.map(|key| key.0)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_answer_is_written_in_the_version_of_the_question() {
    let answers = [
        (ReplyStatus::OK, LocateStatus::OBJECT_HERE),
        (ReplyStatus::SYSTEM_EXCEPTION, LocateStatus::UNKNOWN_OBJECT),
        (ReplyStatus::FORWARD, LocateStatus::OBJECT_FORWARD),
        (ReplyStatus::FORWARD_PERMANENT, LocateStatus::OBJECT_FORWARD_PERM),
    ];
    for version in VERSIONS {
        for (status, expected) in answers {
            let mut server = End::server();
            let (id, key) = ask(&mut server, version, foreign_request(8).target);
            assert_eq!(key.as_deref(), Some(&b"key"[..]));
            let body = if status == ReplyStatus::FORWARD { "reference" } else { "" };
            let head = ReplyHead::new(status, BodyFormat::CDR_LE);
            server.connection.reply(id, &head, Bytes::from(body)).expect("it is open");
            let octets = server.output();
            assert_eq!((octets[4], octets[5]), (version.major, version.minor));
            let Message::LocateReply { head, body: answered } = message(&octets) else { panic!("an answer") };
            let expected = match expected {
                // Before GIOP 1.2 there is no other word for it.
                LocateStatus::OBJECT_FORWARD_PERM if version < GiopVersion::V1_2 => {
                    LocateStatus::OBJECT_FORWARD
                }
                status => status,
            };
            assert_eq!(
                (head.request_id, head.status, &answered.octets()[..]),
                (8, expected, body.as_bytes())
            );
            assert_eq!(server.connection.calls_inbound(), 0);
        }
    }
}

#[test]
fn an_object_that_is_named_unreadably_is_a_question_without_a_key() {
    let mut server = End::server();
    let ior = quorb_giop::ior::Ior::nil();
    let target = Target::Reference { selected_profile_index: 3, ior };
    assert_eq!(ask(&mut server, GiopVersion::V1_2, target).1, None);
}

#[test]
fn questions_share_their_ids_with_requests() {
    let profile = foreign(Endian::Big, GiopVersion::V1_2);
    let mut server = End::server();
    server.feed(&written(&foreign_request(8), profile, b""));
    let question = LocateRequestHead { request_id: 8, target: foreign_request(8).target };
    server.feed(&written(&question, profile, b""));
    assert_eq!(server.error, Some(GiopError::DuplicateRequest { request_id: 8 }));
}
