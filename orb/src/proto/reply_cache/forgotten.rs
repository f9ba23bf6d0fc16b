//! What is left of clients that were evicted.

use std::collections::BTreeMap;

use super::{INCARNATION_AHEAD_MAX_US, INCARNATION_OF_FOREIGN, Refusal};
use crate::proto::head::ClientId;

/// What is left of clients that were evicted: enough to know what they may have executed.
#[derive(Debug, Clone, Default)]
pub(super) struct Forgotten {
    /// What is left of the last ones.
    traces: BTreeMap<ClientId, Trace>,
    /// They again, the one that was evicted first in front.
    order: BTreeMap<u64, ClientId>,
    turns: u64,
    /// Of those before nothing is left but this: they may have been here up to this incarnation.
    floor: Option<u64>,
}

/// What is left of one client.
#[derive(Debug, Clone, Copy)]
struct Trace {
    incarnation: u64,
    /// Everything below may have been executed.
    unseen_from: u64,
    turn: u64,
}

impl Forgotten {
    /// Notes a client that is evicted. Something is left of `traces_max` clients at most.
    pub(super) fn note(&mut self, id: ClientId, incarnation: u64, unseen_from: u64, traces_max: usize) {
        self.turns += 1;
        self.traces.insert(id, Trace { incarnation, unseen_from, turn: self.turns });
        self.order.insert(self.turns, id);
        while self.order.len() > traces_max
            && let Some((_, oldest)) = self.order.pop_first()
        {
            let trace =
                self.traces.remove(&oldest).filter(|trace| trace.incarnation != INCARNATION_OF_FOREIGN);
            self.floor = self.floor.max(trace.map(|trace| trace.incarnation));
        }
    }

    /// Refuses a client that is ahead of the time.
    pub(super) fn check_clock(&self, incarnation: u64, incarnation_now: u64) -> Result<(), Refusal> {
        if incarnation > incarnation_now.saturating_add(INCARNATION_AHEAD_MAX_US) {
            return Err(Refusal::IncarnationAhead { floor: self.floor.unwrap_or_default() });
        }
        Ok(())
    }

    /// Refuses a client that is not known and may have been here, in this life or a later one.
    pub(super) fn check(&self, id: ClientId, incarnation: u64) -> Result<(), Refusal> {
        match (self.traces.get(&id), self.floor) {
            (Some(trace), _) if incarnation < trace.incarnation => {
                Err(Refusal::OldIncarnation { current: trace.incarnation })
            }
            (Some(_), _) => Ok(()),
            (None, Some(floor)) if incarnation != INCARNATION_OF_FOREIGN && incarnation <= floor => {
                Err(Refusal::ClientForgotten { floor })
            }
            _ => Ok(()),
        }
    }

    /// A client is let in. Answers, if it has left a trace, below which sequence its requests may have been executed before.
    pub(super) fn readmit(&mut self, id: ClientId, incarnation: u64) -> Option<u64> {
        let trace = self.traces.remove(&id)?;
        self.order.remove(&trace.turn);
        Some(if trace.incarnation == incarnation { trace.unseen_from } else { 0 })
    }
}
