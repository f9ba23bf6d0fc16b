//! The large buffers of the process: what bodies of a megabyte are written in and read into.
//!
//! An allocator gets large buffers from the kernel, and gives them back: every call would pay for each page of them anew,
//! which costs more than to move what they hold. So they are kept here when they have been used, up to a bound.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

use super::spare::give_body_back;

/// From this capacity on, in octets, buffers are kept here.
pub(crate) const LARGE_BYTES_MIN: usize = 64 * 1024;

/// Larger ones are not kept: few need them.
const LARGE_BYTES_MAX: usize = 4 << 20;

/// What all kept buffers may have, in octets; beyond it, the oldest is freed.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// A buffer is lent only for what fills at least such a part of it: whoever keeps a body keeps its whole buffer.
const PART_USED_MIN: usize = 4;

static KEPT: Mutex<Kept> = Mutex::new(Kept::NOTHING);

/// Buffers that have been used, oldest first, with their capacities. Of some, parts may still be in use.
#[derive(Debug)]
struct Kept {
    buffers: VecDeque<(usize, BytesMut)>,
    bytes: usize,
}

impl Kept {
    const NOTHING: Kept = Kept { buffers: VecDeque::new(), bytes: 0 };

    fn lend(&mut self, bytes: usize) -> Option<BytesMut> {
        let suits = |(capacity, buffer): &mut (usize, BytesMut)| {
            let is_used_enough = (bytes..=bytes.saturating_mul(PART_USED_MIN)).contains(capacity);
            // What is in use cannot be had.
            is_used_enough && buffer.try_reclaim(*capacity)
        };
        // The last that came back is the likeliest to be in the processor's cache.
        let index = (0..self.buffers.len()).rev().find(|&index| suits(&mut self.buffers[index]))?;
        let (capacity, buffer) = self.buffers.remove(index)?;
        self.bytes -= capacity;
        Some(buffer)
    }

    /// Answers what is to be freed for it.
    fn keep(&mut self, capacity: usize, mut buffer: BytesMut) -> Vec<BytesMut> {
        if !is_kept(capacity) {
            return vec![buffer];
        }
        buffer.clear();
        self.bytes += capacity;
        self.buffers.push_back((capacity, buffer));
        let mut freed = Vec::new();
        while self.bytes > KEPT_BYTES_MAX
            && let Some((capacity, oldest)) = self.buffers.pop_front()
        {
            self.bytes -= capacity;
            freed.push(oldest);
        }
        freed
    }
}

fn is_kept(capacity: usize) -> bool {
    (LARGE_BYTES_MIN..=LARGE_BYTES_MAX).contains(&capacity)
}

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty buffer with room for `bytes` octets, if one is kept that suits.
pub(crate) fn lend(bytes: usize) -> Option<BytesMut> {
    kept().lend(bytes)
}

/// Keeps a buffer whose contents have been used, of this capacity as a whole. Parts of it may still be in use elsewhere.
pub(crate) fn keep(capacity: usize, buffer: BytesMut) {
    let freed = kept().keep(capacity, buffer);
    // Without the lock.
    drop(freed);
}

/// Makes room for `more` octets in a buffer that a body is written in: that of a kept one, where there is one.
pub(crate) fn grow(buffer: &mut Vec<u8>, more: usize) {
    let needed = buffer.len().saturating_add(more);
    if needed <= buffer.capacity() {
        return;
    }
    if needed < LARGE_BYTES_MIN {
        return buffer.reserve(more);
    }
    // What grows once will grow again.
    let wanted =
        needed.max(if buffer.len() < LARGE_BYTES_MIN { 0 } else { buffer.capacity().saturating_mul(2) });
    let mut larger = match lend(wanted) {
        Some(kept) => Vec::from(kept),
        None => Vec::with_capacity(rounded(wanted)),
    };
    copy_in_pieces(buffer, &mut larger);
    give_back(std::mem::replace(buffer, larger));
}

/// The octets of a body, to keep and to share; its buffer comes back when nobody has them any more.
pub(crate) fn share(buffer: Vec<u8>) -> Bytes {
    if is_kept(buffer.capacity()) {
        return Bytes::from_owner(Lent(buffer));
    }
    buffer.into()
}

/// A large capacity that serves bodies of about the same length, too.
pub(crate) fn rounded(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(LARGE_BYTES_MIN).unwrap_or(bytes)
}

fn give_back(mut buffer: Vec<u8>) {
    let capacity = buffer.capacity();
    if capacity < LARGE_BYTES_MIN {
        return give_body_back(buffer);
    }
    buffer.clear();
    keep(capacity, BytesMut::from(Bytes::from(buffer)));
}

/// A buffer that comes back when it is dropped.
struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.0));
    }
}

/// Copies in pieces of 2 KiB: one large copy to an address a few octets past its source, modulo 4096, runs many times
/// slower on some processors.
pub(crate) fn copy_in_pieces(octets: &[u8], out: &mut Vec<u8>) {
    out.reserve(octets.len());
    for piece in octets.chunks(2048) {
        out.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = LARGE_BYTES_MIN + 4099;

    #[test]
    fn the_buffer_of_a_body_comes_back_when_nobody_has_its_octets() {
        let mut written = Vec::with_capacity(BYTES);
        written.extend_from_slice(b"body");
        let place = written.as_ptr();
        let body = share(written);
        let part = body.slice(1..3);
        drop(body);
        assert!(lend(BYTES).is_none_or(|other| other.as_ptr() != place));
        assert_eq!(&part[..], b"od");
        drop(part);
        let again = lend(BYTES).expect("it is here again");
        assert!(again.is_empty() && again.capacity() >= BYTES && again.as_ptr() == place);
    }

    #[test]
    fn one_that_was_read_into_is_lent_when_its_parts_are_free() {
        let mut buffers = Kept::NOTHING;
        let mut input = BytesMut::with_capacity(BYTES);
        input.extend_from_slice(b"message");
        let place = input.as_ptr();
        let message = input.split().freeze();
        assert!(buffers.keep(BYTES, input).is_empty());
        assert!(buffers.lend(BYTES).is_none(), "it is in use");
        drop(message);
        assert!(
            buffers.lend(BYTES).is_some_and(|again| again.as_ptr() == place && again.capacity() >= BYTES)
        );
        assert_eq!(buffers.bytes, 0);
    }

    #[test]
    fn a_buffer_grows_with_its_contents() {
        let mut buffer = b"begun".to_vec();
        grow(&mut buffer, 10 * LARGE_BYTES_MIN);
        assert_eq!(buffer, b"begun");
        assert!(buffer.capacity() > 10 * LARGE_BYTES_MIN);
        let before = buffer.as_ptr();
        grow(&mut buffer, 10 * LARGE_BYTES_MIN);
        assert_eq!(buffer.as_ptr(), before, "there is room");
        buffer.resize(buffer.capacity(), 7);
        let before = buffer.len();
        grow(&mut buffer, 1);
        assert!(buffer.capacity() >= 2 * before && buffer.len() == before && buffer.ends_with(&[7; 1000]));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut buffers = Kept::NOTHING;
        let mut freed = 0;
        for _ in 0..2 * KEPT_BYTES_MAX / LARGE_BYTES_MAX {
            freed += buffers.keep(LARGE_BYTES_MAX, BytesMut::new()).len();
        }
        assert_eq!((buffers.bytes, freed), (KEPT_BYTES_MAX, KEPT_BYTES_MAX / LARGE_BYTES_MAX));
        for capacity in [LARGE_BYTES_MAX + 1, LARGE_BYTES_MIN - 1] {
            assert_eq!(buffers.keep(capacity, BytesMut::new()).len(), 1, "it is not kept");
        }
        assert_eq!(buffers.bytes, KEPT_BYTES_MAX);
    }

    #[test]
    fn nothing_is_lent_that_is_much_too_large_or_too_small() {
        let mut buffers = Kept::NOTHING;
        buffers.keep(4 * BYTES, BytesMut::with_capacity(4 * BYTES));
        assert!(buffers.lend(4 * BYTES / PART_USED_MIN - 1).is_none());
        assert!(buffers.lend(4 * BYTES + 1).is_none());
        assert!(buffers.lend(BYTES).is_some());
    }
}
