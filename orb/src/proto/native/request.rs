//! The head of a REQUEST frame.

use bytes::Bytes;

use super::contexts::{contexts_bytes, decode_contexts, encode_contexts};
use super::error::HeadError;
use super::frame::flags;
use super::wire::HeadReader;
use crate::proto::head::{
    BodyFormat, ChainId, ClientId, ObjectKey, OperationName, RequestHead, RequestIdentity, ResponseExpected,
    TraceContext,
};

/// The head of a REQUEST frame, ready to be written. The frame's `id` is the call.
///
/// ```text
///  0                 2        3                 5                 7
/// +-----------------+--------+-----------------+-----------------+
/// | presence  (u16) | format | key_len   (u16) | op_len    (u16) |
/// +-----------------+--------+-----------------+-----------------+
/// | object key (key_len octets), operation (op_len octets)       |
/// +--------------------------------------------------------------+
/// | the fields that are present, in the order of their bits      |
/// +--------------------------------------------------------------+
/// | service contexts to the end: { id (u32), length (u16), data } |
/// +--------------------------------------------------------------+
/// ```
///
/// | bit | field | if absent |
/// |---|---|---|
/// | 0 | client (u64), incarnation (u64) | identity and incarnation of the sender's HELLO |
/// | 1 | sequence (u64) | the request has no identity |
/// | 2 | acknowledged_below (u64) | 0 |
/// | 3 | retry_of_server (u64) | not a retry |
/// | 4 | deadline_left_us (u64) | 0: none |
/// | 5 | chain (16 octets) | [`ChainId::starting_with`] the identity; without one, none |
/// | 6 | fingerprint (u64) | 0: unknown |
/// | 7 | endpoint_set_version (u64) | 0: none |
/// | 8 | trace: id (16 octets), parent (8), flags (1), state_len (u16), state | no trace |
/// | 9 | body_total (u64) | the body is in this frame |
/// | 10 | depth (u32) | 0: no call waits for this one |
///
/// Bit 9 goes with the flag MORE (0x01): the frame has no body; `body_total` octets follow in CHUNK frames. `u64::MAX` is
/// kept for bodies of unknown length. The flag ONEWAY (0x02) means that no reply is expected.
#[derive(Debug, Clone, Copy)]
pub struct RequestFrame<'a> {
    head: &'a RequestHead,
    body_total: Option<u64>,
    presence: u16,
    bytes: usize,
}

/// Who sends requests, unless they say otherwise: identity and incarnation of its HELLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker {
    /// The identity.
    pub client: ClientId,
    /// The incarnation.
    pub incarnation: u64,
}

const IDENTITY: u16 = 1 << 0;
const SEQUENCE: u16 = 1 << 1;
const ACKNOWLEDGED: u16 = 1 << 2;
const RETRY: u16 = 1 << 3;
const DEADLINE: u16 = 1 << 4;
const CHAIN: u16 = 1 << 5;
const FINGERPRINT: u16 = 1 << 6;
const ENDPOINT_SET: u16 = 1 << 7;
const TRACE: u16 = 1 << 8;
const BODY_TOTAL: u16 = 1 << 9;
const DEPTH: u16 = 1 << 10;
const KNOWN: u16 = (1 << 11) - 1;

const FIXED_BYTES: usize = 7;
const TRACE_BYTES: usize = 16 + 8 + 1 + 2;

impl<'a> RequestFrame<'a> {
    /// Decides what is written of `head` when `speaker` sends it; `body_total` if the body goes in chunks.
    pub fn new(head: &'a RequestHead, speaker: Speaker, body_total: Option<u64>) -> RequestFrame<'a> {
        let named = head.identity.filter(|identity| {
            identity.client != speaker.client || identity.incarnation != speaker.incarnation
        });
        let mut presence = 0;
        let mut bytes = FIXED_BYTES + head.object_key.0.len() + head.operation.as_bytes().len();
        let mut field = |bit, present: bool, octets| {
            if present {
                presence |= bit;
                bytes += octets;
            }
        };
        field(IDENTITY, named.is_some(), 16);
        field(SEQUENCE, head.identity.is_some(), 8);
        field(ACKNOWLEDGED, head.acknowledged_below != 0, 8);
        field(RETRY, head.retry_of_server.is_some(), 8);
        field(DEADLINE, head.deadline_left_us != 0, 8);
        field(CHAIN, head.chain != implied_chain(head.identity), 16);
        field(FINGERPRINT, head.fingerprint != 0, 8);
        field(ENDPOINT_SET, head.endpoint_set_version != 0, 8);
        let state_bytes = head.trace.as_ref().map_or(0, |trace| trace.state.len());
        field(TRACE, head.trace.is_some(), TRACE_BYTES + state_bytes);
        field(BODY_TOTAL, body_total.is_some(), 8);
        field(DEPTH, head.depth != 0, 4);
        RequestFrame { head, body_total, presence, bytes: bytes + contexts_bytes(&head.contexts) }
    }

    /// Octets of the head on the wire. More than a `u16` can say cannot be sent.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The flags of the frame.
    pub fn flags(&self) -> u8 {
        let more = if self.body_total.is_some() { flags::MORE } else { 0 };
        let oneway = match self.head.response {
            ResponseExpected::No => flags::ONEWAY,
            ResponseExpected::Yes => 0,
        };
        more | oneway
    }

    /// Appends the head: exactly [`RequestFrame::bytes`] octets, provided that they fit a `u16`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let head = self.head;
        let operation = head.operation.as_bytes();
        out.extend_from_slice(&self.presence.to_le_bytes());
        out.push(head.format.0);
        out.extend_from_slice(&(head.object_key.0.len() as u16).to_le_bytes());
        out.extend_from_slice(&(operation.len() as u16).to_le_bytes());
        out.extend_from_slice(&head.object_key.0);
        out.extend_from_slice(operation);
        let number = |out: &mut Vec<u8>, bit, value: u64| {
            if self.presence & bit != 0 {
                out.extend_from_slice(&value.to_le_bytes());
            }
        };
        if let Some(identity) = head.identity {
            number(out, IDENTITY, identity.client.0);
            number(out, IDENTITY, identity.incarnation);
            number(out, SEQUENCE, identity.sequence);
        }
        number(out, ACKNOWLEDGED, head.acknowledged_below);
        number(out, RETRY, head.retry_of_server.unwrap_or_default());
        number(out, DEADLINE, head.deadline_left_us);
        if self.presence & CHAIN != 0 {
            out.extend_from_slice(&head.chain.0);
        }
        number(out, FINGERPRINT, head.fingerprint);
        number(out, ENDPOINT_SET, head.endpoint_set_version);
        if let Some(trace) = &head.trace {
            out.extend_from_slice(&trace.trace_id);
            out.extend_from_slice(&trace.parent_id);
            out.push(trace.flags);
            out.extend_from_slice(&(trace.state.len() as u16).to_le_bytes());
            out.extend_from_slice(&trace.state);
        }
        if let Some(total) = self.body_total {
            out.extend_from_slice(&total.to_le_bytes());
        }
        if self.presence & DEPTH != 0 {
            out.extend_from_slice(&head.depth.to_le_bytes());
        }
        encode_contexts(&head.contexts, out);
    }
}

/// Reads the head of a REQUEST frame with these `frame_flags` from `speaker`; also the length of its body if that follows
/// in chunks. Slices share the octets of `head`.
///
/// # Errors
/// The head cannot be read. A head whose fields are written though they could be left out is no error.
pub fn decode_request(
    head: Bytes,
    frame_flags: u8,
    speaker: Speaker,
) -> Result<(RequestHead, Option<u64>), HeadError> {
    let mut head = HeadReader::new(head);
    let presence = head.u16()?;
    if presence & !KNOWN != 0 {
        return Err(HeadError::UnknownFields { bits: presence & !KNOWN });
    }
    let has = |bit| presence & bit != 0;
    let format = BodyFormat(head.u8()?);
    let key_len = head.u16()?;
    let operation_len = head.u16()?;
    let object_key = ObjectKey(head.slice(key_len.into())?);
    let operation = OperationName::new(head.slice(operation_len.into())?)?;
    let identity = decode_identity(&mut head, presence, speaker)?;
    let acknowledged_below = head.u64_if(has(ACKNOWLEDGED))?.unwrap_or(0);
    let retry_of_server = head.u64_if(has(RETRY))?;
    let deadline_left_us = head.u64_if(has(DEADLINE))?.unwrap_or(0);
    let chain = if has(CHAIN) { ChainId(head.array()?) } else { implied_chain(identity) };
    let fingerprint = head.u64_if(has(FINGERPRINT))?.unwrap_or(0);
    let endpoint_set_version = head.u64_if(has(ENDPOINT_SET))?.unwrap_or(0);
    let trace = if has(TRACE) { Some(decode_trace(&mut head)?) } else { None };
    let body_total = head.u64_if(has(BODY_TOTAL))?;
    if body_total.is_some() != (frame_flags & flags::MORE != 0) {
        return Err(HeadError::BodyTotal);
    }
    let response = match frame_flags & flags::ONEWAY {
        0 => ResponseExpected::Yes,
        _ => ResponseExpected::No,
    };
    let depth = if has(DEPTH) { head.u32()? } else { 0 };
    let contexts = decode_contexts(head)?;
    let request = RequestHead {
        identity,
        acknowledged_below,
        retry_of_server,
        deadline_left_us,
        chain,
        depth,
        fingerprint,
        format,
        endpoint_set_version,
        trace,
        object_key,
        operation,
        response,
        contexts,
    };
    Ok((request, body_total))
}

fn implied_chain(identity: Option<RequestIdentity>) -> ChainId {
    identity.as_ref().map_or(ChainId::NONE, ChainId::starting_with)
}

fn decode_identity(
    head: &mut HeadReader,
    presence: u16,
    speaker: Speaker,
) -> Result<Option<RequestIdentity>, HeadError> {
    let mut named = speaker;
    if presence & IDENTITY != 0 {
        if presence & SEQUENCE == 0 {
            return Err(HeadError::IdentityWithoutSequence);
        }
        named = Speaker { client: ClientId(head.u64()?), incarnation: head.u64()? };
    }
    let sequence = head.u64_if(presence & SEQUENCE != 0)?;
    Ok(sequence.map(|sequence| RequestIdentity {
        client: named.client,
        incarnation: named.incarnation,
        sequence,
    }))
}

fn decode_trace(head: &mut HeadReader) -> Result<TraceContext, HeadError> {
    let trace_id = head.array()?;
    let parent_id = head.array()?;
    let flags = head.u8()?;
    let state_len = head.u16()?;
    Ok(TraceContext { trace_id, parent_id, flags, state: head.slice(state_len.into())? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::head::ServiceContext;
    use crate::proto::native::frame::FRAME_HEADER_BYTES;

    const SPEAKER: Speaker = Speaker { client: ClientId(0x1111), incarnation: 3 };

    fn plain() -> RequestHead {
        let key = ObjectKey(Bytes::from_static(b"grid/0123456789a"));
        RequestHead::new(key, OperationName::from_static("get").expect("a name"))
    }

    /// Every field set, none implied.
    fn full() -> RequestHead {
        RequestHead {
            identity: Some(RequestIdentity { client: ClientId(0x2222), incarnation: 4, sequence: 5 }),
            acknowledged_below: 4,
            retry_of_server: Some(0),
            deadline_left_us: 2_000_000,
            chain: ChainId([9; 16]),
            depth: 7,
            fingerprint: 0xf1f2,
            format: BodyFormat::CBOR,
            endpoint_set_version: 6,
            trace: Some(TraceContext {
                trace_id: [1; 16],
                parent_id: [2; 8],
                flags: 1,
                state: Bytes::from_static(b"a=b"),
            }),
            response: ResponseExpected::No,
            contexts: vec![ServiceContext { id: 0x51, data: Bytes::from_static(b"context") }],
            ..plain()
        }
    }

    fn encoded(head: &RequestHead, body_total: Option<u64>) -> (Bytes, u8) {
        let frame = RequestFrame::new(head, SPEAKER, body_total);
        let mut octets = Vec::new();
        frame.encode(&mut octets);
        assert_eq!(octets.len(), frame.bytes());
        (octets.into(), frame.flags())
    }

    fn check_round_trip(head: &RequestHead, body_total: Option<u64>) {
        let (octets, frame_flags) = encoded(head, body_total);
        assert_eq!(decode_request(octets, frame_flags, SPEAKER), Ok((head.clone(), body_total)));
    }

    #[test]
    fn each_field_survives_alone_and_together() {
        check_round_trip(&plain(), None);
        check_round_trip(&full(), None);
        check_round_trip(&full(), Some(1 << 40));
        let own = RequestIdentity { client: SPEAKER.client, incarnation: SPEAKER.incarnation, sequence: 5 };
        let full = full();
        let variations = [
            RequestHead { identity: Some(own), ..plain() },
            RequestHead { identity: Some(own), chain: ChainId::starting_with(&own), ..plain() },
            RequestHead { identity: full.identity, ..plain() },
            RequestHead { acknowledged_below: 1, ..plain() },
            RequestHead { retry_of_server: Some(7), ..plain() },
            RequestHead { deadline_left_us: 1, ..plain() },
            RequestHead { chain: full.chain, ..plain() },
            RequestHead { depth: u32::MAX, ..plain() },
            RequestHead { fingerprint: 1, ..plain() },
            RequestHead { endpoint_set_version: 1, ..plain() },
            RequestHead { trace: full.trace.clone(), ..plain() },
            RequestHead { response: ResponseExpected::No, ..plain() },
            RequestHead { contexts: full.contexts.clone(), ..plain() },
        ];
        for head in &variations {
            check_round_trip(head, None);
            check_round_trip(head, Some(0));
        }
    }

    #[test]
    fn a_small_call_is_small() {
        let identity =
            RequestIdentity { client: SPEAKER.client, incarnation: SPEAKER.incarnation, sequence: 1000 };
        let get = RequestHead {
            identity: Some(identity),
            acknowledged_below: 999,
            deadline_left_us: 2_000_000,
            chain: ChainId::starting_with(&identity),
            fingerprint: 0xf1f2,
            ..plain()
        };
        let two_shorts = 4;
        assert_eq!(FRAME_HEADER_BYTES + encoded(&get, None).0.len() + two_shorts, 78);
    }

    #[test]
    fn every_cut_is_an_error() {
        let (octets, frame_flags) = encoded(&full(), Some(1));
        let contexts_at = octets.len() - contexts_bytes(&full().contexts);
        for cut in (0..octets.len()).filter(|&cut| cut != contexts_at) {
            assert!(decode_request(octets.slice(..cut), frame_flags, SPEAKER).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_precisely() {
        let (octets, _) = encoded(&plain(), None);
        let with = |at: usize, value: u8| {
            let mut octets = octets.to_vec();
            octets[at] = value;
            decode_request(octets.into(), 0, SPEAKER).unwrap_err()
        };
        assert_eq!(with(1, 0x80), HeadError::UnknownFields { bits: 0x8000 });
        assert_eq!(with(0, 1), HeadError::IdentityWithoutSequence);
        assert!(matches!(with(4, 0xff), HeadError::Truncated { .. }));
        assert!(matches!(with(5, 0), HeadError::Operation(_)));
        assert_eq!(decode_request(octets.clone(), flags::MORE, SPEAKER), Err(HeadError::BodyTotal));
    }
}
