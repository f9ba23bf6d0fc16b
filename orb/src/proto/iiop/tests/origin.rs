//! Where the body of a request begins, for its alignment: said before the head is written, and true of what is written.

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::message::Message;

use super::rig::{End, UNICODE, VERSIONS, call, config, messages};
use crate::proto::dice::Dice;
use crate::proto::head::{
    ClientId, ObjectKey, OperationName, RequestHead, RequestIdentity, ServiceContext, TraceContext,
};
use crate::proto::iiop::{Addressing, Config, Side, request_origin};

fn any_head(dice: &mut Dice) -> RequestHead {
    let key_bytes = dice.below(70) as usize;
    let key = ObjectKey(dice.octets(key_bytes).into());
    let name: String = (0..1 + dice.below(40)).map(|_| char::from(b'a' + dice.below(26) as u8)).collect();
    let mut head = RequestHead::new(key, OperationName::new(name.into()).expect("a name"));
    if dice.below(2) == 0 {
        let client = ClientId(dice.next());
        head.identity = Some(RequestIdentity { client, incarnation: dice.next(), sequence: dice.next() });
    }
    if dice.below(2) == 0 {
        let state = "s".repeat(dice.below(20) as usize);
        let state = Bytes::from(state);
        head.trace = Some(TraceContext { trace_id: [1; 16], parent_id: [2; 8], flags: 0, state });
    }
    for id in 0..dice.below(4) {
        let bytes = dice.below(12) as usize;
        head.contexts.push(ServiceContext { id: 0x4000 + id as u32, data: dice.octets(bytes).into() });
    }
    head
}

#[test]
fn what_is_said_is_what_is_written() {
    let mut dice = Dice::new(11);
    for round in 0..3_000 {
        let version = VERSIONS[round % 3];
        let code_sets = match version >= GiopVersion::V1_1 && dice.below(2) == 0 {
            true => UNICODE,
            false => CodeSets::UNNEGOTIATED,
        };
        let mut client = End::new(Config { code_sets, ..config(Side::Client, version) });
        let addressing = Addressing { reference: None, is_quorb: dice.below(2) == 0 };
        // The second request differs from the first in what it says of code sets.
        for _ in 0..2 {
            let head = any_head(&mut dice);
            let origin = request_origin(&head, &addressing, version, code_sets).expect("it can be written");
            client.connection.request(&head, &addressing, Bytes::from_static(b"the body")).expect("room");
            let Message::Request { body, .. } = messages(&client.output()).remove(0) else {
                panic!("a request")
            };
            assert_eq!(body.origin() % 8, origin % 8, "{version} {head:?}");
            assert_eq!(body.octets(), "the body");
        }
    }
}

#[test]
fn numbers_encoded_for_the_origin_are_read_back() {
    for version in VERSIONS {
        for operation in ["a", "ab", "abc", "abcd", "abcde"] {
            let head = call(operation);
            let addressing = Addressing::default();
            let code_sets = CodeSets::UNNEGOTIATED;
            let origin = request_origin(&head, &addressing, version, code_sets).expect("it can be written");
            let profile: CdrProfile = code_sets.profile(quorb_giop::cdr::Endian::NATIVE, version);
            let mut out = quorb_giop::cdr::Encoder::with_buffer(Vec::new(), origin, profile);
            out.write_u8(1);
            out.write_f64(2.5);
            let mut client = End::new(Config { code_sets, ..config(Side::Client, version) });
            client.connection.request(&head, &addressing, &out.into_bytes()[..]).expect("room");
            let Message::Request { body, .. } = messages(&client.output()).remove(0) else {
                panic!("a request")
            };
            let mut input = body.decoder(code_sets);
            assert_eq!((input.read_u8(), input.read_f64()), (Ok(1), Ok(2.5)), "{version} {operation}");
            assert_eq!(input.finish(), Ok(()));
        }
    }
}
