//! The reading end of a CDR stream.

use super::encoder::padding;
use super::value::ValuesRead;
use super::{CdrError, CdrProfile, Endian};
use crate::limits::{EMPTY_ELEMENTS_MAX, NESTING_DEPTH_MAX};

/// The alignment position of the first octet of a GIOP 1.1 fragment: it stands behind a message header.
const FRAGMENT_ORIGIN: usize = 12;

/// Reads values from borrowed octets.
///
/// Whatever the octets are, reading costs at most an error: lengths are checked against what is left
/// before anything is reserved, nesting has a budget, and elements that take no octets have another.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    data: &'a [u8],
    /// The next octet to read.
    pub(super) offset: usize,
    /// What to add to `offset`, wrapping, for the alignment position.
    origin: usize,
    /// Where the next GIOP 1.1 fragment begins; `usize::MAX` if none does.
    next_joint: usize,
    /// All further fragments, `next_joint` included.
    pub(super) joints: &'a [usize],
    /// Where the open chunk of a value ends; `usize::MAX` outside of chunked values.
    pub(super) chunk_end: usize,
    /// Values that may be met again; made with the first one.
    pub(super) values: Option<Box<ValuesRead>>,
    profile: CdrProfile,
    depth_limit: u32,
    depth_left: u32,
    empty_left: u32,
}

impl<'a> Decoder<'a> {
    /// A decoder with [`CdrProfile::native`] rules and alignment from 0.
    #[must_use]
    pub const fn new(data: &'a [u8], endian: Endian) -> Self {
        Self::with_profile(data, 0, CdrProfile::native(endian))
    }

    /// A decoder of octets that `origin` octets of the same stream logically precede.
    #[must_use]
    pub const fn with_profile(data: &'a [u8], origin: usize, profile: CdrProfile) -> Self {
        Self {
            data,
            offset: 0,
            origin,
            next_joint: usize::MAX,
            joints: &[],
            chunk_end: usize::MAX,
            values: None,
            profile,
            depth_limit: NESTING_DEPTH_MAX,
            depth_left: NESTING_DEPTH_MAX,
            empty_left: EMPTY_ELEMENTS_MAX,
        }
    }

    /// A decoder of the contents of an encapsulation, whose first octet says the byte order.
    ///
    /// # Errors
    /// [`CdrError::Truncated`] if there is no first octet.
    pub fn of_encapsulation(data: &'a [u8]) -> Result<Self, CdrError> {
        let flag = *data.first().ok_or(CdrError::Truncated { needed: 1, left: 0 })?;
        let mut input = Self::new(data, Endian::from_flag(flag));
        input.offset = 1;
        Ok(input)
    }

    /// The same decoder with another nesting budget than [`NESTING_DEPTH_MAX`].
    #[must_use]
    pub const fn with_depth_max(mut self, depth_max: u32) -> Self {
        self.depth_limit = depth_max;
        self.depth_left = depth_max;
        self
    }

    /// The same decoder of data that was joined from GIOP 1.1 fragments, which begin at `joints`, ascending.
    ///
    /// In GIOP 1.1 alignment counts from the fragment, not from the message, so it starts anew at each
    /// joint. Blocks of octets and numbers go on across joints without padding in between
    /// (CORBA 3.3 Part 2, 9.4.9).
    #[must_use]
    pub fn with_joints(mut self, joints: &'a [usize]) -> Self {
        self.joints = joints;
        self.next_joint = joints.first().copied().unwrap_or(usize::MAX);
        self
    }

    /// The rules this stream follows.
    #[must_use]
    pub const fn profile(&self) -> CdrProfile {
        self.profile
    }

    /// The distance from the alignment origin to the next octet.
    #[must_use]
    pub fn position(&self) -> usize {
        if self.offset < self.next_joint {
            return self.origin.wrapping_add(self.offset);
        }
        let mut ahead = self.clone();
        ahead.cross_joints();
        ahead.origin.wrapping_add(ahead.offset)
    }

    /// The index of the next octet in the data given.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many octets are left, padding included.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.data.len() - self.offset
    }

    /// All octets left, which are thereby read.
    pub fn read_rest(&mut self) -> &'a [u8] {
        let rest = &self.data[self.offset..];
        self.offset = self.data.len();
        rest
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`CdrError::TrailingBytes`] if anything is left.
    pub fn finish(self) -> Result<(), CdrError> {
        match self.remaining() {
            0 => Ok(()),
            count => Err(CdrError::TrailingBytes { count }),
        }
    }

    /// Skips padding until the position is a multiple of `n`, a power of two. Its contents are ignored.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub fn align(&mut self, n: usize) -> Result<(), CdrError> {
        if self.chunk_end != usize::MAX {
            // What is aligned for has a size.
            self.settle_in_chunk(n, 1)?;
        }
        self.settle(n);
        self.read_octets(self.padding(n)).map(drop)
    }

    /// Skips the padding before a block of primitives of size `n`.
    ///
    /// A block is aligned once, where it begins. If that is where a fragment of GIOP 1.1 ends, there is no padding at the
    /// beginning of the next one, unlike before a single number: that is how omniORB writes, and hardly anybody else
    /// cuts GIOP 1.1 into fragments.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub(super) fn align_block(&mut self, n: usize) -> Result<(), CdrError> {
        if self.next_joint.saturating_sub(self.offset) < n && self.block_begins_fragment(n) {
            return Ok(());
        }
        self.align(n)
    }

    /// Moves to the next fragment if padding, or none, fills up the one before it.
    #[cold]
    fn block_begins_fragment(&mut self, n: usize) -> bool {
        self.cross_joints_before(self.offset);
        let fills = self.offset + self.padding(n) == self.next_joint && self.next_joint <= self.data.len();
        if fills {
            self.offset = self.next_joint;
        }
        fills
    }

    /// Zeros that precede a primitive of size `n` here, once [`settle`](Self::settle) has crossed any joint.
    #[inline]
    pub(super) const fn padding(&self, n: usize) -> usize {
        padding(self.origin.wrapping_add(self.offset), n)
    }

    /// Moves to the fragment in which a primitive of size `n` stands, if it may be the next one.
    #[inline]
    fn settle(&mut self, n: usize) {
        if self.next_joint.saturating_sub(self.offset) < n {
            self.settle_across_joints(n);
        }
    }

    #[cold]
    fn settle_across_joints(&mut self, n: usize) {
        loop {
            self.cross_joints();
            let padding = self.padding(n);
            if padding == 0 || self.offset + padding < self.next_joint {
                return;
            }
            // The padding fills up its fragment; what it was for begins the next one.
            if self.next_joint > self.data.len() {
                return;
            }
            self.offset = self.next_joint;
        }
    }

    /// Counts alignment from the fragment the next octet is in.
    fn cross_joints(&mut self) {
        self.cross_joints_before(self.offset.saturating_add(1));
    }

    /// Counts alignment from the last fragment that begins before `offset`.
    fn cross_joints_before(&mut self, offset: usize) {
        while offset > self.next_joint {
            self.origin = FRAGMENT_ORIGIN.wrapping_sub(self.next_joint);
            self.joints = self.joints.get(1..).unwrap_or_default();
            self.next_joint = self.joints.first().copied().unwrap_or(usize::MAX);
        }
    }

    /// Reads octets as they are, without length and alignment.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub fn read_octets(&mut self, count: usize) -> Result<&'a [u8], CdrError> {
        if self.chunk_end != usize::MAX {
            self.settle_in_chunk(1, count)?;
        }
        let left = &self.data[self.offset..];
        let octets = left.get(..count).ok_or(CdrError::Truncated { needed: count, left: left.len() })?;
        self.offset += count;
        Ok(octets)
    }

    /// Reads the number of elements of a sequence, each of which takes at least `size_min` octets.
    ///
    /// # Errors
    /// [`CdrError::LengthExceedsInput`] if that many cannot follow.
    #[inline]
    pub fn read_len(&mut self, size_min: usize) -> Result<usize, CdrError> {
        let length = self.read_u32()? as usize;
        self.check_len(length, size_min)?;
        Ok(length)
    }

    /// Checks that `count` elements of at least `size_min` octets can follow.
    ///
    /// # Errors
    /// [`CdrError::LengthExceedsInput`] if not.
    #[inline]
    pub fn check_len(&self, count: usize, size_min: usize) -> Result<(), CdrError> {
        let left = self.remaining();
        match count.checked_mul(size_min) {
            Some(octets) if octets <= left => Ok(()),
            _ => Err(CdrError::LengthExceedsInput { length: count, left }),
        }
    }

    /// Reads a sequence of octets: length, then contents.
    ///
    /// # Errors
    /// [`CdrError::LengthExceedsInput`], [`CdrError::Truncated`].
    #[inline]
    pub fn read_octet_sequence(&mut self) -> Result<&'a [u8], CdrError> {
        let length = self.read_len(1)?;
        self.read_octets(length)
    }

    /// Reads an encapsulation; `body` gets a decoder in the encapsulation's byte order, aligned from its
    /// flag, with code sets inherited and the nesting budget passed on.
    ///
    /// What `body` leaves unread is skipped: encapsulations may be extended at their end.
    ///
    /// # Errors
    /// Those of `body`, [`CdrError::TooDeep`], and those of a sequence of octets.
    pub fn encapsulation<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, CdrError>,
    ) -> Result<T, CdrError> {
        let data = self.read_octet_sequence()?;
        self.nested(|outer| {
            let mut inner = Self::of_encapsulation(data)?;
            inner.profile = outer.profile.with_endian(inner.profile.endian);
            inner.depth_limit = outer.depth_limit;
            inner.depth_left = outer.depth_left;
            inner.empty_left = outer.empty_left;
            let value = body(&mut inner)?;
            outer.empty_left = inner.empty_left;
            Ok(value)
        })
    }

    /// Runs `body` one nesting level deeper.
    ///
    /// Every type that can contain itself calls this: sequences, boxes, maps, encapsulations.
    ///
    /// # Errors
    /// [`CdrError::TooDeep`] if the budget is used up, else those of `body`.
    #[inline]
    pub fn nested<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, CdrError>) -> Result<T, CdrError> {
        if self.depth_left == 0 {
            return Err(CdrError::TooDeep { limit: self.depth_limit });
        }
        self.depth_left -= 1;
        let result = body(self);
        self.depth_left += 1;
        result
    }

    /// Accounts for one sequence element that took no octets.
    pub(super) fn charge_empty_element(&mut self) -> Result<(), CdrError> {
        self.empty_left = self
            .empty_left
            .checked_sub(1)
            .ok_or(CdrError::TooManyEmptyElements { limit: EMPTY_ELEMENTS_MAX })?;
        Ok(())
    }

    /// Reads a `boolean`; any octet but 0 is true.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub fn read_bool(&mut self) -> Result<bool, CdrError> {
        self.read_u8().map(|octet| octet != 0)
    }

    /// Reads an `octet`.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub fn read_u8(&mut self) -> Result<u8, CdrError> {
        if self.chunk_end != usize::MAX {
            self.settle_in_chunk(1, 1)?;
        }
        let octet = *self.data.get(self.offset).ok_or(CdrError::Truncated { needed: 1, left: 0 })?;
        self.offset += 1;
        Ok(octet)
    }

    /// Reads a signed octet; IDL knows it as `octet`.
    ///
    /// # Errors
    /// [`CdrError::Truncated`].
    #[inline]
    pub fn read_i8(&mut self) -> Result<i8, CdrError> {
        self.read_u8().map(|octet| i8::from_ne_bytes([octet]))
    }

    #[inline]
    fn read_aligned<const N: usize>(&mut self) -> Result<[u8; N], CdrError> {
        if self.chunk_end != usize::MAX {
            self.settle_in_chunk(N, N)?;
        }
        self.settle(N);
        let needed = self.padding(N) + N;
        let left = &self.data[self.offset..];
        let octets = left.get(needed - N..).and_then(|rest| rest.first_chunk::<N>());
        let octets = *octets.ok_or(CdrError::Truncated { needed, left: left.len() })?;
        self.offset += needed;
        Ok(octets)
    }
}

macro_rules! read_numbers {
    ($($name:ident: $number:ty, $idl:literal;)*) => {
        impl Decoder<'_> {
            $(
                #[doc = concat!("Reads ", $idl, ", aligned to its own size.")]
                ///
                /// # Errors
                /// [`CdrError::Truncated`].
                #[inline]
                pub fn $name(&mut self) -> Result<$number, CdrError> {
                    let octets = self.read_aligned()?;
                    Ok(match self.profile.endian {
                        Endian::Big => <$number>::from_be_bytes(octets),
                        Endian::Little => <$number>::from_le_bytes(octets),
                    })
                }
            )*
        }
    };
}

read_numbers! {
    read_u16: u16, "an `unsigned short`";
    read_i16: i16, "a `short`";
    read_u32: u32, "an `unsigned long`";
    read_i32: i32, "a `long`";
    read_u64: u64, "an `unsigned long long`";
    read_i64: i64, "a `long long`";
    read_f32: f32, "a `float`, bit for bit";
    read_f64: f64, "a `double`, bit for bit";
}
