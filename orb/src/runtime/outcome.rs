//! What a reply, or its absence, means for the call.

use std::sync::Arc;

use quorb_giop::cdr::Cdr;
use quorb_giop::ior::Ior;
use quorb_giop::message::AddressingDisposition;

use super::connection::CallOutcome;
use super::replies::{decode_exception, readmission_in};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::intercept::AttemptOutcome;
use crate::object::{Answer, LocalOutcome};
use crate::proto::head::{Delivery, ReplyHead, ReplyStatus};
use crate::proto::retry::FailureClass;
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
    Failed(Failed),
}

/// An attempt that failed, as the retry table sees it.
pub(super) struct Failed {
    pub(super) class: FailureClass,
    pub(super) delivery: Delivery,
    pub(super) exception: SystemException,
    /// The server does not know this client any more: the incarnation in which it may begin another life.
    pub(super) readmitted_in: Option<u64>,
}

/// Interprets the outcome of an attempt.
pub(super) fn interpret(outcome: CallOutcome) -> Received {
    match outcome {
        CallOutcome::Reply(head, body) => interpret_reply(&head, body),
        CallOutcome::NeedsAddressing(disposition) => Received::WantsAddressing(disposition),
        CallOutcome::Refused(exception) => raised(*exception),
        CallOutcome::Late => raised(late()),
        CallOutcome::Lost { delivery, cause, violated } => {
            let exception = connection_lost(delivery, &cause, violated);
            Received::Failed(Failed { class: FailureClass::Broken, delivery, exception, readmitted_in: None })
        }
    }
}

fn late() -> SystemException {
    SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::Maybe).at(Stage::Waiting)
}

fn interpret_reply(head: &ReplyHead, body: Body) -> Received {
    match head.status {
        ReplyStatus::OK => Received::Answer(Some(Answer::Results(body))),
        ReplyStatus::USER_EXCEPTION => Received::Answer(Some(Answer::User(body))),
        ReplyStatus::SYSTEM_EXCEPTION => {
            let exception = decode_exception(head, &body);
            let forgotten = exception.minor() == Minor::CLIENT_FORGOTTEN;
            let readmitted_in = readmission_in(head).filter(|_| forgotten);
            match raised(exception) {
                Received::Failed(failed) => Received::Failed(Failed { readmitted_in, ..failed }),
                other => other,
            }
        }
        ReplyStatus::FORWARD | ReplyStatus::FORWARD_PERMANENT => {
            let permanent = head.status == ReplyStatus::FORWARD_PERMANENT;
            match forwarded_to(&body) {
                Ok(to) if !to.is_nil() => Received::Forward { to: Box::new(to), permanent },
                Ok(_) => raised(malformed(&"forwarded to nil")),
                Err(cause) => raised(malformed(&cause)),
            }
        }
        ReplyStatus::FORMAT_REFUSED => Received::WantsCbor,
        ReplyStatus::CANCELLED => {
            raised(SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::Maybe))
        }
        ReplyStatus(other) => raised(malformed(&format_args!("unknown reply status {other}"))),
    }
}

/// A system exception in the server's reply. What passes by itself, or is better elsewhere, may be tried again.
fn raised(exception: SystemException) -> Received {
    let class = match (exception.kind(), exception.minor()) {
        (ExceptionKind::Transient, Minor::SERVER_DRAINING) => FailureClass::NotHere,
        // Repetitions would be more of what the server has too much of.
        (ExceptionKind::Transient, Minor::OVERLOADED) => FailureClass::Lasting,
        (ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS) => FailureClass::Lasting,
        (ExceptionKind::Transient | ExceptionKind::NoResources, _) => FailureClass::Transient,
        _ => FailureClass::Lasting,
    };
    Received::Failed(Failed { class, delivery: Delivery::Sent, exception, readmitted_in: None })
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

/// The server asked twice for the same thing.
pub(super) fn stubborn() -> SystemException {
    SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::No)
        .because("the server asks again for what it was given")
}

fn forwarded_to(body: &Body) -> Result<Ior, quorb_giop::cdr::CdrError> {
    match body {
        Body::Cdr { contents, code_sets } => Ior::decode(&mut contents.decoder(*code_sets)),
        Body::Cbor(_) => Err(quorb_giop::cdr::CdrError::InvalidValue { type_name: "IOP::IOR" }),
    }
}

/// What interceptors are told of an attempt in this process.
pub(super) fn outcome_here(outcome: &Result<LocalOutcome, SystemException>) -> AttemptOutcome {
    match outcome {
        Ok(LocalOutcome::Answered(answer)) => answered(answer.as_ref()),
        Ok(LocalOutcome::Forwarded { .. }) => AttemptOutcome::SentOn,
        Err(exception) => AttemptOutcome::Failed(Box::new(exception.clone())),
    }
}

/// What interceptors are told of an attempt on a connection.
pub(super) fn outcome_there(received: &Result<Received, SystemException>) -> AttemptOutcome {
    match received {
        Ok(Received::Answer(answer)) => answered(answer.as_ref()),
        Ok(Received::Forward { .. } | Received::WantsCbor | Received::WantsAddressing(_)) => {
            AttemptOutcome::SentOn
        }
        Ok(Received::Failed(Failed { exception, .. })) | Err(exception) => {
            AttemptOutcome::Failed(Box::new(exception.clone()))
        }
    }
}

fn answered(answer: Option<&Answer>) -> AttemptOutcome {
    match answer {
        None => AttemptOutcome::HandedOver,
        Some(Answer::Results(body) | Answer::User(body)) => {
            AttemptOutcome::Answered { reply_bytes: body.len() }
        }
    }
}
