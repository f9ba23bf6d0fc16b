//! What is held back when a durable group falls asleep.
//!
//! ```text
//!   view v: a joiner sends 7, 8, 9; all who have the state fail      delivered up to 7: 8 and 9 are held back
//!   asleep: nothing is sent, nothing delivered
//!   woken:  the copy that counts has 7, 8 of this sender and view    9 is sent again, 8 is in the state
//! ```
//!
//! Members without the state show nobody what they know of such a view: what counts is on the disks of those who failed.
//! Delivered here, a message would be taken for kept by its sender, and no disk that counts might have it.

use super::Group;
use crate::core::identity::ViewNumber;
use crate::core::options::Class;
use bytes::Bytes;

/// This member's messages of a view that nobody with the state survived.
#[derive(Debug)]
pub(super) struct Held {
    view: ViewNumber,
    rank: usize,
    /// Each with the number of its last part.
    messages: Vec<(u64, Class, Bytes)>,
}

impl Group {
    /// The view ends, and whoever had the state is lost: what this member sent and was not delivered is kept.
    pub(crate) fn hold_back(&mut self) {
        self.queries.iter_mut().for_each(|query| query.after.clear());
        let Some(lane) = self.lanes.get(self.me).filter(|_| self.held.is_none()) else { return };
        let first = lane.delivered();
        let ends = (first..).zip(lane.from(first)).filter(|(_, slot)| !slot.part.has_more());
        let messages = ends.filter_map(|(n, slot)| Some((n, slot.class, lane.sent_with(n)?.clone())));
        let messages: Vec<_> = messages.collect();
        if !messages.is_empty() {
            self.held = Some(Box::new(Held { view: self.view, rank: self.me, messages }));
        }
    }

    /// The group has a state again that contains so many messages of this view of each member: the rest is sent before
    /// anything else.
    pub(crate) fn resume(&mut self, view: ViewNumber, contained: &[u64]) {
        let Some(held) = self.held.take() else { return };
        let contained = contained.get(held.rank).filter(|_| view == held.view).copied().unwrap_or(0);
        for (_, class, payload) in held.messages.into_iter().rev().filter(|(n, ..)| *n >= contained) {
            self.backlog.push_front(class, payload);
            self.barriers.iter_mut().for_each(|barrier| barrier.unqueued += 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::{GroupId, ProcessId};
    use crate::core::options::{GroupOptions, Limits, Order};

    /// The second of two members, with three messages that nobody has acknowledged, in a view that ends with them alone.
    fn asleep() -> Group {
        let members = vec![ProcessId(1), ProcessId(2)];
        let begins = (ViewNumber(4), 0);
        let mut group = Group::new(GroupId(0), begins, members, ProcessId(2), &GroupOptions::DURABLE, None);
        for text in ["7", "8", "9"] {
            group.send(Class::new(Order::Total, true), Bytes::from_static(text.as_bytes()));
        }
        group.barrier(5);
        group.hold_back();
        group.restart(ViewNumber(5), vec![ProcessId(2)], ProcessId(2), 0);
        group.suspended = true;
        group
    }

    fn waiting(group: &Group) -> Vec<&[u8]> {
        group.backlog.payloads()
    }

    #[test]
    fn what_the_copy_has_is_not_sent_again() {
        let mut group = asleep();
        assert_eq!(group.passed(), None, "it is not stable anywhere");
        group.backlog.push(Class::new(Order::Total, true), Bytes::from_static(b"later"));
        group.resume(ViewNumber(4), &[0, 2]);
        assert_eq!(waiting(&group), [&b"9"[..], b"later"]);
        assert_eq!(group.backlog.bytes(), 6);
        assert_eq!(group.passed(), None, "it is still to be sent");
        group.suspended = false;
        assert!(group.send_waiting(&Limits::default(), true).is_some());
        group.progress(&mut Vec::new());
        group.synced(u64::MAX);
        assert_eq!(group.backlog.payloads(), [b"later"], "what came later does not count");
    }

    #[test]
    fn a_copy_of_another_view_has_none_of_it() {
        let mut group = asleep();
        group.resume(ViewNumber(3), &[0, 2]);
        assert_eq!(waiting(&group), [&b"7"[..], b"8", b"9"]);
    }
}
