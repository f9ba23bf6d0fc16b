//! Octets and numbers: their slices move as one block, swapped on the way if the byte order is foreign.
//!
//! Blocks go through a piece of [`COPY_PIECE_BYTES`] on the stack where they need swapping or where the
//! input is not aligned for the number; otherwise they are copied straight. Floating-point numbers are
//! only ever moved and swapped, so the bits of a NaN survive.

use bytemuck::{Pod, cast_slice, cast_slice_mut, try_cast_slice};

use super::{Cdr, CdrError, Decoder, Encoder};
use crate::limits::COPY_PIECE_BYTES;

/// A primitive of fixed size.
trait Number: Pod + Default {
    /// The same number with its octets in the opposite order.
    fn swapped(self) -> Self;
}

/// How many numbers of the largest kind fit into one piece.
const PIECE_NUMBERS: usize = COPY_PIECE_BYTES / 8;

fn encode_block<T: Number>(items: &[T], out: &mut Encoder) {
    if items.is_empty() {
        // Padding belongs to the first element; without one there is none.
        return;
    }
    out.align(size_of::<T>());
    if size_of::<T>() == 1 || !out.profile().endian.is_foreign() {
        out.write_octets(cast_slice(items));
        return;
    }
    out.reserve(size_of_val(items));
    let mut piece = [T::default(); PIECE_NUMBERS];
    for chunk in items.chunks(PIECE_NUMBERS) {
        let piece = &mut piece[..chunk.len()];
        for (to, from) in piece.iter_mut().zip(chunk) {
            *to = from.swapped();
        }
        out.write_octets(cast_slice(piece));
    }
}

fn decode_block<T: Number>(count: usize, input: &mut Decoder<'_>) -> Result<Vec<T>, CdrError> {
    let octets = read_block::<T>(count, input)?;
    let mut items = Vec::with_capacity(count);
    let swap = size_of::<T>() > 1 && input.profile().endian.is_foreign();
    match try_cast_slice::<u8, T>(octets) {
        Ok(aligned) if !swap => {
            for piece in aligned.chunks(COPY_PIECE_BYTES / size_of::<T>()) {
                items.extend_from_slice(piece);
            }
        }
        _ => {
            let mut piece = [T::default(); PIECE_NUMBERS];
            for chunk in octets.chunks(PIECE_NUMBERS * size_of::<T>()) {
                let piece = &mut piece[..chunk.len() / size_of::<T>()];
                fill(piece, chunk, swap);
                items.extend_from_slice(piece);
            }
        }
    }
    Ok(items)
}

fn decode_array_block<T: Number, const N: usize>(input: &mut Decoder<'_>) -> Result<[T; N], CdrError> {
    let octets = read_block::<T>(N, input)?;
    let swap = size_of::<T>() > 1 && input.profile().endian.is_foreign();
    let mut items = [T::default(); N];
    for (piece, chunk) in items.chunks_mut(PIECE_NUMBERS).zip(octets.chunks(PIECE_NUMBERS * size_of::<T>())) {
        fill(piece, chunk, swap);
    }
    Ok(items)
}

/// The octets of `count` numbers, after their padding.
fn read_block<'a, T: Number>(count: usize, input: &mut Decoder<'a>) -> Result<&'a [u8], CdrError> {
    if count == 0 {
        return Ok(&[]);
    }
    input.check_len(count, size_of::<T>())?;
    input.align_block(size_of::<T>())?;
    input.read_octets(count * size_of::<T>())
}

/// Copies the octets of as many numbers as `piece` has, swapping each if told to.
fn fill<T: Number>(piece: &mut [T], octets: &[u8], swap: bool) {
    cast_slice_mut::<T, u8>(piece).copy_from_slice(octets);
    if swap {
        for item in piece {
            *item = item.swapped();
        }
    }
}

macro_rules! numbers {
    ($($number:ty, $write:ident, $read:ident, |$value:ident| $swapped:expr;)*) => {$(
        impl Number for $number {
            #[inline]
            fn swapped(self) -> Self {
                let $value = self;
                $swapped
            }
        }

        impl Cdr for $number {
            const SIZE_MIN: usize = size_of::<$number>();

            #[inline]
            fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
                out.$write(*self);
                Ok(())
            }

            #[inline]
            fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
                input.$read()
            }

            fn encode_slice(items: &[Self], out: &mut Encoder) -> Result<(), CdrError> {
                encode_block(items, out);
                Ok(())
            }

            fn decode_vec(count: usize, input: &mut Decoder<'_>) -> Result<Vec<Self>, CdrError> {
                decode_block(count, input)
            }

            fn decode_array<const N: usize>(input: &mut Decoder<'_>) -> Result<[Self; N], CdrError> {
                decode_array_block(input)
            }
        }
    )*};
}

numbers! {
    u8, write_u8, read_u8, |value| value;
    i8, write_i8, read_i8, |value| value;
    u16, write_u16, read_u16, |value| value.swap_bytes();
    i16, write_i16, read_i16, |value| value.swap_bytes();
    u32, write_u32, read_u32, |value| value.swap_bytes();
    i32, write_i32, read_i32, |value| value.swap_bytes();
    u64, write_u64, read_u64, |value| value.swap_bytes();
    i64, write_i64, read_i64, |value| value.swap_bytes();
    f32, write_f32, read_f32, |value| Self::from_bits(value.to_bits().swap_bytes());
    f64, write_f64, read_f64, |value| Self::from_bits(value.to_bits().swap_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::{CdrProfile, Endian};

    /// Encodes element by element, the slow way that blocks must agree with.
    fn one_by_one<T: Cdr>(items: &[T], endian: Endian, origin: usize) -> Vec<u8> {
        let mut out = Encoder::with_buffer(Vec::new(), origin, CdrProfile::native(endian));
        out.write_len(items.len()).unwrap();
        for item in items {
            item.encode(&mut out).unwrap();
        }
        out.into_bytes()
    }

    fn blocks_agree_with_elements<T: Cdr + Clone + PartialEq + std::fmt::Debug>(items: &[T]) {
        for endian in [Endian::Big, Endian::Little] {
            for origin in 0..9 {
                for count in [0, 1, 2, items.len()] {
                    let items = &items[..count];
                    let octets = one_by_one(items, endian, origin);
                    let mut out = Encoder::with_buffer(Vec::new(), origin, CdrProfile::native(endian));
                    items.to_vec().encode(&mut out).unwrap();
                    assert_eq!(out.as_slice(), octets);
                    let mut input = Decoder::with_profile(&octets, origin, CdrProfile::native(endian));
                    assert_eq!(Vec::<T>::decode(&mut input).unwrap(), items);
                    input.finish().unwrap();
                }
            }
        }
    }

    #[test]
    fn every_number_in_every_order_and_place() {
        let seeds: Vec<u64> = (1..700u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        macro_rules! check {
            ($($number:ty),*) => {
                $(blocks_agree_with_elements(&seeds.iter().map(|s| *s as $number).collect::<Vec<_>>());)*
            };
        }
        check!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);
    }

    #[test]
    fn a_signalling_nan_keeps_its_bits() {
        let bits = 0x7ff0_0000_dead_beef_u64;
        for endian in [Endian::Big, Endian::Little] {
            let mut out = Encoder::new(endian);
            vec![f64::from_bits(bits)].encode(&mut out).unwrap();
            [f64::from_bits(bits)].encode(&mut out).unwrap();
            let mut input = Decoder::new(out.as_slice(), endian);
            assert_eq!(Vec::<f64>::decode(&mut input).unwrap()[0].to_bits(), bits);
            assert_eq!(<[f64; 1]>::decode(&mut input).unwrap()[0].to_bits(), bits);
        }
    }

    #[test]
    fn arrays_cross_the_piece_boundary_and_are_checked() {
        let array: [u16; 1500] = std::array::from_fn(|i| i as u16);
        for endian in [Endian::Big, Endian::Little] {
            let mut out = Encoder::new(endian);
            array.encode(&mut out).unwrap();
            assert_eq!(out.len(), 3000);
            assert_eq!(<[u16; 1500]>::decode(&mut Decoder::new(out.as_slice(), endian)), Ok(array));
            let short = &out.as_slice()[..2999];
            let error = <[u16; 1500]>::decode(&mut Decoder::new(short, endian)).unwrap_err();
            assert_eq!(error, CdrError::LengthExceedsInput { length: 1500, left: 2999 });
        }
    }

    #[test]
    fn an_empty_sequence_takes_no_padding() {
        let mut out = Encoder::new(Endian::Big);
        Vec::<f64>::new().encode(&mut out).unwrap();
        assert_eq!(out.as_slice(), [0; 4]);
        let mut input = Decoder::new(out.as_slice(), Endian::Big);
        assert_eq!(Vec::<f64>::decode(&mut input), Ok(vec![]));
        assert_eq!(<[u64; 0]>::decode(&mut input), Ok([]));
    }
}
