//! Two connections, a wire between them, and a clock: all of it values.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use quorb_giop::cdr::{CdrProfile, CharSet, Endian, GiopVersion, WcharSet};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{Body, GiopError, Message, MessageHead, RequestHead as GiopRequestHead, Target};
use quorb_giop::names;

use crate::proto::head::{
    BodyFormat, CallId, ObjectKey, OperationName, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, Time,
};
use crate::proto::iiop::{Addressing, Config, Connection, Event, Side};
use crate::proto::native::OutBuffer;

pub(super) const VERSIONS: [GiopVersion; 3] = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2];

/// UTF-8 and UTF-16.
pub(super) const UNICODE: CodeSets = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };

/// One end: a connection, what it has received and not understood yet, and what it said to its runtime.
#[derive(Debug)]
pub(super) struct End {
    pub(super) connection: Connection,
    pub(super) input: BytesMut,
    pub(super) out: OutBuffer,
    pub(super) events: Vec<Event>,
    pub(super) error: Option<GiopError>,
    pub(super) now: Time,
}

impl End {
    pub(super) fn new(config: Config) -> End {
        End {
            connection: Connection::new(config),
            input: BytesMut::new(),
            out: OutBuffer::new(),
            events: Vec::new(),
            error: None,
            now: Time::ZERO,
        }
    }

    pub(super) fn client(version: GiopVersion) -> End {
        End::new(config(Side::Client, version))
    }

    pub(super) fn server() -> End {
        End::new(config(Side::Server, GiopVersion::V1_2))
    }

    /// Takes octets from the wire.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        loop {
            match self.connection.receive(&mut self.input, self.now) {
                Ok(Some(event)) => self.events.push(event),
                Ok(None) => return,
                Err(error) => {
                    assert_eq!(self.error.replace(error), None, "an error comes once");
                    assert!(self.connection.is_closed());
                }
            }
        }
    }

    /// Everything there is to write.
    pub(super) fn output(&mut self) -> Bytes {
        self.connection.transmit(&mut self.out);
        self.out.copy_to_bytes(self.out.len())
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The only event since the last time.
    pub(super) fn the_event(&mut self) -> Event {
        let mut events = self.take_events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    /// The only event, which is a request.
    pub(super) fn served(&mut self) -> (CallId, RequestHead, Body) {
        match self.the_event() {
            Event::Request { id, head, body } => (id, *head, body),
            other => panic!("not a request: {other:?}"),
        }
    }

    /// The only event, which is a reply.
    pub(super) fn replied(&mut self) -> (CallId, ReplyHead, Body) {
        match self.the_event() {
            Event::Reply { id, head, body } => (id, *head, body),
            other => panic!("not a reply: {other:?}"),
        }
    }

    pub(super) fn call(&mut self, operation: &'static str, body: &'static [u8]) -> CallId {
        let body = Bytes::from_static(body);
        self.connection.request(&call(operation), &Addressing::default(), body).expect("room for a call")
    }

    /// A call to a server of our kind, which is told when it is cancelled.
    pub(super) fn call_ours(&mut self, operation: &'static str) -> CallId {
        self.connection.request(&call(operation), &to_quorb(), Bytes::new()).expect("room for a call")
    }

    pub(super) fn answer(&mut self, id: CallId, body: &'static [u8]) {
        self.connection.reply(id, &ok(), Bytes::from_static(body)).expect("it is open");
    }
}

/// A client and a server, joined by a wire that delivers `step` octets at a time.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) client: End,
    pub(super) server: End,
    pub(super) step: usize,
}

impl Pair {
    pub(super) fn new(version: GiopVersion) -> Pair {
        Pair { client: End::client(version), server: End::server(), step: usize::MAX }
    }

    /// Delivers until nothing moves.
    pub(super) fn run(&mut self) {
        loop {
            let (to_server, to_client) = (self.client.output(), self.server.output());
            if to_server.is_empty() && to_client.is_empty() {
                break;
            }
            to_server.chunks(self.step).for_each(|octets| self.server.feed(octets));
            to_client.chunks(self.step).for_each(|octets| self.client.feed(octets));
        }
        assert_eq!((&self.client.error, &self.server.error), (&None, &None));
    }

    /// Whether nothing is left of any call.
    pub(super) fn is_at_rest(&self) -> bool {
        let rests = |end: &End| {
            end.connection.calls_outbound() + end.connection.calls_inbound() == 0
                && !end.connection.has_output()
                && end.input.is_empty()
        };
        rests(&self.client) && rests(&self.server)
    }
}

pub(super) fn config(side: Side, version: GiopVersion) -> Config {
    Config {
        endian: Endian::NATIVE,
        side,
        version,
        code_sets: match version >= GiopVersion::V1_1 {
            true => UNICODE,
            false => CodeSets::UNNEGOTIATED,
        },
        limits: MessageLimits {
            message_bytes_max: 64 * 1024,
            assembled_bytes_max: 96 * 1024,
            fragments_open_max: 8,
            ..MessageLimits::default()
        },
        calls_in_flight_max: 64,
        calls_served_max: 64,
        output_bytes_max: 256 * 1024,
        frame_wait_max: Duration::from_secs(60),
        buffers: crate::proto::buffers::Buffers::default(),
    }
}

/// A request to do `operation`, two-way, with nothing else said.
pub(super) fn call(operation: &'static str) -> RequestHead {
    let operation = OperationName::from_static(operation).expect("a name");
    RequestHead::new(ObjectKey(Bytes::from_static(b"key")), operation)
}

pub(super) fn oneway(operation: &'static str) -> RequestHead {
    RequestHead { response: ResponseExpected::No, ..call(operation) }
}

pub(super) fn ok() -> ReplyHead {
    ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE)
}

pub(super) fn to_quorb() -> Addressing {
    Addressing { reference: None, is_quorb: true }
}

/// A message as a peer would write it.
pub(super) fn written(head: &impl MessageHead, profile: CdrProfile, body: &[u8]) -> Vec<u8> {
    let message = head.open(Vec::new(), profile).expect("it can be written");
    let mut octets = message.finish_head(body.len()).expect("it is short");
    octets.extend_from_slice(body);
    octets
}

/// A request of a foreign client.
pub(super) fn foreign_request(request_id: u32) -> GiopRequestHead {
    let key = names::ObjectKey::from_static(b"key");
    GiopRequestHead::new(request_id, Target::Key(key), names::OperationName::from_static("get"))
}

/// How a foreign peer writes.
pub(super) fn foreign(endian: Endian, version: GiopVersion) -> CdrProfile {
    CdrProfile::unnegotiated(endian, version)
}

/// Reads the messages in `octets`, which must be whole.
pub(super) fn messages(octets: &[u8]) -> Vec<Message> {
    let limits = MessageLimits::default();
    let mut assembler = quorb_giop::assembly::Assembler::new(limits.clone());
    let mut input = BytesMut::from(octets);
    let mut messages = Vec::new();
    while let Some(frame) = assembler.next(&mut input).expect("good messages") {
        messages.push(Message::decode(&frame, &limits).expect("a good message"));
    }
    assert!(input.is_empty(), "half a message: {input:?}");
    messages
}

/// The only message in `octets`.
pub(super) fn message(octets: &[u8]) -> Message {
    let mut messages = messages(octets);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0)
}
