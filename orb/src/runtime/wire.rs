//! The two protocols as one: what a connection needs of its core, whichever it is.

use bytes::{Bytes, BytesMut};
use quorb_giop::cdr::Cdr;
use quorb_giop::cdr::{CdrProfile, Decoder, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{AddressingDisposition, GiopError, ListenPoint};

use super::endpoint::WireChoice;
use super::{Callbacks, Limits, Orb};
use crate::adapter::Protocol;
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::proto::head::{
    BodyFormat, CallId, ClientId, Delivery, ObjectKey, ReplyHead, ReplyStatus, RequestHead, Time,
};
use crate::proto::iiop;
use crate::proto::native::{self, CloseCode, OutBuffer, Payload};
use crate::value::{Body, Encoding};

/// The core of a connection.
#[derive(Debug)]
pub(super) enum Core {
    Native(Box<native::Connection>),
    Iiop(Box<iiop::Connection>),
}

/// What a core tells the driver.
#[derive(Debug)]
pub(super) enum CoreEvent {
    Request {
        id: CallId,
        head: Box<RequestHead>,
        body: Body,
    },
    /// A request that cannot be served: its caller gets the exception.
    Refuse {
        id: CallId,
        exception: Box<SystemException>,
    },
    Locate {
        id: CallId,
        key: Option<ObjectKey>,
    },
    Reply {
        id: CallId,
        head: Box<ReplyHead>,
        body: Body,
    },
    /// The server wants the object to be named in another way.
    NeedsAddressing {
        id: CallId,
        disposition: AddressingDisposition,
    },
    /// A reply whose body is not taken.
    ReplyRefused {
        id: CallId,
        exception: Box<SystemException>,
    },
    Cancelled {
        id: CallId,
    },
    /// The peer's life.
    Peer {
        identity: u64,
        incarnation: u64,
        called_back: bool,
    },
    /// The peer takes no further calls; these ones it did not take.
    Draining {
        not_executed: Vec<CallId>,
    },
    Closed {
        cause: String,
    },
    GivenUp {
        words: String,
    },
    /// The peer did not understand this side, and ends the connection; the call that this was about, if it is known.
    NotUnderstood {
        refused: Option<(CallId, Box<SystemException>)>,
    },
    Nothing,
}

/// How the peer violated its protocol.
#[derive(Debug, thiserror::Error)]
pub(super) enum Violation {
    #[error("native protocol: {0}")]
    Native(#[from] native::ProtocolError),
    #[error("GIOP: {0}")]
    Iiop(#[from] GiopError),
}

/// Why a core does not take a request.
#[derive(Debug)]
pub(super) enum Refused {
    /// Too much is under way: try again when something has ended.
    Full,
    /// This connection will never take it.
    Unusable(String),
    /// No connection will ever take it.
    Impossible(Box<SystemException>),
}

/// How native bodies in CDR are written: in the order of this machine, with every character there is.
pub(super) const NATIVE_PROFILE: CdrProfile = CdrProfile::native(Endian::NATIVE);

impl Core {
    pub(super) fn client(orb: &Orb, wire: WireChoice) -> Core {
        match wire {
            WireChoice::Native => Core::native(orb, native::Side::Client),
            WireChoice::Iiop { version, code_sets } => {
                Core::iiop(orb, iiop::Side::Client, version, code_sets)
            }
        }
    }

    pub(super) fn server(orb: &Orb, protocol: Protocol) -> Core {
        match protocol {
            Protocol::Native | Protocol::Collocated => Core::native(orb, native::Side::Server),
            Protocol::Iiop => Core::iiop(orb, iiop::Side::Server, GiopVersion::V1_2, CodeSets::UNNEGOTIATED),
        }
    }

    fn native(orb: &Orb, side: native::Side) -> Core {
        let config = native::Config {
            side,
            identity: ClientId(orb.shared.identity),
            incarnation: orb.shared.incarnation,
            features: match orb.callbacks() {
                Callbacks::Off => native::Features::default(),
                Callbacks::Native | Callbacks::Everywhere => native::Features::CALLED_BACK,
            },
            limits: native_limits(orb.limits()),
            software: Bytes::from_static(concat!("quorb/", env!("CARGO_PKG_VERSION")).as_bytes()),
        };
        Core::Native(Box::new(native::Connection::new(config, orb.shared.clock.now())))
    }

    fn iiop(orb: &Orb, side: iiop::Side, version: GiopVersion, code_sets: CodeSets) -> Core {
        let limits = orb.limits();
        let mut core = Box::new(iiop::Connection::new(iiop::Config {
            side,
            version,
            code_sets,
            limits: MessageLimits {
                message_bytes_max: limits.body_bytes_max,
                assembled_bytes_max: assembly_bytes_max(limits),
                ..MessageLimits::default()
            },
            calls_in_flight_max: limits.calls_in_flight_max,
            calls_served_max: limits.calls_in_flight_max,
            output_bytes_max: limits.output_bytes_max,
            frame_wait_max: limits.message_wait_max,
        }));
        if orb.callbacks() == Callbacks::Everywhere {
            match side {
                iiop::Side::Client => core.offer_both_directions(orb.listen_points()),
                iiop::Side::Server => core.accept_both_directions(),
            }
        }
        Core::Iiop(core)
    }

    /// The wire as calls of this side see it.
    pub(super) fn wire(&self) -> WireChoice {
        match self {
            Core::Native(_) => WireChoice::Native,
            Core::Iiop(core) => WireChoice::Iiop { version: core.version(), code_sets: core.code_sets() },
        }
    }

    /// For which addresses the client has said, since the last time, that it takes calls on this connection.
    pub(super) fn take_offered(&mut self) -> Vec<ListenPoint> {
        match self {
            Core::Native(_) => Vec::new(),
            Core::Iiop(core) => core.take_offered(),
        }
    }

    pub(super) fn receive(
        &mut self,
        input: &mut BytesMut,
        now: Time,
    ) -> Result<Option<CoreEvent>, Violation> {
        match self {
            Core::Native(core) => Ok(core.receive(input, now)?.map(native_event)),
            Core::Iiop(core) => {
                let event = core.receive(input, now)?;
                Ok(event.map(|event| iiop_event(event, core.code_sets())))
            }
        }
    }

    /// How answers are written that belong to no readable request.
    pub(super) fn answer_encoding(&self) -> Encoding {
        let profile = match self {
            Core::Native(_) => NATIVE_PROFILE,
            Core::Iiop(core) => core.code_sets().profile(Endian::NATIVE, core.version()),
        };
        Encoding::Cdr { profile, origin: 0 }
    }

    /// How many more octets the message needs that `input` begins with.
    pub(super) fn wanted_bytes(&self, input: &[u8]) -> usize {
        match self {
            Core::Native(core) => core.wanted_bytes(input),
            Core::Iiop(core) => core.wanted_bytes(input),
        }
    }

    pub(super) fn request(
        &mut self,
        head: &RequestHead,
        addressing: &iiop::Addressing,
        body: Payload<'_>,
    ) -> Result<CallId, Refused> {
        match self {
            Core::Native(core) => core.request(head, body).map_err(|refused| match refused {
                native::Refused::TooManyCalls { .. } | native::Refused::OutputFull { .. } => Refused::Full,
                native::Refused::Closed | native::Refused::Draining => Refused::Unusable(refused.to_string()),
                other => Refused::Impossible(Box::new(too_large(&other))),
            }),
            Core::Iiop(core) => core.request(head, addressing, body).map_err(|refused| match refused {
                iiop::Refused::TooManyCalls { .. } | iiop::Refused::OutputFull { .. } => Refused::Full,
                iiop::Refused::Closed => Refused::Unusable(refused.to_string()),
                other => Refused::Impossible(Box::new(too_large(&other))),
            }),
        }
    }

    /// Whether another request would be taken, as far as that does not depend on its size.
    pub(super) fn has_room(&self) -> bool {
        match self {
            Core::Native(core) => core.has_room(),
            Core::Iiop(core) => core.takes_request(),
        }
    }

    /// Whether the peer has begun a message in parts, and not completed it.
    pub(super) fn is_mid_message(&self) -> bool {
        match self {
            Core::Native(core) => core.peer().is_none() || core.assembly_bytes() > 0,
            Core::Iiop(core) => core.is_mid_message(),
        }
    }

    /// Octets of messages of the peer that are not complete.
    pub(super) fn assembly_bytes(&self) -> usize {
        match self {
            Core::Native(core) => core.assembly_bytes(),
            Core::Iiop(core) => core.assembly_bytes(),
        }
    }

    /// Whether the peer has begun a message in parts, and nothing but itself keeps it from going on.
    pub(super) fn expects_octets(&self) -> bool {
        match self {
            Core::Native(core) => core.expects_octets(),
            Core::Iiop(core) => core.is_mid_message(),
        }
    }

    pub(super) fn reply(&mut self, id: CallId, head: &ReplyHead, body: Bytes) -> Result<(), String> {
        match self {
            Core::Native(core) => core.reply(id, head, body).map_err(|refused| refused.to_string()),
            Core::Iiop(core) => core.reply(id, head, body).map_err(|refused| refused.to_string()),
        }
    }

    /// Ends a call of the peer without a reply: its caller gave up.
    pub(super) fn abandon(&mut self, id: CallId) {
        match self {
            Core::Native(core) => {
                // The protocol wants an end; of a cancelled call nothing but that is sent.
                let end = ReplyHead::new(ReplyStatus::CANCELLED, BodyFormat::CDR_LE);
                if let Err(refused) = core.reply(id, &end, Bytes::new()) {
                    tracing::trace!(%refused, "a cancelled call was over already");
                }
            }
            Core::Iiop(core) => core.abandon(id),
        }
    }

    pub(super) fn cancel(&mut self, id: CallId) {
        match self {
            Core::Native(core) => core.cancel(id),
            Core::Iiop(core) => core.cancel(id),
        }
    }

    pub(super) fn drain(&mut self) {
        match self {
            Core::Native(core) => {
                core.drain();
            }
            Core::Iiop(core) => core.drain(),
        }
    }

    pub(super) fn close(&mut self, code: CloseCode, text: &str) {
        match self {
            Core::Native(core) => core.close(code, text),
            Core::Iiop(core) => core.close(),
        }
    }

    pub(super) fn transmit(&mut self, out: &mut OutBuffer) {
        match self {
            Core::Native(core) => core.transmit(out),
            Core::Iiop(core) => core.transmit(out),
        }
    }

    pub(super) fn has_output(&self) -> bool {
        match self {
            Core::Native(core) => core.has_output(),
            Core::Iiop(core) => core.has_output(),
        }
    }

    pub(super) fn output_bytes(&self) -> u64 {
        match self {
            Core::Native(core) => core.output_bytes(),
            Core::Iiop(core) => core.output_bytes(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Core::Native(core) => core.is_closed(),
            Core::Iiop(core) => core.is_closed(),
        }
    }

    pub(super) fn calls_outbound(&self) -> usize {
        match self {
            Core::Native(core) => core.calls_outbound(),
            Core::Iiop(core) => core.calls_outbound(),
        }
    }

    pub(super) fn calls_inbound(&self) -> usize {
        match self {
            Core::Native(core) => core.calls_inbound(),
            Core::Iiop(core) => core.calls_inbound(),
        }
    }

    /// Whether the peer has so much under way that no more of it should be read. The native protocol refuses by itself;
    /// GIOP has no word for it, so the transport must slow the peer down.
    pub(super) fn is_congested(&self) -> bool {
        match self {
            Core::Native(_) => false,
            Core::Iiop(core) => core.is_congested(),
        }
    }

    /// Whether a request was kept back for congestion that is over.
    pub(super) fn is_ready(&self) -> bool {
        match self {
            Core::Native(_) => false,
            Core::Iiop(core) => core.is_ready(),
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Time> {
        match self {
            Core::Native(core) => core.next_timeout(),
            Core::Iiop(core) => core.next_timeout(),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time) -> Option<CoreEvent> {
        match self {
            Core::Native(core) => core.handle_timeout(now).map(native_event),
            Core::Iiop(core) => core.handle_timeout(now).then(|| CoreEvent::GivenUp {
                words: "a message was not completed in time: message_wait_max".to_owned(),
            }),
        }
    }

    /// The end of the stream: calls of this side without a reply, and how much of each had left. `unwritten` octets that
    /// were yielded have not been taken by the transport.
    pub(super) fn on_eof(&mut self, unwritten: usize) -> Vec<(CallId, Delivery)> {
        match self {
            Core::Native(core) => {
                let delivery = |call: native::Unanswered| match call.completion {
                    // What the peer says that it did not take is as good as not sent.
                    Completion::No if call.delivery == Delivery::Sent => (call.id, Delivery::PartlySent),
                    _ => (call.id, call.delivery),
                };
                core.on_eof(unwritten).into_iter().map(delivery).collect()
            }
            Core::Iiop(core) => core.on_eof(unwritten),
        }
    }
}

/// What one connection may assemble: no more than a small part of what all of them may hold, so that an honest peer is
/// slowed down long before it holds too much.
fn assembly_bytes_max(limits: &Limits) -> usize {
    limits.assembly_bytes_max.min((limits.buffers_bytes_max / 8).max(limits.body_bytes_max))
}

fn native_limits(limits: &Limits) -> native::Limits {
    native::Limits {
        calls_in_flight_max: u32::try_from(limits.calls_in_flight_max).unwrap_or(u32::MAX),
        body_bytes_max: limits.body_bytes_max as u64,
        assembly_bytes_max: assembly_bytes_max(limits) as u64,
        output_bytes_max: limits.output_bytes_max as u64,
        ping_idle: limits.ping_idle,
        ping_timeout: limits.ping_timeout,
        frame_wait_max: limits.message_wait_max,
        body_wait_max: limits.message_wait_max,
        ..native::Limits::default()
    }
}

fn native_event(event: native::Event) -> CoreEvent {
    use native::Event;
    match event {
        Event::Hello(hello) => CoreEvent::Peer {
            identity: hello.identity,
            incarnation: hello.incarnation,
            called_back: hello.features.contains(native::Features::CALLED_BACK),
        },
        Event::Request { id, head, body } => {
            let body = native_body(head.format, body);
            CoreEvent::Request { id, head: Box::new(head), body }
        }
        Event::RequestRefused { id, reason, .. } => {
            CoreEvent::Refuse { id, exception: Box::new(too_large(&reason).because("limit of the server")) }
        }
        Event::Reply { id, head, body } => {
            let body = native_body(head.format, body);
            CoreEvent::Reply { id, head: Box::new(head), body }
        }
        Event::ReplyRefused { id, reason, .. } => CoreEvent::ReplyRefused {
            id,
            exception: Box::new(
                too_large(&reason)
                    .because("limit of the client, on the reply")
                    .with_completion(Completion::Yes),
            ),
        },
        Event::Cancelled { id } => CoreEvent::Cancelled { id },
        Event::Drain { not_executed, .. } => CoreEvent::Draining { not_executed },
        Event::Closed { close, .. } => {
            CoreEvent::Closed { cause: format!("the peer closed the connection: {}", close.text) }
        }
        Event::Lost(silence) => CoreEvent::GivenUp { words: in_words(silence).to_owned() },
        _ => CoreEvent::Nothing,
    }
}

/// Why a peer is given up.
fn in_words(silence: native::Silence) -> &'static str {
    match silence {
        native::Silence::PingUnanswered => "the peer is silent: nothing came within ping_timeout of a ping",
        native::Silence::FrameStalled => "a message was not completed in time: message_wait_max",
        native::Silence::BodyStalled => "a body did not go on in time: message_wait_max",
    }
}

/// A body of the native protocol. An unknown format is left to CBOR's reader, which refuses it.
fn native_body(format: BodyFormat, octets: Bytes) -> Body {
    match format {
        BodyFormat::CDR_LE => Body::native_cdr(octets, Endian::Little),
        BodyFormat::CDR_BE => Body::native_cdr(octets, Endian::Big),
        _ => Body::Cbor(octets),
    }
}

fn iiop_event(event: iiop::Event, code_sets: CodeSets) -> CoreEvent {
    use iiop::{BadRequest, Event};
    match event {
        Event::Request { id, head, body } => {
            CoreEvent::Request { id, head, body: Body::Cdr { contents: body, code_sets } }
        }
        Event::BadRequest { id, problem } => {
            let (kind, minor) = match problem {
                BadRequest::Operation => (ExceptionKind::BadOperation, Minor::OPERATION_UNKNOWN),
                BadRequest::Target => (ExceptionKind::ObjectNotExist, Minor::OBJECT_UNKNOWN),
                BadRequest::CodeSet => (ExceptionKind::CodesetIncompatible, Minor::NO_COMMON_CODE_SET),
            };
            CoreEvent::Refuse { id, exception: Box::new(SystemException::new(kind, minor, Completion::No)) }
        }
        Event::Locate { id, key } => CoreEvent::Locate { id, key },
        Event::Reply { id, head, body } => {
            CoreEvent::Reply { id, head, body: Body::Cdr { contents: body, code_sets } }
        }
        Event::NeedsAddressing { id, body } => {
            let mut input: Decoder<'_> = body.decoder(code_sets);
            let disposition =
                AddressingDisposition::decode(&mut input).unwrap_or(AddressingDisposition::REFERENCE);
            CoreEvent::NeedsAddressing { id, disposition }
        }
        Event::RequestTooLarge { id, size, limit } => CoreEvent::Refuse {
            id,
            exception: Box::new(too_large(&message_too_large(size, limit)).because("limit of the server")),
        },
        Event::ReplyTooLarge { id, size, limit, completion } => CoreEvent::ReplyRefused {
            id,
            exception: Box::new(
                too_large(&message_too_large(size, limit))
                    .because("limit of the client, on the reply")
                    .with_completion(completion),
            ),
        },
        Event::Cancelled { id } => CoreEvent::Cancelled { id },
        Event::Closed => CoreEvent::Closed { cause: "the peer closed the connection in order".to_owned() },
        Event::PeerError { about } => CoreEvent::NotUnderstood {
            // A server may also have failed to write the reply, after it had executed the call.
            refused: about.map(|id| (id, Box::new(not_understood()))),
        },
    }
}

fn not_understood() -> SystemException {
    SystemException::new(ExceptionKind::Marshal, Minor::NOT_UNDERSTOOD, Completion::Maybe)
}

fn message_too_large(size: u64, limit: usize) -> String {
    format!("a message of {size} octets, above the limit body_bytes_max = {limit}")
}

/// The exception for a body that is not taken, or not sent, because of its size.
pub(super) fn too_large(cause: &dyn std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::ImpLimit, Minor::MESSAGE_TOO_LARGE, Completion::No).because(cause)
}
