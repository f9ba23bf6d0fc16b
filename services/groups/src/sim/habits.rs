//! What applications of particular scenarios do: they send alone by turns, share one order among several groups, or dissolve
//! groups.

use super::application::{LEDGER, ROUND, options};
use super::trace::Entry;
use super::world::World;
use crate::core::{Class, GroupId, Order};

impl World {
    /// Ends one of the groups for everyone; mostly the one that ends in no other way.
    pub(super) fn dissolve_some(&mut self, node: usize) {
        let (ledger, choice) = (self.random.permille(600), self.random.any() as usize);
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let mut groups: Vec<GroupId> =
            process.core.groups().filter(|g| !ledger || &*g.name == LEDGER).map(|g| g.group).collect();
        if groups.is_empty() {
            return;
        }
        let group = groups.swap_remove(choice % groups.len());
        let _ = process.core.dissolve_group(group);
    }

    /// A group is no more; some of those who were in it found it again. True if the engine was called.
    pub(super) fn dissolved(&mut self, node: usize, group: GroupId) -> bool {
        self.log(node, Entry::Dissolved { group });
        let again = self.random.permille(800);
        let Some(process) = &mut self.nodes[node].process else { return false };
        let Some(known) = process.application.groups.remove(&group).filter(|_| again) else { return false };
        process.core.enter_group(&known.name, options(&known.name)).is_ok()
    }

    /// One sends in one group, the rest hardly ever says anything; then another one does.
    pub(super) fn send_alone(&mut self, node: usize) {
        let phase = self.now / 300_000;
        if phase as usize % self.nodes.len() != node {
            return match self.random.permille(60) {
                true => self.do_anything(node),
                false => self.ask_something(node),
            };
        }
        let Some(process) = &self.nodes[node].process else { return };
        let groups: Vec<GroupId> = process.application.groups.keys().copied().collect();
        let Some(&group) = groups.get((phase / 7) as usize % groups.len().max(1)) else { return };
        let uniform = process.core.options_of(group).is_some_and(|o| o.only.is_some());
        for _ in 0..self.random.between(1, 4) {
            let uniform = uniform || self.random.permille(300);
            self.send_one(node, group, Class::new(Order::Total, uniform));
        }
    }

    /// Mostly totally ordered messages, in all the groups that share one order.
    pub(super) fn send_around(&mut self, node: usize) {
        if self.random.permille(100) {
            return self.do_anything(node);
        }
        let Some(process) = &self.nodes[node].process else { return };
        let groups: Vec<(GroupId, bool)> =
            process.application.groups.iter().map(|(&id, group)| (id, group.name == ROUND[4])).collect();
        for _ in 0..self.random.between(1, 5) {
            let Some(&(group, uniform)) = groups.get(self.random.any() as usize % groups.len().max(1)) else {
                return;
            };
            let order = if uniform || self.random.permille(900) { Order::Total } else { Order::Fifo };
            let uniform = uniform || self.random.permille(400);
            self.send_one(node, group, Class::new(order, uniform));
        }
    }
}
