//! Calls that the peer makes, and what its frames do to them.

use bytes::Bytes;

use super::super::control::encode_bare;
use super::super::error::{BodyRefusal, ProtocolError};
use super::super::event::Event;
use super::super::frame::{FRAME_HEADER_BYTES, FrameKind, flags};
use super::super::output::Payload;
use super::super::request::{Speaker, decode_request};
use super::Connection;
use super::receive::Frame;
use crate::proto::head::{
    BodyFormat, CallId, ClientId, ReplyHead, ReplyStatus, RequestHead, ResponseExpected, Time,
};

/// A call that the peer made. It is forgotten when its request is over and its reply is sent.
#[derive(Debug)]
pub(super) struct Inbound {
    /// Whether chunks of the request are still to come, wanted or not.
    pub(super) arriving: bool,
    pub(super) serving: Serving,
}

/// How far the service of a call of the peer is.
#[derive(Debug)]
pub(super) enum Serving {
    /// Its arguments arrive.
    Assembling(Box<RequestHead>),
    /// The runtime has it.
    Running { cancelled: bool },
    /// Chunks of its reply are being sent.
    Replying,
    /// The last that the peer is told of it is written, and ends at this position of the output.
    Over { reply_end: u64 },
}

impl Connection {
    pub(super) fn on_request(&mut self, mut frame: Frame, now: Time) -> Result<Option<Event>, ProtocolError> {
        let id = CallId(frame.header.id);
        if self.is_ours(id.0) {
            return Err(frame.wrong_side());
        }
        if id.0 <= self.last_inbound {
            return Err(ProtocolError::IdNotIncreasing { id, last: CallId(self.last_inbound) });
        }
        self.last_inbound = id.0;
        if self.accept_until.is_some() {
            self.counters.requests_after_drain += 1;
            return Ok(None);
        }
        if self.calls_inbound() >= self.limits.calls_in_flight_max as usize {
            return Err(ProtocolError::TooManyCalls { limit: self.limits.calls_in_flight_max });
        }
        let speaker = Speaker { client: ClientId(self.peer.identity), incarnation: self.peer.incarnation };
        let (head, body_total) = decode_request(frame.take_head(), frame.header.flags, speaker)
            .map_err(|error| frame.head_error(error))?;
        let head = Box::new(head);
        match body_total {
            None => Ok(Some(self.begin_service(id, head, frame.body))),
            Some(total) => self.begin_assembly(id, head, total, now),
        }
    }

    /// A request that came whole in its frame.
    fn begin_service(&mut self, id: CallId, head: Box<RequestHead>, body: Bytes) -> Event {
        if head.response == ResponseExpected::Yes {
            let call = Inbound { arriving: false, serving: Serving::Running { cancelled: false } };
            self.inbound.push(id.0, call);
        }
        match self.assemblies.refuses(body.len() as u64) {
            None => Event::Request { id, head, body },
            Some(reason) => Event::RequestRefused { id, head, reason },
        }
    }

    /// A request whose body follows in chunks.
    fn begin_assembly(
        &mut self,
        id: CallId,
        head: Box<RequestHead>,
        total: u64,
        now: Time,
    ) -> Result<Option<Event>, ProtocolError> {
        let refusal: Option<BodyRefusal> = self.open_body(id, total, now)?;
        let (serving, event) = match (refusal, head.response) {
            (None, _) => (Serving::Assembling(head), None),
            (Some(reason), ResponseExpected::Yes) => {
                let event = Event::RequestRefused { id, head, reason };
                (Serving::Running { cancelled: false }, Some(event))
            }
            (Some(reason), ResponseExpected::No) => {
                // No reply will stop the sender, so this does.
                self.send_bare(FrameKind::CANCEL, id.0);
                let reply_end = self.queued_end();
                let event = Event::RequestRefused { id, head, reason };
                (Serving::Over { reply_end }, Some(event))
            }
        };
        let call = Inbound { arriving: true, serving };
        self.inbound.push(id.0, call);
        Ok(event)
    }

    /// The last chunk of a request is here.
    pub(super) fn complete_request(&mut self, id: CallId, body: Bytes) -> Option<Event> {
        let call = self.inbound.get_mut(id.0)?;
        call.arriving = false;
        let serving = std::mem::replace(&mut call.serving, Serving::Running { cancelled: false });
        let Serving::Assembling(head) = serving else {
            call.serving = serving;
            return None;
        };
        if head.response == ResponseExpected::No {
            self.inbound.remove(id.0);
        }
        Some(Event::Request { id, head, body })
    }

    /// The body of a request has ended, and nothing is to be delivered: it was refused, or its sender gave it up.
    pub(super) fn end_request_without_body(&mut self, id: u64) {
        let Some(call) = self.inbound.get_mut(id) else {
            return;
        };
        call.arriving = false;
        match call.serving {
            Serving::Assembling(_) => self.answer_cancelled(id),
            Serving::Over { reply_end } => self.forget_inbound(id, reply_end),
            Serving::Running { .. } | Serving::Replying => {}
        }
    }

    pub(super) fn on_cancel(&mut self, frame: &Frame) -> Result<Option<Event>, ProtocolError> {
        let id = CallId(frame.header.id);
        let last = if self.is_ours(id.0) { self.last_outbound } else { self.last_inbound };
        if id.0 > last {
            return Err(ProtocolError::CancelOfNothing { id });
        }
        if self.is_ours(id.0) {
            self.on_refusal(id.0);
            return Ok(None);
        }
        self.assemblies.forget(id.0);
        let Some(call) = self.inbound.get_mut(id.0) else {
            self.counters.frames_late += 1;
            return Ok(None);
        };
        call.arriving = false;
        match &mut call.serving {
            Serving::Assembling(_) => self.answer_cancelled(id.0),
            Serving::Running { cancelled: true } => {}
            Serving::Running { cancelled } => {
                *cancelled = true;
                return Ok(Some(Event::Cancelled { id }));
            }
            Serving::Replying => self.stop_sending_reply(id.0),
            Serving::Over { reply_end } => {
                let reply_end = *reply_end;
                self.forget_inbound(id.0, reply_end);
            }
        }
        Ok(None)
    }

    /// Answers a call whose arguments never became complete: the runtime knows nothing of it.
    fn answer_cancelled(&mut self, id: u64) {
        let Some(call) = self.inbound.get_mut(id) else {
            return;
        };
        let serving = std::mem::replace(&mut call.serving, Serving::Over { reply_end: 0 });
        match serving {
            Serving::Assembling(head) if head.response == ResponseExpected::Yes => {
                let head = ReplyHead::new(ReplyStatus::CANCELLED, BodyFormat::CDR_LE);
                self.end_service(id, &head, Payload::EMPTY);
            }
            _ => self.forget_inbound(id, 0),
        }
    }

    fn stop_sending_reply(&mut self, id: u64) {
        self.bodies.abort(id);
        self.pending.append(FRAME_HEADER_BYTES, |out| encode_bare(FrameKind::CHUNK, flags::ABORT, id, out));
        self.forget_inbound(id, self.queued_end());
    }

    /// Writes a reply with its body in one frame, which is the end of the call's service.
    pub(super) fn end_service(&mut self, id: u64, head: &ReplyHead, body: Payload<'_>) {
        self.write_reply(id, head, None, body);
        let reply_end = self.queued_end();
        match self.inbound.get_mut(id) {
            Some(call) if call.arriving => call.serving = Serving::Over { reply_end },
            _ => self.forget_inbound(id, reply_end),
        }
    }

    /// Forgets a call whose reply ends at this position of the output. Until that is transmitted, the call's slot is not
    /// free: otherwise a peer that does not read could make us queue replies without bound.
    pub(super) fn forget_inbound(&mut self, id: u64, reply_end: u64) {
        self.inbound.remove(id);
        if reply_end > self.handed {
            self.replies_pending += 1;
        }
    }
}
