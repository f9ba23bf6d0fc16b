//! Bodies of service contexts: bidirectional use, request identity, exceptions in words, and ours.

use super::{ContextId, KnownContext};
use crate::cdr::{Cdr, CdrError, Decoder, Encoder};

/// The body of `BI_DIR_IIOP`: the client serves objects at these points, and takes requests for them on
/// this connection (CORBA 3.3 Part 2, 9.8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BiDirContext {
    /// Where the client listens.
    pub listen_points: Vec<ListenPoint>,
}

impl Cdr for BiDirContext {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.listen_points.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { listen_points: Cdr::decode(input)? })
    }
}

impl KnownContext for BiDirContext {
    const ID: ContextId = ContextId::BI_DIR_IIOP;
}

/// Host and port of a listening client: `IIOP::ListenPoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenPoint {
    /// A host name or IP address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
}

impl Cdr for ListenPoint {
    const SIZE_MIN: usize = 6;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.host.encode(out)?;
        self.port.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { host: Cdr::decode(input)?, port: Cdr::decode(input)? })
    }
}

/// The body of `FT_GROUP_VERSION`: which version of an object group's reference the client has
/// (CORBA 3.3 Part 2, fault tolerance).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FtGroupVersion {
    /// The version.
    pub object_group_ref_version: u32,
}

impl Cdr for FtGroupVersion {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.object_group_ref_version.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { object_group_ref_version: Cdr::decode(input)? })
    }
}

impl KnownContext for FtGroupVersion {
    const ID: ContextId = ContextId::FT_GROUP_VERSION;
}

/// The body of `FT_REQUEST`: the identity of a request, the same in all its retries
/// (CORBA 3.3 Part 2, fault tolerance).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FtRequest {
    /// The client, unique among all.
    pub client_id: String,
    /// The request, unique in the client.
    pub retention_id: i32,
    /// Until when the server must remember its reply: units of 100 ns since 15 October 1582, UTC.
    pub expiration_time: u64,
}

impl Cdr for FtRequest {
    const SIZE_MIN: usize = 16;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.client_id.encode(out)?;
        self.retention_id.encode(out)?;
        self.expiration_time.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self {
            client_id: Cdr::decode(input)?,
            retention_id: Cdr::decode(input)?,
            expiration_time: Cdr::decode(input)?,
        })
    }
}

impl KnownContext for FtRequest {
    const ID: ContextId = ContextId::FT_REQUEST;
}

/// The body of `EXCEPTION_DETAIL_MESSAGE`: a system exception in words (CORBA 3.3 Part 2, 7.7.1).
///
/// ```text
///   u8 byte order | pad to 4 | u32 len in octets, UTF-16 as in GIOP 1.2
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionDetail {
    /// For people.
    pub message: String,
}

impl Cdr for ExceptionDetail {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_wstring(&self.message)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { message: input.read_wstring()? })
    }
}

impl KnownContext for ExceptionDetail {
    const ID: ContextId = ContextId::EXCEPTION_DETAIL_MESSAGE;
}

/// The body of [`ContextId::QUORB_CALL`]: what our own calls carry through foreign brokers.
///
/// Later versions append members; a reader takes those it knows.
///
/// ```text
///   0       1                8                 16                32
///   | order | pad            | u64 deadline us | chain id        |
///   32
///   | u8 traced | if 1: trace id (16), parent id (8), u8 flags | pad to 4 | u32 len, state, NUL |
///   | pad to 8 | u64 acknowledged below | | u32 depth |
///   if the call is oneway: | pad to 8 | u64 client | u64 incarnation | u64 sequence |
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    /// The time left for the call, in microseconds; 0 if there is no deadline.
    pub deadline_micros: u64,
    /// The chain of calls this one belongs to; all zeros if none.
    pub chain_id: [u8; 16],
    /// The trace this call belongs to, if it is traced.
    pub trace: Option<TraceContext>,
    /// Every request of the client below this one has been answered: its reply need not be remembered.
    pub acknowledged_below: u64,
    /// Calls of the chain that wait for this one; 0 where it is not said.
    pub depth: u32,
    /// Which oneway request of which client this is; others say that in [`FtRequest`].
    pub oneway: Option<OnewayIdentity>,
}

/// Names one oneway request for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnewayIdentity {
    /// The client.
    pub client: u64,
    /// Which life of the client.
    pub incarnation: u64,
    /// Which oneway request of that life.
    pub sequence: u64,
}

impl Cdr for CallContext {
    const SIZE_MIN: usize = 25;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.deadline_micros.encode(out)?;
        self.chain_id.encode(out)?;
        self.trace.encode(out)?;
        self.acknowledged_below.encode(out)?;
        self.depth.encode(out)?;
        if let Some(oneway) = self.oneway {
            [oneway.client, oneway.incarnation, oneway.sequence]
                .iter()
                .try_for_each(|number| number.encode(out))?;
        }
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self {
            deadline_micros: Cdr::decode(input)?,
            chain_id: Cdr::decode(input)?,
            trace: Cdr::decode(input)?,
            // The first version ends here.
            acknowledged_below: if input.remaining() > 0 { Cdr::decode(input)? } else { 0 },
            depth: if input.remaining() > 0 { Cdr::decode(input)? } else { 0 },
            oneway: match input.remaining() {
                0..24 => None,
                _ => Some(OnewayIdentity {
                    client: Cdr::decode(input)?,
                    incarnation: Cdr::decode(input)?,
                    sequence: Cdr::decode(input)?,
                }),
            },
        })
    }
}

impl KnownContext for CallContext {
    const ID: ContextId = ContextId::QUORB_CALL;

    /// It goes with every call to a broker of our kind, mostly without a trace.
    fn room_bytes(&self) -> usize {
        match (&self.trace, self.oneway) {
            (None, None) => 52,
            (None, Some(_)) => 80,
            (Some(trace), _) => 116 + trace.state.len(),
        }
    }
}

/// A W3C trace context (<https://www.w3.org/TR/trace-context/>) in binary form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The whole trace.
    pub trace_id: [u8; 16],
    /// The calling span.
    pub parent_id: [u8; 8],
    /// Bit 0: sampled.
    pub flags: u8,
    /// The `tracestate` header; empty if there is none.
    pub state: String,
}

impl Cdr for TraceContext {
    const SIZE_MIN: usize = 29;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.trace_id.encode(out)?;
        self.parent_id.encode(out)?;
        self.flags.encode(out)?;
        self.state.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self {
            trace_id: Cdr::decode(input)?,
            parent_id: Cdr::decode(input)?,
            flags: Cdr::decode(input)?,
            state: Cdr::decode(input)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ServiceContext, ServiceContexts};

    fn read_back<T: KnownContext + PartialEq + std::fmt::Debug>(body: T) -> ServiceContext {
        let mut contexts = ServiceContexts::new();
        contexts.push(ServiceContext { id: ContextId(99), data: bytes::Bytes::new() });
        contexts.put(&body).unwrap();
        assert_eq!(contexts.get::<T>(), Some(Ok(body)));
        contexts.as_slice()[1].clone()
    }

    #[test]
    fn the_diagram_of_our_context_holds() {
        let trace = TraceContext { trace_id: [7; 16], parent_id: [8; 8], flags: 1, state: "a=b".into() };
        let context = CallContext {
            deadline_micros: 0x0102,
            chain_id: [9; 16],
            trace: Some(trace),
            acknowledged_below: 0x0304,
            depth: 3,
            oneway: None,
        };
        let octets = read_back(context.clone()).data;
        assert_eq!(octets[..16], *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x02");
        assert_eq!((&octets[16..32], octets[32]), (&[9; 16][..], 1));
        assert_eq!((&octets[33..49], &octets[49..57], octets[57]), (&[7; 16][..], &[8; 8][..], 1));
        assert_eq!(octets[58..68], *b"\0\0\0\0\0\x04a=b\0");
        assert_eq!(octets[68..], *b"\0\0\0\0\0\0\0\0\0\0\x03\x04\0\0\0\x03");
        assert_eq!(read_back(CallContext::default()).data.len(), 52);

        // A context of the first version ends behind the trace.
        let data = octets.slice(..68);
        let mut contexts = ServiceContexts::new();
        contexts.push(ServiceContext { id: CallContext::ID, data });
        assert_eq!(contexts.get(), Some(Ok(CallContext { acknowledged_below: 0, depth: 0, ..context })));
    }

    #[test]
    fn our_context_fills_the_room_that_it_gets() {
        let oneway = Some(OnewayIdentity { client: 1, incarnation: 2, sequence: 3 });
        for oneway in [None, oneway] {
            let context = CallContext { deadline_micros: 5, oneway, ..CallContext::default() };
            assert_eq!(read_back(context.clone()).data.len(), context.room_bytes(), "{context:?}");
            let trace = TraceContext { trace_id: [7; 16], parent_id: [8; 8], flags: 1, state: "a=b".into() };
            let context = CallContext { trace: Some(trace), ..context };
            assert!(read_back(context.clone()).data.len() <= context.room_bytes(), "{context:?}");
        }
    }

    #[test]
    fn foreign_contexts_are_written_as_others_read_them() {
        let points = vec![ListenPoint { host: "h".into(), port: 5 }];
        let octets = read_back(BiDirContext { listen_points: points }).data;
        assert_eq!(octets, &b"\0\0\0\0\0\0\0\x01\0\0\0\x02h\0\0\x05"[..]);
        let request = FtRequest { client_id: "c".into(), retention_id: -2, expiration_time: 3 };
        let octets = read_back(request).data;
        let expected = b"\0\0\0\0\0\0\0\x02c\0\0\0\xff\xff\xff\xfe\0\0\0\0\0\0\0\x03";
        assert_eq!(octets, &expected[..]);
        let octets = read_back(ExceptionDetail { message: "h€".into() }).data;
        assert_eq!(octets, &b"\0\0\0\0\0\0\0\x04\0h\x20\xac"[..]);
        assert_eq!(read_back(FtGroupVersion { object_group_ref_version: 4 }).data.len(), 8);
        assert!(ServiceContexts::new().get::<FtRequest>().is_none());
    }
}
