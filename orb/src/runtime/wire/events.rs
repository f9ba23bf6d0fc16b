//! What a core tells the driver, whichever protocol it speaks.

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, Decoder, Endian};
use quorb_giop::codeset::CodeSets;
use quorb_giop::message::AddressingDisposition;

use super::too_large;
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::proto::head::{BodyFormat, CallId, ObjectKey, ReplyHead, RequestHead};
use crate::proto::iiop;
use crate::proto::native;
use crate::value::Body;

/// What a core tells the driver.
#[derive(Debug)]
pub(in crate::runtime) enum CoreEvent {
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

/// What an event of the native protocol means.
pub(super) fn native_event(event: native::Event) -> CoreEvent {
    use native::Event;
    match event {
        Event::Hello(hello) => CoreEvent::Peer {
            identity: hello.identity,
            incarnation: hello.incarnation,
            called_back: hello.features.contains(native::Features::CALLED_BACK),
        },
        Event::Request { id, head, body } => {
            let body = native_body(head.format, body);
            CoreEvent::Request { id, head, body }
        }
        Event::RequestRefused { id, reason, .. } => {
            CoreEvent::Refuse { id, exception: Box::new(too_large(&reason).because("limit of the server")) }
        }
        Event::Reply { id, head, body } => {
            let body = native_body(head.format, body);
            CoreEvent::Reply { id, head, body }
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

/// What an event of GIOP means.
pub(super) fn iiop_event(event: iiop::Event, code_sets: CodeSets) -> CoreEvent {
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
