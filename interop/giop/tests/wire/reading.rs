//! Reads whatever octets there are as all that they might be: for every test of hostile input, here and in the fuzz targets.
//!
//! A panic is an invariant broken. The limits are small enough that a fuzzer meets them.

use std::collections::{BTreeMap, HashMap};

use bytes::BytesMut;
use quorb_giop::assembly::Assembler;
use quorb_giop::cdr::{Cdr, CdrError, CharSet, Decoder, Encoder, Endian, WcharSet};
use quorb_giop::codeset::{CodeSetComponentInfo, CodeSetContext, CodeSets};
use quorb_giop::ior::{AlternateAddress, Ior, OrbType, QuorbEndpoint};
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{
    AddressingDisposition, BiDirContext, CallContext, FtGroupVersion, FtRequest, Message, MessageHeader,
    ServiceContexts, SystemExceptionBody,
};

pub(crate) const UNICODE: CodeSets = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };

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

/// Reads a stream as a connection would, and looks into everything it gives. Returns the number of messages.
pub(crate) fn read_stream(octets: &[u8]) -> usize {
    let limits = limits();
    let mut assembler = Assembler::new(limits.clone());
    let mut received = BytesMut::from(octets);
    let mut messages = 0;
    loop {
        assert!(assembler.missing_bytes(&received) <= limits.message_bytes_max + MessageHeader::BYTES);
        match assembler.next(&mut received) {
            Ok(Some(frame)) => {
                messages += 1;
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
    messages
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
        Message::LocateRequest(head) => drop(head.target.object_key()),
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

/// Reads the same octets as every type there is.
pub(crate) fn read_values<'a>(input: impl Fn() -> Decoder<'a>) {
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
    one::<HashMap<u8, Option<u64>>>(input());
    one::<Nested>(input());
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

/// A type that contains itself.
struct Nested(Vec<Nested>);

impl Cdr for Nested {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Vec::decode(input).map(Self)
    }
}

pub(crate) fn read_ior(ior: &Ior) {
    for profile in ior.iiop_profiles().flatten() {
        let _ = profile.component::<CodeSetComponentInfo>();
        let _ = profile.component::<QuorbEndpoint>();
        let _ = profile.component::<OrbType>();
        let _ = profile.components_of::<AlternateAddress>().count();
        let _ = profile.to_tagged();
    }
    let _ = ior.shared_components();
    let _ = ior.to_string();
}
