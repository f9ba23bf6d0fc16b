//! Servers that must be told more about the object than its key.

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::ior::{IiopProfile, Ior};
use quorb_giop::message::{AddressingDisposition, Message, ReplyHead as GiopReplyHead, ReplyStatus, Target};
use quorb_giop::names::{ObjectKey, RepositoryId};

use super::rig::{End, Pair, call, foreign, messages, written};
use crate::proto::iiop::{Addressing, BadRequest, Event};

fn reference() -> Ior {
    let profile = |key| {
        let key = ObjectKey::from_static(key);
        IiopProfile::new(GiopVersion::V1_2, "host".into(), 2809, key).to_tagged().expect("a short profile")
    };
    Ior {
        type_id: RepositoryId::from_static("IDL:Grid:1.0"),
        profiles: vec![profile(b"first"), profile(b"key")],
    }
}

fn naming(disposition: AddressingDisposition, index: u32) -> Addressing {
    Addressing { reference: Some((disposition, index, reference())), is_quorb: false }
}

fn target(addressing: &Addressing) -> Target {
    let mut client = End::client(GiopVersion::V1_2);
    client.connection.request(&call("get"), addressing, Bytes::new()).expect("it can be written");
    match messages(&client.output()).remove(0) {
        Message::Request { head, .. } => head.target,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_server_asks_and_the_runtime_is_told() {
    for wanted in [AddressingDisposition::PROFILE, AddressingDisposition::REFERENCE] {
        let mut client = End::client(GiopVersion::V1_2);
        let asked = client.call("get", b"");
        let head = GiopReplyHead::new(asked.0 as u32, ReplyStatus::NEEDS_ADDRESSING_MODE);
        let octets = wanted.0.to_be_bytes();
        client.feed(&written(&head, foreign(Endian::Big, GiopVersion::V1_2), &octets));
        let Event::NeedsAddressing { id, body } = client.the_event() else { panic!("a question") };
        let mut input = body.decoder(CodeSets::UNNEGOTIATED);
        assert_eq!((id, AddressingDisposition::decode(&mut input)), (asked, Ok(wanted)));
        assert_eq!(client.connection.calls_outbound(), 0, "that call is over");
    }
}

#[test]
fn the_object_is_named_as_the_server_wants_it() {
    let ior = reference();
    let key = Target::Key(ObjectKey::from_static(b"key"));
    assert_eq!(target(&Addressing::default()), key);
    assert_eq!(target(&naming(AddressingDisposition::KEY, 1)), key);
    assert_eq!(target(&naming(AddressingDisposition::PROFILE, 1)), Target::Profile(ior.profiles[1].clone()));
    assert_eq!(
        target(&naming(AddressingDisposition::REFERENCE, 1)),
        Target::Reference { selected_profile_index: 1, ior }
    );
    assert_eq!(target(&naming(AddressingDisposition::PROFILE, 2)), key, "there is no such profile");
}

#[test]
fn a_server_of_ours_finds_the_key_wherever_it_stands() {
    for disposition in
        [AddressingDisposition::KEY, AddressingDisposition::PROFILE, AddressingDisposition::REFERENCE]
    {
        let mut pair = Pair::new(GiopVersion::V1_2);
        let addressing = naming(disposition, 1);
        pair.client.connection.request(&call("get"), &addressing, Bytes::new()).expect("room");
        pair.run();
        assert_eq!(pair.server.served().1.object_key, call("get").object_key);
    }
}

#[test]
fn a_reference_without_the_profile_it_names_is_a_bad_request() {
    let mut pair = Pair::new(GiopVersion::V1_2);
    let addressing = naming(AddressingDisposition::REFERENCE, 5);
    pair.client.connection.request(&call("get"), &addressing, Bytes::new()).expect("room");
    pair.run();
    assert!(matches!(pair.server.the_event(), Event::BadRequest { problem: BadRequest::Target, .. }));
}
