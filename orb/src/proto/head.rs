//! The vocabulary that the protocol cores (native and IIOP) share with the runtime.
//!
//! A core decodes what its wire says into a [`RequestHead`] or a [`ReplyHead`]; what the wire cannot say stays at its
//! default. Nothing here knows how a protocol writes it.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

/// The octets that the name of an operation may have at most.
pub const OPERATION_BYTES_MAX: usize = 1024;

/// Everything about a request but its arguments.
///
/// Cloning copies no octets: texts and keys are shared slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// Which request of which client this is, for at-most-once execution. A query may go without.
    pub identity: Option<RequestIdentity>,
    /// Every sequence number of this client below this one has been answered and is not asked for again.
    pub acknowledged_below: u64,
    /// Set on a request that is sent again: the incarnation of the server that it was first sent to.
    pub retry_of_server: Option<u64>,
    /// Microseconds that the caller will still wait; 0 means that no deadline is set.
    pub deadline_left_us: u64,
    /// The causal chain that the call belongs to.
    pub chain: ChainId,
    /// Calls of the chain that wait for this one: 0 for a call that no servant makes.
    pub depth: u32,
    /// Fingerprint of the interface that the caller was compiled against; 0 means unknown.
    pub fingerprint: u64,
    /// How the arguments are encoded.
    pub format: BodyFormat,
    /// Version of the endpoint set that the caller holds; 0 means that it holds none.
    pub endpoint_set_version: u64,
    /// The trace that the call belongs to.
    pub trace: Option<TraceContext>,
    /// Which object of the server is called.
    pub object_key: ObjectKey,
    /// What it is asked to do.
    pub operation: OperationName,
    /// Whether anybody waits for the end.
    pub response: ResponseExpected,
    /// What interceptors and services send along.
    pub contexts: Vec<ServiceContext>,
}

impl RequestHead {
    /// A two-way request without identity, deadline, chain or trace, with arguments in little-endian CDR.
    pub fn new(object_key: ObjectKey, operation: OperationName) -> RequestHead {
        RequestHead {
            identity: None,
            acknowledged_below: 0,
            retry_of_server: None,
            deadline_left_us: 0,
            chain: ChainId::NONE,
            depth: 0,
            fingerprint: 0,
            format: BodyFormat::CDR_LE,
            endpoint_set_version: 0,
            trace: None,
            object_key,
            operation,
            response: ResponseExpected::Yes,
            contexts: Vec::new(),
        }
    }
}

/// Everything about a reply but its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// How the call ended, and with it what the body holds.
    pub status: ReplyStatus,
    /// How the body is encoded.
    pub format: BodyFormat,
    /// Fingerprint of the server's interface; 0 means not said. Always said with [`ReplyStatus::FORMAT_REFUSED`].
    pub fingerprint: u64,
    /// The caller's endpoint set is old: this is the new one.
    pub new_endpoint_set: Option<EndpointSet>,
    /// What interceptors and services send along.
    pub contexts: Vec<ServiceContext>,
}

impl ReplyHead {
    /// A reply with this status and format and nothing else.
    pub fn new(status: ReplyStatus, format: BodyFormat) -> ReplyHead {
        ReplyHead { status, format, fingerprint: 0, new_endpoint_set: None, contexts: Vec::new() }
    }
}

/// A call, within one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// A client: a number that it drew for itself and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// Names one request for ever, across connections and retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestIdentity {
    /// Who asks.
    pub client: ClientId,
    /// Which life of the client: a larger number is a later life, and sequences start again with each.
    pub incarnation: u64,
    /// Which request of that life.
    pub sequence: u64,
}

/// A causal chain: a call from outside and all calls that servants make on its behalf, however deep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(pub [u8; 16]);

impl ChainId {
    /// No chain: such a call is never taken for another's nested call.
    pub const NONE: ChainId = ChainId([0; 16]);

    /// The chain that starts with the request `identity`: octets 0..8 are the client number combined (exclusive or) with
    /// the incarnation, its halves swapped; octets 8..16 are the sequence; both little-endian.
    ///
    /// A protocol may leave out a chain that can be derived from the identity.
    pub fn starting_with(identity: &RequestIdentity) -> ChainId {
        let life = identity.client.0 ^ identity.incarnation.rotate_left(32);
        let mut octets = [0; 16];
        octets[..8].copy_from_slice(&life.to_le_bytes());
        octets[8..].copy_from_slice(&identity.sequence.to_le_bytes());
        ChainId(octets)
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainId({self})")
    }
}

/// The trace that a call belongs to (W3C Trace Context, level 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span of the caller.
    pub parent_id: [u8; 8],
    /// Trace flags; bit 0 means sampled.
    pub flags: u8,
    /// The `tracestate` text of other tracing systems, unparsed; often empty.
    pub state: Bytes,
}

/// Opaque octets that travel with a request or a reply for an interceptor or a service at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceContext {
    /// What the octets are; receivers skip those they do not know.
    pub id: u32,
    /// The octets.
    pub data: Bytes,
}

/// The key by which a server finds one of its objects. Opaque to everybody else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(pub Bytes);

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectKey(\"{}\")", self.0.escape_ascii())
    }
}

/// The name of an operation: 1 to [`OPERATION_BYTES_MAX`] visible ASCII characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationName(Bytes);

impl OperationName {
    /// Takes a name as it came; shares the octets.
    ///
    /// # Errors
    /// It is empty, longer than [`OPERATION_BYTES_MAX`], or holds anything but visible ASCII.
    pub fn new(name: Bytes) -> Result<OperationName, OperationNameError> {
        if name.is_empty() {
            return Err(OperationNameError::Empty);
        }
        if name.len() > OPERATION_BYTES_MAX {
            return Err(OperationNameError::TooLong { bytes: name.len() });
        }
        match name.iter().position(|octet| !octet.is_ascii_graphic()) {
            Some(at) => Err(OperationNameError::NotAscii { at }),
            None => Ok(OperationName(name)),
        }
    }

    /// A name out of generated code, without copying.
    ///
    /// # Errors
    /// As [`OperationName::new`].
    pub fn from_static(name: &'static str) -> Result<OperationName, OperationNameError> {
        OperationName::new(Bytes::from_static(name.as_bytes()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        // Never falls back: the constructor admits ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The octets of the name.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The octets alone.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationName({:?})", self.as_str())
    }
}

/// Why octets are not the name of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OperationNameError {
    /// There are none.
    #[error("the name of the operation is empty")]
    Empty,
    /// There are too many.
    #[error("the name of the operation has {bytes} octets, more than {OPERATION_BYTES_MAX}")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// One is not a visible ASCII character.
    #[error("octet {at} in the name of the operation is not a visible ASCII character")]
    NotAscii {
        /// Its position, from 0.
        at: usize,
    },
}

/// How a body is encoded. Open: an unknown format survives, and whoever must read it refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyFormat(pub u8);

impl BodyFormat {
    /// Positional CDR, little-endian.
    pub const CDR_LE: BodyFormat = BodyFormat(0);
    /// Positional CDR, big-endian.
    pub const CDR_BE: BodyFormat = BodyFormat(1);
    /// Self-describing CBOR (RFC 8949).
    pub const CBOR: BodyFormat = BodyFormat(2);
}

/// Whether anybody waits for the end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseExpected {
    /// Nobody: a oneway call.
    No,
    /// The caller.
    Yes,
}

/// How a call ended. Open: an unknown status survives, and the runtime reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyStatus(pub u8);

impl ReplyStatus {
    /// Well; the body holds the result and the out parameters.
    pub const OK: ReplyStatus = ReplyStatus(0);
    /// With an exception that the interface declares; the body holds it.
    pub const USER_EXCEPTION: ReplyStatus = ReplyStatus(1);
    /// With a system exception; the body holds it.
    pub const SYSTEM_EXCEPTION: ReplyStatus = ReplyStatus(2);
    /// Nothing was executed: the object is elsewhere for now; the body holds a reference to it.
    pub const FORWARD: ReplyStatus = ReplyStatus(3);
    /// Nothing was executed: the object has moved for good; the body holds a reference to it.
    pub const FORWARD_PERMANENT: ReplyStatus = ReplyStatus(4);
    /// Nothing was executed: positional arguments, but the server's fingerprint (in the head) is another. Send it as CBOR.
    pub const FORMAT_REFUSED: ReplyStatus = ReplyStatus(5);
    /// The caller had cancelled; whether it was executed is not said. The body is empty.
    pub const CANCELLED: ReplyStatus = ReplyStatus(6);
}

/// An endpoint set and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSet {
    /// Larger is newer.
    pub version: u64,
    /// The reference that lists the endpoints: an IOR as an encapsulation of CDR.
    pub ior: Bytes,
}

/// Whether an operation that failed was executed (`completion_status` of CORBA 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completion {
    /// It ran to its end.
    Yes,
    /// It never started.
    No,
    /// Nobody here can tell.
    Maybe,
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Completion::Yes => "yes",
            Completion::No => "no",
            Completion::Maybe => "maybe",
        })
    }
}

/// How much of a request has left this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Not one octet: the server knows nothing of it.
    NotSent,
    /// Some, but not the last: the server cannot have started it, since it starts whole requests only.
    PartlySent,
    /// All: the server may have executed it.
    Sent,
}

/// A point in time: nanoseconds since an origin that the driver chooses once and keeps.
///
/// Arithmetic saturates; [`Time::NEVER`] is later than every time that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The origin.
    pub const ZERO: Time = Time(0);
    /// Later than every time that comes.
    pub const NEVER: Time = Time(u64::MAX);

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;

    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_visible_ascii_and_bounded() {
        assert_eq!(
            OperationName::from_static("_get_height").map(|n| n.to_string()),
            Ok("_get_height".to_owned())
        );
        assert_eq!(OperationName::from_static(""), Err(OperationNameError::Empty));
        assert_eq!(OperationName::from_static("a b"), Err(OperationNameError::NotAscii { at: 1 }));
        assert_eq!(OperationName::from_static("gr\u{fc}n"), Err(OperationNameError::NotAscii { at: 2 }));
        let long = Bytes::from(vec![b'x'; OPERATION_BYTES_MAX + 1]);
        assert!(OperationName::new(long.slice(1..)).is_ok());
        assert_eq!(
            OperationName::new(long),
            Err(OperationNameError::TooLong { bytes: OPERATION_BYTES_MAX + 1 })
        );
    }

    #[test]
    fn a_chain_differs_by_client_incarnation_and_sequence() {
        let first = RequestIdentity { client: ClientId(7), incarnation: 1, sequence: 3 };
        let others = [
            RequestIdentity { client: ClientId(8), ..first },
            RequestIdentity { incarnation: 2, ..first },
            RequestIdentity { sequence: 4, ..first },
        ];
        for other in others {
            assert_ne!(ChainId::starting_with(&first), ChainId::starting_with(&other));
        }
        assert_eq!(ChainId::starting_with(&first).to_string(), "07000000010000000300000000000000");
    }

    #[test]
    fn time_saturates() {
        assert_eq!(Time::NEVER + Duration::from_secs(1), Time::NEVER);
        assert_eq!(Time::ZERO - Duration::from_secs(1), Time::ZERO);
        assert_eq!(Time(5).since(Time(7)), Duration::ZERO);
        assert_eq!((Time(5) + Duration::from_micros(1)).since(Time(5)), Duration::from_nanos(1000));
    }
}
