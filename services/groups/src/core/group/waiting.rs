//! Whoever waits for a place in a group's traffic: queries for what had arrived before them, flushes for what had been sent.
//!
//! A query is answered when everything that this member had received is delivered: an update acknowledged anywhere was received
//! by everyone before (`lease` says when its member may answer at all). A flush waits for more: that whatever it covers is
//! stable, that its order is known everywhere, and that what waited to be sent has left.

use super::{Group, Lane};

/// A query, and what had been received when it arrived.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) token: u64,
    pub(crate) after: Vec<u64>,
}

/// A wait for everything up to here to be stable.
#[derive(Debug)]
pub(crate) struct Barrier {
    pub(crate) token: u64,
    pub(super) received: Vec<u64>,
    /// The places that must be known everywhere, once all of it is delivered here.
    pub(super) placed: Option<u64>,
    /// How many messages must have left the backlog: they were sent before.
    pub(super) unqueued: u64,
}

impl Group {
    /// What has been received of each lane, for a query that arrives now.
    pub(crate) fn horizon(&self) -> Vec<u64> {
        self.lanes.iter().map(Lane::received).collect()
    }

    /// Whether everything up to this horizon has been delivered.
    pub(crate) fn has_delivered(&self, horizon: &[u64]) -> bool {
        self.lanes.iter().zip(horizon).all(|(lane, &up_to)| lane.delivered() >= up_to)
    }

    /// Whether all that has been received is delivered.
    pub(crate) fn has_delivered_all(&self) -> bool {
        self.lanes.iter().all(|lane| lane.delivered() >= lane.received())
    }

    /// A wait for all that is here now to be stable.
    pub(crate) fn barrier(&mut self, token: u64) {
        let (received, unqueued) = (self.horizon(), self.backlog.gone() + self.backlog.len() as u64);
        self.barriers.push_back(Barrier { token, received, placed: None, unqueued });
    }

    /// The first barrier, if it is passed.
    pub(crate) fn passed(&mut self) -> Option<u64> {
        let first = self.barriers.front_mut()?;
        if first.unqueued > self.backlog.gone() || self.held.is_some() {
            return None;
        }
        if std::mem::take(&mut first.unqueued) > 0 && !self.lanes.is_empty() {
            first.received.resize(self.lanes.len(), 0);
            first.received[self.me] = self.lanes[self.me].received();
            first.placed = None;
        }
        let first = self.barriers.front()?;
        let stable = first.received.iter().enumerate().all(|(lane, &n)| self.stability.stable(lane) >= n);
        if !stable || !self.has_delivered(&first.received) {
            return None;
        }
        let known = self.order.delivered();
        let placed = *self.barriers.front_mut()?.placed.get_or_insert(known);
        if self.stability.stable_ready() < placed {
            return None;
        }
        self.barriers.pop_front().map(|barrier| barrier.token)
    }
}
