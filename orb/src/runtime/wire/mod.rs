//! The two protocols as one: what a connection needs of its core, whichever it is.

mod events;

use bytes::{Bytes, BytesMut};
use quorb_giop::cdr::{CdrProfile, Endian, GiopVersion};
use quorb_giop::codeset::CodeSets;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{GiopError, ListenPoint};

pub(super) use self::events::CoreEvent;
use self::events::{iiop_event, native_event};
use super::endpoint::WireChoice;
use super::input::Wanted;
use super::{Callbacks, Limits, Orb};
use crate::adapter::Protocol;
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::proto::buffers::Buffers;
use crate::proto::head::{BodyFormat, CallId, ClientId, Delivery, ReplyHead, ReplyStatus, RequestHead, Time};
use crate::proto::iiop;
use crate::proto::native::{self, CloseCode, OutBuffer, Payload};
use crate::value::{Encoding, large};

/// The core of a connection.
#[derive(Debug)]
pub(super) enum Core {
    Native(Box<native::Connection>),
    Iiop(Box<iiop::Connection>),
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

/// Large bodies arrive in the buffers that the process keeps.
const BUFFERS: Buffers =
    Buffers { lend: |bytes| large::lend(bytes).map(Vec::from), grow: large::grow, share: large::share };

impl Core {
    pub(super) fn client(orb: &Orb, wire: WireChoice) -> Core {
        Core::calling(orb, wire, orb.callbacks())
    }

    /// A client that takes no calls of its peer on the connection, whatever its broker does on others.
    pub(super) fn uncalled_client(orb: &Orb, wire: WireChoice) -> Core {
        Core::calling(orb, wire, Callbacks::Off)
    }

    fn calling(orb: &Orb, wire: WireChoice, callbacks: Callbacks) -> Core {
        match wire {
            WireChoice::Native => Core::native(orb, native::Side::Client, callbacks),
            WireChoice::Iiop { version, code_sets } => {
                Core::iiop(orb, iiop::Side::Client, version, code_sets, callbacks)
            }
        }
    }

    pub(super) fn server(orb: &Orb, protocol: Protocol) -> Core {
        match protocol {
            Protocol::Native | Protocol::Collocated => {
                Core::native(orb, native::Side::Server, orb.callbacks())
            }
            Protocol::Iiop => {
                let (version, code_sets) = (GiopVersion::V1_2, CodeSets::UNNEGOTIATED);
                Core::iiop(orb, iiop::Side::Server, version, code_sets, orb.callbacks())
            }
        }
    }

    fn native(orb: &Orb, side: native::Side, callbacks: Callbacks) -> Core {
        let config = native::Config {
            side,
            identity: ClientId(orb.shared.identity),
            incarnation: orb.shared.incarnation,
            features: match callbacks {
                Callbacks::Off => native::Features::default(),
                Callbacks::Native | Callbacks::Everywhere => native::Features::CALLED_BACK,
            },
            limits: native_limits(orb.limits()),
            software: Bytes::from_static(concat!("quorb/", env!("CARGO_PKG_VERSION")).as_bytes()),
            buffers: BUFFERS,
        };
        Core::Native(Box::new(native::Connection::new(config, orb.shared.clock.now())))
    }

    fn iiop(
        orb: &Orb,
        side: iiop::Side,
        version: GiopVersion,
        code_sets: CodeSets,
        callbacks: Callbacks,
    ) -> Core {
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
            buffers: BUFFERS,
            endian: orb.giop_byte_order(),
        }));
        if callbacks == Callbacks::Everywhere {
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
            Core::Iiop(core) => core.profile(core.version()),
        };
        Encoding::Cdr { profile, origin: 0 }
    }

    /// How much is to be read behind `input`.
    pub(super) fn wanted(&self, input: &[u8]) -> Wanted {
        match self {
            Core::Native(core) => {
                let only_header = input.is_empty() && core.expects_chunk();
                Wanted { bytes: core.wanted_bytes(input), only_header }
            }
            Core::Iiop(core) => Wanted { bytes: core.wanted_bytes(input), only_header: false },
        }
    }

    /// Where the next octets belong, if not into the input, which is empty.
    pub(super) fn landing(&mut self) -> Option<native::Landing<'_>> {
        match self {
            Core::Native(core) => core.landing(),
            Core::Iiop(_) => None,
        }
    }

    /// So many octets have been read into the landing.
    pub(super) fn landed(&mut self, bytes: usize, now: Time) {
        if let Core::Native(core) = self {
            core.landed(bytes, now);
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
            Core::Native(core) => core.peer().is_none() || core.assembly_bytes() > 0 || core.is_mid_chunk(),
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
            Core::Native(core) => core.expects_octets() || core.is_mid_chunk(),
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

    /// Whether something is kept back that is not in the input any more.
    pub(super) fn holds_back(&self) -> bool {
        match self {
            Core::Native(_) => false,
            Core::Iiop(core) => core.holds_back(),
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

/// The exception for a body that is not taken, or not sent, because of its size.
pub(super) fn too_large(cause: &dyn std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::ImpLimit, Minor::MESSAGE_TOO_LARGE, Completion::No).because(cause)
}
