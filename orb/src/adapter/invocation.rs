//! A call on its way to a servant, and its reply on the way back.

use bytes::Bytes;
use quorb_giop::cdr::{CdrError, Encoder};

use super::{CallState, Context};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, Stage, SystemException};
use crate::object::binding_to;
use crate::proto::head::ServiceContext;
use crate::runtime::Orb;
use crate::value::dynamic::DynamicError;
use crate::value::{Body, BodyError, BodyReader, BodyWriter, Encoding, borrow_body, large, share_body};

/// A call on its way to a servant: operation, undecoded arguments, context.
///
/// It turns the outcome into a [`Reply`] in the format that its caller reads. The generated skeletons use it; so does a
/// servant that is written by hand.
#[derive(Debug)]
pub struct Invocation {
    context: Context,
    arguments: Body,
    /// The format of the reply, which is that of the request; CDR replies start aligned.
    reply_encoding: Encoding,
}

/// How a call ended, encoded.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The body or the exception.
    pub body: ReplyBody,
    /// What interceptors send along.
    pub contexts: Vec<ServiceContext>,
    /// Whether it is sent.
    pub(crate) fate: ReplyFate,
}

/// What becomes of a reply; a fault injector decides otherwise than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ReplyFate {
    #[default]
    Sent,
    /// Its caller never gets it.
    Lost,
    /// Its caller never gets it, and the connection ends.
    CutInstead,
    /// It is sent, and then the connection ends.
    SentThenCut,
}

/// The body of a [`Reply`].
#[derive(Debug, Clone)]
pub enum ReplyBody {
    /// The results.
    Results(Bytes),
    /// A declared exception: its repository id and members.
    User(Bytes),
    /// A system exception; the connection encodes it.
    System(SystemException),
    /// The object is elsewhere.
    Forward {
        /// Where.
        to: std::sync::Arc<quorb_giop::ior::Ior>,
        /// Whether the caller may forget the old reference.
        permanent: bool,
    },
}

impl Reply {
    /// A reply with this body.
    pub fn new(body: ReplyBody) -> Reply {
        Reply { body, contexts: Vec::new(), fate: ReplyFate::Sent }
    }

    /// A reply that raises a system exception.
    pub fn system(exception: SystemException) -> Reply {
        Reply::new(ReplyBody::System(exception))
    }

    /// A reply that raises a system exception because the server has forgotten the client, and executed nothing: the client
    /// should begin another life, in this incarnation. Brokers of our kind do so by themselves if the exception is TRANSIENT
    /// with [`Minor::CLIENT_FORGOTTEN`] and completion No.
    pub fn readmitting(exception: SystemException, incarnation: u64) -> Reply {
        let mut reply = Reply::system(exception);
        reply.contexts.push(crate::runtime::readmission_context(incarnation));
        reply
    }

    /// Lets the reply carry a service context; one with the same id is replaced. The bounds are those of
    /// [`ClientCall::set_context`](crate::intercept::ClientCall::set_context).
    pub fn set_context(&mut self, id: u32, data: impl Into<Bytes>) {
        self.contexts.retain(|context| context.id != id);
        self.contexts.push(ServiceContext { id, data: data.into() });
    }

    /// Never sends the reply: its caller waits until its deadline. For tests of what callers make of that.
    pub fn lost(mut self) -> Reply {
        self.fate = ReplyFate::Lost;
        self
    }

    /// Cuts the connection of the caller instead of sending the reply.
    pub fn lost_with_connection(mut self) -> Reply {
        self.fate = ReplyFate::CutInstead;
        self
    }

    /// Sends the reply and then cuts the connection of the caller.
    pub fn sent_with_last_breath(mut self) -> Reply {
        self.fate = ReplyFate::SentThenCut;
        self
    }

    /// Octets of the body; 0 for system exceptions and forwards, which the connection encodes.
    pub fn body_bytes(&self) -> usize {
        match &self.body {
            ReplyBody::Results(body) | ReplyBody::User(body) => body.len(),
            ReplyBody::System(_) | ReplyBody::Forward { .. } => 0,
        }
    }
}

impl Invocation {
    pub(crate) fn new(
        mut state: CallState,
        arguments: Body,
        reply_encoding: Encoding,
        orb: Option<Orb>,
    ) -> Invocation {
        state.orb = orb;
        Invocation::within(Context(std::sync::Arc::new(state)), arguments, reply_encoding)
    }

    /// A call in these circumstances.
    pub(crate) fn within(context: Context, arguments: Body, reply_encoding: Encoding) -> Invocation {
        Invocation { context, arguments, reply_encoding }
    }

    /// The operation's name on the wire.
    pub fn operation(&self) -> &str {
        self.context.operation()
    }

    /// The circumstances of the call.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The undecoded arguments.
    pub fn arguments(&self) -> &Body {
        &self.arguments
    }

    pub(crate) fn reply_encoding(&self) -> Encoding {
        self.reply_encoding
    }

    /// Decodes the arguments with `read`, and checks that nothing is left over.
    ///
    /// # Errors
    /// MARSHAL or BAD_PARAM, completion No, naming the argument.
    pub fn read<A>(
        &self,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<A, BodyError>,
    ) -> Result<A, SystemException> {
        let mut reader = self.arguments.reader();
        let decoded = binding_to(self.context.0.orb.as_ref(), || {
            reader.items()?;
            let arguments = read(&mut reader)?;
            reader.end()?;
            Ok(arguments)
        });
        decoded.map_err(|cause: BodyError| {
            malformed(&cause, Minor::ARGUMENTS_MALFORMED, Completion::No)
                .at(Stage::Admitting)
                .in_operation(self.operation())
        })
    }

    /// The reply for what a servant's method returned.
    pub fn finish<R, E: Raises>(
        &self,
        result: Result<R, Fault<E>>,
        write: impl FnOnce(&R, &mut BodyWriter) -> Result<(), BodyError>,
    ) -> Reply {
        if !self.context.0.has_audience && result.is_ok() {
            return Reply::new(ReplyBody::Results(Bytes::new()));
        }
        match encoded(&result, self.reply_encoding, write) {
            Ok(body) => Reply::new(body),
            Err(cause) => self.refuse(unwritable(&cause, Completion::Yes).at(Stage::Executing)),
        }
    }

    /// The reply that raises a system exception.
    pub fn refuse(&self, exception: SystemException) -> Reply {
        Reply::system(exception.in_operation(self.operation()))
    }

    /// The reply for an operation that the object does not have.
    pub fn unknown_operation(&self) -> Reply {
        self.refuse(SystemException::new(
            ExceptionKind::BadOperation,
            Minor::OPERATION_UNKNOWN,
            Completion::No,
        ))
    }
}

/// What a servant's method returned, encoded.
pub(crate) fn encoded<R, E: Raises>(
    result: &Result<R, Fault<E>>,
    encoding: Encoding,
    write: impl FnOnce(&R, &mut BodyWriter) -> Result<(), BodyError>,
) -> Result<ReplyBody, BodyError> {
    if let Err(Fault::System(exception)) = result {
        return Ok(ReplyBody::System(exception.clone()));
    }
    let mut body = match encoding {
        Encoding::Cdr { profile, origin } => {
            BodyWriter::Cdr(Encoder::with_buffer(borrow_body(), origin, profile).with_growth(large::grow))
        }
        Encoding::Cbor => BodyWriter::Cbor(borrow_body()),
    };
    let ended: fn(Bytes) -> ReplyBody = match result {
        Ok(value) => {
            write(value, &mut body)?;
            ReplyBody::Results
        }
        Err(Fault::User(exception)) => {
            body.items(2);
            body.put_str(exception.repository_id())?;
            exception.write_members(&mut body)?;
            ReplyBody::User
        }
        Err(Fault::System(exception)) => return Ok(ReplyBody::System(exception.clone())),
    };
    Ok(ended(share_body(body.into_bytes())))
}

/// The exception for a body that does not decode.
pub(crate) fn malformed(cause: &BodyError, minor: Minor, completed: Completion) -> SystemException {
    let no_factory = (ExceptionKind::Marshal, Minor::NO_VALUE_FACTORY);
    let (kind, minor) = match innermost(cause) {
        BodyError::Missing(_) => (ExceptionKind::BadParam, Minor::ARGUMENT_MISSING),
        BodyError::Cdr(CdrError::InvalidUtf8 | CdrError::InvalidUtf16 | CdrError::CharNotValid { .. }) => {
            (ExceptionKind::DataConversion, Minor::CHARACTER_LOST)
        }
        BodyError::Cdr(CdrError::WcharNotAvailable { .. }) => {
            (ExceptionKind::InvObjref, Minor::NO_WIDE_CHARACTERS)
        }
        BodyError::Cdr(CdrError::NoValueFactory { .. }) => no_factory,
        BodyError::Dynamic(cause) => match cause.innermost() {
            DynamicError::Cdr(CdrError::NoValueFactory { .. }) => no_factory,
            _ => (ExceptionKind::Marshal, minor),
        },
        _ => (ExceptionKind::Marshal, minor),
    };
    SystemException::new(kind, minor, completed).because(cause)
}

/// The exception for a value that does not encode.
pub(crate) fn unwritable(cause: &BodyError, completed: Completion) -> SystemException {
    let (kind, minor) = reason_unwritable(innermost(cause));
    SystemException::new(kind, minor, completed).because(cause)
}

fn reason_unwritable(cause: &BodyError) -> (ExceptionKind, Minor) {
    match cause {
        BodyError::Cdr(cause) => reason_not_in_cdr(cause),
        BodyError::Missing(_) => (ExceptionKind::BadParam, Minor::ARGUMENT_MISSING),
        BodyError::Dynamic(cause) => match cause.innermost() {
            DynamicError::Cdr(cause) => reason_not_in_cdr(cause),
            DynamicError::BoundExceeded { .. } => (ExceptionKind::BadParam, Minor::BOUND_EXCEEDED),
            _ => (ExceptionKind::BadParam, Minor::VALUE_NOT_EXPRESSIBLE),
        },
        BodyError::Surplus(_) => (ExceptionKind::BadParam, Minor::VALUE_NOT_EXPRESSIBLE),
        _ => (ExceptionKind::Marshal, Minor::VALUE_NOT_ENCODABLE),
    }
}

fn reason_not_in_cdr(cause: &CdrError) -> (ExceptionKind, Minor) {
    match cause {
        CdrError::CharNotRepresentable { .. } => (ExceptionKind::DataConversion, Minor::CHARACTER_LOST),
        CdrError::WcharNotAvailable { .. } => (ExceptionKind::InvObjref, Minor::NO_WIDE_CHARACTERS),
        CdrError::InvalidDiscriminant { .. } => (ExceptionKind::BadParam, Minor::VALUE_NOT_EXPRESSIBLE),
        CdrError::BoundExceeded { .. } => (ExceptionKind::BadParam, Minor::BOUND_EXCEEDED),
        CdrError::NoValueFactory { .. } => (ExceptionKind::Marshal, Minor::NO_VALUE_FACTORY),
        _ => (ExceptionKind::Marshal, Minor::VALUE_NOT_ENCODABLE),
    }
}

/// The cause behind the names of the values that it happened in.
fn innermost(cause: &BodyError) -> &BodyError {
    match cause {
        BodyError::Value { cause, .. } => innermost(cause),
        other => other,
    }
}
