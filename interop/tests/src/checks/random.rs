//! A seeded source of numbers: the same seed gives the same calls, here and in the report of a failure.

/// xorshift64*.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d).max(1))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which must not be 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        // The upper half is the better one.
        u32::try_from((self.next() >> 32) % u64::from(limit)).unwrap_or(0)
    }

    pub(super) fn i32(&mut self) -> i32 {
        (self.next() as u32).cast_signed()
    }
}
