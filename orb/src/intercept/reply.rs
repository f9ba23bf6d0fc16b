//! How a call ended, as client interceptors see it.

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, Encoder, Endian};

use crate::adapter::unwritable;
use crate::exception::{Completion, SystemException};
use crate::object::Answer;
use crate::proto::head::ServiceContext;
use crate::value::{Body, BodyError, BodyWriter};

/// How a call ended: results or a declared exception, undecoded, or nothing for a oneway call. Cheap to clone: a clone
/// shares the octets, and answers later calls of the same operation as well.
#[derive(Debug, Clone)]
pub struct ClientReply {
    answer: Option<Answer>,
    contexts: Vec<ServiceContext>,
}

impl ClientReply {
    pub(super) fn new(answer: Option<Answer>, contexts: Vec<ServiceContext>) -> ClientReply {
        ClientReply { answer, contexts }
    }

    /// A reply with results that an interceptor makes up: `ClientReply::results(|body| { body.items(1); body.put(&7_i32) })`.
    ///
    /// # Errors
    /// MARSHAL or BAD_PARAM if a value cannot be written.
    pub fn results(
        write: impl FnOnce(&mut BodyWriter) -> Result<(), BodyError>,
    ) -> Result<ClientReply, SystemException> {
        let profile = CdrProfile::native(Endian::NATIVE);
        let mut body = BodyWriter::Cdr(Encoder::with_buffer(Vec::new(), 0, profile));
        write(&mut body).map_err(|cause| unwritable(&cause, Completion::No))?;
        let body = Body::native_cdr(Bytes::from(body.into_bytes()), Endian::NATIVE);
        Ok(ClientReply::new(Some(Answer::Results(body)), Vec::new()))
    }

    /// The results, or the repository id and members of a declared exception, undecoded. None for a oneway call.
    pub fn body(&self) -> Option<&Body> {
        self.answer.as_ref().map(|answer| match answer {
            Answer::Results(body) | Answer::User(body) => body,
        })
    }

    /// Octets of the body.
    pub fn body_bytes(&self) -> usize {
        self.body().map_or(0, Body::len)
    }

    /// The repository id of the declared exception, if the call ended with one.
    pub fn user_exception(&self) -> Option<String> {
        let Some(Answer::User(body)) = &self.answer else { return None };
        let mut reader = body.reader();
        let id = reader.items().and_then(|()| reader.next::<String>("repository id"));
        // An unreadable one is still one: the proxy will say what is wrong with it.
        Some(id.unwrap_or_default())
    }

    /// Whether the call ended with a declared exception.
    pub fn is_user_exception(&self) -> bool {
        matches!(self.answer, Some(Answer::User(_)))
    }

    /// The service contexts that came with the reply.
    pub fn contexts(&self) -> &[ServiceContext] {
        &self.contexts
    }

    /// The octets of the service context with this id.
    pub fn context(&self, id: u32) -> Option<&Bytes> {
        self.contexts.iter().find(|context| context.id == id).map(|context| &context.data)
    }

    pub(crate) fn into_answer(self) -> Option<Answer> {
        self.answer
    }
}
