//! Replies as octets: results, declared exceptions, system exceptions, forwards.

use bytes::Bytes;
use quorb_giop::cdr::{Cdr, CdrProfile, Decoder, Encoder, Endian};
use quorb_giop::message::{CompletionStatus, ContextId, ExceptionDetail, SystemExceptionBody};
use quorb_giop::names::RepositoryId;

use crate::adapter::{Reply, ReplyBody};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::proto::head::{BodyFormat, ReplyHead, ReplyStatus, ServiceContext};
use crate::value::{Body, Encoding};

/// The format of the reply to a request with this body: the same, with CDR in the byte order of this side.
pub(crate) fn reply_encoding(request: &Body, endian: Endian) -> Encoding {
    match request {
        Body::Cdr { contents, code_sets } => {
            Encoding::Cdr { profile: code_sets.profile(endian, contents.version()), origin: 0 }
        }
        Body::Cbor(_) => Encoding::Cbor,
    }
}

/// The head and body of a reply. Exceptions and forwards of the broker are CDR in every format.
pub(super) fn encode_reply(reply: Reply, encoding: Encoding, format: BodyFormat) -> (ReplyHead, Bytes) {
    let (mut head, body) = encode_body(reply.body, encoding, format);
    head.contexts.extend(reply.contexts);
    (head, body)
}

fn encode_body(body: ReplyBody, encoding: Encoding, format: BodyFormat) -> (ReplyHead, Bytes) {
    let format = match format {
        BodyFormat::CBOR => BodyFormat::CBOR,
        _ => NATIVE_FORMAT,
    };
    let profile = match encoding {
        Encoding::Cdr { profile, .. } => profile,
        Encoding::Cbor => CdrProfile::native(Endian::NATIVE),
    };
    match body {
        ReplyBody::Results(body) => (ReplyHead::new(ReplyStatus::OK, format), body),
        ReplyBody::User(body) => (ReplyHead::new(ReplyStatus::USER_EXCEPTION, format), body),
        ReplyBody::System(exception) => encode_exception(&exception, profile),
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
                    encode_exception(&exception, profile)
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

/// A system exception as GIOP writes it. The line for people travels in a context: foreign brokers refuse a body with
/// anything behind the exception.
fn encode_exception(exception: &SystemException, profile: CdrProfile) -> (ReplyHead, Bytes) {
    let body = SystemExceptionBody {
        exception_id: RepositoryId::from_static(exception.kind().repository_id()),
        minor_code: exception.minor().0,
        completion: match exception.completed() {
            Completion::Yes => CompletionStatus::YES,
            Completion::No => CompletionStatus::NO,
            Completion::Maybe => CompletionStatus::MAYBE,
        },
    };
    let mut out = Encoder::with_buffer(Vec::with_capacity(64), 0, profile);
    body.encode(&mut out).expect("an exception of bounded parts is always encodable");
    let mut head = ReplyHead::new(ReplyStatus::SYSTEM_EXCEPTION, NATIVE_FORMAT);
    head.contexts.extend(exception.report().and_then(|report| detail_context(&report.to_string())));
    (head, out.into_bytes().into())
}

fn detail_context(line: &str) -> Option<ServiceContext> {
    let message: String = line.chars().filter(|letter| *letter != '\0').take(LINE_CHARACTERS_MAX).collect();
    if message.is_empty() {
        return None;
    }
    let data = Encoder::encapsulate(Endian::Big, |out| ExceptionDetail { message }.encode(out)).ok()?;
    Some(ServiceContext { id: ContextId::EXCEPTION_DETAIL_MESSAGE.0, data: data.into() })
}

fn detail_in(head: &ReplyHead) -> Option<String> {
    let context = head.contexts.iter().find(|context| context.id == ContextId::EXCEPTION_DETAIL_MESSAGE.0)?;
    let mut input = Decoder::of_encapsulation(&context.data).ok()?;
    let detail = ExceptionDetail::decode(&mut input).ok()?;
    Some(detail.message.chars().take(LINE_CHARACTERS_MAX).collect()).filter(|line: &String| !line.is_empty())
}

/// Says in which incarnation a client may begin another life: the octets of the number, least first.
pub(crate) fn readmission_context(incarnation: u64) -> ServiceContext {
    let data = Bytes::copy_from_slice(&incarnation.to_le_bytes());
    ServiceContext { id: ContextId::QUORB_READMISSION.0, data }
}

/// The incarnation in which this side may begin another life, if the server says so.
pub(super) fn readmission_in(head: &ReplyHead) -> Option<u64> {
    let context = head.contexts.iter().find(|context| context.id == ContextId::QUORB_READMISSION.0)?;
    context.data.as_ref().try_into().ok().map(u64::from_le_bytes)
}

/// Reads a system exception. A kind that is not known is UNKNOWN (CORBA 3.3 Part 1, annex A.4), its id is kept in words.
pub(super) fn decode_exception(head: &ReplyHead, body: &Body) -> SystemException {
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
    match detail_in(head) {
        Some(line) => exception.because(format_args!("at the server {line}")),
        None => exception,
    }
}

/// The longest line for people that is sent to a client, or taken over from a server.
const LINE_CHARACTERS_MAX: usize = 1000;

fn unreadable(cause: impl std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::Marshal, Minor::RESULT_MALFORMED, Completion::Maybe).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: CdrProfile = CdrProfile::native(Endian::NATIVE);

    fn exception() -> SystemException {
        SystemException::new(ExceptionKind::BadParam, Minor(7), Completion::No)
    }

    fn read_back(exception: &SystemException) -> SystemException {
        let (head, octets) = encode_exception(exception, PROFILE);
        decode_exception(&head, &Body::native_cdr(octets, Endian::NATIVE))
    }

    #[test]
    fn the_body_of_an_exception_ends_with_its_completion_status() {
        let octets = encode_exception(&exception().because("of the reason"), PROFILE).1;
        let mut input = Decoder::new(&octets, Endian::NATIVE);
        let body = SystemExceptionBody::decode(&mut input).expect("it is one");
        assert_eq!((body.minor_code, body.completion), (7, CompletionStatus::NO));
        input.finish().expect("nothing is behind it, which foreign brokers would not read");
    }

    #[test]
    fn a_readmission_is_read_as_written() {
        let mut head = ReplyHead::new(ReplyStatus::SYSTEM_EXCEPTION, NATIVE_FORMAT);
        assert_eq!(readmission_in(&head), None);
        head.contexts.push(readmission_context(u64::MAX - 2));
        assert_eq!(readmission_in(&head), Some(u64::MAX - 2));
        head.contexts[0].data = Bytes::from_static(b"short");
        assert_eq!(readmission_in(&head), None);
    }

    #[test]
    fn the_line_for_people_comes_back() {
        let line = read_back(&exception().because("caf\u{e9} \u{1f600}\0")).to_string();
        assert!(line.contains("at the server") && line.contains("caf\u{e9} \u{1f600}"), "{line}");
        assert!(read_back(&exception()).report().is_none());
        let long = read_back(&exception().because("x".repeat(LINE_CHARACTERS_MAX * 2))).to_string();
        assert!(long.len() < LINE_CHARACTERS_MAX * 2, "{long}");
    }
}
