//! Reply: a server answers a Request (CORBA 3.3 Part 2, 9.4.3).

use super::frame::FrameReader;
use super::{GiopError, MessageHead, MessageKind, ServiceContexts};
use crate::cdr::{Encoder, GiopVersion};

/// The head of a Reply. What its body is depends on the status.
///
/// ```text
///   1.0, 1.1   contexts | u32 request id | u32 status | body
///   1.2        u32 request id | u32 status | contexts | pad to 8 | body
/// ```
///
/// An empty body of GIOP 1.2 is not padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    /// Which request this answers.
    pub request_id: u32,
    /// What became of it.
    pub status: ReplyStatus,
    /// What travels beside the result.
    pub contexts: ServiceContexts,
}

impl ReplyHead {
    /// A reply without contexts.
    #[must_use]
    pub const fn new(request_id: u32, status: ReplyStatus) -> Self {
        Self { request_id, status, contexts: ServiceContexts::new() }
    }
}

impl MessageHead for ReplyHead {
    const KIND: MessageKind = MessageKind::REPLY;
    const BODY_IS_ALIGNED: bool = true;

    fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        let contexts_first = out.profile().version < GiopVersion::V1_2;
        if contexts_first {
            self.contexts.encode(out)?;
        }
        out.write_u32(self.request_id);
        out.write_u32(self.status.0);
        if !contexts_first {
            self.contexts.encode(out)?;
        }
        Ok(())
    }
}

impl ReplyHead {
    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        let contexts_first = reader.version() < GiopVersion::V1_2;
        let contexts = if contexts_first { Some(ServiceContexts::read(reader)?) } else { None };
        let request_id = reader.input.read_u32()?;
        let status = ReplyStatus(reader.input.read_u32()?);
        let contexts = contexts.map_or_else(|| ServiceContexts::read(reader), Ok)?;
        Ok(Self { request_id, status, contexts })
    }
}

/// What became of a request. Unknown values are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReplyStatus(pub u32);

impl ReplyStatus {
    /// It was executed; the body is the result, then the arguments `inout` and `out`, in order.
    pub const NO_EXCEPTION: Self = Self(0);
    /// It raised an exception it declares; the body is a repository id and the exception's members.
    pub const USER_EXCEPTION: Self = Self(1);
    /// It failed; the body is a [`super::SystemExceptionBody`].
    pub const SYSTEM_EXCEPTION: Self = Self(2);
    /// The object is elsewhere for now; the body is an [`crate::ior::Ior`] to try instead.
    pub const LOCATION_FORWARD: Self = Self(3);
    /// The object is elsewhere for good; from GIOP 1.2. The body is an [`crate::ior::Ior`].
    pub const LOCATION_FORWARD_PERM: Self = Self(4);
    /// The server must be told more about the object; from GIOP 1.2. The body is a
    /// [`super::AddressingDisposition`].
    pub const NEEDS_ADDRESSING_MODE: Self = Self(5);
}
