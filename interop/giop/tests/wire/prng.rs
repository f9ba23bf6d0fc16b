//! A small source of repeatable variety: xorshift64*.

pub(crate) struct Prng(u64);

impl Prng {
    /// A sequence that depends on nothing but `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.next() & 1 == 0
    }

    pub(crate) fn octets(&mut self, length_max: usize) -> Vec<u8> {
        (0..self.below(length_max + 1)).map(|_| self.next() as u8).collect()
    }

    /// Text without NUL, of characters that take one to four octets in UTF-8.
    pub(crate) fn text(&mut self, length_max: usize) -> String {
        let alphabet = ['a', 'Z', '0', '/', 'é', 'ÿ', '€', '\u{feff}', '😀', '\u{10ffff}'];
        (0..self.below(length_max + 1)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
