//! What a connection of GIOP hears.

use bytes::BytesMut;
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::codeset::{CodeSetContext, CodeSets};
use quorb_giop::message::{
    BiDirContext, Body, GiopError, Message, MessageHeader, MessageKind, Remedy, ReplyHead as GiopReplyHead,
    ReplyStatus as GiopReplyStatus, RequestHead as GiopRequestHead, message_error,
};

use super::connection::{Connection, Phase, Side};
use super::contexts;
use super::inbound::Inbound;
use crate::proto::head::{
    BodyFormat, CallId, Completion, ObjectKey, OperationName, ReplyHead, ReplyStatus, RequestHead,
    ResponseExpected, Time,
};
use crate::proto::native::Payload;

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
    PeerError {
        /// The only call that was open, if there was just one: it is the one that was not understood, and it is over.
        about: Option<CallId>,
    },
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

/// What waits until a call can be served.
#[derive(Debug)]
pub(super) enum Held {
    /// A request, in its version.
    Message(GiopVersion, Box<Message>),
    /// A request that is too large to be taken, at the front of the input.
    TooLarge,
}

impl Connection {
    /// Takes whole messages out of `input`; the next event, if there is one. At a limit, `input` is left as it is: see
    /// [`is_ready`](Connection::is_ready).
    ///
    /// # Errors
    /// The peer violated the protocol. The connection is over; what the protocol wants said is queued.
    pub fn receive(&mut self, input: &mut BytesMut, now: Time) -> Result<Option<Event>, GiopError> {
        loop {
            if self.phase == Phase::Closed {
                input.clear();
                self.held = None;
                return Ok(None);
            }
            if self.is_congested() {
                self.unfinished.pause();
                return Ok(None);
            }
            let step = match self.pass_over(input) {
                true => self.step(input),
                false => Ok(Step::NeedsMore),
            };
            let taken = match step {
                Ok(Step::Event(event)) => Ok(Some(event)),
                Ok(Step::Silent) => Ok(None),
                Ok(Step::NeedsMore) => {
                    let front = !input.is_empty() || self.passing_over > 0;
                    self.unfinished.note(front, self.assembler.incomplete_messages(), now);
                    return Ok(None);
                }
                Err(error) => Err(error),
            };
            self.unfinished.front_taken();
            match taken {
                Ok(None) => {}
                Ok(event) => return Ok(event),
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// Ends the connection as the protocol wants it after this error.
    fn fail(&mut self, error: GiopError) -> GiopError {
        self.phase = Phase::Closed;
        let spoken = match self.side {
            // A message that cannot be read may have been the first to say the version.
            Side::Server => self.assembler.version(),
            Side::Client => self.version,
        };
        if let Remedy::MessageErrorThenClose { version } = error.remedy(spoken) {
            let farewell = message_error(version, self.config.endian);
            self.queue(|out| out.extend_from_slice(&farewell), Payload::EMPTY);
        }
        error
    }

    /// How many more octets the message needs that `input` begins with, to let a driver reserve room for all of it.
    pub fn wanted_bytes(&self, input: &[u8]) -> usize {
        self.assembler.missing_bytes(input)
    }

    /// Takes the next message.
    fn step(&mut self, input: &mut BytesMut) -> Result<Step, GiopError> {
        if let Some(Held::Message(version, message)) = self.held.take() {
            return self.take_if_room(version, *message);
        }
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
        let MessageHeader { version, kind, .. } = frame.header;
        self.check_direction(kind)?;
        if self.side == Side::Server {
            self.version = version;
        }
        let message = Message::decode(&frame, &self.config.limits)?;
        self.take_if_room(version, message)
    }

    /// Only who opened the connection calls, and only the other answers, unless they have agreed otherwise.
    pub(super) fn check_direction(&self, kind: MessageKind) -> Result<(), GiopError> {
        let wrong = match kind {
            MessageKind::REQUEST | MessageKind::LOCATE_REQUEST | MessageKind::CANCEL_REQUEST => Side::Client,
            MessageKind::REPLY | MessageKind::LOCATE_REPLY => Side::Server,
            _ => return Ok(()),
        };
        if self.side == wrong && !self.both_directions {
            return Err(GiopError::WrongDirection { kind });
        }
        Ok(())
    }

    fn take_if_room(&mut self, version: GiopVersion, message: Message) -> Result<Step, GiopError> {
        if !self.has_room() && matches!(message, Message::Request { .. } | Message::LocateRequest(_)) {
            self.held = Some(Held::Message(version, Box::new(message)));
            return Ok(Step::Silent);
        }
        Ok(self.take(version, message)?.map_or(Step::Silent, Step::Event))
    }

    fn take(&mut self, version: GiopVersion, message: Message) -> Result<Option<Event>, GiopError> {
        match message {
            Message::Request { head, body } => self.take_request(version, head, body).map(Some),
            Message::LocateRequest(head) => {
                let id = self.inbound.begin(Inbound {
                    request_id: head.request_id,
                    version,
                    expects_reply: true,
                    is_locate: true,
                    cancelled: false,
                })?;
                let key = head.target.object_key().ok().map(|key| ObjectKey(key.into_bytes()));
                Ok(Some(Event::Locate { id, key }))
            }
            Message::CancelRequest(head) => {
                Ok(self.inbound.cancel(head.request_id).map(|id| Event::Cancelled { id }))
            }
            Message::Reply { head, body } => Ok(self.take_reply(head, body)),
            // Nothing here asks for locations: a question costs as much as the call itself.
            Message::LocateReply { .. } => Ok(None),
            Message::CloseConnection => {
                self.phase = Phase::Closed;
                self.peer_closed = true;
                Ok(Some(Event::Closed))
            }
            Message::MessageError => {
                self.phase = Phase::Closed;
                let about = match self.outbound.len() {
                    1 => self.outbound.pop_first().map(|(id, _)| CallId(id.into())),
                    _ => None,
                };
                Ok(Some(Event::PeerError { about }))
            }
        }
    }

    fn take_request(
        &mut self,
        version: GiopVersion,
        giop: GiopRequestHead,
        body: Body,
    ) -> Result<Event, GiopError> {
        let expects_reply = giop.response.expects_reply();
        let id = self.inbound.begin(Inbound {
            request_id: giop.request_id,
            version,
            expects_reply,
            is_locate: false,
            cancelled: false,
        })?;
        self.take_offer(version, &giop);
        if !self.take_code_sets(version, &giop) {
            return Ok(Event::BadRequest { id, problem: BadRequest::CodeSet });
        }
        let Ok(key) = giop.target.into_object_key() else {
            return Ok(Event::BadRequest { id, problem: BadRequest::Target });
        };
        let Ok(operation) = OperationName::new(giop.operation.into_bytes()) else {
            return Ok(Event::BadRequest { id, problem: BadRequest::Operation });
        };
        let mut head = RequestHead::new(ObjectKey(key.into_bytes()), operation);
        contexts::read_request(&giop.contexts, &mut head);
        head.format = format_of(body.endian());
        if !expects_reply {
            head.response = ResponseExpected::No;
        }
        Ok(Event::Request { id, head: Box::new(head), body })
    }

    /// Notes that the client takes calls. One that cannot be read offers nothing.
    fn take_offer(&mut self, version: GiopVersion, giop: &GiopRequestHead) {
        if !self.accepts_offers || self.side == Side::Client || version < GiopVersion::V1_2 {
            return;
        }
        if let Some(Ok(offer)) = giop.contexts.get::<BiDirContext>() {
            self.both_directions = true;
            // The code sets are the client's choice, and said.
            self.code_sets_settled = true;
            self.offered.extend(offer.listen_points.into_iter().take(OFFERED_MAX));
        }
    }

    /// Takes over the code sets that a client has chosen; false if they are not ours, or unreadable.
    fn take_code_sets(&mut self, version: GiopVersion, giop: &GiopRequestHead) -> bool {
        if self.side == Side::Client || version < GiopVersion::V1_1 {
            return true;
        }
        let Some(chosen) = giop.contexts.get::<CodeSetContext>() else { return true };
        let accepted = chosen.ok().and_then(|chosen| CodeSets::accept(chosen).ok());
        self.code_sets = accepted.unwrap_or(self.code_sets);
        accepted.is_some()
    }

    fn take_reply(&mut self, giop: GiopReplyHead, body: Body) -> Option<Event> {
        // A late reply to a cancelled call, or one to nothing, is dropped.
        self.outbound.remove(&giop.request_id)?;
        self.close_if_drained();
        let id = CallId(giop.request_id.into());
        let status = match giop.status {
            GiopReplyStatus::NO_EXCEPTION => ReplyStatus::OK,
            GiopReplyStatus::USER_EXCEPTION => ReplyStatus::USER_EXCEPTION,
            GiopReplyStatus::SYSTEM_EXCEPTION => ReplyStatus::SYSTEM_EXCEPTION,
            GiopReplyStatus::LOCATION_FORWARD => ReplyStatus::FORWARD,
            GiopReplyStatus::LOCATION_FORWARD_PERM => ReplyStatus::FORWARD_PERMANENT,
            GiopReplyStatus::NEEDS_ADDRESSING_MODE => return Some(Event::NeedsAddressing { id, body }),
            // Statuses of our own protocol do not exist here: whoever interprets the reply finds it unknown.
            GiopReplyStatus(other) => ReplyStatus(u8::try_from(other).unwrap_or(u8::MAX) | 0x80),
        };
        let mut head = ReplyHead::new(status, format_of(body.endian()));
        head.contexts = contexts::read_reply(&giop.contexts);
        Some(Event::Reply { id, head: Box::new(head), body })
    }
}

/// Addresses of one offer that are noted.
const OFFERED_MAX: usize = 16;

fn format_of(endian: Endian) -> BodyFormat {
    match endian {
        Endian::Big => BodyFormat::CDR_BE,
        Endian::Little => BodyFormat::CDR_LE,
    }
}
