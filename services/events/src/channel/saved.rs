//! What a server that joins the others is given of a channel, and what is kept for a restart.
//!
//! ```text
//!   form (1) | next (8) | published (8) | repeated (8)
//!   publishers (4)   name, sequence (8), position (8)    the one longest silent first
//!   settled (4)      name, position (8)
//!   holders (4)      server (8)
//!   blocks (4)       first (8), time (8), octets (4), block
//! ```
//!
//! Numbers are big endian; a name is its length (2) and its octets.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{Channel, Stored};
use crate::Limits;
use crate::block::Block;
use crate::native::ChannelOptions;

/// The form that this code writes, and the only one that it reads.
const FORM: u8 = 1;

/// Octets that nothing was saved as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("octets that no channel was saved as")]
pub struct NotSaved;

impl Channel {
    /// Writes what all servers have of it; this server's subscribers are not among that.
    pub fn save(&self, out: &mut BytesMut) {
        out.put_u8(FORM);
        [self.next, self.published, self.repeated].into_iter().for_each(|number| out.put_u64(number));
        let publishers: Vec<_> = self.publishers.list().collect();
        count(publishers.len(), out);
        for (name, sequence, position) in publishers {
            text(name, out);
            out.put_u64(sequence);
            out.put_u64(position);
        }
        count(self.settled().all().len(), out);
        for (name, position) in self.settled().all() {
            text(name, out);
            out.put_u64(position);
        }
        let holders: Vec<u64> = self.holders().collect();
        count(holders.len(), out);
        holders.into_iter().for_each(|server| out.put_u64(server));
        count(self.history.all().len(), out);
        for stored in self.history.all() {
            out.put_u64(stored.first);
            out.put_u64(stored.time);
            count(stored.bytes(), out);
            out.put_slice(stored.block.octets());
        }
    }

    /// A channel as it was saved, with nobody subscribed.
    ///
    /// # Errors
    /// Other octets.
    pub fn load(options: ChannelOptions, limits: Arc<Limits>, mut saved: Bytes) -> Result<Channel, NotSaved> {
        let mut channel = Channel::agreed(options, limits.clone());
        if saved.try_get_u8().ok() != Some(FORM) {
            return Err(NotSaved);
        }
        let next = number(&mut saved)?;
        (channel.published, channel.repeated) = (number(&mut saved)?, number(&mut saved)?);
        for _ in 0..length(&mut saved)? {
            let name = name(&mut saved)?;
            channel.publishers.note(&name, number(&mut saved)?, number(&mut saved)?);
        }
        for _ in 0..length(&mut saved)? {
            let name = name(&mut saved)?;
            channel.settle(&name, number(&mut saved)?).map_err(|_| NotSaved)?;
        }
        let mut holders = BTreeSet::new();
        for _ in 0..length(&mut saved)? {
            holders.insert(number(&mut saved)?);
        }
        channel.set_holders(holders);
        let blocks = blocks(&mut saved, next, &limits)?;
        if saved.has_remaining() || next == 0 {
            return Err(NotSaved);
        }
        (channel.next, channel.distributed, channel.spooled_from) = (next, next, 1);
        channel.history =
            super::History::new(channel.options.history_events, channel.options.history_bytes, next);
        // All of it is wanted: the disk may not have it.
        channel.keep_what_is_needed();
        channel.history.begin_with(blocks);
        Ok(channel)
    }
}

/// The newest blocks, without a gap up to the end.
fn blocks(saved: &mut Bytes, next: u64, limits: &Limits) -> Result<Vec<Arc<Stored>>, NotSaved> {
    // Limits may have become smaller since: what was accepted is kept.
    let wide = Limits { block_bytes_max: usize::MAX, block_events_max: usize::MAX, ..limits.clone() };
    let (mut blocks, mut end) = (Vec::new(), None);
    for _ in 0..length(saved)? {
        let (first, time, octets) = (number(saved)?, number(saved)?, length(saved)?);
        if octets > saved.remaining() || end.is_some_and(|end| end != first) {
            return Err(NotSaved);
        }
        let block = Block::parse(saved.split_to(octets), &wide).map_err(|_| NotSaved)?;
        end = Some(first.checked_add(block.len() as u64).ok_or(NotSaved)?);
        blocks.push(Arc::new(Stored::new(first, time, block)));
    }
    if end.is_some_and(|end| end != next) {
        return Err(NotSaved);
    }
    Ok(blocks)
}

/// Counts and lengths are below limits that are far below 2^32.
fn count(count: usize, out: &mut BytesMut) {
    out.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
}

/// Names are bounded by limits far below 64 KiB.
fn text(text: &str, out: &mut BytesMut) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

fn number(saved: &mut Bytes) -> Result<u64, NotSaved> {
    saved.try_get_u64().map_err(|_| NotSaved)
}

fn length(saved: &mut Bytes) -> Result<usize, NotSaved> {
    saved.try_get_u32().map(|length| length as usize).map_err(|_| NotSaved)
}

fn name(saved: &mut Bytes) -> Result<String, NotSaved> {
    let length = usize::from(saved.try_get_u16().map_err(|_| NotSaved)?);
    if length > saved.remaining() {
        return Err(NotSaved);
    }
    String::from_utf8(saved.split_to(length).into()).map_err(|_| NotSaved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockWriter;
    use crate::channel::Effects;
    use crate::native::Guarantee;

    fn example() -> Channel {
        let mut options = ChannelOptions::new(Guarantee::Durable);
        options.history_events = 6;
        let mut channel = Channel::agreed(options, Arc::default());
        let mut effects = Effects::default();
        for (publisher, first) in [("one", 1), ("two", 1), ("one", 3), ("", 1), ("two", 4)] {
            let mut writer = BlockWriter::new(publisher, first);
            for number in 0..3u64 {
                let (subject, ty) = (writer.subject("a/b"), writer.ty(&[1]));
                writer.event(subject, ty, &[], &number.to_be_bytes());
            }
            channel.place_agreed(writer.into_block(), 10 * first, &mut effects);
        }
        channel.settle("billing", 4).unwrap();
        channel.hold(77, true);
        channel
    }

    fn saved(channel: &Channel) -> Bytes {
        let mut out = BytesMut::new();
        channel.save(&mut out);
        out.freeze()
    }

    #[test]
    fn what_was_saved_goes_on_as_the_original_does() {
        let (mut one, options) = (example(), example().options().clone());
        let mut two = Channel::load(options, Arc::default(), saved(&one)).unwrap();
        assert_eq!(two.next_position(), 15);
        assert_eq!(saved(&two), saved(&one));
        let mut writer = BlockWriter::new("one", 4);
        for _ in 0..3 {
            let (subject, ty) = (writer.subject("a"), writer.ty(&[1]));
            writer.event(subject, ty, &[], &[7]);
        }
        let (block, mut effects) = (writer.into_block(), Effects::default());
        let accepted = one.place_agreed(block.clone(), 99, &mut effects);
        assert_eq!((accepted.last, accepted.repeated), (15, 2));
        assert_eq!(two.place_agreed(block, 99, &mut effects), accepted);
        assert_eq!(saved(&two), saved(&one));
        assert_eq!((two.settled().of("billing"), two.holders().next()), (4, Some(77)));
    }

    #[test]
    fn nonsense_costs_an_error() {
        let (good, options) = (saved(&example()), example().options().clone());
        let load = |octets: Bytes| Channel::load(options.clone(), Arc::default(), octets);
        assert!((0..good.len()).all(|cut| load(good.slice(..cut)).is_err()));
        let mut state = 99u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut changed = good.to_vec();
            let at = (state >> 33) as usize % changed.len();
            changed[at] = (state >> 20) as u8;
            if let Ok(channel) = load(changed.into()) {
                assert!(channel.oldest() <= channel.next_position());
            }
        }
    }
}
