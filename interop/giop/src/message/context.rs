//! Service contexts: what travels beside arguments and results (CORBA 3.3 Part 2, 7.7 and 9.4.2).

use bytes::Bytes;

use super::GiopError;
use super::frame::FrameReader;
use crate::cdr::{Cdr, CdrError, Decoder, ENCAPSULATION_ROOM_BYTES, Encoder, Endian};

/// The service contexts of a Request or Reply, in order.
///
/// ```text
///   u32 count, then count * { u32 id, u32 len, octets }
///   octets of the known ones: u8 byte order, body aligned from there
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceContexts(Vec<ServiceContext>);

impl ServiceContexts {
    /// No contexts; takes no memory.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// All contexts, known or not.
    #[must_use]
    pub fn as_slice(&self) -> &[ServiceContext] {
        &self.0
    }

    /// The first context of type `T`, or why it is not readable.
    ///
    /// Octets behind the body are ignored: later versions of a context may be longer.
    #[must_use]
    pub fn get<T: KnownContext>(&self) -> Option<Result<T, CdrError>> {
        let context = self.0.iter().find(|context| context.id == T::ID)?;
        Some(Decoder::of_encapsulation(&context.data).and_then(|mut input| T::decode(&mut input)))
    }

    /// Adds a context of a known type, encapsulated big-endian.
    ///
    /// # Errors
    /// Those of the body's encoding.
    pub fn put<T: KnownContext>(&mut self, body: &T) -> Result<(), CdrError> {
        let data = Encoder::encapsulate_within(body.room_bytes(), Endian::Big, |out| body.encode(out))?;
        self.0.push(ServiceContext { id: T::ID, data: data.into() });
        Ok(())
    }

    /// Adds a context as it is.
    pub fn push(&mut self, context: ServiceContext) {
        self.0.push(context);
    }

    pub(super) fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_len(self.0.len())?;
        self.0.iter().try_for_each(|context| {
            out.write_u32(context.id.0);
            out.write_octet_sequence(&context.data)
        })
    }

    pub(super) fn read(reader: &mut FrameReader<'_>) -> Result<Self, GiopError> {
        let count = reader.input.read_len(ServiceContext::BYTES_MIN)?;
        let limit = reader.limits.service_contexts_max;
        if count > limit {
            return Err(GiopError::TooManyContexts { count, limit });
        }
        let mut contexts = Vec::with_capacity(count);
        for _ in 0..count {
            let id = ContextId(reader.input.read_u32()?);
            contexts.push(ServiceContext { id, data: reader.octets()? });
        }
        Ok(Self(contexts))
    }
}

/// One service context: an id, and octets whose meaning the id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceContext {
    /// What the octets mean.
    pub id: ContextId,
    /// Most often an encapsulation; kept as it came.
    pub data: Bytes,
}

impl ServiceContext {
    /// The least octets a context takes.
    const BYTES_MIN: usize = 8;
}

/// The body of a service context whose id is known.
pub trait KnownContext: Cdr {
    /// The id that announces this body.
    const ID: ContextId;

    /// The room that its encapsulation gets. Octets that fill their buffer are shared without another allocation, so that it
    /// pays to be exact; it costs no more than growing, or memory for a moment, to be wrong.
    fn room_bytes(&self) -> usize {
        ENCAPSULATION_ROOM_BYTES
    }
}

/// What a service context means. Unknown ids are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u32);

impl ContextId {
    /// Transaction service: a propagation context.
    pub const TRANSACTION_SERVICE: Self = Self(0);
    /// Code sets: [`crate::codeset::CodeSetContext`].
    pub const CODE_SETS: Self = Self(1);
    /// Bidirectional GIOP: [`super::BiDirContext`].
    pub const BI_DIR_IIOP: Self = Self(5);
    /// Where the sender's Java classes are.
    pub const SENDING_CONTEXT_RUN_TIME: Self = Self(6);
    /// Policies of the call (messaging).
    pub const INVOCATION_POLICIES: Self = Self(7);
    /// A Java exception behind `UNKNOWN`.
    pub const UNKNOWN_EXCEPTION_INFO: Self = Self(9);
    /// Real-time priority.
    pub const RT_CORBA_PRIORITY: Self = Self(10);
    /// Fault tolerance: which version of the group the client knows: [`super::FtGroupVersion`].
    pub const FT_GROUP_VERSION: Self = Self(12);
    /// Fault tolerance: the identity of the request: [`super::FtRequest`].
    pub const FT_REQUEST: Self = Self(13);
    /// A message for people beside an exception.
    pub const EXCEPTION_DETAIL_MESSAGE: Self = Self(14);
    /// Common Secure Interoperability version 2.
    pub const SECURITY_ATTRIBUTE_SERVICE: Self = Self(15);
    /// Ours: deadline, chain of calls, trace: [`super::CallContext`].
    ///
    /// The upper 20 bits are a vendor's set of ids, here from the letters `QRB`.
    pub const QUORB_CALL: Self = Self(0x5152_4201);
    /// Ours: fills up the head of a reply, and says nothing.
    pub const QUORB_FILLER: Self = Self(0x5152_4202);
    /// Ours, in replies: the server has forgotten the client, which may begin another life in this incarnation (u64,
    /// least octet first).
    pub const QUORB_READMISSION: Self = Self(0x5152_4203);
}
