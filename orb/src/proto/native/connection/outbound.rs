//! Calls that this side makes, and what the peer's frames do to them.

use bytes::Bytes;

use super::super::control::encode_bare;
use super::super::error::ProtocolError;
use super::super::event::Event;
use super::super::frame::{FRAME_HEADER_BYTES, FrameKind, flags};
use super::super::reply::decode_reply;
use super::Connection;
use super::receive::Frame;
use crate::proto::head::{BodyFormat, CallId, ReplyHead, ReplyStatus, Time};

/// A call that this side made. It is forgotten when its request is sent and its reply is over.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Position of its first octet in the output.
    pub(super) start: u64,
    /// Position behind its last octet; `u64::MAX` as long as that is not known.
    pub(super) end: u64,
    /// Whether chunks of the request are still to be sent.
    pub(super) sending: bool,
    pub(super) reply: ReplyPhase,
}

/// How far the reply to a call of this side is.
#[derive(Debug)]
pub(super) enum ReplyPhase {
    Awaited,
    /// Its head is here, chunks of its body arrive.
    Arriving(Box<ReplyHead>),
    /// The runtime has lost interest; the reply is dropped when it comes, and while it comes.
    Unwanted,
    /// There is none: the call is oneway.
    None,
}

impl Connection {
    pub(super) fn on_reply(&mut self, mut frame: Frame, now: Time) -> Result<Option<Event>, ProtocolError> {
        let id = CallId(frame.header.id);
        if !self.is_ours(id.0) {
            return Err(frame.wrong_side());
        }
        let call = self.outbound.get_mut(id.0).ok_or(ProtocolError::ReplyToNothing { id })?;
        let wanted = match call.reply {
            ReplyPhase::Awaited => true,
            ReplyPhase::Unwanted if !self.assemblies.is_open(id.0) => false,
            _ => return Err(ProtocolError::ReplyToNothing { id }),
        };
        let (head, body_total) =
            decode_reply(frame.take_head(), frame.header.flags).map_err(|error| frame.head_error(error))?;
        let head = Box::new(head);
        self.stop_sending_request(id.0);
        if !wanted {
            self.counters.replies_unwanted += 1;
        }
        match body_total {
            Some(total) => self.begin_reply(id, head, total, wanted, now),
            None => {
                self.outbound.remove(id.0);
                let refusal = self.assemblies.refuses(frame.body.len() as u64);
                Ok(wanted.then(|| match refusal {
                    None => Event::Reply { id, head, body: frame.body },
                    Some(reason) => Event::ReplyRefused { id, head, reason },
                }))
            }
        }
    }

    /// A reply whose body follows in chunks.
    fn begin_reply(
        &mut self,
        id: CallId,
        head: Box<ReplyHead>,
        total: u64,
        wanted: bool,
        now: Time,
    ) -> Result<Option<Event>, ProtocolError> {
        let refusal = self.open_body(id, total, now)?;
        let Some(call) = self.outbound.get_mut(id.0) else {
            return Ok(None);
        };
        match refusal {
            _ if !wanted => {
                self.assemblies.discard(id.0);
                Ok(None)
            }
            None => {
                call.reply = ReplyPhase::Arriving(head);
                Ok(None)
            }
            Some(reason) => {
                call.reply = ReplyPhase::Unwanted;
                self.send_bare(FrameKind::CANCEL, id.0);
                Ok(Some(Event::ReplyRefused { id, head, reason }))
            }
        }
    }

    /// The peer does not take the body of a call of this side.
    pub(super) fn on_refusal(&mut self, id: u64) {
        if self.stop_sending_request(id) {
            self.counters.bodies_refused_by_peer += 1;
        } else {
            self.counters.frames_late += 1;
        }
    }

    /// The peer does not want the rest of a request. Returns whether there was any.
    fn stop_sending_request(&mut self, id: u64) -> bool {
        if !self.bodies.abort(id) {
            return false;
        }
        self.pending.append(FRAME_HEADER_BYTES, |out| encode_bare(FrameKind::CHUNK, flags::ABORT, id, out));
        if let Some(call) = self.outbound.get_mut(id) {
            call.sending = false;
            if matches!(call.reply, ReplyPhase::None) {
                self.outbound.remove(id);
            }
        }
        true
    }

    /// The last chunk of a reply is here.
    pub(super) fn complete_reply(&mut self, id: CallId, body: Bytes) -> Option<Event> {
        match self.outbound.remove(id.0)?.reply {
            ReplyPhase::Arriving(head) => Some(Event::Reply { id, head, body }),
            _ => None,
        }
    }

    /// The body of a reply has ended, and nothing is to be delivered: it was not wanted, or the server gave it up.
    pub(super) fn end_reply_without_body(&mut self, id: CallId) -> Option<Event> {
        let call = self.outbound.remove(id.0)?;
        // A server gives up only what was cancelled; should one do otherwise, the caller must not wait for ever.
        let wanted = matches!(call.reply, ReplyPhase::Arriving(_));
        wanted.then(|| Event::Reply {
            id,
            head: Box::new(ReplyHead::new(ReplyStatus::CANCELLED, BodyFormat::CDR_LE)),
            body: Bytes::new(),
        })
    }

    /// The peer accepts no calls of this side after `last`: those that are open are over. Returns them.
    pub(super) fn stop_calls_after(&mut self, last: CallId) -> Vec<CallId> {
        let last = CallId(self.accepted_until.map_or(last.0, |before| before.min(last.0)));
        self.accepted_until = Some(last.0);
        let unaccepted: Vec<u64> = self.outbound.iter().map(|(id, _)| id).filter(|id| *id > last.0).collect();
        let mut not_executed = Vec::with_capacity(unaccepted.len());
        for id in unaccepted {
            self.bodies.abort(id);
            self.assemblies.forget(id);
            let call = self.outbound.remove(id);
            if !call.is_some_and(|call| matches!(call.reply, ReplyPhase::Unwanted)) {
                not_executed.push(CallId(id));
            }
        }
        not_executed
    }
}
