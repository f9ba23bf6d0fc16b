//! Sequences and arrays of anything, and buffers of octets.

use bytes::Bytes;

use super::{Cdr, CdrError, Decoder, Encoder};
use crate::limits::PREALLOCATION_BYTES_MAX;

/// A `sequence<T>`: the number of elements, then the elements.
impl<T: Cdr> Cdr for Vec<T> {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_len(self.len())?;
        T::encode_slice(self, out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let count = input.read_len(T::SIZE_MIN)?;
        input.nested(|input| T::decode_vec(count, input))
    }
}

/// An IDL array: its elements.
impl<T: Cdr, const N: usize> Cdr for [T; N] {
    const SIZE_MIN: usize = T::SIZE_MIN.saturating_mul(N);

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        T::encode_slice(self, out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        T::decode_array(input)
    }
}

/// A `sequence<octet>`.
impl Cdr for Bytes {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_octet_sequence(self)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Vec::<u8>::decode(input).map(Self::from)
    }
}

/// Reads `count` elements one by one, growing only as they arrive.
pub(super) fn decode_each<T: Cdr>(count: usize, input: &mut Decoder<'_>) -> Result<Vec<T>, CdrError> {
    input.check_len(count, T::SIZE_MIN)?;
    let reserved = match T::SIZE_MIN {
        0 => 0,
        _ => count.min(PREALLOCATION_BYTES_MAX / size_of::<T>().max(1)),
    };
    let mut items = Vec::with_capacity(reserved);
    for _ in 0..count {
        let offset = input.offset();
        items.push(T::decode(input)?);
        if input.offset() == offset {
            input.charge_empty_element()?;
        }
    }
    Ok(items)
}

/// Reads `N` elements by way of a vector.
pub(super) fn decode_each_into_array<T: Cdr, const N: usize>(
    input: &mut Decoder<'_>,
) -> Result<[T; N], CdrError> {
    let items = T::decode_vec(N, input)?;
    items.try_into().map_err(|items: Vec<T>| CdrError::ElementCount { expected: N, decoded: items.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::Endian;
    use crate::limits::{EMPTY_ELEMENTS_MAX, NESTING_DEPTH_MAX};

    #[test]
    fn sequences_of_sequences() {
        let value = vec![vec![1u16, 2, 3], vec![], vec![4]];
        let mut out = Encoder::new(Endian::Big);
        value.encode(&mut out).unwrap();
        let expected = [0, 0, 0, 3, 0, 0, 0, 3, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4];
        assert_eq!(out.as_slice(), expected);
        assert_eq!(Vec::decode(&mut Decoder::new(&expected, Endian::Big)), Ok(value));
    }

    #[test]
    fn arrays_of_structures_have_no_length() {
        let value = [(1u8, 2u32), (3, 4)];
        let mut out = Encoder::new(Endian::Big);
        value.encode(&mut out).unwrap();
        assert_eq!(out.as_slice(), [1, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 4]);
        assert_eq!(<[(u8, u32); 2]>::decode(&mut Decoder::new(out.as_slice(), Endian::Big)), Ok(value));
    }

    #[test]
    fn a_lying_length_is_refused_before_anything_is_reserved() {
        let octets = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        let expected = Err(CdrError::LengthExceedsInput { length: u32::MAX as usize, left: 4 });
        let mut input = Decoder::new(&octets, Endian::Big);
        assert_eq!(Vec::<Vec<u8>>::decode(&mut input.clone()).map(drop), expected);
        assert_eq!(Vec::<u64>::decode(&mut input).map(drop), expected);
    }

    #[test]
    fn elements_of_no_size_are_counted() {
        let mut octets = EMPTY_ELEMENTS_MAX.to_be_bytes().to_vec();
        octets.extend_from_slice(&[0, 0, 0, 1]);
        let mut input = Decoder::new(&octets, Endian::Big);
        assert_eq!(Vec::<()>::decode(&mut input).unwrap().len(), EMPTY_ELEMENTS_MAX as usize);
        assert_eq!(
            Vec::<()>::decode(&mut input),
            Err(CdrError::TooManyEmptyElements { limit: EMPTY_ELEMENTS_MAX })
        );
    }

    #[derive(Debug, PartialEq)]
    struct Tree(Vec<Tree>);

    impl Cdr for Tree {
        const SIZE_MIN: usize = 4;
        fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
            self.0.encode(out)
        }
        fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
            Vec::decode(input).map(Self)
        }
    }

    #[test]
    fn recursion_ends() {
        let endless = [0u8, 0, 0, 1].repeat(100_000);
        let error = Tree::decode(&mut Decoder::new(&endless, Endian::Big)).unwrap_err();
        assert_eq!(error, CdrError::TooDeep { limit: NESTING_DEPTH_MAX });
        let small = Tree(vec![Tree(vec![]), Tree(vec![Tree(vec![])])]);
        let mut out = Encoder::new(Endian::Little);
        small.encode(&mut out).unwrap();
        assert_eq!(Tree::decode(&mut Decoder::new(out.as_slice(), Endian::Little)), Ok(small));
    }

    #[test]
    fn octet_buffers_are_octet_sequences() {
        let mut out = Encoder::new(Endian::Little);
        Bytes::from_static(b"abc").encode(&mut out).unwrap();
        assert_eq!(out.as_slice(), [3, 0, 0, 0, b'a', b'b', b'c']);
        assert_eq!(Bytes::decode(&mut Decoder::new(out.as_slice(), Endian::Little)).unwrap(), "abc");
    }
}
