//! Items of views this process has not installed yet: kept until it has, so that those who are ahead need not wait.

use super::identity::ProcessId;
use super::wire::item::{RawItem, tag};
use super::{Core, Stage};
use std::collections::{BTreeSet, VecDeque};

/// What came too early, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Future {
    items: VecDeque<(ProcessId, RawItem)>,
    bytes: usize,
}

impl Core {
    /// Keeps an item. Beyond the limit its sender must resume, and so send it again.
    pub(super) fn keep_for_later(&mut self, from: ProcessId, item: RawItem) {
        self.counters.future_items += 1;
        self.future.bytes += item.content.len();
        self.future.items.push_back((from, item));
        if self.future.bytes > self.config.limits.future_bytes_max {
            self.counters.refused += 1;
        }
    }

    /// A member that can decide nothing, and has something of a later view, has missed the decision: those who sent it know.
    pub(super) fn ask_who_is_ahead(&mut self) {
        if !self.blocked || self.stage != Stage::Member {
            return;
        }
        let ahead: BTreeSet<ProcessId> = self.future.items.iter().map(|(from, _)| *from).collect();
        for process in ahead {
            self.send_item(process, tag::BEHIND, &{ self.view.number });
        }
    }

    /// Takes up what was kept, after a view was installed.
    pub(super) fn take_up(&mut self) {
        let items = std::mem::take(&mut self.future.items);
        self.future.bytes = 0;
        for (from, item) in items {
            if self.links.peers.contains_key(&from) {
                self.dispatch(from, item);
            }
        }
    }
}
