//! The buffer that a thread writes bodies in. Small bodies are copied to where they are needed; the buffer stays.

use std::cell::Cell;

use bytes::Bytes;

use super::large;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The room that a body gets before it has to grow.
const BODY_ROOM_BYTES: usize = 64;

/// A body of so many octets is not copied any more: its buffer goes with it.
pub(crate) const COPIED_BODY_BYTES_MAX: usize = 4 * 1024;

/// An empty buffer to write a body in.
pub(crate) fn borrow_body() -> Vec<u8> {
    let mut buffer = SPARE.take();
    buffer.reserve(BODY_ROOM_BYTES);
    buffer
}

/// Takes a buffer back whose contents have been used.
pub(crate) fn give_body_back(mut buffer: Vec<u8>) {
    if buffer.capacity() <= 2 * COPIED_BODY_BYTES_MAX {
        buffer.clear();
        SPARE.set(buffer);
    }
}

/// What was written in a buffer, to keep and to share.
pub(crate) fn share_body(buffer: Vec<u8>) -> Bytes {
    if buffer.len() > COPIED_BODY_BYTES_MAX {
        return large::share(buffer);
    }
    let body = Bytes::copy_from_slice(&buffer);
    give_body_back(buffer);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_body_leaves_its_buffer_behind_and_a_large_one_takes_it_along() {
        for (bytes, stays) in [(0, true), (COPIED_BODY_BYTES_MAX, true), (COPIED_BODY_BYTES_MAX + 1, false)] {
            let mut buffer = borrow_body();
            buffer.resize(bytes, 7);
            let place = buffer.as_ptr();
            let body = share_body(buffer);
            assert!(body.len() == bytes && body.iter().all(|octet| *octet == 7));
            let again = borrow_body();
            assert!(again.is_empty());
            assert_eq!(again.as_ptr() == place, stays, "{bytes}");
            give_body_back(again);
        }
    }
}
