//! A call as one connection needs it: head and body in its protocol's terms.

use std::time::Instant;

use bytes::Bytes;
use quorb_giop::cdr::Encoder;
use quorb_giop::ior::Ior;
use quorb_giop::message::AddressingDisposition;

use super::Orb;
use super::endpoint::{Endpoint, WireChoice};
use super::replies::NATIVE_FORMAT;
use super::wire::{NATIVE_PROFILE, too_large};
use crate::adapter::unwritable;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::Request;
use crate::proto::head::{BodyFormat, ChainId, RequestHead, RequestIdentity, ResponseExpected, TraceContext};
use crate::proto::iiop::{self, Addressing};
use crate::proto::native::Payload;
use crate::stream::{Passage, passing_by};
use crate::value::{BodyWriter, COPIED_BODY_BYTES_MAX, borrow_body, give_body_back, large};

/// One attempt of a call.
pub(crate) struct Outgoing<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) request: &'a Request<'a>,
    pub(super) identity: RequestIdentity,
    pub(super) acknowledged_below: u64,
    /// It must not run twice: servers of our kind remember its reply.
    pub(super) once: bool,
    pub(super) retry_of_server: Option<u64>,
    pub(super) chain: ChainId,
    pub(super) depth: u32,
    pub(super) trace: Option<TraceContext>,
    /// The body goes as CBOR where the protocol has it: the server does not know the interface's fingerprint, or the
    /// caller has none.
    pub(super) as_cbor: bool,
    /// The call has been waiting for something since its deadline was set.
    pub(super) has_waited: bool,
    /// The server has asked for more than the key.
    pub(super) addressing: Option<(AddressingDisposition, &'a Ior)>,
}

/// What a connection is given to send with its head, which is large, and stays where it was made.
pub(super) struct Encoded {
    pub(super) addressing: Addressing,
    pub(super) body: EncodedBody,
}

/// An encoded body, as often as it takes until the connection has room for it.
#[derive(Debug)]
pub(super) enum EncodedBody {
    /// In a buffer that will be used again: it is copied behind its head.
    Small(Vec<u8>),
    /// It is written from where it stands.
    Large(Bytes),
}

impl EncodedBody {
    fn new(octets: Vec<u8>) -> EncodedBody {
        match octets.len() {
            0..=COPIED_BODY_BYTES_MAX => EncodedBody::Small(octets),
            _ => EncodedBody::Large(large::share(octets)),
        }
    }

    /// Whether it is copied behind its head.
    pub(super) fn is_small(&self) -> bool {
        matches!(self, EncodedBody::Small(_))
    }

    pub(super) fn payload(&self) -> Payload<'_> {
        match self {
            EncodedBody::Small(octets) => Payload::Slice(octets),
            EncodedBody::Large(octets) => Payload::Shared(octets.clone()),
        }
    }
}

impl Drop for EncodedBody {
    fn drop(&mut self) {
        if let EncodedBody::Small(octets) = self {
            give_body_back(std::mem::take(octets));
        }
    }
}

impl Outgoing<'_> {
    /// Encodes what goes behind `head` for its connection. A body of more than `body_bytes_max` octets is refused.
    pub(super) fn encode(&self, head: &RequestHead, orb: &Orb) -> Result<Encoded, SystemException> {
        let body_bytes_max = orb.limits().body_bytes_max;
        let addressing = Addressing {
            reference: self
                .addressing
                .map(|(disposition, ior)| (disposition, self.endpoint.profile_index, ior.clone())),
            is_quorb: self.endpoint.is_quorb,
        };
        let body = self.body(head, &addressing, orb)?;
        if let Some(passage) = self.request.passage {
            passage.encoded(body.len());
        }
        if body.len() > body_bytes_max {
            let cause = format_args!(
                "a body of {} octets, above the limit body_bytes_max = {body_bytes_max}",
                body.len()
            );
            return Err(too_large(&cause).because("limit of the client").at(Stage::Encoding));
        }
        Ok(Encoded { addressing, body: EncodedBody::new(body) })
    }

    /// Everything about it but its arguments.
    pub(super) fn head(&self) -> RequestHead {
        let native = self.endpoint.wire == WireChoice::Native;
        // On GIOP the identity is a context, and worth its octets only where it is remembered.
        let oneway = self.request.behaviour.oneway;
        let left = match self.has_waited {
            true => self.request.deadline.saturating_duration_since(Instant::now()),
            false => self.request.time_limit,
        };
        RequestHead {
            identity: (native || self.once || oneway).then_some(self.identity),
            acknowledged_below: self.acknowledged_below,
            retry_of_server: self.retry_of_server,
            // Nothing left still has to be said: 0 would mean that there is no deadline.
            deadline_left_us: match self.request.activity {
                // It moves with the streams; the caller watches it.
                Some(_) => 0,
                None => u64::try_from(left.as_micros()).unwrap_or(u64::MAX).max(1),
            },
            chain: self.chain,
            depth: self.depth,
            fingerprint: self.request.interface.map_or(0, crate::model::Interface::fingerprint),
            format: if native && self.as_cbor { BodyFormat::CBOR } else { NATIVE_FORMAT },
            endpoint_set_version: self.endpoint.set_version,
            trace: self.trace.clone(),
            object_key: self.endpoint.key.clone(),
            operation: self.request.operation.clone(),
            response: if oneway { ResponseExpected::No } else { ResponseExpected::Yes },
            contexts: self.request.passage.map_or_else(Vec::new, |passage| passage.contexts.clone()),
        }
    }

    fn body(
        &self,
        head: &RequestHead,
        addressing: &Addressing,
        orb: &Orb,
    ) -> Result<Vec<u8>, SystemException> {
        let cdr = |origin, profile| {
            BodyWriter::Cdr(Encoder::with_buffer(borrow_body(), origin, profile).with_growth(large::grow))
        };
        let mut body = match self.endpoint.wire {
            WireChoice::Native if self.as_cbor => BodyWriter::Cbor(borrow_body()),
            WireChoice::Native => cdr(0, NATIVE_PROFILE),
            WireChoice::Iiop { version, code_sets } => {
                let origin = iiop::request_origin(head, addressing, version, code_sets).map_err(|cause| {
                    SystemException::new(ExceptionKind::Marshal, Minor::VALUE_NOT_ENCODABLE, Completion::No)
                        .at(Stage::Encoding)
                        .because(cause)
                })?;
                cdr(origin, code_sets.profile(orb.giop_byte_order(), version))
            }
        };
        let written = match &self.request.activity {
            None => (self.request.write)(&mut body),
            Some(_) if self.endpoint.wire != WireChoice::Native => return Err(streams_need_native()),
            Some(activity) => {
                let way = Passage::To(orb.clone(), Some(activity.clone()));
                passing_by(way, || (self.request.write)(&mut body))
            }
        };
        written.map_err(|cause| unwritable(&cause, Completion::No).at(Stage::Encoding))?;
        Ok(body.into_bytes())
    }
}

fn streams_need_native() -> SystemException {
    SystemException::new(ExceptionKind::NoImplement, Minor::STREAMS_NEED_NATIVE, Completion::No)
        .at(Stage::Encoding)
}
