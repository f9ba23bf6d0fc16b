//! Octets read as decisions.

/// A fuzzer's octets as a sequence of choices. When they are used up every choice is 0, so that a script always ends by
/// its own [`Script::is_over`].
#[derive(Debug)]
pub(crate) struct Script<'a> {
    octets: &'a [u8],
}

impl<'a> Script<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Script<'a> {
        Script { octets }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.octets.split_first() else {
            return 0;
        };
        self.octets = rest;
        *first
    }

    /// A number below `limit`, at most 65,536.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let number = if limit <= 256 {
            usize::from(self.octet())
        } else {
            usize::from(self.octet()) << 8 | usize::from(self.octet())
        };
        number % limit.max(1)
    }

    /// The next octets, as many as there are up to `length`.
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.octets.split_at(length.min(self.octets.len()));
        self.octets = rest;
        taken
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.octets)
    }
}
