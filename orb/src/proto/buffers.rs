//! Where the cores put large bodies together.

use bytes::Bytes;
use quorb_giop::cdr::Grow;

/// Who provides the buffers that large bodies arrive in. It decides nothing but where memory comes from and goes to.
#[derive(Debug, Clone, Copy)]
pub struct Buffers {
    /// An empty buffer with room for so many octets, if one is at hand that costs nothing.
    pub lend: fn(usize) -> Option<Vec<u8>>,
    /// Makes room for so many octets more.
    pub grow: Grow,
    /// Makes shared octets of a buffer.
    pub share: fn(Vec<u8>) -> Bytes,
}

impl Default for Buffers {
    /// Those of the allocator.
    fn default() -> Buffers {
        Buffers { lend: |_| None, grow: Vec::reserve, share: Bytes::from }
    }
}
