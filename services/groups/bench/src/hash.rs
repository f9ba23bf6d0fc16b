//! The hash of what a member delivered: order matters, four independent lanes so that it costs little beside the message.

/// Spreads a word over all bits.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes some octets after what was hashed before.
pub(crate) fn mix(start: u64, octets: &[u8]) -> u64 {
    let mut lanes = [start, 1, 2, 3];
    let mut chunks = octets.chunks_exact(32);
    for chunk in chunks.by_ref() {
        absorb(&mut lanes, chunk);
    }
    let mut rest = [0; 32];
    let left = chunks.remainder();
    rest[..left.len()].copy_from_slice(left);
    rest[31] = left.len() as u8;
    absorb(&mut lanes, &rest);
    lanes[0] ^ lanes[1] ^ lanes[2] ^ lanes[3]
}

fn absorb(lanes: &mut [u64; 4], octets: &[u8]) {
    for (lane, word) in lanes.iter_mut().zip(octets.chunks_exact(8)) {
        let mut octets = [0; 8];
        octets.copy_from_slice(word);
        *lane = (*lane ^ u64::from_le_bytes(octets)).wrapping_mul(FACTOR).rotate_left(29);
    }
}

#[cfg(test)]
mod tests {
    use super::mix;

    #[test]
    fn order_and_length_matter() {
        let (a, b) = ([1u8; 40], [2u8; 40]);
        assert_ne!(mix(mix(0, &a), &b), mix(mix(0, &b), &a));
        assert_ne!(mix(0, &a[..39]), mix(0, &a));
        assert_ne!(mix(0, &[0; 3]), mix(0, &[0; 4]));
    }
}
