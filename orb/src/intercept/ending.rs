//! How calls end, for those who count them.

use super::ClientReply;
use crate::adapter::{Reply, ReplyBody};
use crate::exception::{Completion, ExceptionKind, SystemException};

/// How a call ended, without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallEnding {
    /// With results, or handed over if it was oneway.
    Ok,
    /// With an exception that the interface declares.
    UserException,
    /// With a system exception.
    SystemException(ExceptionKind, Completion),
    /// The object is elsewhere.
    Forwarded,
    /// Its caller gave up.
    Cancelled,
}

impl CallEnding {
    /// How a call of this broker ended.
    pub fn of_call(ended: &Result<ClientReply, SystemException>) -> CallEnding {
        match ended {
            Ok(reply) if reply.is_user_exception() => CallEnding::UserException,
            Ok(_) => CallEnding::Ok,
            Err(exception) => CallEnding::SystemException(exception.kind(), exception.completed()),
        }
    }

    /// How a call that this broker served ended.
    pub fn of_service(reply: &Reply) -> CallEnding {
        match &reply.body {
            ReplyBody::Results(_) => CallEnding::Ok,
            ReplyBody::User(_) => CallEnding::UserException,
            ReplyBody::System(exception) => {
                CallEnding::SystemException(exception.kind(), exception.completed())
            }
            ReplyBody::Forward { .. } => CallEnding::Forwarded,
        }
    }

    /// The value of OpenTelemetry's attribute `rpc.response.status_code`: `OK`, `USER_EXCEPTION`, `FORWARDED`, `CANCELLED`,
    /// or the OMG name of a system exception.
    pub fn status_code(self) -> &'static str {
        match self {
            CallEnding::Ok => "OK",
            CallEnding::UserException => "USER_EXCEPTION",
            CallEnding::SystemException(kind, _) => kind.omg_name(),
            CallEnding::Forwarded => "FORWARDED",
            CallEnding::Cancelled => "CANCELLED",
        }
    }

    /// Whether the operation was executed, where the ending says it: `yes`, `no` or `maybe`.
    pub fn completed(self) -> Completion {
        match self {
            CallEnding::Ok | CallEnding::UserException => Completion::Yes,
            CallEnding::SystemException(_, completed) => completed,
            CallEnding::Forwarded => Completion::No,
            CallEnding::Cancelled => Completion::Maybe,
        }
    }

    /// Whether somebody should be told: a system exception or a call that was given up. A declared exception is an answer.
    pub fn is_failure(self) -> bool {
        matches!(self, CallEnding::SystemException(..) | CallEnding::Cancelled)
    }
}
