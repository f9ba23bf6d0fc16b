//! Replies as octets: results, declared exceptions, system exceptions, forwards.

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, CdrProfile, Encoder, Endian};
use quorb_giop::message::{CompletionStatus, SystemExceptionBody};
use quorb_giop::names::RepositoryId;

use crate::adapter::{Reply, ReplyBody};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::proto::head::{BodyFormat, ReplyHead, ReplyStatus};
use crate::value::{Body, Encoding};

/// The format of the reply to a request with this body: the same, with CDR in this machine's order.
pub(super) fn reply_encoding(request: &Body) -> Encoding {
    match request {
        Body::Cdr { contents, code_sets } => {
            Encoding::Cdr { profile: code_sets.profile(Endian::NATIVE, contents.version()), origin: 0 }
        }
        Body::Cbor(_) => Encoding::Cbor,
    }
}

/// The head and body of a reply. Exceptions and forwards of the broker are CDR in every format.
pub(super) fn encode_reply(reply: Reply, encoding: Encoding, format: BodyFormat) -> (ReplyHead, Bytes) {
    let format = match format {
        BodyFormat::CBOR => BodyFormat::CBOR,
        _ => NATIVE_FORMAT,
    };
    let profile = match encoding {
        Encoding::Cdr { profile, .. } => profile,
        Encoding::Cbor => CdrProfile::native(Endian::NATIVE),
    };
    match reply.body {
        ReplyBody::Results(body) => (ReplyHead::new(ReplyStatus::OK, format), body),
        ReplyBody::User(body) => (ReplyHead::new(ReplyStatus::USER_EXCEPTION, format), body),
        ReplyBody::System(exception) => (
            ReplyHead::new(ReplyStatus::SYSTEM_EXCEPTION, NATIVE_FORMAT),
            encode_exception(&exception, profile),
        ),
        ReplyBody::Forward { to, permanent } => {
            let mut out = Encoder::with_buffer(Vec::new(), 0, profile);
            match to.encode(&mut out) {
                Ok(()) => {
                    let status =
                        if permanent { ReplyStatus::FORWARD_PERMANENT } else { ReplyStatus::FORWARD };
                    (ReplyHead::new(status, NATIVE_FORMAT), out.into_bytes().into())
                }
                Err(cause) => {
                    let exception = SystemException::new(
                        ExceptionKind::Marshal,
                        Minor::VALUE_NOT_ENCODABLE,
                        Completion::No,
                    )
                    .because(cause);
                    let body = encode_exception(&exception, profile);
                    (ReplyHead::new(ReplyStatus::SYSTEM_EXCEPTION, NATIVE_FORMAT), body)
                }
            }
        }
    }
}

/// CDR in the order of this machine.
pub(super) const NATIVE_FORMAT: BodyFormat = match Endian::NATIVE {
    Endian::Little => BodyFormat::CDR_LE,
    Endian::Big => BodyFormat::CDR_BE,
};

/// A system exception as GIOP writes it, with a line for people behind it, which foreign brokers do not read.
fn encode_exception(exception: &SystemException, profile: CdrProfile) -> Bytes {
    let body = SystemExceptionBody {
        exception_id: RepositoryId::from_static(exception.kind().repository_id()),
        minor_code: exception.minor().0,
        completion: match exception.completed() {
            Completion::Yes => CompletionStatus::YES,
            Completion::No => CompletionStatus::NO,
            Completion::Maybe => CompletionStatus::MAYBE,
        },
    };
    let mut out = Encoder::with_buffer(Vec::with_capacity(96), 0, profile);
    body.encode(&mut out).expect("an exception of bounded parts is always encodable");
    let standard = out.len();
    let mut line = exception.report().map(ToString::to_string).unwrap_or_default();
    // A caller may have put much of its own into it: a key, a name.
    if let Some(cut) = (0..=LINE_BYTES_MAX).rev().find(|at| line.is_char_boundary(*at)) {
        line.truncate(cut);
    }
    if line.is_empty() || out.write_string(&line).is_err() {
        let mut octets = out.into_bytes();
        octets.truncate(standard);
        return octets.into();
    }
    out.into_bytes().into()
}

/// Reads a system exception. A kind that is not known is UNKNOWN (CORBA 3.3 Part 1, annex A.4), its id is kept in words.
pub(super) fn decode_exception(body: &Body) -> SystemException {
    let Body::Cdr { contents, code_sets } = body else {
        return unreadable("a system exception that is not CDR");
    };
    let mut input = contents.decoder(*code_sets);
    let standard = match SystemExceptionBody::decode(&mut input) {
        Ok(standard) => standard,
        Err(cause) => return unreadable(&cause),
    };
    let completed = match standard.completion {
        CompletionStatus::YES => Completion::Yes,
        CompletionStatus::NO => Completion::No,
        _ => Completion::Maybe,
    };
    let id = standard.exception_id.as_str();
    let exception = match ExceptionKind::from_repository_id(id) {
        Some(kind) => SystemException::new(kind, Minor(standard.minor_code), completed),
        None => {
            SystemException::new(ExceptionKind::Unknown, Minor(standard.minor_code), completed).because(id)
        }
    };
    match input.read_string() {
        Ok(line) if !line.is_empty() && line.len() <= LINE_BYTES_MAX => {
            exception.because(format_args!("at the server {line}"))
        }
        _ => exception,
    }
}

/// The longest line for people that crosses a connection.
const LINE_BYTES_MAX: usize = 4096;

fn unreadable(cause: impl std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::Marshal, Minor::RESULT_MALFORMED, Completion::Maybe).because(cause)
}
