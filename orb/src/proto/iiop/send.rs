//! What a connection of GIOP says.

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, Endian, GiopVersion};
use quorb_giop::codeset::{CodeSetContext, CodeSets};
use quorb_giop::ior::Ior;
use quorb_giop::message::{
    AddressingDisposition, CancelRequestHead, GiopError, LocateReplyHead, LocateStatus, MessageHead,
    ReplyHead as GiopReplyHead, ReplyStatus as GiopReplyStatus, RequestHead as GiopRequestHead,
    ResponseFlags, Target,
};
use quorb_giop::names;

use super::connection::{Connection, Outbound, Phase, Side};
use super::contexts;
use crate::proto::head::{CallId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected};
use crate::proto::native::Payload;

/// How a request names its object, and to whom it speaks.
#[derive(Debug, Clone, Default)]
pub struct Addressing {
    /// The whole reference and the index of the profile that is used, where the server has asked for more than the key.
    pub reference: Option<(AddressingDisposition, u32, Ior)>,
    /// The peer is a broker of our kind: it reads our service contexts.
    pub is_quorb: bool,
}

/// A command cannot be carried out now. Nothing was queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// As many calls are open as may be.
    #[error("{limit} calls are in flight already")]
    TooManyCalls {
        /// The limit.
        limit: usize,
    },
    /// The peer does not read: so much waits for it that no call is added.
    #[error("{queued} octets wait to be sent already, at most {limit} may")]
    OutputFull {
        /// Octets that wait.
        queued: usize,
        /// The limit.
        limit: usize,
    },
    /// The peer opened the connection, and has not agreed to be called on it.
    #[error("calls go in one direction on this connection")]
    OneDirection,
    /// There is no such call, or it has its reply already, or its caller expects none.
    #[error("call {} is not open", .id.0)]
    UnknownCall {
        /// The id.
        id: CallId,
    },
    /// The head cannot be written.
    #[error(transparent)]
    Message(#[from] GiopError),
    /// The message is too long for its 32-bit length.
    #[error(transparent)]
    Length(#[from] quorb_giop::cdr::CdrError),
}

/// How many octets precede the body of the request in its message, for the alignment of its contents. In GIOP 1.2 bodies
/// start aligned; before that it depends on the head.
///
/// # Errors
/// [`Refused::Message`] if the head cannot be written.
pub fn request_origin(
    head: &RequestHead,
    addressing: &Addressing,
    version: GiopVersion,
    code_sets: CodeSets,
) -> Result<usize, Refused> {
    if version >= GiopVersion::V1_2 {
        return Ok(0);
    }
    let profile = code_sets.profile(Endian::NATIVE, version);
    let message = giop_head(head, addressing, 0, profile, Some(code_sets))?.open(Vec::new(), profile)?;
    Ok(message.body_origin())
}

impl Connection {
    /// Queues a request. Its body was encoded by the rules of [`request_origin`] and this connection's code sets.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn request<'a>(
        &mut self,
        head: &RequestHead,
        addressing: &Addressing,
        body: impl Into<Payload<'a>>,
    ) -> Result<CallId, Refused> {
        let body = body.into();
        if self.phase != Phase::Open {
            return Err(Refused::Closed);
        }
        if self.outbound.len() >= self.config.calls_in_flight_max {
            return Err(Refused::TooManyCalls { limit: self.config.calls_in_flight_max });
        }
        if self.side == Side::Server && !self.both_directions {
            return Err(Refused::OneDirection);
        }
        let profile = self.profile(self.version);
        // Before GIOP 1.2 the contexts stand in front and shift the body: there every request says the code sets, so that
        // the origin does not depend on which is the first.
        let says_code_sets = !self.code_sets_settled || self.version < GiopVersion::V1_2;
        let code_sets = says_code_sets.then_some(self.code_sets);
        let id = self.free_id();
        let mut giop = giop_head(head, addressing, id, profile, code_sets)?;
        if let Some(offer) = &self.offer {
            giop.contexts.put(offer)?;
        }
        let octets = giop.open(std::mem::take(&mut self.scratch), profile)?.finish_head(body.len())?;
        let (queued, limit) = (self.output.len(), self.config.output_bytes_max);
        // A large message alone may pass.
        if queued > 0 && queued + octets.len() + body.len() > limit {
            return Err(Refused::OutputFull { queued, limit });
        }
        self.next_id = id.wrapping_add(2);
        let start = self.queued;
        self.queue_message(octets, body);
        self.code_sets_settled = true;
        self.offer = None;
        if head.response == ResponseExpected::Yes {
            let tell_cancel = addressing.is_quorb;
            self.outbound.insert(id, Outbound { start, end: self.queued, tell_cancel });
        }
        Ok(CallId(id.into()))
    }

    /// Queues a reply. Its body was encoded in the version of the request and this connection's code sets, aligned to 8.
    ///
    /// # Errors
    /// [`Refused::UnknownCall`], [`Refused::Closed`].
    pub fn reply(&mut self, id: CallId, head: &ReplyHead, body: Bytes) -> Result<(), Refused> {
        let call = self.inbound.end(id).ok_or(Refused::UnknownCall { id })?;
        if self.phase == Phase::Closed {
            return Err(Refused::Closed);
        }
        if !call.expects_reply || call.cancelled {
            self.close_if_drained();
            return Ok(());
        }
        let profile = self.profile(call.version);
        let octets = if call.is_locate {
            let status = locate_status(head.status, call.version);
            let giop = LocateReplyHead { request_id: call.request_id, status };
            giop.open(std::mem::take(&mut self.scratch), profile)?.finish_head(body.len())?
        } else {
            let mut giop = GiopReplyHead::new(call.request_id, reply_status(head.status, call.version));
            contexts::write_reply(head, call.version, &mut giop.contexts);
            giop.open(std::mem::take(&mut self.scratch), profile)?.finish_head(body.len())?
        };
        self.queue_message(octets, body.into());
        self.close_if_drained();
        Ok(())
    }

    /// Forgets a request of the peer that has no reply: it is oneway and has been executed, or its caller gave up.
    pub fn abandon(&mut self, id: CallId) {
        self.inbound.end(id);
        self.close_if_drained();
    }

    /// Forgets a call, and tells a peer of our kind that nobody waits for its reply any more. A reply that comes nevertheless
    /// is dropped.
    pub fn cancel(&mut self, id: CallId) {
        let Some((request_id, call)) =
            u32::try_from(id.0).ok().and_then(|id| Some((id, self.outbound.remove(&id)?)))
        else {
            return;
        };
        if self.phase == Phase::Closed {
            return;
        }
        if call.tell_cancel {
            let message = CancelRequestHead { request_id }.open(Vec::new(), self.profile(self.version));
            if let Ok(octets) = message.and_then(|message| Ok(message.finish()?)) {
                self.queue_message(octets, Payload::EMPTY);
            }
        }
        self.close_if_drained();
    }

    /// Queues a message whose head was written into the scratch buffer, which comes back.
    fn queue_message(&mut self, mut octets: Vec<u8>, body: Payload<'_>) {
        self.queue(|out| out.extend_from_slice(&octets), body);
        octets.clear();
        octets.shrink_to(SCRATCH_BYTES_MAX);
        self.scratch = octets;
    }

    /// The next id that no open request has.
    fn free_id(&self) -> u32 {
        let mut id = self.next_id;
        // There are more ids than calls in flight.
        while self.outbound.contains_key(&id) {
            id = id.wrapping_add(2);
        }
        id
    }
}

/// The most that the scratch buffer keeps.
const SCRATCH_BYTES_MAX: usize = 1024;

fn giop_head(
    head: &RequestHead,
    addressing: &Addressing,
    request_id: u32,
    profile: CdrProfile,
    code_sets: Option<CodeSets>,
) -> Result<GiopRequestHead, Refused> {
    let key = names::ObjectKey::new(head.object_key.0.clone());
    let target = match &addressing.reference {
        Some((AddressingDisposition::PROFILE, index, ior)) if (*index as usize) < ior.profiles.len() => {
            Target::Profile(ior.profiles[*index as usize].clone())
        }
        Some((AddressingDisposition::REFERENCE, index, ior)) => {
            Target::Reference { selected_profile_index: *index, ior: ior.clone() }
        }
        _ => Target::Key(key),
    };
    let operation = names::OperationName::new(head.operation.as_bytes().clone());
    let mut giop = GiopRequestHead::new(request_id, target, operation);
    if head.response == ResponseExpected::No {
        giop.response = ResponseFlags::NONE;
    }
    // A server without code sets in its reference is told of none.
    if let Some(code_sets) = code_sets.filter(|&sets| sets != CodeSets::UNNEGOTIATED)
        && profile.version >= GiopVersion::V1_1
    {
        giop.contexts.put(&CodeSetContext::from(code_sets))?;
    }
    if addressing.is_quorb {
        contexts::write_ours(head, &mut giop.contexts)?;
    }
    contexts::write_theirs(&head.contexts, &mut giop.contexts);
    Ok(giop)
}

/// The status on the wire. GIOP before 1.2 has no permanent forward.
fn reply_status(status: ReplyStatus, version: GiopVersion) -> GiopReplyStatus {
    match status {
        ReplyStatus::OK => GiopReplyStatus::NO_EXCEPTION,
        ReplyStatus::USER_EXCEPTION => GiopReplyStatus::USER_EXCEPTION,
        ReplyStatus::FORWARD => GiopReplyStatus::LOCATION_FORWARD,
        ReplyStatus::FORWARD_PERMANENT if version >= GiopVersion::V1_2 => {
            GiopReplyStatus::LOCATION_FORWARD_PERM
        }
        ReplyStatus::FORWARD_PERMANENT => GiopReplyStatus::LOCATION_FORWARD,
        _ => GiopReplyStatus::SYSTEM_EXCEPTION,
    }
}

/// The answer to a LocateRequest: OK means that the object is here, SYSTEM_EXCEPTION that it is unknown.
fn locate_status(status: ReplyStatus, version: GiopVersion) -> LocateStatus {
    match status {
        ReplyStatus::OK => LocateStatus::OBJECT_HERE,
        ReplyStatus::FORWARD_PERMANENT if version >= GiopVersion::V1_2 => LocateStatus::OBJECT_FORWARD_PERM,
        ReplyStatus::FORWARD | ReplyStatus::FORWARD_PERMANENT => LocateStatus::OBJECT_FORWARD,
        _ => LocateStatus::UNKNOWN_OBJECT,
    }
}
