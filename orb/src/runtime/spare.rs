//! The spare buffer of a thread: what connections read into, lent for as long as there is something in it.

use std::cell::Cell;

use bytes::BytesMut;

thread_local! {
    static SPARE: Cell<Option<BytesMut>> = const { Cell::new(None) };
}

/// The capacity of a new buffer: a block of 64 KiB with its head is read at once, instead of in pieces that are moved.
pub(super) const SPARE_BYTES: usize = 72 * 1024;

/// A larger buffer is not kept here: every thread would have one.
const SPARE_BYTES_MAX: usize = SPARE_BYTES;

/// An empty buffer. A thousand connections that wait need none; the one that is read takes this one.
pub(super) fn borrow() -> BytesMut {
    SPARE.take().unwrap_or_else(|| BytesMut::with_capacity(SPARE_BYTES))
}

/// Takes a buffer back whose contents have been used. Events that still hold some of it keep that alive; the rest is used
/// again.
pub(super) fn give_back(buffer: BytesMut) {
    if buffer.is_empty() && buffer.capacity() <= SPARE_BYTES_MAX {
        let larger = SPARE.take().filter(|kept| kept.capacity() >= buffer.capacity());
        SPARE.set(Some(larger.unwrap_or(buffer)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_with_its_memory_and_without_its_contents() {
        let mut buffer = borrow();
        buffer.extend_from_slice(b"head and body");
        let kept = buffer.split_to(4).freeze();
        let place = buffer.as_ptr() as usize;
        buffer.clear();
        give_back(buffer);
        let again = borrow();
        assert!(again.is_empty() && again.as_ptr() as usize == place);
        assert_eq!(&kept[..], b"head");
        give_back(BytesMut::with_capacity(SPARE_BYTES_MAX + 1));
        assert_eq!(borrow().capacity(), SPARE_BYTES);
    }
}
