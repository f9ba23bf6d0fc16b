//! Bodies that leave in chunks.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, flags};
use super::output::OutBuffer;

/// The bodies that are being sent, by call. Those that have credit take turns, one chunk each, so that none holds the
/// others up.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    open: BTreeMap<u64, Body>,
    /// Bodies with credit, next one first.
    ready: VecDeque<u64>,
    /// Octets of all bodies that are still to be sent.
    left: u64,
}

#[derive(Debug)]
struct Body {
    /// What is left; its segments are not empty.
    segments: VecDeque<Bytes>,
    left: u64,
    sent: u64,
    granted: u64,
}

/// A chunk that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) id: u64,
    pub(super) last: bool,
}

impl Bodies {
    /// Opens the body of call `id`, of which `window` octets may be sent without credit. It is not empty.
    pub(super) fn open(&mut self, id: u64, segments: VecDeque<Bytes>, window: u64) {
        let left = segments.iter().map(|segment| segment.len() as u64).sum();
        self.left += left;
        self.ready.push_back(id);
        let body = Body { segments, left, sent: 0, granted: window };
        self.open.insert(id, body);
    }

    /// The peer takes the body of call `id` up to `granted` octets. Returns whether there is such a body.
    pub(super) fn grant(&mut self, id: u64, granted: u64) -> bool {
        let Some(body) = self.open.get_mut(&id) else {
            return false;
        };
        if body.granted == body.sent && granted > body.granted {
            self.ready.push_back(id);
        }
        body.granted = body.granted.max(granted);
        true
    }

    /// The peer takes every body up to `window` octets.
    pub(super) fn grant_all(&mut self, window: u64) {
        let ids: Vec<u64> = self.open.keys().copied().collect();
        for id in ids {
            self.grant(id, window);
        }
    }

    /// Gives the body of call `id` up. Returns whether there was something left of it.
    pub(super) fn abort(&mut self, id: u64) -> bool {
        let Some(body) = self.open.remove(&id) else {
            return false;
        };
        self.left -= body.left;
        self.ready.retain(|ready| *ready != id);
        true
    }

    /// Gives all bodies up.
    pub(super) fn clear(&mut self) {
        *self = Bodies::default();
    }

    /// Whether a chunk can be sent.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Octets that are still to be sent, with credit or without.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Sends one chunk of at most `chunk_bytes` octets of the body whose turn it is.
    pub(super) fn send_chunk(&mut self, chunk_bytes: u32, out: &mut OutBuffer) -> Option<Sent> {
        let id = self.ready.pop_front()?;
        let body = self.open.get_mut(&id)?;
        let credit = body.granted - body.sent;
        let octets = u64::from(chunk_bytes).min(credit).min(body.left) as u32;
        let last = u64::from(octets) == body.left;
        let mut header = FrameHeader::new(FrameKind::CHUNK, id);
        header.flags = if last { flags::LAST } else { 0 };
        header.body_len = octets;
        out.append(FRAME_HEADER_BYTES, |small| small.extend_from_slice(&header.encode()));
        body.write(octets as usize, out);
        self.left -= u64::from(octets);
        if last {
            self.open.remove(&id);
        } else if body.sent < body.granted {
            self.ready.push_back(id);
        }
        Some(Sent { id, last })
    }
}

impl Body {
    fn write(&mut self, mut octets: usize, out: &mut OutBuffer) {
        self.left -= octets as u64;
        self.sent += octets as u64;
        while octets > 0 {
            let Some(segment) = self.segments.front_mut() else {
                break;
            };
            let piece = segment.split_to(octets.min(segment.len()));
            octets -= piece.len();
            if segment.is_empty() {
                self.segments.pop_front();
            }
            out.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;

    use super::*;

    /// Sends everything that may go in chunks of 2: call, octets and whether it is the last, for each.
    fn sent(bodies: &mut Bodies) -> Vec<(u64, String, bool)> {
        let mut chunks = Vec::new();
        let mut out = OutBuffer::new();
        while let Some(sent) = bodies.send_chunk(2, &mut out) {
            let header = FrameHeader::decode(&out.copy_to_bytes(16)[..].try_into().expect("16 octets"));
            assert_eq!((header.id, header.flags & flags::LAST != 0), (sent.id, sent.last));
            assert_eq!(header.body_len as usize, out.len());
            let octets = out.copy_to_bytes(out.len());
            chunks.push((sent.id, String::from_utf8_lossy(&octets).into_owned(), sent.last));
        }
        chunks
    }

    fn segments(texts: &[&'static str]) -> VecDeque<Bytes> {
        texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect()
    }

    fn chunk(id: u64, text: &str, last: bool) -> (u64, String, bool) {
        (id, text.to_owned(), last)
    }

    #[test]
    fn bodies_take_turns() {
        let mut bodies = Bodies::default();
        bodies.open(1, segments(&["abc", "de"]), 9);
        bodies.open(2, segments(&["xy"]), 9);
        assert_eq!(bodies.left(), 7);
        assert_eq!(
            sent(&mut bodies),
            [chunk(1, "ab", false), chunk(2, "xy", true), chunk(1, "cd", false), chunk(1, "e", true)]
        );
        assert_eq!(bodies.left(), 0);
        assert!(!bodies.has_ready());
    }

    #[test]
    fn nothing_goes_without_credit() {
        let mut bodies = Bodies::default();
        bodies.open(1, segments(&["abcdef"]), 3);
        assert_eq!(sent(&mut bodies), [chunk(1, "ab", false), chunk(1, "c", false)]);
        assert!(bodies.grant(1, 2), "less than before changes nothing");
        assert!(!bodies.has_ready());
        assert!(bodies.grant(1, 4));
        bodies.grant_all(5);
        assert_eq!(sent(&mut bodies), [chunk(1, "de", false)]);
        assert!(bodies.grant(1, u64::MAX));
        assert_eq!(sent(&mut bodies), [chunk(1, "f", true)]);
        assert!(!bodies.grant(1, 9));
    }

    #[test]
    fn one_that_is_given_up_sends_no_more() {
        let mut bodies = Bodies::default();
        bodies.open(1, segments(&["abc"]), 9);
        bodies.open(2, segments(&["xyz"]), 9);
        assert!(bodies.abort(1));
        assert!(!bodies.abort(1));
        assert_eq!(bodies.left(), 3);
        assert_eq!(sent(&mut bodies), [chunk(2, "xy", false), chunk(2, "z", true)]);
    }
}
