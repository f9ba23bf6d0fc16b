//! How object keys are hashed.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Hashes object keys by one multiplication for each 8 octets. Seeded anew in every map: nobody who chooses the ids of objects
/// knows which of them collide.
#[derive(Debug, Clone)]
pub(super) struct KeyHashing {
    seed: u64,
    factor: u64,
}

/// The state between two parts of a key.
#[derive(Debug)]
pub(super) struct KeyHasher {
    state: u64,
    factor: u64,
}

impl Default for KeyHashing {
    fn default() -> KeyHashing {
        let random = RandomState::new();
        KeyHashing { seed: random.hash_one(0), factor: random.hash_one(1) | 1 }
    }
}

impl BuildHasher for KeyHashing {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher { state: self.seed, factor: self.factor }
    }
}

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, octets: &[u8]) {
        let (words, rest) = octets.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word).wrapping_mul(u128::from(self.factor));
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ self.factor.rotate_left(23);
    }

    fn write_usize(&mut self, length: usize) {
        self.write_u64(length as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::adapter::ObjectKey;

    #[test]
    fn similar_keys_are_spread_over_both_ends_of_the_hash() {
        let hashing = KeyHashing::default();
        let hashes: Vec<u64> = (0..4096)
            .map(|number| hashing.hash_one(ObjectKey::persistent(&format!("account/{number}"))))
            .collect();
        let different =
            |bits: fn(u64) -> u64| hashes.iter().map(|hash| bits(*hash)).collect::<BTreeSet<_>>().len();
        assert_eq!(different(|hash| hash), 4096);
        // 256 places are all hit by 4096 throws, but for one in a thousand.
        assert!(different(|hash| hash >> 56) > 240 && different(|hash| hash & 0xff) > 240);
        assert!(different(|hash| hash >> 44 & 0xfff) > 2000);
    }

    #[test]
    fn the_length_of_a_key_counts() {
        let hashing = KeyHashing::default();
        let of = |octets: &[u8]| hashing.hash_one(octets);
        assert_ne!(of(b""), of(b"\0"));
        assert_ne!(of(b"\0"), of(b"\0\0"));
        assert_eq!(of(b"key"), of(b"key"));
        assert_ne!(of(b"key"), KeyHashing::default().hash_one(b"key".as_slice()));
    }
}
