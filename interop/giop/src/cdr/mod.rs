//! The Common Data Representation: how values become octets (CORBA 3.3 Part 2, 9.3).
//!
//! A CDR stream has a byte order chosen by its sender, and aligns every primitive to its own size,
//! counted from an origin: the start of the GIOP message, of the encapsulation, or of a native body.
//!
//! ```
//! use quorb_giop::cdr::{Cdr, Decoder, Encoder, Endian};
//!
//! let mut out = Encoder::new(Endian::Big);
//! true.encode(&mut out)?;
//! vec![1i32, 2].encode(&mut out)?;
//! let octets = out.into_bytes();
//! assert_eq!(octets, [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
//!
//! let mut input = Decoder::new(&octets, Endian::Big);
//! assert!(bool::decode(&mut input)?);
//! assert_eq!(Vec::<i32>::decode(&mut input)?, [1, 2]);
//! input.finish()?;
//! # Ok::<(), quorb_giop::cdr::CdrError>(())
//! ```
//!
//! **Padding** is written as zeros and never looked at when read: foreign brokers leave stale heap
//! contents in it. Two encodings of one value may therefore differ; compare values, not messages.

mod block;
mod decoder;
#[cfg(test)]
mod decoder_tests;
mod encoder;
mod error;
mod map;
mod plain;
mod profile;
mod sequence;
mod text;
#[cfg(test)]
mod text_tests;
mod value;

pub use decoder::Decoder;
pub(crate) use encoder::ENCAPSULATION_ROOM_BYTES;
pub use encoder::{Encoder, Grow};
pub use error::CdrError;
pub use profile::{CdrProfile, CharSet, Endian, GiopVersion, WcharSet};
pub use value::{SharedValue, ValueHeader, ValueStart, WrittenValue};

/// A type whose values travel in CDR.
///
/// Derived for user types; implemented here for primitives, strings, sequences, arrays, maps, options,
/// boxes and small tuples. A struct is its fields in order, without anything around them.
///
/// The hooks [`encode_slice`](Cdr::encode_slice), [`decode_vec`](Cdr::decode_vec) and
/// [`decode_array`](Cdr::decode_array) exist so that octets and numbers move as one block wherever they
/// stand: in a sequence, an array, a sequence of sequences, or behind a type alias. Types that wrap a
/// single number may forward them; everybody else keeps the defaults, which go element by element.
pub trait Cdr: Sized {
    /// The least number of octets any value of this type takes, without alignment padding.
    ///
    /// It lets a decoder refuse a sequence length that the rest of the input cannot hold before anything
    /// is reserved for it. A value too small is safe (0 always is); a value too large refuses valid input.
    const SIZE_MIN: usize;

    /// Appends this value.
    ///
    /// # Errors
    /// When the value has no representation in the stream: text outside the character set, a length
    /// above `u32::MAX`. What was appended before the error stays; the caller discards the buffer's tail.
    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError>;

    /// Reads one value.
    ///
    /// # Errors
    /// When the input is too short or is not an encoding of this type. The position of `input` is then
    /// unspecified.
    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError>;

    /// Appends a value that may be missing: whether it is there, and the value. Types that have a null of their own
    /// override it.
    ///
    /// # Errors
    /// Those of [`encode`](Cdr::encode).
    fn encode_option(value: Option<&Self>, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_bool(value.is_some());
        value.map_or(Ok(()), |value| value.encode(out))
    }

    /// Reads a value that may be missing.
    ///
    /// # Errors
    /// Those of [`decode`](Cdr::decode).
    fn decode_option(input: &mut Decoder<'_>) -> Result<Option<Self>, CdrError> {
        if input.read_bool()? { Self::decode(input).map(Some) } else { Ok(None) }
    }

    /// Appends the elements one after another, without a length.
    ///
    /// # Errors
    /// Those of [`encode`](Cdr::encode).
    fn encode_slice(items: &[Self], out: &mut Encoder) -> Result<(), CdrError> {
        items.iter().try_for_each(|item| item.encode(out))
    }

    /// Reads exactly `count` elements, without a length.
    ///
    /// # Errors
    /// Those of [`decode`](Cdr::decode), and [`CdrError::TooManyEmptyElements`].
    fn decode_vec(count: usize, input: &mut Decoder<'_>) -> Result<Vec<Self>, CdrError> {
        sequence::decode_each(count, input)
    }

    /// Reads exactly `N` elements, without a length.
    ///
    /// # Errors
    /// Those of [`decode_vec`](Cdr::decode_vec).
    fn decode_array<const N: usize>(input: &mut Decoder<'_>) -> Result<[Self; N], CdrError> {
        sequence::decode_each_into_array(input)
    }
}
