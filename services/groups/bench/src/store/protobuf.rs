//! As much of Protocol Buffers as etcd's messages need: fields of octets and of whole numbers.

use bytes::{Buf, BufMut, Bytes, BytesMut};

const NUMBER: u64 = 0;
const EIGHT_OCTETS: u64 = 1;
const OCTETS: u64 = 2;
const FOUR_OCTETS: u64 = 5;

/// A field of octets, appended.
pub(super) fn put_octets(message: &mut BytesMut, field: u32, octets: &[u8]) {
    put_number(message, u64::from(field) << 3 | OCTETS);
    put_number(message, octets.len() as u64);
    message.put_slice(octets);
}

fn put_number(message: &mut BytesMut, mut number: u64) {
    while number >= 0x80 {
        message.put_u8(number as u8 | 0x80);
        number >>= 7;
    }
    message.put_u8(number as u8);
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Octets(Bytes),
}

impl Value {
    pub(super) fn octets(self) -> Option<Bytes> {
        match self {
            Value::Octets(octets) => Some(octets),
            Value::Number(_) => None,
        }
    }

    pub(super) fn number(self) -> Option<u64> {
        match self {
            Value::Number(number) => Some(number),
            Value::Octets(_) => None,
        }
    }
}

/// The first field of this number; none as well where the message is damaged before it.
pub(super) fn field(mut message: Bytes, wanted: u32) -> Option<Value> {
    while message.has_remaining() {
        let tag = take_number(&mut message)?;
        let value = match tag & 7 {
            NUMBER => Value::Number(take_number(&mut message)?),
            kind => {
                let length = match kind {
                    EIGHT_OCTETS => 8,
                    FOUR_OCTETS => 4,
                    OCTETS => usize::try_from(take_number(&mut message)?).ok()?,
                    _ => return None,
                };
                if length > message.remaining() {
                    return None;
                }
                Value::Octets(message.split_to(length))
            }
        };
        if tag >> 3 == u64::from(wanted) {
            return Some(value);
        }
    }
    None
}

fn take_number(message: &mut Bytes) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        if !message.has_remaining() {
            return None;
        }
        let octet = message.get_u8();
        number |= u64::from(octet & 0x7f) << shift;
        if octet < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the format's own documentation: field 1 is 150, and field 2 is the text `testing`.
    #[test]
    fn the_documented_octets() {
        let mut message = BytesMut::new();
        put_octets(&mut message, 2, b"testing");
        assert_eq!(message[..], *b"\x12\x07testing");
        let both = Bytes::from([b"\x08\x96\x01", &message[..]].concat());
        assert_eq!(field(both.clone(), 1).and_then(Value::number), Some(150));
        assert_eq!(field(both.clone(), 2).and_then(Value::octets), Some(Bytes::from_static(b"testing")));
        assert_eq!(field(both.clone(), 3), None);
        for end in 0..both.len() {
            assert_eq!(field(both.slice(..end), 2), None, "cut at {end}");
        }
    }
}
