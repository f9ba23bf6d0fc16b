//! What the servers agree on, and what comes of it, as octets.
//!
//! ```text
//!   publish   1 (1) | life (8) | blocks: octets (4), block ...
//!   change    2 (1) | a change as CBOR
//!   outcome   CBOR
//! ```
//!
//! Numbers are big endian.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use quorb::IdlType;

use crate::block::Block;
use crate::native::{Accepted, ChannelOptions};

/// The version of commands and outcomes.
pub(super) const VERSION: u64 = 1;

const PUBLISH: u8 = 1;
const CHANGE: u8 = 2;

/// Something that all servers do at the same place of one order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// Blocks get their places in the channel with this life.
    Publish {
        life: u64,
        blocks: Vec<Bytes>,
    },
    Change(Change),
}

/// Everything but publishing.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) enum Change {
    /// Nothing: whoever gives it knows of everything in front of it afterwards.
    Nothing,
    Open(Opening),
    /// The channel with this life ends.
    Remove(u64),
    Settle(Settling),
    Hold(Holding),
    Move(Moving),
}

/// A channel is made if there is none of this name.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Opening {
    pub(crate) name: String,
    pub(crate) options: ChannelOptions,
    /// Its life, if it is made.
    pub(crate) life: u64,
    /// Who asks: where it is, if it is at one server alone.
    pub(crate) server: u64,
}

/// A subscriber has come so far.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Settling {
    pub(crate) life: u64,
    pub(crate) subscriber: String,
    pub(crate) position: u64,
}

/// A server has subscribers that publishers are to wait for, or has no more.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Holding {
    pub(crate) life: u64,
    pub(crate) server: u64,
    pub(crate) holds: bool,
}

/// A channel that was at a server that is gone begins anew at another one.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Moving {
    pub(crate) name: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) life: u64,
}

/// What comes of a command.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) enum Outcome {
    Done,
    /// Where the events of each block are; 0 if it was none.
    Placed(Vec<Accepted>),
    /// There is no such channel any more.
    NoChannel,
    OtherOptions(ChannelOptions),
    /// A limit of this size.
    TooMany(u32),
    /// Octets that are no command.
    NotRead,
}

impl Command {
    /// A publish of blocks, without a copy more than needed.
    pub(super) fn publish(life: u64, blocks: &[Block]) -> Bytes {
        let octets: usize = blocks.iter().map(|block| 4 + block.octets().len()).sum();
        let mut out = BytesMut::with_capacity(9 + octets);
        out.put_u8(PUBLISH);
        out.put_u64(life);
        for block in blocks {
            // A block is smaller than block_bytes_max, which is far below 4 GiB.
            out.put_u32(u32::try_from(block.octets().len()).unwrap_or(u32::MAX));
            out.put_slice(block.octets());
        }
        out.freeze()
    }

    pub(super) fn read(mut octets: Bytes) -> Option<Command> {
        match octets.try_get_u8().ok()? {
            PUBLISH => {
                let (life, mut blocks) = (octets.try_get_u64().ok()?, Vec::new());
                while octets.has_remaining() {
                    let length = octets.try_get_u32().ok()? as usize;
                    if length > octets.remaining() {
                        return None;
                    }
                    blocks.push(octets.split_to(length));
                }
                Some(Command::Publish { life, blocks })
            }
            CHANGE => read_all(&octets).map(Command::Change),
            _ => None,
        }
    }
}

impl Change {
    pub(super) fn to_octets(&self) -> Bytes {
        let mut out = vec![CHANGE];
        written(self, &mut out);
        out.into()
    }
}

impl Outcome {
    pub(super) fn to_octets(&self) -> Bytes {
        let mut out = Vec::new();
        written(self, &mut out);
        out.into()
    }

    pub(super) fn read(octets: &[u8]) -> Option<Outcome> {
        read_all(octets)
    }
}

/// Writes a value of this file, which fits into memory and has no references in it.
pub(super) fn written<T: IdlType>(value: &T, out: &mut Vec<u8>) {
    quorb::value::encode_cbor(value, out).expect("it is plain data");
}

/// Reads a value that fills the octets.
pub(super) fn read_all<T: IdlType>(mut octets: &[u8]) -> Option<T> {
    let value = quorb::value::decode_cbor(&mut octets).ok()?;
    octets.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockWriter;
    use crate::native::Guarantee;

    fn examples() -> Vec<Bytes> {
        let mut writer = BlockWriter::new("p", 1);
        let (subject, ty) = (writer.subject("a"), writer.ty(&[1]));
        writer.event(subject, ty, &[], &[7]);
        let block = writer.into_block();
        let options = ChannelOptions::new(Guarantee::Reliable);
        let changes = [
            Change::Nothing,
            Change::Open(Opening { name: "a".into(), options, life: 7, server: 1 }),
            Change::Remove(5),
            Change::Settle(Settling { life: 7, subscriber: "s".into(), position: 9 }),
            Change::Hold(Holding { life: 7, server: 3, holds: true }),
            Change::Move(Moving { name: "a".into(), from: 1, to: 2, life: 8 }),
        ];
        let published = Command::publish(7, &[block.clone(), block]);
        std::iter::once(published).chain(changes.iter().map(Change::to_octets)).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        for octets in examples() {
            match Command::read(octets.clone()).unwrap() {
                Command::Publish { life, blocks } => {
                    assert_eq!((life, blocks.len()), (7, 2));
                    let limits = crate::Limits::default();
                    let blocks: Vec<_> =
                        blocks.into_iter().map(|block| Block::parse(block, &limits).unwrap()).collect();
                    assert_eq!(Command::publish(7, &blocks), octets);
                }
                Command::Change(change) => assert_eq!(change.to_octets(), octets),
            }
        }
        let outcomes = [
            Outcome::Done,
            Outcome::Placed(vec![Accepted { last: 3, repeated: 1 }]),
            Outcome::OtherOptions(ChannelOptions::default()),
            Outcome::TooMany(3),
        ];
        for outcome in outcomes {
            assert_eq!(Outcome::read(&outcome.to_octets()), Some(outcome));
        }
    }

    #[test]
    fn nonsense_costs_nothing() {
        let mut state = 5u64;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for good in examples() {
            for _ in 0..3_000 {
                let mut changed = good.to_vec();
                let at = draw() % changed.len();
                changed[at] = draw() as u8;
                changed.truncate(draw() % (good.len() + 1));
                // It is read as something or as nothing.
                let read = Command::read(changed.clone().into());
                assert!(changed.len() > 1 || read.is_none());
            }
        }
        assert_eq!(Command::read(Bytes::new()), None);
        assert_eq!(Outcome::read(&[]), None);
    }
}
