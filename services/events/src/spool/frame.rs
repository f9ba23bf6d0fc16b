//! How a block lies in a segment.
//!
//! ```text
//! octet  0         4             8            16          24          28
//!        +---------+-------------+------------+-----------+-----------+----------
//!        | "qev1"  | length (LE) | first (LE) | time (LE) | CRC-32    | block ...
//!        +---------+-------------+------------+-----------+-----------+----------
//!                  |<------------ covered by the sum, without itself ----------->|
//! ```

use bytes::Bytes;

use crate::Limits;
use crate::block::Block;
use crate::channel::Stored;

/// What a frame begins with: where reading goes on behind damage.
pub(super) const MAGIC: [u8; 4] = *b"qev1";
/// Octets before the block.
pub(super) const HEAD_BYTES: usize = 28;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: usize,
    pub(super) first: u64,
    pub(super) time: u64,
    sum: u32,
}

impl Head {
    /// Reads a head; none if this is not one.
    pub(super) fn read(octets: &[u8]) -> Option<Head> {
        let octets: &[u8; HEAD_BYTES] = octets.first_chunk()?;
        let number = |from: usize, count: usize| {
            octets[from..from + count]
                .iter()
                .rev()
                .fold(0u64, |number, &octet| number << 8 | u64::from(octet))
        };
        let head = Head {
            length: number(4, 4) as usize,
            first: number(8, 8),
            time: number(16, 8),
            sum: number(24, 4) as u32,
        };
        (octets[..4] == MAGIC).then_some(head)
    }

    /// The octets of the frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        HEAD_BYTES as u64 + self.length as u64
    }

    /// The block behind the head, if it is what was written.
    pub(super) fn block(&self, octets: Bytes, limits: &Limits) -> Option<Stored> {
        if octets.len() != self.length || self.sum != sum(self.length as u32, self.first, self.time, &octets)
        {
            return None;
        }
        // Limits may have become smaller since it was written: what is on the disk is read all the same.
        let wide = Limits { block_bytes_max: usize::MAX, block_events_max: usize::MAX, ..limits.clone() };
        let block = Block::parse(octets, &wide).ok()?;
        Some(Stored::new(self.first, self.time, block))
    }
}

fn sum(length: u32, first: u64, time: u64, block: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&length.to_le_bytes());
    sum.update(&first.to_le_bytes());
    sum.update(&time.to_le_bytes());
    sum.update(block);
    sum.finalize()
}

/// Appends a frame.
pub(super) fn write(stored: &Stored, out: &mut Vec<u8>) {
    let octets = stored.block.octets();
    // A block is smaller than block_bytes_max, which is far below 4 GiB.
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&stored.first.to_le_bytes());
    out.extend_from_slice(&stored.time.to_le_bytes());
    out.extend_from_slice(&sum(length, stored.first, stored.time, octets).to_le_bytes());
    out.extend_from_slice(octets);
}
