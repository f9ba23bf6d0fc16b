//! Maps: `sequence<struct { K key; V value; }>`, sorted by encoded key, so that equal maps have equal octets.
//!
//! The order is that of the keys' octets, encoded big-endian by themselves: it depends neither on the
//! byte order of the stream nor on how a map iterates. A reader accepts any order, but no key twice.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::{Cdr, CdrError, Decoder, Encoder, Endian};

impl<K: Cdr + Ord, V: Cdr> Cdr for BTreeMap<K, V> {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        encode_entries(self.iter(), out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let mut map = Self::new();
        decode_entries(input, |key, value| map.insert(key, value).is_none())?;
        Ok(map)
    }
}

impl<K: Cdr + Eq + Hash, V: Cdr, S: BuildHasher + Default> Cdr for HashMap<K, V, S> {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        encode_entries(self.iter(), out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let mut map = Self::default();
        decode_entries(input, |key, value| map.insert(key, value).is_none())?;
        Ok(map)
    }
}

fn encode_entries<'a, K: Cdr + 'a, V: Cdr + 'a>(
    entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>,
    out: &mut Encoder,
) -> Result<(), CdrError> {
    out.write_len(entries.len())?;
    let profile = out.profile().with_endian(Endian::Big);
    let mut keys = Vec::new();
    let mut sorted = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let mut one = Encoder::with_buffer(keys, 0, profile);
        key.encode(&mut one)?;
        let length = one.len();
        keys = one.into_bytes();
        sorted.push((keys.len() - length..keys.len(), key, value));
    }
    sorted.sort_by(|(a, ..), (b, ..)| keys[a.clone()].cmp(&keys[b.clone()]));
    for (_, key, value) in sorted {
        key.encode(out)?;
        value.encode(out)?;
    }
    Ok(())
}

fn decode_entries<K: Cdr, V: Cdr>(
    input: &mut Decoder<'_>,
    mut insert_new: impl FnMut(K, V) -> bool,
) -> Result<(), CdrError> {
    let count = input.read_len(K::SIZE_MIN.saturating_add(V::SIZE_MIN))?;
    input.nested(|input| {
        for _ in 0..count {
            let offset = input.offset();
            let (key, value) = (K::decode(input)?, V::decode(input)?);
            if input.offset() == offset {
                input.charge_empty_element()?;
            }
            if !insert_new(key, value) {
                return Err(CdrError::DuplicateKey);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets<T: Cdr>(value: &T, endian: Endian) -> Vec<u8> {
        let mut out = Encoder::new(endian);
        value.encode(&mut out).unwrap();
        out.into_bytes()
    }

    #[test]
    fn entries_are_sorted_by_encoded_key_in_both_byte_orders() {
        // By value -1 comes first; by octets it comes last.
        let map = BTreeMap::from([(-1i16, 1u8), (256, 2), (1, 3)]);
        let big = [0, 0, 0, 3, 0, 1, 3, 0, 1, 0, 2, 0, 0xff, 0xff, 1];
        let little = [3, 0, 0, 0, 1, 0, 3, 0, 0, 1, 2, 0, 0xff, 0xff, 1];
        assert_eq!(octets(&map, Endian::Big), big);
        assert_eq!(octets(&map, Endian::Little), little);
        assert_eq!(BTreeMap::decode(&mut Decoder::new(&little, Endian::Little)), Ok(map));
    }

    #[test]
    fn equal_maps_have_equal_octets() {
        let names: Vec<String> = (0..200).map(|i| format!("{}", i * 7919 % 1000)).collect();
        let forward: HashMap<_, _> = names.iter().cloned().zip(0u32..).collect();
        let sorted: BTreeMap<_, _> = names.into_iter().zip(0u32..).collect();
        assert_eq!(octets(&forward, Endian::Little), octets(&sorted, Endian::Little));
        let octets = octets(&sorted, Endian::Little);
        let read = HashMap::<String, u32>::decode(&mut Decoder::new(&octets, Endian::Little));
        assert_eq!(read, Ok(forward));
    }

    #[test]
    fn a_key_twice_is_an_error_and_any_order_is_not() {
        let unsorted = [0, 0, 0, 2, 9, 1, 3, 2];
        let map = BTreeMap::<u8, u8>::decode(&mut Decoder::new(&unsorted, Endian::Big));
        assert_eq!(map, Ok(BTreeMap::from([(3, 2), (9, 1)])));
        let twice = [0, 0, 0, 2, 9, 1, 9, 2];
        let map = HashMap::<u8, u8>::decode(&mut Decoder::new(&twice, Endian::Big));
        assert_eq!(map, Err(CdrError::DuplicateKey));
    }
}
