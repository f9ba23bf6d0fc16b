//! Whether the members' states are still equal: digests, taken by all at the same places of the order.
//!
//! A member whose digest differs from that of more than half of the members leaves. Where there is no such majority nobody
//! knows who is right: that is reported, and everyone goes on.

use super::message::{Digest, Message};
use super::{Effect, Mistake, Replica, Style};
use crate::core::ProcessId;
use crate::core::wire::{Wire, wire_struct};
use std::collections::BTreeMap;

/// Checkpoints whose digests are not all here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checkpoints {
    open: Vec<Checkpoint>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    place: u64,
    digests: Vec<Reported>,
}

/// What a member has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    process: ProcessId,
    digest: Digest,
}

wire_struct! {
    Checkpoints { open }
    Checkpoint { place, digests }
    Reported { process, digest }
}

/// Checkpoints that are kept open.
const OPEN_MAX: usize = 4;

impl Replica {
    /// Takes a digest at every so many-th request.
    pub(super) fn checkpoint(&mut self) {
        let (place, every) = (self.shared.requests, self.limits.checkpoint_requests);
        let is_alone = self.complete_members().len() < 2;
        if every > 0
            && place.is_multiple_of(every)
            && self.shared.style == Style::Active
            && !is_alone
            && !self.replaying
        {
            self.emit(Effect::TakeDigest { place });
        }
    }

    /// Takes one after the outcome that goes beyond so many requests: where effects are shipped, a servant that does what it
    /// does not declare drifts away from the others.
    pub(super) fn checkpoint_of_effects(&mut self) {
        let (place, every) = (self.shared.requests, self.limits.checkpoint_requests);
        if every == 0 || !self.shared.ships_effects || place / every == self.shared.compared {
            return;
        }
        self.shared.compared = place / every;
        if self.complete_members().len() > 1 && !self.replaying {
            self.emit(Effect::TakeDigest { place });
        }
    }

    /// The digest of this member's state, as [`Effect::TakeDigest`] asked.
    pub fn digested(&mut self, place: u64, digest: u128) {
        let digest = Digest { place, high: (digest >> 64) as u64, low: digest as u64 };
        self.emit(Effect::Multicast(Message::Digest(digest).to_bytes()));
    }

    pub(super) fn compared(&mut self, sender: ProcessId, digest: Digest) {
        let open = &mut self.shared.checkpoints.open;
        let at = open.iter().position(|checkpoint| checkpoint.place == digest.place).unwrap_or_else(|| {
            open.push(Checkpoint { place: digest.place, digests: Vec::new() });
            if open.len() > OPEN_MAX {
                open.remove(0);
            }
            open.len() - 1
        });
        let digests = &mut open[at].digests;
        if digests.iter().all(|reported| reported.process != sender) {
            digests.push(Reported { process: sender, digest });
        }
        self.judge(at);
    }

    /// Members are gone: what waits for them need not.
    pub(super) fn lost(&mut self, gone: &[ProcessId]) {
        if gone.is_empty() {
            return;
        }
        for checkpoint in &mut self.shared.checkpoints.open {
            checkpoint.digests.retain(|reported| !gone.contains(&reported.process));
        }
        for at in (0..self.shared.checkpoints.open.len()).rev() {
            self.judge(at);
        }
    }

    /// Once all have reported: who is wrong, if that can be told.
    fn judge(&mut self, at: usize) {
        let members = self.complete_members().to_vec();
        let checkpoint = &self.shared.checkpoints.open[at];
        let place = checkpoint.place;
        let of = |process: &ProcessId| {
            checkpoint.digests.iter().find(|r| r.process == *process).map(|r| (r.digest.high, r.digest.low))
        };
        // Members that have come since then have no digest of it.
        let reports: Vec<(ProcessId, (u64, u64))> =
            members.iter().filter_map(|process| Some((*process, of(process)?))).collect();
        if reports.len() < members.len() {
            return;
        }
        let mut votes: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        reports.iter().for_each(|(_, digest)| *votes.entry(*digest).or_default() += 1);
        self.shared.checkpoints.open.remove(at);
        if votes.len() < 2 {
            return;
        }
        let majority = votes.iter().find(|(_, count)| **count * 2 > members.len()).map(|(digest, _)| *digest);
        let own = reports.iter().find(|(process, _)| *process == self.me).map(|(_, digest)| *digest);
        if self.mistake == Some(Mistake::ExcludedWithoutMajority) && reports.first().map(|r| r.1) != own {
            return self.emit(Effect::Diverged { place });
        }
        match majority {
            // Who has joined meanwhile, and is not listed with the state yet, has given none.
            Some(right) if own.is_some_and(|own| own != right) => self.emit(Effect::Diverged { place }),
            Some(_) => {}
            None => self.emit(Effect::Disputed { place }),
        }
    }
}
