//! LocateRequest and LocateReply: is the object there? (CORBA 3.3 Part 2, 9.4.5 and 9.4.6), and
//! CancelRequest: the client no longer waits (9.4.4).

use super::frame::FrameReader;
use super::{GiopError, MessageHead, MessageKind, Target};
use crate::cdr::Encoder;

/// The whole of a LocateRequest.
///
/// ```text
///   1.0, 1.1   u32 request id | u32 len, object key
///   1.2        u32 request id | target
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocateRequestHead {
    /// What the reply will name, from the same numbers as those of Requests.
    pub request_id: u32,
    /// The object.
    pub target: Target,
}

impl MessageHead for LocateRequestHead {
    const KIND: MessageKind = MessageKind::LOCATE_REQUEST;
    const BODY_IS_ALIGNED: bool = false;

    fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        out.write_u32(self.request_id);
        self.target.write(out)
    }
}

impl LocateRequestHead {
    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        Ok(Self { request_id: reader.input.read_u32()?, target: Target::read(reader)? })
    }
}

/// The head of a LocateReply. What its body is depends on the status; it follows without padding.
///
/// ```text
///   u32 request id | u32 status | body
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocateReplyHead {
    /// Which request this answers.
    pub request_id: u32,
    /// Where the object is.
    pub status: LocateStatus,
}

impl MessageHead for LocateReplyHead {
    const KIND: MessageKind = MessageKind::LOCATE_REPLY;
    const BODY_IS_ALIGNED: bool = false;

    fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        out.write_u32(self.request_id);
        out.write_u32(self.status.0);
        Ok(())
    }
}

impl LocateReplyHead {
    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        let request_id = reader.input.read_u32()?;
        Ok(Self { request_id, status: LocateStatus(reader.input.read_u32()?) })
    }
}

/// Where an object is. Unknown values are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocateStatus(pub u32);

impl LocateStatus {
    /// The server does not know the object. No body.
    pub const UNKNOWN_OBJECT: Self = Self(0);
    /// The server takes requests for the object. No body.
    pub const OBJECT_HERE: Self = Self(1);
    /// It is elsewhere for now; the body is an [`crate::ior::Ior`] to try instead.
    pub const OBJECT_FORWARD: Self = Self(2);
    /// It is elsewhere for good; from GIOP 1.2. The body is an [`crate::ior::Ior`].
    pub const OBJECT_FORWARD_PERM: Self = Self(3);
    /// The server could not tell; from GIOP 1.2. The body is a [`super::SystemExceptionBody`].
    pub const LOC_SYSTEM_EXCEPTION: Self = Self(4);
    /// The server must be told more about the object; from GIOP 1.2. The body is a
    /// [`super::AddressingDisposition`].
    pub const LOC_NEEDS_ADDRESSING_MODE: Self = Self(5);
}

/// The whole of a CancelRequest: the client of a Request or LocateRequest no longer waits.
///
/// ```text
///   u32 request id
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelRequestHead {
    /// Which request.
    pub request_id: u32,
}

impl MessageHead for CancelRequestHead {
    const KIND: MessageKind = MessageKind::CANCEL_REQUEST;
    const BODY_IS_ALIGNED: bool = false;

    fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        out.write_u32(self.request_id);
        Ok(())
    }
}

impl CancelRequestHead {
    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        Ok(Self { request_id: reader.input.read_u32()? })
    }
}
