//! Calls by id.

use std::collections::VecDeque;

/// Values by id, for ids that come in increasing order and go in any order.
///
/// Iteration is by id. Looking up costs O(log n), adding and removing O(1) amortised on top of that; nothing is allocated
/// once the table has had its largest size. It is never more than twice as long as what it holds, and some.
#[derive(Debug)]
pub(crate) struct IdTable<T> {
    slots: VecDeque<(u64, Option<T>)>,
    live: usize,
}

/// Below this length a table is not worth compacting.
const SPARSE_LENGTH_MIN: usize = 32;

impl<T> IdTable<T> {
    pub(crate) fn new() -> IdTable<T> {
        IdTable { slots: VecDeque::new(), live: 0 }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds a value behind all others.
    pub(crate) fn push(&mut self, id: u64, value: T) {
        debug_assert!(self.slots.back().is_none_or(|(last, _)| *last < id), "ids increase");
        if self.slots.len() >= SPARSE_LENGTH_MIN && self.live * 2 < self.slots.len() {
            self.slots.retain(|(_, value)| value.is_some());
        }
        self.slots.push_back((id, Some(value)));
        self.live += 1;
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        let at = self.find(id)?;
        self.slots[at].1.as_mut()
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let at = self.find(id)?;
        let value = self.slots[at].1.take()?;
        self.live -= 1;
        while let Some((_, None)) = self.slots.front() {
            self.slots.pop_front();
        }
        Some(value)
    }

    /// All values with their ids, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.slots.iter().filter_map(|(id, value)| Some((*id, value.as_ref()?)))
    }

    fn find(&self, id: u64) -> Option<usize> {
        self.slots.binary_search_by_key(&id, |(id, _)| *id).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::proto::dice::Dice;

    #[test]
    fn it_is_a_map_and_stays_short() {
        let mut dice = Dice::new(1);
        let mut table = IdTable::new();
        let mut model = BTreeMap::new();
        let mut id = 0;
        for _ in 0..20_000 {
            id += 1 + dice.below(3);
            if dice.below(2) == 0 && model.len() < 50 {
                table.push(id, id * 2);
                model.insert(id, id * 2);
            }
            let some = id.saturating_sub(dice.below(300));
            assert_eq!(table.get_mut(some).copied(), model.get(&some).copied());
            assert_eq!(table.remove(some), model.remove(&some));
            assert_eq!(table.remove(some), None);
            assert_eq!(table.len(), model.len());
            assert!(table.slots.len() <= 2 * 50 + SPARSE_LENGTH_MIN);
        }
        assert!(table.iter().map(|(id, value)| (id, *value)).eq(model));
    }

    #[test]
    fn one_that_stays_does_not_make_it_grow() {
        let mut table = IdTable::new();
        table.push(0, ());
        for id in 1..10_000 {
            table.push(id, ());
            table.remove(id);
            assert!(table.slots.len() <= SPARSE_LENGTH_MIN);
        }
        assert_eq!(table.len(), 1);
    }
}
