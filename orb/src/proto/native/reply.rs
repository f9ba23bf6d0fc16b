//! The head of a REPLY frame.

use bytes::Bytes;

use super::contexts::{contexts_bytes, decode_contexts, encode_contexts};
use super::error::HeadError;
use super::frame::flags;
use super::wire::HeadReader;
use crate::proto::head::{BodyFormat, EndpointSet, ReplyHead, ReplyStatus};

/// The head of a REPLY frame, ready to be written. The frame's `id` is the call.
///
/// ```text
///  0        1        2        3        4
/// +--------+--------+--------+--------+
/// | status | format | present| 0      |
/// +--------+--------+--------+--------+-------------------------+
/// | the fields that are present, in the order of their bits      |
/// +--------------------------------------------------------------+
/// | service contexts to the end: { id (u32), length (u16), data } |
/// +--------------------------------------------------------------+
/// ```
///
/// | bit | field | if absent |
/// |---|---|---|
/// | 0 | fingerprint (u64) | 0: not said |
/// | 1 | endpoint set: version (u64), ior_len (u16), IOR | the caller's is good |
/// | 2 | body_total (u64) | the body is in this frame |
///
/// Bit 2 goes with the flag MORE (0x01): the frame has no body; `body_total` octets follow in CHUNK frames. The octet at 3
/// is ignored.
#[derive(Debug, Clone, Copy)]
pub struct ReplyFrame<'a> {
    head: &'a ReplyHead,
    body_total: Option<u64>,
    presence: u8,
    bytes: usize,
}

const FINGERPRINT: u8 = 1 << 0;
const ENDPOINT_SET: u8 = 1 << 1;
const BODY_TOTAL: u8 = 1 << 2;
const KNOWN: u8 = (1 << 3) - 1;

const FIXED_BYTES: usize = 4;

impl<'a> ReplyFrame<'a> {
    /// Decides what is written of `head`; `body_total` if the body goes in chunks.
    pub fn new(head: &'a ReplyHead, body_total: Option<u64>) -> ReplyFrame<'a> {
        let mut presence = 0;
        let mut bytes = FIXED_BYTES + contexts_bytes(&head.contexts);
        if head.fingerprint != 0 {
            presence |= FINGERPRINT;
            bytes += 8;
        }
        if let Some(set) = &head.new_endpoint_set {
            presence |= ENDPOINT_SET;
            bytes += 8 + 2 + set.ior.len();
        }
        if body_total.is_some() {
            presence |= BODY_TOTAL;
            bytes += 8;
        }
        ReplyFrame { head, body_total, presence, bytes }
    }

    /// Octets of the head on the wire. More than a `u16` can say cannot be sent.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The flags of the frame.
    pub fn flags(&self) -> u8 {
        if self.body_total.is_some() { flags::MORE } else { 0 }
    }

    /// Appends the head: exactly [`ReplyFrame::bytes`] octets, provided that they fit a `u16`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let head = self.head;
        out.extend_from_slice(&[head.status.0, head.format.0, self.presence, 0]);
        if head.fingerprint != 0 {
            out.extend_from_slice(&head.fingerprint.to_le_bytes());
        }
        if let Some(set) = &head.new_endpoint_set {
            out.extend_from_slice(&set.version.to_le_bytes());
            out.extend_from_slice(&(set.ior.len() as u16).to_le_bytes());
            out.extend_from_slice(&set.ior);
        }
        if let Some(total) = self.body_total {
            out.extend_from_slice(&total.to_le_bytes());
        }
        encode_contexts(&head.contexts, out);
    }
}

/// Reads the head of a REPLY frame with these `frame_flags`; also the length of its body if that follows in chunks. Slices
/// share the octets of `head`.
///
/// # Errors
/// The head cannot be read.
pub fn decode_reply(head: Bytes, frame_flags: u8) -> Result<(ReplyHead, Option<u64>), HeadError> {
    let mut head = HeadReader::new(head);
    let [status, format, presence, _] = head.array()?;
    if presence & !KNOWN != 0 {
        return Err(HeadError::UnknownFields { bits: (presence & !KNOWN).into() });
    }
    let fingerprint = head.u64_if(presence & FINGERPRINT != 0)?.unwrap_or(0);
    let new_endpoint_set = match presence & ENDPOINT_SET {
        0 => None,
        _ => {
            let version = head.u64()?;
            let length = head.u16()?;
            let ior = head.slice(length.into())?;
            Some(EndpointSet { version, ior })
        }
    };
    let body_total = head.u64_if(presence & BODY_TOTAL != 0)?;
    if body_total.is_some() != (frame_flags & flags::MORE != 0) {
        return Err(HeadError::BodyTotal);
    }
    let reply = ReplyHead {
        status: ReplyStatus(status),
        format: BodyFormat(format),
        fingerprint,
        new_endpoint_set,
        contexts: decode_contexts(head)?,
    };
    Ok((reply, body_total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::head::ServiceContext;

    fn full() -> ReplyHead {
        ReplyHead {
            status: ReplyStatus(0xee),
            format: BodyFormat(0xdd),
            fingerprint: 0xf1f2,
            new_endpoint_set: Some(EndpointSet { version: 3, ior: Bytes::from_static(b"an ior") }),
            contexts: vec![ServiceContext { id: 1, data: Bytes::from_static(b"x") }],
        }
    }

    fn encoded(head: &ReplyHead, body_total: Option<u64>) -> (Bytes, u8) {
        let frame = ReplyFrame::new(head, body_total);
        let mut octets = Vec::new();
        frame.encode(&mut octets);
        assert_eq!(octets.len(), frame.bytes());
        (octets.into(), frame.flags())
    }

    #[test]
    fn every_field_survives() {
        let plain = ReplyHead::new(ReplyStatus::OK, BodyFormat::CDR_LE);
        let variations = [
            plain.clone(),
            full(),
            ReplyHead { fingerprint: 1, ..plain.clone() },
            ReplyHead { new_endpoint_set: full().new_endpoint_set, ..plain.clone() },
            ReplyHead { contexts: full().contexts, ..plain },
        ];
        for head in variations {
            for body_total in [None, Some(0), Some(u64::MAX)] {
                let (octets, frame_flags) = encoded(&head, body_total);
                assert_eq!(decode_reply(octets, frame_flags), Ok((head.clone(), body_total)));
            }
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let (octets, frame_flags) = encoded(&full(), Some(1));
        let contexts_at = octets.len() - contexts_bytes(&full().contexts);
        for cut in (0..octets.len()).filter(|&cut| cut != contexts_at) {
            assert!(decode_reply(octets.slice(..cut), frame_flags).is_err(), "cut at {cut}");
        }
        assert_eq!(decode_reply(octets, 0), Err(HeadError::BodyTotal));
    }
}
