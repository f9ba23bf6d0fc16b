//! Octets written by hand, member by member: our encoder makes exactly these, our decoder reads them.

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, CdrError, CdrProfile, Encoder, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::ior::{IiopProfile, Ior, TaggedProfile};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::*;
use quorb_giop::names::{ObjectKey, OperationName, RepositoryId};

use crate::vectors;

/// `write` makes the octets of the vector, which decode into what it wrote.
fn holds<H: MessageHead>(
    name: &str,
    head: &H,
    body: impl FnOnce(&mut Encoder) -> Result<(), CdrError>,
) -> (Message, Vec<u8>) {
    let version = match name {
        _ if name.contains("_1_0") => GiopVersion::V1_0,
        _ if name.contains("_1_1") => GiopVersion::V1_1,
        _ => GiopVersion::V1_2,
    };
    let endian = if name.ends_with("_le") { Endian::Little } else { Endian::Big };
    let path = format!("ours/{name}");
    let expected = vectors::octets(&path);
    let mut open = head.open(Vec::new(), CdrProfile::unnegotiated(endian, version)).unwrap();
    body(open.body()).unwrap();
    let written = open.finish().unwrap();
    assert_eq!(written, expected, "{name}");
    let message = vectors::message(&path);
    if let Some(body) = vectors::body(&message) {
        assert_eq!((body.endian(), body.version()), (endian, version), "{name}");
        assert!(expected.ends_with(body.octets()), "{name}");
        let origin =
            if body.octets().is_empty() { body.origin() } else { written.len() - body.octets().len() };
        assert_eq!(body.origin(), origin, "{name}");
    }
    (message, written)
}

fn no_body(_: &mut Encoder) -> Result<(), CdrError> {
    Ok(())
}

fn request(request_id: u32, target: Target, operation: &'static str) -> RequestHead {
    RequestHead::new(request_id, target, OperationName::from_static(operation))
}

fn key(key: &'static str) -> Target {
    Target::Key(ObjectKey::from_static(key.as_bytes()))
}

fn context(data: &'static [u8]) -> ServiceContext {
    ServiceContext { id: ContextId(0x99), data: Bytes::from_static(data) }
}

fn profile() -> TaggedProfile {
    IiopProfile::new(GiopVersion::V1_0, "h".into(), 1, ObjectKey::from_static(b"k")).to_tagged().unwrap()
}

fn holds_request(name: &str, expected: &RequestHead, body: impl Fn(&mut Encoder) -> Result<(), CdrError>) {
    let (message, _) = holds(name, expected, &body);
    let Message::Request { head, .. } = message else { panic!("{name} is a request") };
    assert_eq!(head, *expected, "{name}");
}

fn holds_reply(
    name: &str,
    expected: &ReplyHead,
    body: impl Fn(&mut Encoder) -> Result<(), CdrError>,
) -> Body {
    let (message, _) = holds(name, expected, &body);
    let Message::Reply { head, body } = message else { panic!("{name} is a reply") };
    assert_eq!(head, *expected, "{name}");
    body
}

#[test]
fn requests() {
    let arguments = |out: &mut Encoder| (3i16, 4i16).encode(out);
    holds_request("request_1_0_be", &request(5, key("grid"), "get"), arguments);
    let mut head = request(5, key("grid"), "get");
    head.contexts.push(context(b"abc"));
    head.principal = Bytes::from_static(b"me");
    holds_request("request_1_1_le", &head, arguments);
    let mut head = request(5, key("grid"), "put");
    head.contexts.push(context(b"a"));
    holds_request("request_1_2_be", &head, |out| 1.0f64.encode(out));
    let mut head = request(5, key("k"), "ping");
    head.response = ResponseFlags::NONE;
    holds_request("request_empty_1_2_le", &head, no_body);
}

#[test]
fn requests_to_profiles_and_references() {
    let head = request(6, Target::Profile(profile()), "get");
    holds_request("request_profile_1_2_be", &head, no_body);
    assert_eq!(head.target.object_key(), Ok(ObjectKey::from_static(b"k")));
    let ior = Ior { type_id: RepositoryId::from_static("IDL:A:1.0"), profiles: vec![profile()] };
    let head = request(6, Target::Reference { selected_profile_index: 0, ior }, "get");
    holds_request("request_reference_1_2_be", &head, no_body);
    assert_eq!(head.target.object_key(), Ok(ObjectKey::from_static(b"k")));
}

#[test]
fn replies() {
    let head = ReplyHead::new(5, ReplyStatus::NO_EXCEPTION);
    let body = holds_reply("reply_1_0_be", &head, |out| 123i32.encode(out));
    assert_eq!(i32::decode(&mut body.decoder(CodeSets::UNNEGOTIATED)), Ok(123));
    let head = ReplyHead::new(5, ReplyStatus::LOCATION_FORWARD);
    let body = holds_reply("reply_forward_1_1_le", &head, |out| Ior::nil().encode(out));
    assert_eq!(Ior::decode(&mut body.decoder(CodeSets::UNNEGOTIATED)), Ok(Ior::nil()));
    let mut head = ReplyHead::new(5, ReplyStatus::NO_EXCEPTION);
    head.contexts.push(context(b"a"));
    let body = holds_reply("reply_1_2_be", &head, |out| 1.0f64.encode(out));
    assert_eq!(f64::decode(&mut body.decoder(CodeSets::UNNEGOTIATED)), Ok(1.0));
    let head = ReplyHead::new(5, ReplyStatus::NEEDS_ADDRESSING_MODE);
    holds_reply("reply_addressing_1_2_be", &head, |out| AddressingDisposition::REFERENCE.encode(out));
    let head = ReplyHead::new(5, ReplyStatus::SYSTEM_EXCEPTION);
    let exception = SystemExceptionBody {
        exception_id: RepositoryId::from_static("IDL:omg.org/CORBA/MARSHAL:1.0"),
        minor_code: 7,
        completion: CompletionStatus::MAYBE,
    };
    let body = holds_reply("reply_system_exception_1_2_le", &head, |out| exception.encode(out));
    let read = SystemExceptionBody::decode(&mut body.decoder(CodeSets::UNNEGOTIATED));
    assert_eq!(read, Ok(exception));
}

#[test]
fn locating_and_cancelling() {
    let head = CancelRequestHead { request_id: 5 };
    for name in ["cancel_request_1_0_be", "cancel_request_1_2_le"] {
        assert_eq!(holds(name, &head, no_body).0, Message::CancelRequest(head));
    }
    let head = LocateRequestHead { request_id: 7, target: key("grid") };
    for name in ["locate_request_1_1_be", "locate_request_1_2_le"] {
        assert_eq!(holds(name, &head, no_body).0, Message::LocateRequest(head.clone()));
    }
    let expected = LocateReplyHead { request_id: 7, status: LocateStatus::UNKNOWN_OBJECT };
    let (message, _) = holds("locate_reply_1_0_be", &expected, no_body);
    assert!(matches!(message, Message::LocateReply { head, .. } if head == expected));
    let expected = LocateReplyHead { request_id: 7, status: LocateStatus::OBJECT_FORWARD };
    let (message, _) = holds("locate_reply_forward_1_2_be", &expected, |out| Ior::nil().encode(out));
    let Message::LocateReply { head, body } = message else { panic!("a locate reply") };
    assert_eq!((head, body.origin()), (expected, 20));
    assert_eq!(Ior::decode(&mut body.decoder(CodeSets::UNNEGOTIATED)), Ok(Ior::nil()));
}

#[test]
fn closing() {
    let octets = vectors::octets("ours/close_connection_1_0_be");
    assert_eq!(close_connection(GiopVersion::V1_0, Endian::Big)[..], octets);
    assert_eq!(vectors::message("ours/close_connection_1_0_be"), Message::CloseConnection);
    let octets = vectors::octets("ours/message_error_1_1_le");
    assert_eq!(message_error(GiopVersion::V1_1, Endian::Little)[..], octets);
    assert_eq!(vectors::message("ours/message_error_1_1_le"), Message::MessageError);
}

#[test]
fn interleaved_fragments() {
    let frames = vectors::frames(&vectors::octets("ours/fragments_interleaved_1_2_be"));
    let messages: Vec<_> =
        frames.iter().map(|frame| Message::decode(frame, &MessageLimits::default()).unwrap()).collect();
    let [Message::CancelRequest(cancel), third, first] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(cancel.request_id, 1);
    let longs = |message: &Message| {
        let mut input = vectors::body(message).unwrap().decoder(CodeSets::UNNEGOTIATED);
        std::iter::from_fn(|| input.read_u32().ok()).collect::<Vec<_>>()
    };
    assert_eq!((longs(third), longs(first)), (vec![11, 12, 13], vec![1, 2]));
}

#[test]
fn fragments_aligned_by_themselves() {
    let message = vectors::message("ours/fragments_1_1_be");
    let body = vectors::body(&message).unwrap();
    let mut input = body.decoder(CodeSets::UNNEGOTIATED);
    assert_eq!((input.read_f64(), input.read_bool(), input.read_f64()), (Ok(1.0), Ok(true), Ok(2.0)));
    assert_eq!((input.read_i16(), input.finish()), (Ok(7), Ok(())));
}
