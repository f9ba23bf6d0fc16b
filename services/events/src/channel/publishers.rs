//! Who has published what already.

use std::collections::BTreeMap;

/// The last sequence number of each publisher, for a bounded number of them.
#[derive(Debug)]
pub(crate) struct Publishers {
    known: BTreeMap<String, Last>,
    /// By when they were heard.
    by_turn: BTreeMap<u64, String>,
    turn: u64,
    max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    position: u64,
    turn: u64,
}

impl Publishers {
    pub(crate) fn new(max: usize) -> Publishers {
        Publishers { known: BTreeMap::new(), by_turn: BTreeMap::new(), turn: 0, max }
    }

    /// The last sequence number and the position of its event.
    pub(super) fn last(&self, publisher: &str) -> Option<(u64, u64)> {
        self.known.get(publisher).map(|last| (last.sequence, last.position))
    }

    /// Whoever has no name has no memory.
    pub(crate) fn note(&mut self, publisher: &str, sequence: u64, position: u64) {
        if publisher.is_empty() {
            return;
        }
        self.turn += 1;
        let last = Last { sequence, position, turn: self.turn };
        match self.known.get_mut(publisher) {
            Some(known) => {
                self.by_turn.remove(&known.turn);
                *known = last;
            }
            None => {
                self.known.insert(publisher.to_owned(), last);
            }
        }
        self.by_turn.insert(self.turn, publisher.to_owned());
        while self.known.len() > self.max {
            let Some((_, oldest)) = self.by_turn.pop_first() else { return };
            self.known.remove(&oldest);
        }
    }

    /// Everybody, with the last sequence number and its position, the one longest silent first.
    pub(crate) fn into_list(self) -> Vec<(String, u64, u64)> {
        let Publishers { mut known, by_turn, .. } = self;
        by_turn
            .into_values()
            .filter_map(|name| known.remove(&name).map(|last| (name, last.sequence, last.position)))
            .collect()
    }

    /// [`into_list`](Publishers::into_list), of those who stay.
    pub(super) fn list(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.by_turn.values().filter_map(|name| {
            let last = self.known.get(name)?;
            Some((name.as_str(), last.sequence, last.position))
        })
    }

    /// Takes a note back: what was noted was not published after all.
    pub(super) fn restore(&mut self, publisher: &str, before: Option<(u64, u64)>) {
        match before {
            Some((sequence, position)) => self.note(publisher, sequence, position),
            None => {
                if let Some(last) = self.known.remove(publisher) {
                    self.by_turn.remove(&last.turn);
                }
            }
        }
    }
}
