//! Request: a client calls an operation (CORBA 3.3 Part 2, 9.4.2).

use bytes::Bytes;

use super::frame::FrameReader;
use super::{GiopError, MessageHead, MessageKind, ServiceContexts, Target};
use crate::cdr::{Encoder, GiopVersion};
use crate::names::OperationName;

/// The head of a Request. Behind it stand the arguments `in` and `inout`, in order.
///
/// ```text
///   1.0, 1.1   contexts | u32 request id | u8 response expected | 3 octets in 1.1
///              | u32 len, object key | u32 len, operation, NUL | u32 len, principal | body
///
///   1.2        u32 request id | u8 response flags | 3 octets | target
///              | u32 len, operation, NUL | contexts | pad to 8 | body
/// ```
///
/// An empty body of GIOP 1.2 is not padded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// What the reply will name. No two unanswered requests of a connection share one.
    pub request_id: u32,
    /// Whether and when a reply is wanted.
    pub response: ResponseFlags,
    /// The object.
    pub target: Target,
    /// The operation; attributes are `_get_name` and `_set_name`.
    pub operation: OperationName,
    /// What travels beside the arguments.
    pub contexts: ServiceContexts,
    /// Who is calling, in GIOP 1.0 and 1.1 where anybody uses it; else empty, and not sent in 1.2.
    pub principal: Bytes,
}

impl RequestHead {
    /// A request that wants a reply, without contexts.
    #[must_use]
    pub const fn new(request_id: u32, target: Target, operation: OperationName) -> Self {
        Self {
            request_id,
            response: ResponseFlags::TARGET,
            target,
            operation,
            contexts: ServiceContexts::new(),
            principal: Bytes::new(),
        }
    }
}

impl MessageHead for RequestHead {
    const KIND: MessageKind = MessageKind::REQUEST;
    const BODY_IS_ALIGNED: bool = true;

    fn write(&self, out: &mut Encoder) -> Result<(), GiopError> {
        let version = out.profile().version;
        if version < GiopVersion::V1_2 {
            self.contexts.encode(out)?;
        }
        out.write_u32(self.request_id);
        if version < GiopVersion::V1_2 {
            out.write_bool(self.response.expects_reply());
        } else {
            out.write_u8(self.response.0);
        }
        if version > GiopVersion::V1_0 {
            out.write_octets(&[0; 3]);
        }
        self.target.write(out)?;
        out.write_string_octets(self.operation.as_bytes())?;
        if version < GiopVersion::V1_2 {
            out.write_octet_sequence(&self.principal)?;
        } else {
            self.contexts.encode(out)?;
        }
        Ok(())
    }
}

impl RequestHead {
    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        let is_old = reader.version() < GiopVersion::V1_2;
        let contexts = if is_old { Some(ServiceContexts::read(reader)?) } else { None };
        let request_id = reader.input.read_u32()?;
        let response = ResponseFlags::read(reader)?;
        if reader.version() > GiopVersion::V1_0 {
            reader.input.read_octets(3)?;
        }
        let target = Target::read(reader)?;
        let operation = OperationName::new(reader.string()?);
        let (length, limit) = (operation.as_bytes().len(), reader.limits.operation_bytes_max);
        if length > limit {
            return Err(GiopError::OperationTooLong { length, limit });
        }
        let principal = if is_old { reader.octets()? } else { Bytes::new() };
        let contexts = contexts.map_or_else(|| ServiceContexts::read(reader), Ok)?;
        Ok(Self { request_id, response, target, operation, contexts, principal })
    }
}

/// Whether and when a reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResponseFlags(pub u8);

impl ResponseFlags {
    /// No reply: oneway.
    pub const NONE: Self = Self(0);
    /// A reply as soon as the server has the request; oneway with `SYNC_WITH_SERVER`.
    pub const SERVER: Self = Self(1);
    /// A reply once the operation was executed.
    pub const TARGET: Self = Self(3);

    /// Whether the client waits for any reply.
    #[must_use]
    pub const fn expects_reply(self) -> bool {
        self.0 & 1 != 0
    }

    /// Before GIOP 1.2 there is one bit only, which means an ordinary call.
    fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        let flags = reader.input.read_u8()?;
        Ok(if reader.version() >= GiopVersion::V1_2 {
            Self(flags)
        } else if flags == 0 {
            Self::NONE
        } else {
            Self::TARGET
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::{CdrProfile, Endian};
    use crate::ior::Ior;
    use crate::names::ObjectKey;

    fn request(target: Target) -> RequestHead {
        RequestHead::new(5, target, OperationName::from_static("get"))
    }

    #[test]
    fn targets_other_than_keys_need_giop_1_2() {
        let target = Target::Reference { selected_profile_index: 0, ior: Ior::nil() };
        for version in [GiopVersion::V1_0, GiopVersion::V1_1] {
            let profile = CdrProfile::unnegotiated(Endian::Big, version);
            let refused = request(target.clone()).open(Vec::new(), profile).err();
            assert_eq!(refused, Some(GiopError::AddressingNotInVersion { version }));
        }
        assert!(target.object_key().is_err(), "there is no profile 0");
    }

    #[test]
    fn an_empty_body_is_not_padded() {
        let head = request(Target::Key(ObjectKey::from_static(b"k")));
        let profile = CdrProfile::native(Endian::Little);
        let open = head.open(Vec::new(), profile).unwrap();
        assert_eq!(open.body_origin(), 48);
        assert_eq!(open.finish().unwrap().len(), 44);
        let mut open = head.open(Vec::new(), profile).unwrap();
        assert_eq!(open.body().position(), 48);
        assert_eq!(open.finish().unwrap().len(), 44, "asking for the body's encoder writes no body");
        let open = head.open(vec![9; 3], profile).unwrap();
        let octets = open.finish_head(100).unwrap();
        assert_eq!((octets.len(), octets[3 + 8]), (3 + 48, 136));
        assert_eq!(head.open(vec![9; 3], profile).unwrap().abort(), [9; 3]);
    }
}
