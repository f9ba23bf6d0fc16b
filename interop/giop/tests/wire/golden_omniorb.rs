//! Octets recorded from omniORB 4.2.5, stale memory in their padding included: they must be understood.

use quorb_giop::cdr::{Cdr, CharSet, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::{CodeSetComponentInfo, CodeSetContext, CodeSetId, CodeSets};
use quorb_giop::ior::{ComponentTag, Ior, OrbType};
use quorb_giop::message::*;
use quorb_giop::names::ObjectKey;
use quorb_giop::url::Reference;

use crate::vectors;

const VERSIONS: [(&str, GiopVersion); 3] =
    [("1_0", GiopVersion::V1_0), ("1_1", GiopVersion::V1_1), ("1_2", GiopVersion::V1_2)];

const FULL: CodeSets = CodeSets { char_set: CharSet::Latin1, wchar_set: Some(WcharSet::Utf16) };

fn request(name: &str) -> (RequestHead, Body) {
    let Message::Request { head, body } = vectors::message(&format!("omniorb/{name}")) else {
        panic!("{name} is a request")
    };
    assert_eq!(head.target.object_key(), Ok(ObjectKey::from_static(b"grid")), "{name}");
    assert_eq!(body.endian(), Endian::Little, "{name}");
    (head, body)
}

fn reply(name: &str) -> (ReplyHead, Body) {
    let Message::Reply { head, body } = vectors::message(&format!("omniorb/{name}")) else {
        panic!("{name} is a reply")
    };
    (head, body)
}

#[test]
fn calls_in_every_version() {
    for (suffix, version) in VERSIONS {
        let (head, body) = request(&format!("request_get_{suffix}"));
        assert_eq!((head.operation.as_str(), head.response), ("get", ResponseFlags::TARGET));
        assert_eq!(body.version(), version);
        let mut input = body.decoder(FULL);
        assert_eq!((Cdr::decode(&mut input), input.finish()), (Ok((3i16, 4i16)), Ok(())), "{suffix}");
        let (head, body) = request(&format!("request_ping_{suffix}"));
        assert!(!head.response.expects_reply());
        assert_eq!(i32::decode(&mut body.decoder(FULL)), Ok(7));
        let (head, body) = request(&format!("request_boom_{suffix}"));
        assert_eq!((head.operation.as_str(), body.octets().len()), ("boom", 0));
        let (head, body) = reply(&format!("reply_get_{suffix}"));
        assert_eq!(head.status, ReplyStatus::NO_EXCEPTION);
        assert_eq!(i32::decode(&mut body.decoder(FULL)), Ok(123));
    }
}

#[test]
fn exceptions_in_every_version() {
    for (suffix, _) in VERSIONS {
        let (head, body) = reply(&format!("reply_user_exception_{suffix}"));
        assert_eq!(head.status, ReplyStatus::USER_EXCEPTION);
        let exception: (String, i16, i16) = Cdr::decode(&mut body.decoder(FULL)).unwrap();
        assert_eq!(exception, ("IDL:OutOfRange:1.0".into(), -1, 5));
        let (head, body) = reply(&format!("reply_system_exception_{suffix}"));
        assert_eq!(head.status, ReplyStatus::SYSTEM_EXCEPTION);
        let exception = SystemExceptionBody::decode(&mut body.decoder(FULL)).unwrap();
        assert_eq!(exception.exception_id.as_str(), "IDL:omg.org/CORBA/NO_PERMISSION:1.0");
        assert_eq!((exception.minor_code, exception.completion), (7, CompletionStatus::YES));
    }
}

#[test]
fn locating_in_every_version_and_closing() {
    for (suffix, _) in VERSIONS {
        let message = vectors::message(&format!("omniorb/locate_request_{suffix}"));
        let Message::LocateRequest(head) = message else { panic!("{message:?}") };
        assert_eq!(head.target.object_key(), Ok(ObjectKey::from_static(b"grid")));
        let message = vectors::message(&format!("omniorb/locate_reply_{suffix}"));
        let Message::LocateReply { head, .. } = message else { panic!("{message:?}") };
        assert_eq!(head.status, LocateStatus::OBJECT_HERE);
    }
    assert_eq!(vectors::message("omniorb/close_connection_1_2"), Message::CloseConnection);
}

#[test]
fn code_sets_are_announced_in_the_first_request() {
    for name in ["request_get_1_2", "request_get_code_sets_1_1"] {
        let (head, _) = request(name);
        let chosen = head.contexts.get::<CodeSetContext>().unwrap().unwrap();
        assert_eq!((chosen.char_data, chosen.wchar_data), (CodeSetId::ISO_8859_1, CodeSetId::UTF_16));
        assert_eq!(CodeSets::accept(chosen), Ok(FULL));
    }
}

#[test]
fn text_of_all_kinds() {
    let (_, body) = request("request_string_1_2");
    assert_eq!(body.decoder(FULL).read_string(), Ok("né".into()));
    let (_, body) = request("request_wstring_1_2");
    assert_eq!(body.decoder(FULL).read_wstring(), Ok("€x".into()));
    let (_, body) = request("request_wchar_1_2");
    assert_eq!(body.decoder(FULL).read_wchar(), Ok('€'));
}

#[test]
fn fragments_of_structures() {
    for name in ["fragmented_points_1_1", "fragmented_points_1_2"] {
        let (head, body) = request(name);
        assert_eq!(head.operation.as_str(), "echo_points");
        let mut input = body.decoder(FULL);
        let points: Vec<(u8, f64, i32, String)> = Cdr::decode(&mut input).unwrap();
        assert_eq!(input.finish(), Ok(()), "{name}");
        assert_eq!(points.len(), 350, "{name}");
        for (index, (octet, double, long, text)) in (0..).zip(points) {
            assert_eq!((octet, double, long), (index as u8, f64::from(index) + 0.5, index), "{name}");
            assert_eq!(text, if index % 3 == 0 { "xy" } else { "abcde" }, "{name}");
        }
    }
}

#[test]
fn a_reference_with_its_components() {
    let text = vectors::text("omniorb/reference.ior");
    let Ok(Reference::Ior(ior)) = text.parse() else { panic!("an IOR") };
    assert_eq!(ior.type_id.as_str(), "IDL:Probe:1.0");
    let profile = ior.iiop_profiles().next().unwrap().unwrap();
    assert_eq!(
        (profile.version, profile.host.as_str(), profile.port),
        (GiopVersion::V1_2, "127.0.0.1", 7000)
    );
    assert_eq!(profile.component(), Some(Ok(OrbType::OMNIORB)));
    let offer: CodeSetComponentInfo = profile.component().unwrap().unwrap();
    assert!(offer.for_char.lists(CodeSetId::UTF_8) && offer.for_wchar.lists(CodeSetId::UTF_16));
    let tags: Vec<_> = profile.components.iter().map(|component| component.tag).collect();
    assert_eq!(tags, [ComponentTag::ORB_TYPE, ComponentTag::CODE_SETS]);
    let reprinted: Ior = ior.to_string().parse().unwrap();
    assert_eq!(reprinted, ior, "profiles pass through octet for octet");
}
