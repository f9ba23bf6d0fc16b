//! What the windows of all groups share: a process has only so many octets under way, however many groups it sends to.
//!
//! ```text
//!   windows_bytes_max   | group a | group b |          left           |
//!                       a message is taken as long as its group has less than is left
//! ```
//!
//! So one group that is held up gets half of it at most and leaves the others the other half; two leave a third; and what
//! many groups have under way at once becomes equal by itself, without anyone's counting them. Room comes back with
//! acknowledgements: groups that were refused something are told when they have no more than half of what is left, whoever
//! waited longest first.

use super::Core;
use super::event::{Blocked, Upcall};
use super::identity::GroupId;
use std::collections::VecDeque;

/// What is under way of this process's own messages.
#[derive(Debug, Default)]
pub(crate) struct Share {
    /// Octets in the windows and backlogs of all groups.
    used: usize,
    /// Groups that were refused something, in the order in which they were.
    waiting: VecDeque<GroupId>,
    /// Something has come back since they were last looked at.
    freed: bool,
}

impl Share {
    /// A message is taken.
    pub(crate) fn take(&mut self, octets: usize) {
        self.used += octets;
    }

    /// Messages are acknowledged by everyone.
    pub(crate) fn give_back(&mut self, octets: usize) {
        self.used = self.used.saturating_sub(octets);
        self.freed |= octets > 0;
    }

    /// A group was refused something, and was not before.
    pub(crate) fn wait(&mut self, id: GroupId) {
        self.waiting.push_back(id);
    }

    fn left(&self, bytes_max: usize) -> usize {
        bytes_max.saturating_sub(self.used)
    }
}

impl Core {
    /// Octets of this process's own messages, in all groups, that not every member has acknowledged or that wait to be sent.
    #[must_use]
    pub fn windows_bytes(&self) -> usize {
        self.share.used
    }

    /// Whether a group that has so many octets under way may have more.
    pub(super) fn has_share(&self, own: usize) -> bool {
        own < self.share.left(self.config.limits.windows_bytes_max)
    }

    /// Tells groups that wait that they may go on, if something has come back. Each is looked at once.
    pub(super) fn share_out(&mut self) {
        if !std::mem::take(&mut self.share.freed) {
            return;
        }
        let left = self.share.left(self.config.limits.windows_bytes_max);
        let room = self.config.limits.backlog_bytes_max / 2;
        for _ in 0..self.share.waiting.len() {
            let Some(id) = self.share.waiting.pop_front() else { break };
            // It may have been left, and entered again, meanwhile.
            let Some(group) = self.groups.get_mut(&id).filter(|group| group.blocked) else { continue };
            // Less than half of what it may have: asking is worth while.
            if left > 0 && group.own_bytes() <= left / 2 && group.backlog.bytes() < room {
                group.blocked = false;
                self.tell(Upcall::Unblocked(Blocked::Credits(id)));
            } else {
                self.share.waiting.push_back(id);
            }
        }
    }

    /// With a view everything is counted anew.
    pub(super) fn recount_windows(&mut self) {
        self.share.used = self.groups.values().map(|group| group.own_bytes()).sum();
        self.share.freed = true;
    }
}
