//! The writing end of a CDR stream.

use super::value::ValuesWritten;
use super::{CdrError, CdrProfile, Endian};
use crate::limits::{COPY_PIECE_BYTES, COPY_WHOLE_BYTES_MAX};

/// Appends values to an owned buffer.
///
/// Alignment counts from a logical origin that need not be the buffer's start, so a body can be written
/// behind a header, into a recycled buffer, or into a buffer of its own that will be sent behind one.
/// Padding is always zero.
#[derive(Debug)]
pub struct Encoder {
    pub(super) buf: Vec<u8>,
    /// Where in `buf` this stream begins; what is before belongs to the caller.
    start: usize,
    /// How many octets logically precede `start`, for alignment.
    origin: usize,
    profile: CdrProfile,
    /// Makes room for blocks.
    grow: Grow,
    /// Values that may be met again; made with the first one.
    pub(super) values: Option<Box<ValuesWritten>>,
}

/// Makes room for so many octets more in a buffer, whose contents stay; it may become another one.
pub type Grow = fn(&mut Vec<u8>, usize);

/// The room that an encapsulation gets before it has to grow.
pub(crate) const ENCAPSULATION_ROOM_BYTES: usize = 128;

impl Encoder {
    /// An encoder with [`CdrProfile::native`] rules, an empty buffer and alignment from 0.
    #[must_use]
    pub fn new(endian: Endian) -> Self {
        Self::with_buffer(Vec::new(), 0, CdrProfile::native(endian))
    }

    /// An encoder that appends to `buf`, as if `origin` octets of the stream were already written.
    ///
    /// What `buf` holds is kept, and does not count for alignment except through `origin`.
    #[must_use]
    pub fn with_buffer(buf: Vec<u8>, origin: usize, profile: CdrProfile) -> Self {
        Self { start: buf.len(), buf, origin, profile, grow: Vec::reserve, values: None }
    }

    /// The same encoder, whose buffer gets room for blocks from `grow`: whoever keeps large buffers saves the allocator's
    /// work for each.
    #[must_use]
    pub fn with_growth(mut self, grow: Grow) -> Self {
        self.grow = grow;
        self
    }

    /// The contents of an encapsulation without its length: the byte-order flag, then what `body` writes.
    ///
    /// Tagged components, profiles and service contexts are made of this.
    ///
    /// # Errors
    /// Those of `body`.
    pub fn encapsulate<E>(
        endian: Endian,
        body: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        Self::encapsulate_within(ENCAPSULATION_ROOM_BYTES, endian, body)
    }

    /// The same in a buffer that has room for so many octets from the beginning.
    pub(crate) fn encapsulate_within<E>(
        room_bytes: usize,
        endian: Endian,
        body: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let buffer = Vec::with_capacity(room_bytes);
        let mut out = Self::with_buffer(buffer, 0, CdrProfile::native(endian));
        out.write_u8(endian.flag());
        body(&mut out)?;
        Ok(out.into_bytes())
    }

    /// The rules this stream follows.
    #[must_use]
    pub const fn profile(&self) -> CdrProfile {
        self.profile
    }

    /// The distance from the alignment origin to the next octet.
    #[must_use]
    pub fn position(&self) -> usize {
        self.origin + self.len()
    }

    /// How many octets this encoder appended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buf.len() - self.start
    }

    /// The end of the whole buffer, with what it held before: where the next octet goes. Unlike
    /// [`position`](Self::position) it does not start anew in an encapsulation.
    #[must_use]
    pub fn end(&self) -> usize {
        self.buf.len()
    }

    /// Whether nothing was appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What this encoder appended, without what the buffer held before.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.buf[self.start..]
    }

    /// The whole buffer, with what it held before.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.buf
    }

    /// Makes room for at least `additional` more octets.
    pub fn reserve(&mut self, additional: usize) {
        if self.buf.capacity() - self.buf.len() < additional {
            (self.grow)(&mut self.buf, additional);
        }
    }

    /// Pads with zeros until the position is a multiple of `n`, a power of two.
    #[inline]
    pub fn align(&mut self, n: usize) {
        let padding = padding(self.position(), n);
        if padding != 0 {
            self.buf.resize(self.buf.len() + padding, 0);
        }
    }

    /// Appends octets as they are, without length and alignment.
    #[inline]
    pub fn write_octets(&mut self, octets: &[u8]) {
        if octets.len() <= COPY_WHOLE_BYTES_MAX {
            self.buf.extend_from_slice(octets);
            return;
        }
        self.reserve(octets.len());
        for piece in octets.chunks(COPY_PIECE_BYTES) {
            self.buf.extend_from_slice(piece);
        }
    }

    /// Appends the number of elements of a sequence.
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`] above `u32::MAX`.
    #[inline]
    pub fn write_len(&mut self, length: usize) -> Result<(), CdrError> {
        let short = u32::try_from(length).map_err(|_| CdrError::LengthTooLarge { length })?;
        self.write_u32(short);
        Ok(())
    }

    /// Appends a sequence of octets: length, then contents.
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`].
    pub fn write_octet_sequence(&mut self, octets: &[u8]) -> Result<(), CdrError> {
        self.write_len(octets.len())?;
        self.write_octets(octets);
        Ok(())
    }

    /// Appends an encapsulation: length, byte-order flag, and what `body` writes with alignment counted
    /// from the flag (CORBA 3.3 Part 2, 9.3.3). Byte order and code sets are inherited.
    ///
    /// # Errors
    /// Those of `body`, and [`CdrError::LengthTooLarge`]. The encoder must then be discarded.
    pub fn encapsulation(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), CdrError>,
    ) -> Result<(), CdrError> {
        self.write_u32(0);
        let outer = (self.start, self.origin);
        // Values inside are none of those outside.
        let values = self.values.take();
        let begin = self.buf.len();
        (self.start, self.origin) = (begin, 0);
        self.write_u8(self.profile.endian.flag());
        let written = body(self);
        (self.start, self.origin) = outer;
        self.values = values;
        written?;
        let length = self.buf.len() - begin;
        let short = u32::try_from(length).map_err(|_| CdrError::LengthTooLarge { length })?;
        let octets = self.u32_octets(short);
        self.buf[begin - 4..begin].copy_from_slice(&octets);
        Ok(())
    }

    /// Appends a `boolean`: one octet, 1 or 0.
    #[inline]
    pub fn write_bool(&mut self, value: bool) {
        self.buf.push(u8::from(value));
    }

    /// Appends an `octet`.
    #[inline]
    pub fn write_u8(&mut self, value: u8) {
        self.buf.push(value);
    }

    /// Appends a signed octet; IDL knows it as `octet`.
    #[inline]
    pub fn write_i8(&mut self, value: i8) {
        self.buf.push(value.to_ne_bytes()[0]);
    }

    pub(super) fn u32_octets(&self, value: u32) -> [u8; 4] {
        match self.profile.endian {
            Endian::Big => value.to_be_bytes(),
            Endian::Little => value.to_le_bytes(),
        }
    }
}

/// Zeros needed to bring `position` to a multiple of `n`, a power of two.
#[inline]
pub(super) const fn padding(position: usize, n: usize) -> usize {
    debug_assert!(n.is_power_of_two());
    position.wrapping_neg() & (n - 1)
}

macro_rules! write_numbers {
    ($($name:ident: $number:ty, $idl:literal;)*) => {
        impl Encoder {
            $(
                #[doc = concat!("Appends ", $idl, ", aligned to its own size.")]
                #[inline]
                pub fn $name(&mut self, value: $number) {
                    self.align(size_of::<$number>());
                    match self.profile.endian {
                        Endian::Big => self.buf.extend_from_slice(&value.to_be_bytes()),
                        Endian::Little => self.buf.extend_from_slice(&value.to_le_bytes()),
                    }
                }
            )*
        }
    };
}

write_numbers! {
    write_u16: u16, "an `unsigned short`";
    write_i16: i16, "a `short`";
    write_u32: u32, "an `unsigned long`";
    write_i32: i32, "a `long`";
    write_u64: u64, "an `unsigned long long`";
    write_i64: i64, "a `long long`";
    write_f32: f32, "a `float`, bit for bit";
    write_f64: f64, "a `double`, bit for bit";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::GiopVersion;

    #[test]
    fn numbers_align_to_their_size_from_the_origin() {
        let mut out = Encoder::new(Endian::Big);
        out.write_u8(1);
        out.write_u16(2);
        out.write_u64(3);
        assert_eq!(out.as_slice(), [1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(out.position(), 16);
    }

    #[test]
    fn a_buffer_in_use_is_kept_and_does_not_count() {
        let profile = CdrProfile::unnegotiated(Endian::Little, GiopVersion::V1_0);
        let mut out = Encoder::with_buffer(vec![9; 3], 2, profile);
        assert!(out.is_empty());
        out.write_u32(1);
        assert_eq!(out.as_slice(), [0, 0, 1, 0, 0, 0]);
        assert_eq!((out.len(), out.position()), (6, 8));
        assert_eq!(out.into_bytes(), [9, 9, 9, 0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn encapsulations_have_their_own_origin_and_nest() {
        let mut out = Encoder::new(Endian::Big);
        out.write_u8(7);
        out.encapsulation(|out| {
            out.write_u16(5);
            out.encapsulation(|out| {
                out.write_u8(6);
                Ok(())
            })
        })
        .unwrap();
        out.write_u16(8);
        let expected = [7, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 2, 0, 6, 0, 8];
        assert_eq!(out.as_slice(), expected);
    }

    #[test]
    fn large_blocks_arrive_whole() {
        let block: Vec<u8> = (0..10_001u32).map(|i| (i % 251) as u8).collect();
        let mut out = Encoder::new(Endian::Little);
        out.write_octet_sequence(&block).unwrap();
        assert_eq!(out.as_slice()[..4], 10_001u32.to_le_bytes());
        assert_eq!(out.as_slice()[4..], block);
    }

    #[test]
    fn blocks_grow_the_buffer_as_they_are_told() {
        fn into_another(buf: &mut Vec<u8>, more: usize) {
            let mut other = Vec::with_capacity(2 * (buf.len() + more));
            other.extend_from_slice(buf);
            *buf = other;
        }
        let block = [7; 3 * COPY_WHOLE_BYTES_MAX];
        let mut out = Encoder::new(Endian::Little).with_growth(into_another);
        out.write_octet_sequence(&block).unwrap();
        let octets = out.into_bytes();
        assert_eq!(octets[4..], block);
        assert_eq!(octets.capacity(), 2 * octets.len());
    }

    #[test]
    fn lengths_above_32_bits_are_refused() {
        let length = u32::MAX as usize + 1;
        assert_eq!(Encoder::new(Endian::Big).write_len(length), Err(CdrError::LengthTooLarge { length }));
    }
}
