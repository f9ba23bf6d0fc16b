//! How far subscribers with names have come.

use std::collections::BTreeMap;

/// The positions in front of which subscribers have everything, for a bounded number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    known: BTreeMap<String, u64>,
    max: usize,
}

/// There are too many already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("settled_max = {0} subscribers with names")]
pub struct SettleRefused(pub usize);

impl Settled {
    pub(crate) fn new(max: usize) -> Settled {
        Settled { known: BTreeMap::new(), max }
    }

    /// Notes that a subscriber has everything in front of a position. It never goes back: what is told late is old. The
    /// position 0 forgets the subscriber.
    ///
    /// # Errors
    /// There are too many, and this one is new.
    pub fn settle(&mut self, subscriber: &str, position: u64) -> Result<(), SettleRefused> {
        if position == 0 {
            self.known.remove(subscriber);
            return Ok(());
        }
        if let Some(known) = self.known.get_mut(subscriber) {
            *known = (*known).max(position);
        } else if self.known.len() >= self.max {
            return Err(SettleRefused(self.max));
        } else {
            self.known.insert(subscriber.to_owned(), position);
        }
        Ok(())
    }

    /// The position of a subscriber; 0 if it is not known.
    pub fn of(&self, subscriber: &str) -> u64 {
        self.known.get(subscriber).copied().unwrap_or_default()
    }

    /// Everybody, by name.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.known.iter().map(|(name, &position)| (name.as_str(), position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_never_goes_back_and_nobody_is_forgotten_for_another() {
        let mut settled = Settled::new(2);
        assert_eq!(settled.of("a"), 0);
        settled.settle("a", 7).unwrap();
        settled.settle("a", 5).unwrap();
        settled.settle("b", 1).unwrap();
        assert_eq!(settled.settle("c", 1), Err(SettleRefused(2)));
        assert_eq!(settled.all().collect::<Vec<_>>(), [("a", 7), ("b", 1)]);
        settled.settle("a", 0).unwrap();
        settled.settle("c", 3).unwrap();
        assert_eq!((settled.of("a"), settled.of("c")), (0, 3));
    }
}
