//! The channels of a service, by what they are asked for by.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::group::{Elsewhere, SavedChannel};
use super::live::LiveChannel;
use crate::native::ChannelOptions;

/// The channels.
#[derive(Default)]
pub(super) struct Table {
    by_name: BTreeMap<String, Arc<LiveChannel>>,
    by_number: BTreeMap<u64, Arc<LiveChannel>>,
    by_life: BTreeMap<u64, Arc<LiveChannel>>,
    /// Those that one of several servers has alone: this one, or another.
    elsewhere: BTreeMap<String, Arc<Elsewhere>>,
    next_number: u64,
}

impl Table {
    /// An empty one; numbers begin with this one.
    pub(super) fn new(next_number: u64) -> Table {
        Table { next_number, ..Table::default() }
    }

    /// A number that no other channel has.
    pub(super) fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    pub(super) fn insert(&mut self, channel: Arc<LiveChannel>) {
        self.by_number.insert(channel.number(), channel.clone());
        self.by_life.insert(channel.life(), channel.clone());
        self.by_name.insert(channel.name().to_owned(), channel);
    }

    /// Takes a channel out that is here.
    pub(super) fn remove(&mut self, name: &str) -> Option<Arc<LiveChannel>> {
        let removed = self.by_name.remove(name)?;
        self.by_number.remove(&removed.number());
        self.by_life.remove(&removed.life());
        Some(removed)
    }

    /// Takes a channel out, wherever it is. Answers whether there was one, and it if it was here.
    pub(super) fn remove_life(&mut self, life: u64) -> Option<Option<Arc<LiveChannel>>> {
        if let Some(live) = self.by_life.get(&life).cloned() {
            self.elsewhere.remove(live.name());
            return Some(self.remove(live.name()));
        }
        let name =
            self.elsewhere.iter().find(|(_, there)| there.life == life).map(|(name, _)| name.clone())?;
        self.elsewhere.remove(&name);
        Some(None)
    }

    /// Takes all out, and answers those that were here.
    pub(super) fn clear(&mut self) -> Vec<Arc<LiveChannel>> {
        self.by_number.clear();
        self.by_life.clear();
        self.elsewhere.clear();
        std::mem::take(&mut self.by_name).into_values().collect()
    }

    pub(super) fn here(&self) -> impl ExactSizeIterator<Item = &Arc<LiveChannel>> {
        self.by_name.values()
    }

    pub(super) fn named(&self, name: &str) -> Option<&Arc<LiveChannel>> {
        self.by_name.get(name)
    }

    pub(super) fn numbered(&self, number: u64) -> Option<&Arc<LiveChannel>> {
        self.by_number.get(&number)
    }

    pub(super) fn of_life(&self, life: u64) -> Option<&Arc<LiveChannel>> {
        self.by_life.get(&life)
    }

    /// Notes who has a channel alone.
    pub(super) fn note_elsewhere(&mut self, saved: &SavedChannel) {
        self.elsewhere.insert(saved.name.clone(), Arc::new(Elsewhere::new(saved)));
    }

    /// Who has a channel alone.
    pub(super) fn elsewhere(&self, name: &str) -> Option<&Arc<Elsewhere>> {
        self.elsewhere.get(name)
    }

    /// Those that one server has alone, by name.
    pub(super) fn all_elsewhere(&self) -> impl Iterator<Item = (&str, &Elsewhere)> {
        self.elsewhere.iter().map(|(name, elsewhere)| (name.as_str(), &**elsewhere))
    }

    /// The options of a channel, wherever it is.
    pub(super) fn options(&self, name: &str) -> Option<ChannelOptions> {
        match self.by_name.get(name) {
            Some(live) => Some(live.options()),
            None => self.elsewhere.get(name).map(|elsewhere| elsewhere.options.clone()),
        }
    }

    /// How many there are, here and elsewhere.
    pub(super) fn count(&self) -> usize {
        let others = self.elsewhere.keys().filter(|name| !self.by_name.contains_key(*name)).count();
        self.by_name.len() + others
    }
}
