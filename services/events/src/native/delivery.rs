//! An answer to a subscriber, on the wire.
//!
//! ```text
//! octet  0        8      16           24         32       40       48          56
//!        +--------+------+------------+----------+--------+--------+-----------+-----------
//!        | number | next | gone: from | gone: to | oldest | newest | conflated | piece ...
//!        +--------+------+------------+----------+--------+--------+-----------+-----------
//!
//! piece  first (8) | time (8) | from (4) | to (4) | offsets (4), that many times (4) | length (4), block
//! ```
//!
//! Numbers are little endian. `gone` is 0 twice if nothing is. A piece without offsets holds events that follow each other.
//! The blocks are those of their publishers: they are not written again for each subscriber.

use bytes::{Buf, Bytes};

use crate::Limits;
use crate::block::{Block, BlockError};
use crate::channel::{Delivery, Losses};

/// Octets in front of the pieces.
const HEAD_BYTES: usize = 56;
/// Octets of a piece in front of its offsets.
const PIECE_HEAD_BYTES: usize = 28;

/// What a subscriber has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedDelivery {
    /// Its number.
    pub number: u64,
    /// Everything in front of this position is settled.
    pub next: u64,
    /// Positions that can be had no more.
    pub gone: Option<(u64, u64)>,
    /// What was dropped.
    pub losses: Losses,
    /// The events.
    pub pieces: Vec<ReceivedPiece>,
}

/// Events of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedPiece {
    /// The position of the first event of the block.
    pub first: u64,
    /// When it came, in microseconds since 1970.
    pub time: u64,
    /// How far the events are from the first; none if they follow each other.
    pub offsets: Option<Box<[u32]>>,
    /// The place of the first event.
    pub from: usize,
    /// The place behind the last event.
    pub to: usize,
    /// The events.
    pub block: Block,
}

/// Why octets are no delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// They end too early.
    #[error("the delivery ends too early")]
    Short,
    /// Places that the block does not have.
    #[error("a piece of places that its block does not have")]
    Places,
    /// A block.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// Writes a delivery.
pub(crate) fn write(delivery: &Delivery) -> Vec<u8> {
    let blocks: usize = delivery
        .pieces
        .iter()
        .map(|piece| {
            let offsets = piece.stored.offsets.as_ref().map_or(0, |offsets| offsets.len());
            PIECE_HEAD_BYTES + 4 * offsets + 4 + piece.stored.bytes()
        })
        .sum();
    let mut out = Vec::with_capacity(HEAD_BYTES + blocks);
    let (gone_from, gone_to) = delivery.gone.unwrap_or_default();
    let Losses { oldest, newest, conflated } = delivery.losses;
    for number in [delivery.number, delivery.next, gone_from, gone_to, oldest, newest, conflated] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for piece in &delivery.pieces {
        let stored = &piece.stored;
        let offsets = stored.offsets.as_deref().unwrap_or_default();
        out.extend_from_slice(&stored.first.to_le_bytes());
        out.extend_from_slice(&stored.time.to_le_bytes());
        // Blocks have far fewer than 2^32 events and octets.
        for number in [piece.from as u32, piece.to as u32, offsets.len() as u32] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for offset in offsets {
            out.extend_from_slice(&offset.to_le_bytes());
        }
        out.extend_from_slice(&(stored.bytes() as u32).to_le_bytes());
        out.extend_from_slice(stored.block.octets());
    }
    out
}

impl ReceivedDelivery {
    /// Reads a delivery, and checks everything in it.
    ///
    /// # Errors
    /// See [`DeliveryError`].
    pub fn read(mut input: Bytes, limits: &Limits) -> Result<ReceivedDelivery, DeliveryError> {
        if input.len() < HEAD_BYTES {
            return Err(DeliveryError::Short);
        }
        let (number, next) = (input.get_u64_le(), input.get_u64_le());
        let (gone_from, gone_to) = (input.get_u64_le(), input.get_u64_le());
        let (oldest, newest, conflated) = (input.get_u64_le(), input.get_u64_le(), input.get_u64_le());
        let mut pieces = Vec::new();
        while input.has_remaining() {
            pieces.push(ReceivedPiece::read(&mut input, limits)?);
        }
        Ok(ReceivedDelivery {
            number,
            next,
            gone: (gone_to > gone_from).then_some((gone_from, gone_to)),
            losses: Losses { oldest, newest, conflated },
            pieces,
        })
    }
}

impl ReceivedPiece {
    fn read(input: &mut Bytes, limits: &Limits) -> Result<ReceivedPiece, DeliveryError> {
        if input.len() < PIECE_HEAD_BYTES {
            return Err(DeliveryError::Short);
        }
        let (first, time) = (input.get_u64_le(), input.get_u64_le());
        let (from, to) = (input.get_u32_le() as usize, input.get_u32_le() as usize);
        let count = input.get_u32_le() as usize;
        // Compared before anything is reserved.
        if input.len() / 4 <= count {
            return Err(DeliveryError::Short);
        }
        let offsets: Box<[u32]> = (0..count).map(|_| input.get_u32_le()).collect();
        let length = input.get_u32_le() as usize;
        if input.len() < length {
            return Err(DeliveryError::Short);
        }
        let block = Block::parse(input.split_to(length), limits)?;
        let fits = from <= to && to <= block.len() && (count == 0 || count == block.len());
        if !fits {
            return Err(DeliveryError::Places);
        }
        let offsets = (count > 0).then_some(offsets);
        Ok(ReceivedPiece { first, time, offsets, from, to, block })
    }

    /// The position of an event by its place.
    pub fn position(&self, place: usize) -> u64 {
        let offset = match &self.offsets {
            None => place as u64,
            Some(offsets) => offsets.get(place).map_or(0, |&offset| offset.into()),
        };
        self.first.saturating_add(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockWriter;
    use crate::channel::{Piece, Stored};
    use std::sync::Arc;

    fn example() -> Delivery {
        let mut writer = BlockWriter::new("p", 1);
        for number in 0..4u8 {
            let (subject, ty) = (writer.subject("a/b"), writer.ty(&[7]));
            writer.event(subject, ty, &[], &[number]);
        }
        let block = writer.into_block();
        let offsets: Box<[u32]> = [0, 5, 6, 9].into();
        let apart = Stored { first: 40, offsets: Some(offsets), time: 1_000, block: block.clone() };
        let pieces = vec![
            Piece { stored: Arc::new(Stored::new(7, 900, block)), from: 1, to: 4 },
            Piece { stored: Arc::new(apart), from: 0, to: 4 },
        ];
        let losses = Losses { oldest: 1, newest: 2, conflated: 3 };
        Delivery { number: 3, next: 50, gone: Some((2, 7)), losses, pieces }
    }

    #[test]
    fn what_was_written_is_read() {
        let sent = example();
        let received = ReceivedDelivery::read(write(&sent).into(), &Limits::default()).unwrap();
        assert_eq!((received.number, received.next, received.gone), (3, 50, Some((2, 7))));
        assert_eq!(received.losses, sent.losses);
        let places = received.pieces.iter().map(|piece| (piece.from, piece.to, piece.position(1)));
        assert_eq!(places.collect::<Vec<_>>(), [(1, 4, 8), (0, 4, 45)]);
        assert_eq!(received.pieces[1].block, sent.pieces[1].stored.block);
    }

    #[test]
    fn nonsense_costs_an_error() {
        let good = write(&example());
        let ends: Vec<bool> = (0..good.len())
            .map(|cut| {
                ReceivedDelivery::read(Bytes::copy_from_slice(&good[..cut]), &Limits::default()).is_ok()
            })
            .collect();
        assert_eq!(ends.iter().filter(|&&ok| ok).count(), 2, "only between pieces");
        let mut state = 77u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut changed = good.clone();
            let at = (state >> 33) as usize % changed.len();
            changed[at] = (state >> 20) as u8;
            if let Ok(read) = ReceivedDelivery::read(changed.into(), &Limits::default()) {
                assert!(read.pieces.iter().all(|piece| piece.to <= piece.block.len()));
            }
        }
    }
}
