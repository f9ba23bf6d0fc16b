//! Output on its way to the socket.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::limits::{OUTPUT_KEPT_BYTES_MAX, SEGMENT_BYTES_MIN};

/// Octets to be written, in order: small frames grown together in one buffer, large bodies as they are.
///
/// The driver fills it with [`Connection::transmit`](super::Connection::transmit), writes what [`Buf::chunk`] or
/// [`Buf::chunks_vectored`] show, and says with [`Buf::advance`] how much it wrote. An emptied buffer keeps its memory (up
/// to [`OUTPUT_KEPT_BYTES_MAX`] octets), so a connection that is driven with the same one does not allocate for small
/// frames.
#[derive(Debug, Default)]
pub struct OutBuffer {
    /// Small frames, one behind the other.
    small: Vec<u8>,
    /// Octets of `small` that have been written.
    written: usize,
    /// Where large bodies stand among them.
    pieces: VecDeque<Piece>,
    /// Octets of `small` behind the last piece.
    tail: usize,
    /// All octets that are left.
    left: usize,
}

/// Some octets of the small buffer, and a body behind them.
#[derive(Debug)]
struct Piece {
    small: usize,
    body: Bytes,
}

impl OutBuffer {
    /// An empty buffer.
    pub fn new() -> OutBuffer {
        OutBuffer::default()
    }

    /// Octets that are left to be written.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Lets `write` append to the small buffer, for which `bytes` more octets are reserved.
    pub(crate) fn append(&mut self, bytes: usize, write: impl FnOnce(&mut Vec<u8>)) {
        self.small.reserve(bytes);
        let before = self.small.len();
        write(&mut self.small);
        let added = self.small.len() - before;
        self.tail += added;
        self.left += added;
    }

    /// Appends a body: by reference if it is large, else by copying.
    pub(crate) fn push(&mut self, body: Bytes) {
        if body.len() < SEGMENT_BYTES_MIN {
            self.append(body.len(), |small| small.extend_from_slice(&body));
            return;
        }
        self.left += body.len();
        self.pieces.push_back(Piece { small: std::mem::take(&mut self.tail), body });
    }

    fn reset(&mut self) {
        self.small.clear();
        self.small.shrink_to(OUTPUT_KEPT_BYTES_MAX);
        self.pieces.clear();
        self.written = 0;
        self.tail = 0;
        self.left = 0;
    }
}

impl Buf for OutBuffer {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        match self.pieces.front() {
            Some(piece) if piece.small == 0 => &piece.body,
            Some(piece) => &self.small[self.written..self.written + piece.small],
            None => &self.small[self.written..],
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let mut at = self.written;
        let mut fill = |octets: &'a [u8]| {
            if !octets.is_empty() && filled < slices.len() {
                slices[filled] = IoSlice::new(octets);
                filled += 1;
            }
            filled < slices.len()
        };
        for piece in &self.pieces {
            let small = &self.small[at..at + piece.small];
            at += piece.small;
            if !(fill(small) && fill(&piece.body)) {
                return filled;
            }
        }
        fill(&self.small[at..]);
        filled
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.left, "more octets written than there are");
        self.left -= count;
        while count > 0 {
            let Some(piece) = self.pieces.front_mut() else {
                self.written += count;
                self.tail -= count;
                break;
            };
            let small = count.min(piece.small);
            piece.small -= small;
            self.written += small;
            count -= small;
            let body = count.min(piece.body.len());
            piece.body.advance(body);
            count -= body;
            if piece.small == 0 && piece.body.is_empty() {
                self.pieces.pop_front();
            }
        }
        if self.left == 0 {
            self.reset();
        }
    }
}

/// What `request` and `reply` take as a body.
#[derive(Debug, Clone)]
pub enum Payload<'a> {
    /// Octets that are copied.
    Slice(&'a [u8]),
    /// Octets that are shared; only small ones are copied.
    Shared(Bytes),
    /// The same in several pieces.
    Segments(&'a [Bytes]),
}

impl Payload<'_> {
    /// No body.
    pub const EMPTY: Payload<'static> = Payload::Slice(&[]);

    /// Its octets.
    pub fn len(&self) -> usize {
        match self {
            Payload::Slice(octets) => octets.len(),
            Payload::Shared(octets) => octets.len(),
            Payload::Segments(segments) => segments.iter().map(Bytes::len).sum(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends it to `out`.
    pub(crate) fn append_to(self, out: &mut OutBuffer) {
        match self {
            Payload::Slice(octets) => out.append(octets.len(), |small| copy_in_pieces(octets, small)),
            Payload::Shared(octets) => out.push(octets),
            Payload::Segments(segments) => segments.iter().for_each(|segment| out.push(segment.clone())),
        }
    }

    /// Its octets as shared segments, none of them empty.
    pub(super) fn into_segments(self) -> VecDeque<Bytes> {
        match self {
            Payload::Slice(octets) => {
                let mut copy = Vec::with_capacity(octets.len());
                copy_in_pieces(octets, &mut copy);
                VecDeque::from([copy.into()])
            }
            Payload::Shared(octets) => VecDeque::from([octets]),
            Payload::Segments(segments) => {
                segments.iter().filter(|segment| !segment.is_empty()).cloned().collect()
            }
        }
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(octets: &'a [u8]) -> Payload<'a> {
        Payload::Slice(octets)
    }
}

impl From<Bytes> for Payload<'_> {
    fn from(octets: Bytes) -> Self {
        Payload::Shared(octets)
    }
}

impl<'a> From<&'a [Bytes]> for Payload<'a> {
    fn from(segments: &'a [Bytes]) -> Payload<'a> {
        Payload::Segments(segments)
    }
}

/// Copies in pieces of 2 KiB: one large copy to an address a few octets past its source, modulo 4096, runs many times
/// slower on some processors.
pub(super) fn copy_in_pieces(octets: &[u8], out: &mut Vec<u8>) {
    out.reserve(octets.len());
    for piece in octets.chunks(2048) {
        out.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn large(fill: u8) -> Bytes {
        Bytes::from(vec![fill; SEGMENT_BYTES_MIN])
    }

    fn sample() -> (OutBuffer, Vec<u8>) {
        let mut out = OutBuffer::new();
        out.append(2, |small| small.extend_from_slice(b"ab"));
        out.push(large(1));
        out.push(large(2));
        out.push(Bytes::from_static(b"cd"));
        out.push(large(3));
        out.append(1, |small| small.push(b'e'));
        let expected = [b"ab", &large(1)[..], &large(2), b"cd", &large(3), b"e"].concat();
        (out, expected)
    }

    fn joined(slices: &[IoSlice<'_>]) -> Vec<u8> {
        slices.iter().flat_map(|slice| slice.iter().copied()).collect()
    }

    #[test]
    fn octets_come_out_in_order_whatever_the_writes_take() {
        for step in [1, 2, 3, 1000, SEGMENT_BYTES_MIN + 1, usize::MAX] {
            let (mut out, expected) = sample();
            let mut written = Vec::new();
            while !out.is_empty() {
                let count = step.min(out.chunk().len());
                written.extend_from_slice(&out.chunk()[..count]);
                out.advance(count);
                assert_eq!(out.len(), expected.len() - written.len());
            }
            assert!(written == expected, "step {step}");
            assert!(out.chunk().is_empty());
        }
    }

    #[test]
    fn a_vectored_write_sees_everything_in_order() {
        let (mut out, expected) = sample();
        out.advance(1);
        let mut slices = [IoSlice::new(&[]); 16];
        let count = out.chunks_vectored(&mut slices);
        assert_eq!(count, 6);
        assert!(joined(&slices[..count]) == expected[1..]);
        let mut few = [IoSlice::new(&[]); 3];
        assert_eq!(out.chunks_vectored(&mut few), 3);
        assert!(expected[1..].starts_with(&joined(&few)));
    }

    #[test]
    fn an_emptied_buffer_keeps_a_little_memory() {
        let mut out = OutBuffer::new();
        for bytes in [10, 4 * OUTPUT_KEPT_BYTES_MAX] {
            out.append(bytes, |small| small.resize(bytes, 0));
            out.advance(bytes);
            assert!((10..=OUTPUT_KEPT_BYTES_MAX).contains(&out.small.capacity()));
        }
    }

    #[test]
    fn payloads_are_the_same_in_every_form() {
        let whole: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
        let shared = Bytes::from(whole.clone());
        let segments = [shared.slice(..1), shared.slice(1..1), shared.slice(1..)];
        for payload in [Payload::from(&whole[..]), shared.clone().into(), segments[..].into()] {
            assert_eq!(payload.len(), whole.len());
            let joined: Vec<u8> = payload.clone().into_segments().into_iter().flatten().collect();
            assert!(joined == whole);
            let mut out = OutBuffer::new();
            payload.append_to(&mut out);
            assert!(out.copy_to_bytes(out.len()) == whole);
        }
    }
}
