//! One connection of GIOP against a peer that does as it likes.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use quorb::proto::buffers::Buffers;
use quorb::proto::head::{
    BodyFormat, CallId, ObjectKey, OperationName, ReplyHead, ReplyStatus, RequestHead, Time,
};
use quorb::proto::iiop::{Addressing, Config, Connection, Event, Side};
use quorb::proto::native::OutBuffer;
use quorb_giop::cdr::{CharSet, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{MessageHeader, MessageKind};

use crate::script::Script;

const CALLS_MAX: usize = 8;

fn config(side: Side, version: GiopVersion) -> Config {
    Config {
        endian: Endian::NATIVE,
        side,
        version,
        code_sets: CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) },
        limits: MessageLimits {
            message_bytes_max: 64 * 1024,
            fragments_open_max: 4,
            assembled_bytes_max: 128 * 1024,
            service_contexts_max: 8,
            key_bytes_max: 64,
            operation_bytes_max: 64,
        },
        calls_in_flight_max: CALLS_MAX,
        calls_served_max: CALLS_MAX,
        output_bytes_max: 1024 * 1024,
        frame_wait_max: Duration::from_secs(10),
        buffers: Buffers::default(),
    }
}

/// One end, and the calls it was asked to serve.
struct End {
    connection: Connection,
    input: BytesMut,
    out: OutBuffer,
    open: Vec<CallId>,
    failed: bool,
}

impl End {
    fn feed(&mut self, octets: &[u8], now: Time) {
        self.input.extend_from_slice(octets);
        loop {
            match self.connection.receive(&mut self.input, now) {
                Ok(Some(
                    Event::Request { id, .. } | Event::BadRequest { id, .. } | Event::Locate { id, .. },
                )) => {
                    self.open.push(id);
                }
                Ok(Some(Event::RequestTooLarge { id, .. })) => self.open.push(id),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => {
                    assert!(!self.failed, "an error comes once");
                    assert!(self.connection.is_closed());
                    self.failed = true;
                }
            }
        }
        assert!(!self.connection.is_closed() || self.input.is_empty(), "input after the end is dropped");
    }

    fn act(&mut self, script: &mut Script<'_>) {
        match script.below(4) {
            0 | 1 => {
                let operation = OperationName::from_static("get").expect("a name");
                let head = RequestHead::new(ObjectKey(Bytes::from_static(b"key")), operation);
                let _ =
                    self.connection.request(&head, &Addressing::default(), Bytes::from_static(b"\0\0\0\0"));
            }
            2 if !self.open.is_empty() => {
                let id = self.open.swap_remove(script.below(self.open.len()));
                let status = [ReplyStatus::OK, ReplyStatus::FORWARD, ReplyStatus::CANCELLED][script.below(3)];
                let _ = self.connection.reply(id, &ReplyHead::new(status, BodyFormat::CDR_LE), Bytes::new());
            }
            _ => self.connection.cancel(CallId(script.below(16) as u64)),
        }
    }

    fn output(&mut self) -> Bytes {
        self.connection.transmit(&mut self.out);
        self.out.copy_to_bytes(self.out.len())
    }
}

/// Octets as what a peer sends, message by message, and what the runtime does meanwhile: errors at most, within bounds.
///
/// # Panics
/// If an invariant is broken.
pub fn iiop_connection(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let version = [GiopVersion::V1_2, GiopVersion::V1_1, GiopVersion::V1_0][usize::from(choice >> 2) % 3];
    let side = if choice & 1 == 0 { Side::Server } else { Side::Client };
    let mut end = End {
        connection: Connection::new(config(side, version)),
        input: BytesMut::new(),
        out: OutBuffer::new(),
        open: Vec::new(),
        failed: false,
    };
    if choice & 2 != 0 {
        end.connection.allow_both_directions();
    }
    let mut now = Time::ZERO;
    while !script.is_over() {
        match script.below(8) {
            0 => {
                let length = script.below(64);
                end.feed(script.take(length), now);
            }
            1..=4 => {
                let message = message(&mut script);
                end.feed(&message, now);
            }
            5 => {
                now = now + Duration::from_millis(100 * script.below(256) as u64);
                end.connection.handle_timeout(now);
            }
            6 => drop(end.output()),
            _ => end.act(&mut script),
        }
        assert!(end.connection.calls_inbound() <= CALLS_MAX);
        assert!(end.connection.calls_outbound() <= CALLS_MAX);
    }
    end.output();
    end.connection.on_eof(0);
}

/// The script's octets behind a header that fits them.
fn message(script: &mut Script<'_>) -> Vec<u8> {
    let choice = script.octet();
    let length = script.below(200);
    let content = script.take(length);
    let header = MessageHeader {
        version: [GiopVersion::V1_2, GiopVersion::V1_1, GiopVersion::V1_0, GiopVersion::V1_2]
            [usize::from(choice >> 4) & 3],
        endian: if choice & 8 == 0 { Endian::Little } else { Endian::Big },
        more_fragments: choice & 0x40 != 0,
        kind: MessageKind(choice & 7),
        size: content.len() as u32,
    };
    [&header.encode()[..], content].concat()
}
