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

use super::connection::{Connection, Outbound, Phase};
use super::contexts;
use crate::proto::head::{CallId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected};

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
    /// So much output is waiting that no more is taken: the peer does not read.
    #[error("{queued} octets of output are waiting, output_bytes_max = {limit}")]
    OutputFull {
        /// What waits, in octets.
        queued: u64,
        /// The limit, in octets.
        limit: u64,
    },
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
    pub fn request(
        &mut self,
        head: &RequestHead,
        addressing: &Addressing,
        body: Bytes,
    ) -> Result<CallId, Refused> {
        self.check_room(body.len())?;
        let id = self.free_id();
        let profile = self.profile(self.version);
        // Before GIOP 1.2 the contexts stand in front and shift the body: there every request says the code sets, so that
        // the origin does not depend on which is the first.
        let says_code_sets = !self.code_sets_settled || self.version < GiopVersion::V1_2;
        let code_sets = says_code_sets.then_some(self.code_sets);
        let message = giop_head(head, addressing, id, profile, code_sets)?.open(Vec::new(), profile)?;
        let octets = message.finish_head(body.len())?;
        let start = self.queued;
        self.queue(|out| out.extend_from_slice(&octets), body);
        self.code_sets_settled = true;
        if head.response == ResponseExpected::Yes {
            self.outbound.insert(id, Outbound { start, end: self.queued });
        }
        Ok(CallId(id.into()))
    }

    /// Whether a request with a small body would be taken now.
    pub fn has_room(&self) -> bool {
        self.check_room(0).is_ok()
    }

    fn check_room(&self, body_bytes: usize) -> Result<(), Refused> {
        if self.phase != Phase::Open {
            return Err(Refused::Closed);
        }
        if self.outbound.len() >= self.config.calls_in_flight_max {
            return Err(Refused::TooManyCalls { limit: self.config.calls_in_flight_max });
        }
        let (queued, limit) = (self.output_bytes(), self.config.output_bytes_max);
        if queued > 0 && queued.saturating_add(body_bytes as u64) > limit {
            return Err(Refused::OutputFull { queued, limit });
        }
        Ok(())
    }

    /// Queues a reply. Its body was encoded in the version of the request and this connection's code sets, aligned to 8.
    ///
    /// # Errors
    /// [`Refused::UnknownCall`], [`Refused::Closed`].
    pub fn reply(&mut self, id: CallId, head: &ReplyHead, body: Bytes) -> Result<(), Refused> {
        let number = u32::try_from(id.0).map_err(|_| Refused::UnknownCall { id })?;
        let call = self.inbound.remove(&number).ok_or(Refused::UnknownCall { id })?;
        if self.phase == Phase::Closed {
            return Err(Refused::Closed);
        }
        if !call.expects_reply || call.cancelled {
            self.close_if_drained();
            return Ok(());
        }
        let profile = self.profile(call.version);
        let octets = if call.is_locate {
            let head = LocateReplyHead { request_id: number, status: locate_status(head.status) };
            head.open(Vec::new(), profile)?.finish_head(body.len())?
        } else {
            let status = reply_status(head.status, call.version);
            GiopReplyHead::new(number, status).open(Vec::new(), profile)?.finish_head(body.len())?
        };
        self.queue(|out| out.extend_from_slice(&octets), body);
        self.close_if_drained();
        Ok(())
    }

    /// Forgets a request of the peer without a reply: its caller gave up.
    pub fn abandon(&mut self, id: CallId) {
        if let Ok(number) = u32::try_from(id.0) {
            self.inbound.remove(&number);
        }
        self.close_if_drained();
    }

    /// Tells the peer that nobody waits for the reply any more. The call is over: a server need not answer it any more
    /// (CORBA 3.3 Part 2, 9.4.4), and if it does, the reply is dropped as one to nothing.
    pub fn cancel(&mut self, id: CallId) {
        let Ok(number) = u32::try_from(id.0) else { return };
        if self.outbound.remove(&number).is_none() || self.phase == Phase::Closed {
            return;
        }
        let profile = self.profile(self.version);
        let message = CancelRequestHead { request_id: number }.open(Vec::new(), profile);
        if let Ok(octets) = message.and_then(|message| Ok(message.finish()?)) {
            self.queue(|out| out.extend_from_slice(&octets), Bytes::new());
        }
        self.close_if_drained();
    }

    /// The next id that no open request has.
    fn free_id(&mut self) -> u32 {
        loop {
            let id = self.next_id;
            self.next_id = id.wrapping_add(2);
            if !self.outbound.contains_key(&id) {
                return id;
            }
        }
    }
}

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
    if let Some(code_sets) = code_sets.filter(|&sets| sets != CodeSets::UNNEGOTIATED) {
        if profile.version >= GiopVersion::V1_1 {
            giop.contexts.put(&CodeSetContext::from(code_sets))?;
        }
    }
    if addressing.is_quorb {
        contexts::write(head, &mut giop.contexts)?;
    }
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
fn locate_status(status: ReplyStatus) -> LocateStatus {
    match status {
        ReplyStatus::OK => LocateStatus::OBJECT_HERE,
        ReplyStatus::FORWARD => LocateStatus::OBJECT_FORWARD,
        ReplyStatus::FORWARD_PERMANENT => LocateStatus::OBJECT_FORWARD_PERM,
        _ => LocateStatus::UNKNOWN_OBJECT,
    }
}
