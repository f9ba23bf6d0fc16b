//! What is left of clients that were evicted.

use std::collections::BTreeMap;

use super::{INCARNATION_AHEAD_MAX_US, INCARNATION_OF_FOREIGN, Refusal};
use crate::proto::head::ClientId;

/// What is left of clients that were evicted: enough to know that they may have been here.
#[derive(Debug, Clone, Default)]
pub(super) struct Forgotten {
    /// Unknown clients up to this incarnation may have been here.
    floor: Option<u64>,
    /// Foreign clients, which have no incarnation: below which sequence they may have been executed, and since when.
    foreign: BTreeMap<ClientId, (u64, u64)>,
    /// They again, the one that was evicted first in front.
    order: BTreeMap<u64, ClientId>,
    turns: u64,
}

impl Forgotten {
    /// Notes a client that is evicted. Of `foreign_max` foreign ones at most anything is kept.
    pub(super) fn note(&mut self, id: ClientId, incarnation: u64, unseen_from: u64, foreign_max: usize) {
        if incarnation != INCARNATION_OF_FOREIGN {
            self.floor = self.floor.max(Some(incarnation));
            return;
        }
        self.turns += 1;
        self.foreign.insert(id, (unseen_from, self.turns));
        self.order.insert(self.turns, id);
        if self.order.len() > foreign_max
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.foreign.remove(&oldest);
        }
    }

    /// Refuses a client that is ahead of the time.
    pub(super) fn check_clock(&self, incarnation: u64, incarnation_now: u64) -> Result<(), Refusal> {
        if incarnation > incarnation_now.saturating_add(INCARNATION_AHEAD_MAX_US) {
            return Err(Refusal::IncarnationAhead { floor: self.floor.unwrap_or_default() });
        }
        Ok(())
    }

    /// Refuses a client that is not known and may have been here.
    pub(super) fn check_floor(&self, incarnation: u64) -> Result<(), Refusal> {
        match self.floor {
            Some(floor) if incarnation != INCARNATION_OF_FOREIGN && incarnation <= floor => {
                Err(Refusal::ClientForgotten { floor })
            }
            _ => Ok(()),
        }
    }

    /// A client is let in. Answers below which sequence its requests may have been executed before.
    pub(super) fn readmit(&mut self, id: ClientId) -> u64 {
        let Some((unseen_from, turn)) = self.foreign.remove(&id) else {
            return 0;
        };
        self.order.remove(&turn);
        unseen_from
    }
}
