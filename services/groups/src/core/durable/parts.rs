//! Large snapshots on their way to the log: a part after the other, so that nothing else waits for more than one of them.
//!
//! ```text
//!   BEGAN  PART ... synced  PART ... synced  ...  ARRIVED(the rest)
//!              \                \
//!               PLACED, LOOSE ..  what happens meanwhile comes between them, as between BEGAN and ARRIVED
//! ```
//!
//! A snapshot that is not whole does not count: the copy before it does. Only checkpoints come in parts; the state of a joiner
//! is one record, for until it is whole nobody counts on that member.

use super::Record;
use crate::core::Core;
use crate::core::identity::GroupId;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Snapshots that are being written.
pub(super) type Parts = BTreeMap<GroupId, Rest>;

/// What is left of a snapshot.
#[derive(Debug)]
pub(super) struct Rest {
    /// That of its checkpoint.
    index: u64,
    state: Bytes,
    /// The record with the last part.
    last: u64,
}

impl Core {
    /// The snapshot of a checkpoint that was asked for goes to the log.
    pub(super) fn write_snapshot(&mut self, group: GroupId, index: u64, state: Bytes) {
        self.log.parts.insert(group, Rest { index, state, last: 0 });
        self.write_part(group);
    }

    /// Parts were synced: the next ones follow.
    pub(super) fn write_more_parts(&mut self) {
        if self.log.parts.is_empty() {
            return;
        }
        let synced = self.log.synced;
        let due = { self.log.parts.iter() }.filter(|(_, rest)| rest.last <= synced);
        for group in due.map(|(&group, _)| group).collect::<Vec<_>>() {
            self.write_part(group);
        }
    }

    fn write_part(&mut self, group: GroupId) {
        let Some(mut rest) = self.log.parts.remove(&group) else { return };
        // The group was left or dissolved meanwhile.
        if self.log.checkpoints.get(&group) != Some(&rest.index) {
            return;
        }
        let max = self.config.limits.log_part_bytes.max(1);
        if rest.state.len() > max {
            let octets = rest.state.split_to(max);
            self.append(&Record::Part { group, octets });
            self.counters.snapshot_parts += 1;
            rest.last = self.log.appended;
            self.log.parts.insert(group, rest);
            return;
        }
        self.log.checkpoints.remove(&group);
        self.counters.checkpoints += 1;
        self.append(&Record::Arrived { group, state: rest.state });
        self.whole_with_the_last(group);
        self.finish_round();
    }
}
