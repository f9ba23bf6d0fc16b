//! Reading a frame's head field by field. All numbers are little-endian.

use bytes::Bytes;

use super::error::HeadError;

/// A position in a head. Texts and keys come out as slices that share the octets.
#[derive(Debug)]
pub(super) struct HeadReader {
    head: Bytes,
    at: usize,
}

impl HeadReader {
    pub(super) fn new(head: Bytes) -> HeadReader {
        HeadReader { head, at: 0 }
    }

    /// Octets that are still unread.
    pub(super) fn left(&self) -> usize {
        self.head.len() - self.at
    }

    pub(super) fn u8(&mut self) -> Result<u8, HeadError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, HeadError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, HeadError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, HeadError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A `u64` if `present`, else nothing, and nothing is read.
    pub(super) fn u64_if(&mut self, present: bool) -> Result<Option<u64>, HeadError> {
        if present { self.u64().map(Some) } else { Ok(None) }
    }

    /// The next `N` octets.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], HeadError> {
        match self.head[self.at..].first_chunk::<N>() {
            Some(octets) => {
                self.at += N;
                Ok(*octets)
            }
            None => Err(self.truncated(N)),
        }
    }

    /// The next `count` octets, shared.
    pub(super) fn slice(&mut self, count: usize) -> Result<Bytes, HeadError> {
        if count > self.left() {
            return Err(self.truncated(count));
        }
        let slice = self.head.slice(self.at..self.at + count);
        self.at += count;
        Ok(slice)
    }

    /// Everything that is left, shared.
    pub(super) fn rest(&mut self) -> Bytes {
        let rest = self.head.slice(self.at..);
        self.at = self.head.len();
        rest
    }

    /// Refuses octets behind the last field.
    pub(super) fn finish(self) -> Result<(), HeadError> {
        match self.left() {
            0 => Ok(()),
            bytes => Err(HeadError::Surplus { bytes }),
        }
    }

    fn truncated(&self, needed: usize) -> HeadError {
        HeadError::Truncated { needed, left: self.left() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_each_other_and_the_end_is_checked() {
        let mut reader = HeadReader::new(Bytes::from_static(&[1, 2, 0, 3, 0, 0, 0, b'k', b'e', b'y']));
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u32(), Ok(3));
        assert_eq!(reader.slice(3), Ok(Bytes::from_static(b"key")));
        assert_eq!(reader.slice(1), Err(HeadError::Truncated { needed: 1, left: 0 }));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_length_that_lies_is_an_error_and_moves_nothing() {
        let mut reader = HeadReader::new(Bytes::from_static(&[1, 2, 3]));
        assert_eq!(reader.u64(), Err(HeadError::Truncated { needed: 8, left: 3 }));
        assert_eq!(reader.slice(usize::MAX), Err(HeadError::Truncated { needed: usize::MAX, left: 3 }));
        assert_eq!(reader.left(), 3);
        assert_eq!(reader.rest(), Bytes::from_static(&[1, 2, 3]));
    }
}
