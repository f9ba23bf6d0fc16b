//! Which of the last oneway requests of a client have come.

/// Which of the last oneway requests of a client have come. Nobody is answered, so nobody acknowledges: what is older than
/// [`Window::SEQUENCES`] is taken for a repetition (as in RFC 4303, section 3.4.3).
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The first sequence above all that have come.
    next: u64,
    /// One bit for each of the last sequences, at its remainder.
    seen: Box<[u64; Window::WORDS]>,
}

impl Window {
    const WORDS: usize = 64;

    /// So far apart may requests overtake each other.
    pub(super) const SEQUENCES: u64 = 64 * Window::WORDS as u64;

    /// A window of which everything below `next` may have come.
    pub(super) fn new(next: u64) -> Window {
        Window { next, seen: Box::new([u64::MAX; Window::WORDS]) }
    }

    /// The first sequence above all that have come.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Notes that a request comes. Answers whether it is the first time.
    pub(super) fn take(&mut self, sequence: u64) -> bool {
        if sequence >= self.next {
            // Those that are passed over have not come; those that they take the place of are too old.
            let fresh = (sequence - self.next).min(Window::SEQUENCES - 1);
            for skipped in sequence - fresh..=sequence {
                let (word, bit) = self.place(skipped);
                *word &= !bit;
            }
            self.next = sequence.saturating_add(1);
        } else if self.next - sequence > Window::SEQUENCES {
            return false;
        }
        let (word, bit) = self.place(sequence);
        let is_first = *word & bit == 0;
        *word |= bit;
        is_first
    }

    fn place(&mut self, sequence: u64) -> (&mut u64, u64) {
        let word = (sequence / 64) as usize % Window::WORDS;
        (&mut self.seen[word], 1 << (sequence % 64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::proto::dice::Dice;

    #[test]
    fn each_comes_once_in_any_order() {
        let mut window = Window::new(0);
        for sequence in [0, 1, 5, 3, 4, 2, Window::SEQUENCES - 1] {
            assert!(window.take(sequence), "{sequence}");
            assert!(!window.take(sequence), "{sequence} again");
        }
        assert!(window.take(6));
    }

    #[test]
    fn what_is_too_old_is_refused() {
        let mut window = Window::new(0);
        assert!(window.take(10 * Window::SEQUENCES));
        assert!(!window.take(9 * Window::SEQUENCES), "too old");
        assert!(window.take(9 * Window::SEQUENCES + 1));
        assert!(!window.take(9 * Window::SEQUENCES + 1));
        assert_eq!(window.next(), 10 * Window::SEQUENCES + 1);
    }

    #[test]
    fn what_may_have_come_before_is_refused() {
        let mut window = Window::new(100);
        assert!(!window.take(99) && !window.take(0));
        assert!(window.take(102) && window.take(100) && window.take(101));
    }

    #[test]
    fn no_long_history_takes_anything_twice() {
        for seed in 0..20 {
            let mut dice = Dice::new(seed);
            let (mut window, mut seen, mut refused) = (Window::new(0), BTreeSet::new(), 0);
            let mut next = 0;
            for _ in 0..20_000 {
                let sequence = match dice.below(4) {
                    0 => next - dice.below(next.min(2 * Window::SEQUENCES) + 1),
                    1 => next + dice.below(200),
                    _ => next,
                };
                next = next.max(sequence + 1);
                match window.take(sequence) {
                    true => assert!(seen.insert(sequence), "seed {seed}: {sequence} twice"),
                    false if next - sequence < Window::SEQUENCES => {
                        assert!(seen.contains(&sequence), "seed {seed}: {sequence} never came");
                    }
                    false => refused += 1,
                }
            }
            assert!(refused > 100 && seen.len() > 1_000, "{refused} {}", seen.len());
        }
    }
}
