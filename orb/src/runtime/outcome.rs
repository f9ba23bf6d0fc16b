//! What a reply, or its absence, means for the call.

use std::sync::Arc;

use quorb_giop::cdr::Cdr;
use quorb_giop::ior::Ior;
use quorb_giop::message::AddressingDisposition;

use super::connection::CallOutcome;
use super::replies::decode_exception;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::Answer;
use crate::proto::head::{Delivery, ReplyHead, ReplyStatus};
use crate::proto::retry::Failure;
use crate::value::Body;

/// What one attempt of a call came to.
pub(super) enum Received {
    /// The call has ended. None for oneway calls.
    Answer(Option<Answer>),
    /// The object is elsewhere.
    Forward { to: Box<Ior>, permanent: bool },
    /// The server wants the body in CBOR.
    WantsCbor,
    /// The server wants the object to be named in another way.
    WantsAddressing(AddressingDisposition),
    /// It failed; the retry table says what follows.
    Failed(Failure, SystemException),
}

/// Interprets the outcome of an attempt. `same_server` is whether a repetition would reach the server that knows the
/// request.
pub(super) fn interpret(outcome: CallOutcome, server_known: bool) -> Received {
    match outcome {
        CallOutcome::Reply(head, body) => interpret_reply(&head, body),
        CallOutcome::NeedsAddressing(disposition) => Received::WantsAddressing(disposition),
        CallOutcome::Refused(exception) => fail(*exception, server_known),
        CallOutcome::Lost { delivery, cause, violated } => {
            let exception = connection_lost(delivery, &cause, violated);
            Received::Failed(Failure::lost(delivery, server_known), exception)
        }
    }
}

fn interpret_reply(head: &ReplyHead, body: Body) -> Received {
    match head.status {
        ReplyStatus::OK => Received::Answer(Some(Answer::Results(body))),
        ReplyStatus::USER_EXCEPTION => Received::Answer(Some(Answer::User(body))),
        ReplyStatus::SYSTEM_EXCEPTION => fail(decode_exception(&body), true),
        ReplyStatus::FORWARD | ReplyStatus::FORWARD_PERMANENT => {
            let permanent = head.status == ReplyStatus::FORWARD_PERMANENT;
            match forwarded_to(&body) {
                Ok(to) if !to.is_nil() => Received::Forward { to: Box::new(to), permanent },
                Ok(_) => fail(malformed(&"forwarded to nil"), true),
                Err(cause) => fail(malformed(&cause), true),
            }
        }
        ReplyStatus::FORMAT_REFUSED => Received::WantsCbor,
        ReplyStatus::CANCELLED => fail(
            SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::Maybe),
            true,
        ),
        ReplyStatus(other) => fail(malformed(&format_args!("unknown reply status {other}")), true),
    }
}

fn fail(exception: SystemException, server_known: bool) -> Received {
    Received::Failed(Failure::raised(exception.kind(), exception.completed(), server_known), exception)
}

fn connection_lost(delivery: Delivery, cause: &Arc<str>, violated: bool) -> SystemException {
    // A server executes whole requests only.
    let (stage, completed) = match delivery {
        Delivery::NotSent | Delivery::PartlySent => (Stage::Sending, Completion::No),
        Delivery::Sent => (Stage::Waiting, Completion::Maybe),
    };
    let minor = if violated { Minor::PROTOCOL_VIOLATED } else { Minor::CONNECTION_LOST };
    SystemException::new(ExceptionKind::CommFailure, minor, completed).at(stage).because(cause)
}

fn malformed(cause: &dyn std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::Marshal, Minor::RESULT_MALFORMED, Completion::Maybe)
        .at(Stage::Decoding)
        .because(cause)
}

fn forwarded_to(body: &Body) -> Result<Ior, quorb_giop::cdr::CdrError> {
    match body {
        Body::Cdr { contents, code_sets } => Ior::decode(&mut contents.decoder(*code_sets)),
        Body::Cbor(_) => Err(quorb_giop::cdr::CdrError::InvalidValue { type_name: "IOP::IOR" }),
    }
}
