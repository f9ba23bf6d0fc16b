//! Checkpoints: how a copy begins, and how the log is kept short.
//!
//! ```text
//!   BEGAN(index) ... TakeCheckpoint -> application -> checkpoint(state) ... PARTs ARRIVED(state)     this copy counts now
//!   enough written: BASE, KEPT(copies not in use), BEGAN(every group) ... all ARRIVED, synced -> Forget before BASE
//! ```
//!
//! A new member's copy begins at its cut and is whole when the state has arrived; a checkpoint is the same with the
//! application's own state, which may come in `parts`. Until then the older copy counts, so a crash at any point leaves one that does.

use super::{Copy, Deferred, Record};
use crate::core::event::{CallError, Upcall};
use crate::core::identity::GroupId;
use crate::core::{Core, Stage};
use bytes::Bytes;
use std::collections::BTreeSet;

/// The log is being begun anew.
#[derive(Debug)]
pub(super) struct Round {
    /// Everything before this record can go when the round is over.
    before: u64,
    waiting: BTreeSet<GroupId>,
}

impl Core {
    /// A copy of a durable group begins with this view; its state is on the way.
    pub(in crate::core) fn begin_copy(&mut self, id: GroupId) {
        if !self.groups.get(&id).is_some_and(|g| g.is_durable()) {
            return;
        }
        let index = self.registry.get(id).map_or(0, |r| r.length);
        let copy = Copy::begin(index, self.view.number, Vec::new(), Vec::new());
        self.append(&Record::Began { group: id, copy });
    }

    /// Asks the application for a snapshot of a group.
    pub(in crate::core) fn begin_checkpoint(&mut self, id: GroupId) {
        let Some((index, copy)) = self.groups.get(&id).and_then(|g| g.checkpoint()) else { return };
        self.append(&Record::Began { group: id, copy });
        self.log.checkpoints.insert(id, index);
        self.tell_group(id, Upcall::TakeCheckpoint { group: id, index });
    }

    /// The state of a durable group as it was when `TakeCheckpoint` was told, with the index named there.
    ///
    /// # Errors
    /// When the snapshot is longer than the limit.
    pub fn checkpoint(&mut self, group: GroupId, index: u64, state: &Bytes) -> Result<(), CallError> {
        if state.len() as u64 > self.config.limits.state_bytes_max {
            return Err(CallError::TooLong);
        }
        if self.log.checkpoints.get(&group) != Some(&index) {
            return Ok(());
        }
        self.write_snapshot(group, index, state.clone());
        Ok(())
    }

    /// Begins the log anew when much has been written, and nothing is half done.
    pub(in crate::core) fn compact(&mut self) {
        let enough = self.config.limits.log_compact_bytes.max(2 * self.log.octets_of_round);
        let idle = self.log.round.is_none() && self.log.checkpoints.is_empty() && self.log.left.is_empty();
        if !self.log.is_kept() || self.log.octets < enough || !idle || self.stage != Stage::Member {
            return;
        }
        if self.acceptor.is_flushing() || self.transfers.is_any_waiting() {
            return;
        }
        let before = self.log.appended + 1;
        self.log.octets = 0;
        self.append(&Record::Base { view: self.view.clone(), registry: self.registry.snapshot() });
        let kept: Vec<_> = self.log.copies.iter().map(|(&id, copy)| (id, copy.clone())).collect();
        for (group, copy) in kept {
            if self.registry.get(group).is_some() {
                self.append(&Record::Kept { group, copy });
            }
        }
        let durable: Vec<GroupId> = self.groups.values().filter(|g| g.is_durable()).map(|g| g.id).collect();
        self.log.round = Some(Round { before, waiting: BTreeSet::new() });
        for id in durable {
            self.begin_checkpoint(id);
        }
        if let Some(round) = &mut self.log.round {
            round.waiting.extend(self.log.checkpoints.keys());
        }
        self.finish_round();
    }

    /// The round is over when every snapshot that it waits for is written.
    pub(in crate::core) fn finish_round(&mut self) {
        let Some(round) = &self.log.round else { return };
        if round.waiting.iter().any(|id| self.log.checkpoints.contains_key(id)) {
            return;
        }
        let before = round.before;
        self.log.round = None;
        self.log.octets_of_round = self.log.octets;
        self.counters.compactions += 1;
        self.defer(Deferred::Forget { before });
    }
}
