//! GIOP's messages, CDR's values, and references in octets and text.

use std::collections::BTreeMap;

use bytes::BytesMut;
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{Cdr, CdrProfile, CharSet, Decoder, Encoder, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::{CodeSetComponentInfo, CodeSetContext, CodeSets};
use quorb_giop::ior::{AlternateAddress, Ior, OrbType, QuorbEndpoint};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    AddressingDisposition, BiDirContext, CallContext, FtGroupVersion, FtRequest, Message, MessageHeader,
    ServiceContexts, SystemExceptionBody,
};
use quorb_giop::url::Reference;

use crate::script::Script;

const UNICODE: CodeSets = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };

/// Small enough that a fuzzer meets them.
fn limits() -> MessageLimits {
    MessageLimits {
        message_bytes_max: 64 * 1024,
        fragments_open_max: 4,
        assembled_bytes_max: 128 * 1024,
        service_contexts_max: 8,
        key_bytes_max: 64,
        operation_bytes_max: 64,
    }
}

/// Octets as what a connection of GIOP receives: every message is taken apart as far as it goes, and memory is bounded.
///
/// # Panics
/// If an invariant is broken.
pub fn giop_stream(octets: &[u8]) {
    let limits = limits();
    let mut assembler = Assembler::new(limits.clone());
    let mut received = BytesMut::from(octets);
    loop {
        assert!(assembler.missing_bytes(&received) <= limits.message_bytes_max + MessageHeader::BYTES);
        match assembler.next(&mut received) {
            Ok(Some(frame)) => {
                if let Ok(message) = Message::decode(&frame, &limits) {
                    read_message(&message);
                }
            }
            Ok(None) => break,
            Err(error) => {
                let _ = error.remedy(assembler.version());
                break;
            }
        }
        assert!(assembler.incomplete_bytes() <= limits.assembled_bytes_max);
    }
}

fn read_message(message: &Message) {
    match message {
        Message::Request { head, body } => {
            let _ = head.target.object_key();
            let _ = head.operation.as_str();
            read_contexts(&head.contexts);
            read_values(|| body.decoder(UNICODE));
        }
        Message::Reply { head, body } => {
            read_contexts(&head.contexts);
            read_values(|| body.decoder(UNICODE));
        }
        Message::LocateReply { body, .. } => read_values(|| body.decoder(UNICODE)),
        _ => {}
    }
}

fn read_contexts(contexts: &ServiceContexts) {
    let _ = contexts.get::<CodeSetContext>();
    let _ = contexts.get::<BiDirContext>();
    let _ = contexts.get::<FtRequest>();
    let _ = contexts.get::<FtGroupVersion>();
    let _ = contexts.get::<CallContext>();
}

/// Octets as values of CDR in a version, byte order and code set of the fuzzer's choice: what is read can be written, and
/// what is written is read as the same.
///
/// # Panics
/// If an invariant is broken.
pub fn cdr_values(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let endian = if choice & 1 == 0 { Endian::Little } else { Endian::Big };
    let version = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2][usize::from(choice >> 1) % 3];
    let char_set = if choice & 0x40 == 0 { CharSet::Utf8 } else { CharSet::Latin1 };
    let profile = CdrProfile { char_set, ..UNICODE.profile(endian, version) };
    let origin = script.below(16);
    let octets = script.rest();
    read_values(|| Decoder::with_profile(octets, origin, profile));
}

/// Reads the same octets as every type there is.
fn read_values<'a>(input: impl Fn() -> Decoder<'a>) {
    fn one<T: Cdr>(mut input: Decoder<'_>) {
        while let Ok(value) = T::decode(&mut input) {
            let mut out = Encoder::new(Endian::Big);
            if value.encode(&mut out).is_ok() {
                let written = out.into_bytes();
                let again =
                    T::decode(&mut Decoder::new(&written, Endian::Big)).expect("what is written is read");
                let mut out = Encoder::new(Endian::Big);
                again.encode(&mut out).expect("what was written can be written again");
                assert!(out.into_bytes() == written, "what is written is read as the same");
            }
            if input.remaining() == 0 || T::SIZE_MIN == 0 {
                break;
            }
        }
    }
    one::<u8>(input());
    one::<f64>(input());
    one::<bool>(input());
    one::<char>(input());
    one::<String>(input());
    one::<Vec<u8>>(input());
    one::<Vec<bool>>(input());
    one::<Vec<f64>>(input());
    one::<Vec<String>>(input());
    one::<Vec<Vec<u16>>>(input());
    one::<[u64; 3]>(input());
    one::<Option<Box<[i16; 5]>>>(input());
    one::<BTreeMap<String, Vec<i32>>>(input());
    one::<(u8, u32, String, Vec<Vec<String>>)>(input());
    one::<SystemExceptionBody>(input());
    one::<AddressingDisposition>(input());
    one::<CodeSetComponentInfo>(input());
    one::<Ior>(input());
    let _ = input().read_wstring();
    let _ = input().read_wchar();
    let _ = input().encapsulation(|inner| Vec::<String>::decode(inner));
    if let Ok(ior) = Ior::decode(&mut input()) {
        read_ior(&ior);
    }
}

fn read_ior(ior: &Ior) {
    for profile in ior.iiop_profiles().flatten() {
        let _ = profile.component::<CodeSetComponentInfo>();
        let _ = profile.component::<QuorbEndpoint>();
        let _ = profile.component::<OrbType>();
        let _ = profile.components_of::<AlternateAddress>().count();
        let _ = profile.to_tagged();
    }
    let _ = ior.shared_components();
}

/// Octets as the text of a reference: what is understood is printed as what is understood alike.
///
/// # Panics
/// If an invariant is broken.
pub fn references(octets: &[u8]) {
    let Ok(reference) = String::from_utf8_lossy(octets).parse::<Reference>() else {
        return;
    };
    if let Reference::Ior(ior) = &reference {
        read_ior(ior);
    }
    let printed = reference.to_string();
    assert_eq!(printed.parse(), Ok(reference), "{printed}");
}
