//! What a connection of GIOP hears.

use bytes::BytesMut;
use quorb_giop::cdr::Endian;
use quorb_giop::codeset::{CodeSetContext, CodeSets};
use quorb_giop::message::{
    Body, GiopError, Message, Remedy, ReplyStatus as GiopReplyStatus, RequestHead as GiopRequestHead,
    message_error,
};

use super::connection::{Connection, Inbound, Phase, Side};
use super::contexts;
use crate::proto::head::{
    BodyFormat, CallId, Completion, ObjectKey, OperationName, ReplyHead, ReplyStatus, RequestHead,
    ResponseExpected, Time,
};

/// What has come.
#[derive(Debug)]
pub enum Event {
    /// The peer calls.
    Request {
        /// The call.
        id: CallId,
        /// What is called.
        head: Box<RequestHead>,
        /// The arguments.
        body: Body,
    },
    /// The peer calls in a way that no head can say; the runtime answers with the system exception that fits.
    BadRequest {
        /// The call.
        id: CallId,
        /// What is wrong with it.
        problem: BadRequest,
    },
    /// The peer asks whether an object is here.
    Locate {
        /// The question.
        id: CallId,
        /// The object; none if the question names it in an unreadable way.
        key: Option<ObjectKey>,
    },
    /// The peer answers.
    Reply {
        /// The call.
        id: CallId,
        /// What became of it.
        head: Box<ReplyHead>,
        /// What the status says.
        body: Body,
    },
    /// The peer wants the object to be named in another way; the body of its reply says how.
    NeedsAddressing {
        /// The call, which is over.
        id: CallId,
        /// The disposition it wants.
        body: Body,
    },
    /// The peer calls with a message that is not taken. It is passed over as it comes.
    RequestTooLarge {
        /// The call.
        id: CallId,
        /// Octets of the message.
        size: u64,
        /// The octets that a message may have.
        limit: usize,
    },
    /// The peer answers with a message that is not taken. It is passed over as it comes.
    ReplyTooLarge {
        /// The call, which is over.
        id: CallId,
        /// Octets of the message.
        size: u64,
        /// The octets that a message may have.
        limit: usize,
        /// Whether the operation was executed, as far as the message's beginning says.
        completion: Completion,
    },
    /// The peer no longer waits.
    Cancelled {
        /// The call.
        id: CallId,
    },
    /// The peer closes in order: what it has not answered was not executed.
    Closed,
    /// The peer understood nothing, and closes.
    PeerError,
}

/// What is wrong with a request whose boundaries are clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRequest {
    /// The name of its operation is none.
    Operation,
    /// Its object is named in an unreadable way.
    Target,
    /// It has chosen a code set that is not spoken here.
    CodeSet,
}

/// What came of an attempt to take a message.
pub(super) enum Step {
    Event(Event),
    /// A message without consequence.
    Silent,
    NeedsMore,
}

impl Connection {
    /// Takes whole messages out of `input`; the next event, if there is one.
    ///
    /// # Errors
    /// The peer violated the protocol. The connection is over; what the protocol wants said is queued.
    pub fn receive(&mut self, input: &mut BytesMut, now: Time) -> Result<Option<Event>, GiopError> {
        self.assembler.set_time(now.0);
        loop {
            if self.phase == Phase::Closed {
                input.clear();
                return Ok(None);
            }
            let before = input.len();
            let step = match self.pass_over(input) {
                true => self.step(input),
                false => Ok(Step::NeedsMore),
            };
            // What is left began when the octets before it were taken, or earlier if none were.
            let is_partial = !input.is_empty() || self.passing_over > 0;
            let goes_on = input.len() == before || self.passing_over > 0;
            self.partial_since = is_partial.then(|| self.partial_since.filter(|_| goes_on).unwrap_or(now));
            match step {
                Ok(Step::Event(event)) => return Ok(Some(event)),
                Ok(Step::Silent) => {}
                Ok(Step::NeedsMore) => return Ok(None),
                Err(error) => {
                    self.phase = Phase::Closed;
                    if let Remedy::MessageErrorThenClose { version } = error.remedy(self.version) {
                        let farewell = message_error(version, Endian::NATIVE);
                        self.queue(|out| out.extend_from_slice(&farewell), bytes::Bytes::new());
                    }
                    return Err(error);
                }
            }
        }
    }

    /// How many more octets the message needs that `input` begins with, to let a driver reserve room for all of it.
    pub fn wanted_bytes(&self, input: &[u8]) -> usize {
        self.assembler.missing_bytes(input)
    }

    /// Takes the next message.
    fn step(&mut self, input: &mut BytesMut) -> Result<Step, GiopError> {
        let before = input.len();
        let frame = match self.assembler.next(input) {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(Step::NeedsMore),
            // The message at the front is too large by itself, not one whose fragments have become too many.
            Err(error @ GiopError::MessageTooLarge { .. }) if input.len() == before => {
                return self.refuse_too_large(input, error);
            }
            Err(error) => return Err(error),
        };
        if self.side == Side::Server {
            self.version = frame.header.version;
        }
        let message = Message::decode(&frame, &self.config.limits)?;
        Ok(self.take(message).map_or(Step::Silent, Step::Event))
    }

    fn take(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Request { head, body } => self.take_request(head, body),
            Message::LocateRequest(head) => {
                let id = CallId(head.request_id.into());
                self.begin(head.request_id, true, true);
                let key = head.target.object_key().ok().map(|key| ObjectKey(key.into_bytes()));
                Some(Event::Locate { id, key })
            }
            Message::CancelRequest(head) => self.inbound.get_mut(&head.request_id).map(|call| {
                call.cancelled = true;
                Event::Cancelled { id: CallId(head.request_id.into()) }
            }),
            Message::Reply { head, body } => self.take_reply(head.request_id, head.status, body),
            // Nothing here asks for locations: a question costs as much as the call itself.
            Message::LocateReply { .. } => None,
            Message::CloseConnection => {
                self.phase = Phase::Closed;
                self.peer_closed = true;
                Some(Event::Closed)
            }
            Message::MessageError => {
                self.phase = Phase::Closed;
                Some(Event::PeerError)
            }
        }
    }

    pub(super) fn begin(&mut self, id: u32, expects_reply: bool, is_locate: bool) {
        // A client that reuses the id of an open request confuses only itself: the first reply answers both.
        self.inbound
            .insert(id, Inbound { version: self.version, expects_reply, is_locate, cancelled: false });
    }

    fn take_request(&mut self, giop: GiopRequestHead, body: Body) -> Option<Event> {
        let id = CallId(giop.request_id.into());
        let expects_reply = giop.response.expects_reply();
        self.begin(giop.request_id, expects_reply, false);
        let bad = |problem| Some(Event::BadRequest { id, problem });
        if let Some(chosen) = giop.contexts.get::<CodeSetContext>() {
            match chosen.ok().and_then(|chosen| CodeSets::accept(chosen).ok()) {
                Some(code_sets) => self.code_sets = code_sets,
                None => return bad(BadRequest::CodeSet),
            }
        }
        let Ok(key) = giop.target.object_key() else { return bad(BadRequest::Target) };
        let Ok(operation) = OperationName::new(giop.operation.into_bytes()) else {
            return bad(BadRequest::Operation);
        };
        let mut head = RequestHead::new(ObjectKey(key.into_bytes()), operation);
        contexts::read(&giop.contexts, &mut head);
        head.format = format_of(body.endian());
        if !expects_reply {
            head.response = ResponseExpected::No;
        }
        Some(Event::Request { id, head: Box::new(head), body })
    }

    fn take_reply(&mut self, request_id: u32, status: GiopReplyStatus, body: Body) -> Option<Event> {
        // A reply to nothing is one to a call that was cancelled.
        self.outbound.remove(&request_id)?;
        self.close_if_drained();
        let id = CallId(request_id.into());
        let status = match status {
            GiopReplyStatus::NO_EXCEPTION => ReplyStatus::OK,
            GiopReplyStatus::USER_EXCEPTION => ReplyStatus::USER_EXCEPTION,
            GiopReplyStatus::SYSTEM_EXCEPTION => ReplyStatus::SYSTEM_EXCEPTION,
            GiopReplyStatus::LOCATION_FORWARD => ReplyStatus::FORWARD,
            GiopReplyStatus::LOCATION_FORWARD_PERM => ReplyStatus::FORWARD_PERMANENT,
            GiopReplyStatus::NEEDS_ADDRESSING_MODE => return Some(Event::NeedsAddressing { id, body }),
            // Statuses of our own protocol do not exist here: whoever interprets the reply finds it unknown.
            GiopReplyStatus(other) => ReplyStatus(u8::try_from(other).unwrap_or(u8::MAX).max(0x80)),
        };
        let head = Box::new(ReplyHead::new(status, format_of(body.endian())));
        Some(Event::Reply { id, head, body })
    }
}

fn format_of(endian: Endian) -> BodyFormat {
    match endian {
        Endian::Big => BodyFormat::CDR_BE,
        Endian::Little => BodyFormat::CDR_LE,
    }
}
