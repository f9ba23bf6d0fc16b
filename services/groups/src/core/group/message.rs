//! Messages on the wire: an octet for class and part, the causes if it is causal, length and octets.

use super::lane::Slot;
use super::parts::{from_octet, octet_of};
use crate::core::options::Order;
use crate::core::wire::{Reader, Wire, WireError, put_u8_varint, put_varint};
use bytes::{BufMut, BytesMut};

pub(super) fn write_message(slot: &Slot, out: &mut BytesMut) {
    let octet = octet_of(slot.class, slot.part);
    match &slot.causes {
        None => put_u8_varint(out, octet, slot.payload.len() as u64),
        Some(causes) => {
            out.put_u8(octet);
            causes.write(out);
            put_varint(out, slot.payload.len() as u64);
        }
    }
    out.put_slice(&slot.payload);
}

/// The next message, whose payload has no more octets than this.
pub(super) fn read_message(input: &mut Reader, bytes_max: usize) -> Result<Slot, WireError> {
    let (class, part) = from_octet(input.u8()?)?;
    let causes = match class.order() {
        Order::Causal => Some(Box::new(Wire::read(input)?)),
        _ => None,
    };
    let length = input.count()?;
    if length > bytes_max {
        return Err(WireError::Limit);
    }
    Ok(Slot { payload: input.take(length)?, causes, class, part })
}
