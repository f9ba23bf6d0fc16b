//! The messages of GIOP 1.0, 1.1 and 1.2 (CORBA 3.3 Part 2, 9.4).
//!
//! A message is a [`MessageHeader`], a head that depends on its kind, and a body that the caller decodes.
//! There is one codec for all versions: each head says in a few conditions what its version changes.
//!
//! **Reading**: [`crate::assembly::Assembler`] cuts a stream into [`Frame`]s, [`Message::decode`] reads the
//! head, and [`Body::decoder`] the rest. Keys, operation names, contexts and bodies are slices of the frame.
//!
//! **Writing**: [`MessageHead::open`] writes header and head into a buffer of the caller's, and the returned
//! [`OpenMessage`] takes the body, or says where a body sent separately has its alignment origin.

mod context;
mod error;
mod exception;
mod frame;
mod header;
mod known_context;
mod locate;
mod open;
mod reply;
mod request;
mod target;

pub use context::{ContextId, KnownContext, ServiceContext, ServiceContexts};
pub use error::{GiopError, Remedy, close_connection, message_error};
pub use exception::{CompletionStatus, SystemExceptionBody};
pub(crate) use frame::FrameReader;
pub use frame::{Body, Frame};
pub use header::{MessageHeader, MessageKind};
pub use known_context::{
    BiDirContext, CallContext, ExceptionDetail, FtGroupVersion, FtRequest, ListenPoint, OnewayIdentity,
    TraceContext,
};
pub use locate::{CancelRequestHead, LocateReplyHead, LocateRequestHead, LocateStatus};
pub use open::OpenMessage;
pub use reply::{ReplyHead, ReplyStatus};
pub use request::{RequestHead, ResponseFlags};
pub use target::{AddressingDisposition, Target};

use crate::cdr::{CdrProfile, Encoder};
use crate::limits::MessageLimits;

/// A decoded message, its body still in octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A client calls an operation.
    Request {
        /// What is called.
        head: RequestHead,
        /// The arguments.
        body: Body,
    },
    /// A server answers a request.
    Reply {
        /// What became of the request.
        head: ReplyHead,
        /// What the status says.
        body: Body,
    },
    /// A client no longer waits.
    CancelRequest(CancelRequestHead),
    /// A client asks whether an object is there.
    LocateRequest(LocateRequestHead),
    /// A server answers a LocateRequest.
    LocateReply {
        /// Where the object is.
        head: LocateReplyHead,
        /// What the status says.
        body: Body,
    },
    /// The peer closes the connection in order: what is not answered was not executed.
    CloseConnection,
    /// The peer did not understand what we sent, and closes the connection.
    MessageError,
}

impl Message {
    /// Reads the head of a whole message.
    ///
    /// Octets behind what a message without a body should have are ignored.
    ///
    /// # Errors
    /// [`GiopError::Malformed`]; a limit exceeded; [`GiopError::StrayFragment`], because fragments are joined before.
    pub fn decode(frame: &Frame, limits: &MessageLimits) -> Result<Self, GiopError> {
        let mut reader = FrameReader::new(frame, limits);
        Ok(match frame.header.kind {
            MessageKind::REQUEST => {
                let head = RequestHead::read(&mut reader)?;
                Self::Request { head, body: reader.body(RequestHead::BODY_IS_ALIGNED) }
            }
            MessageKind::REPLY => {
                let head = ReplyHead::read(&mut reader)?;
                Self::Reply { head, body: reader.body(ReplyHead::BODY_IS_ALIGNED) }
            }
            MessageKind::CANCEL_REQUEST => Self::CancelRequest(CancelRequestHead::read(&mut reader)?),
            MessageKind::LOCATE_REQUEST => Self::LocateRequest(LocateRequestHead::read(&mut reader)?),
            MessageKind::LOCATE_REPLY => {
                let head = LocateReplyHead::read(&mut reader)?;
                Self::LocateReply { head, body: reader.body(LocateReplyHead::BODY_IS_ALIGNED) }
            }
            MessageKind::CLOSE_CONNECTION => Self::CloseConnection,
            MessageKind::MESSAGE_ERROR => Self::MessageError,
            MessageKind::FRAGMENT => return Err(GiopError::StrayFragment { request_id: None }),
            MessageKind(kind) => return Err(GiopError::UnknownKind { kind }),
        })
    }
}

/// The part of a message between its header and its body.
pub trait MessageHead: Sized {
    /// The kind of message this is the head of.
    const KIND: MessageKind;

    /// Whether a body that is not empty begins at a multiple of 8 in GIOP 1.2.
    const BODY_IS_ALIGNED: bool;

    /// Appends header and head to `buf`, in the version, byte order and code sets of `profile`.
    ///
    /// What `buf` holds is kept; the message begins behind it.
    ///
    /// # Errors
    /// [`GiopError::AddressingNotInVersion`], [`GiopError::Malformed`] for a length above `u32::MAX`.
    fn open(&self, buf: Vec<u8>, profile: CdrProfile) -> Result<OpenMessage, GiopError> {
        OpenMessage::begin(self, buf, profile)
    }

    /// Appends the head alone.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    fn write(&self, out: &mut Encoder) -> Result<(), GiopError>;
}
