//! What the simulated messages and states contain: enough to see that they are whole.

use super::trace::MessageId;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A payload that says which message it is and is recognisably whole.
pub(super) fn payload(message: MessageId, large: bool) -> Bytes {
    let filler = filler(message, large);
    let mut octets = BytesMut::with_capacity(8 + filler);
    octets.put_u64(message);
    octets.extend((0..filler).map(|at| octet(message, at)));
    octets.freeze()
}

/// How long it is. Where there are large messages, every third is one.
fn filler(message: MessageId, large: bool) -> usize {
    let short = (message % 97) as usize;
    if large && message.is_multiple_of(3) { short * 31 } else { short }
}

/// What stands where in it.
fn octet(message: MessageId, at: usize) -> u8 {
    message as u8 ^ (at / 50) as u8
}

/// The message, if it is whole.
pub(super) fn read_payload(mut octets: Bytes, large: bool) -> Option<MessageId> {
    let message = octets.try_get_u64().ok()?;
    let whole = octets.len() == filler(message, large)
        && octets.iter().enumerate().all(|(at, &o)| o == octet(message, at));
    whole.then_some(message)
}

/// The state: the messages that were applied.
pub(super) fn write_state(applied: &[MessageId]) -> Bytes {
    let mut octets = BytesMut::with_capacity(applied.len() * 8);
    applied.iter().for_each(|&m| octets.put_u64(m));
    octets.freeze()
}

/// The other way round.
pub(super) fn read_state(mut octets: Bytes) -> Vec<MessageId> {
    let mut applied = Vec::new();
    while let Ok(message) = octets.try_get_u64() {
        applied.push(message);
    }
    applied
}
