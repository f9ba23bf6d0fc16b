//! Causal order by vector timestamps (book L11687): a message waits until its receiver has delivered every causal message
//! that its sender had delivered when it sent.
//!
//! Timestamps count causal messages by lane, start from zero with each view, and travel as what has changed since the
//! sender's last causal message: a burst carries nothing (book L11771, rules 1, 3 and 4). The sender's own entry is
//! implied by the fifo order of its lane.

use super::lane::{Causes, Lane};
use crate::core::identity::Rank;

/// What this member last told the others of what it has delivered.
#[derive(Debug, Default)]
pub(crate) struct Causality {
    told: Vec<u64>,
}

impl Causality {
    pub(crate) fn new(width: usize) -> Self {
        Self { told: vec![0; width] }
    }

    /// The causes of a message this member sends now.
    pub(crate) fn stamp(&mut self, lanes: &[Lane], me: usize) -> Causes {
        let mut causes = Causes::new();
        for (rank, lane) in lanes.iter().enumerate() {
            if rank != me && lane.causal_delivered > self.told[rank] {
                self.told[rank] = lane.causal_delivered;
                causes.push((rank as Rank, lane.causal_delivered));
            }
        }
        causes
    }
}

/// Whether the causal message at the head of a lane may be delivered. Its causes are merged into the lane's stamp once.
pub(crate) fn may_deliver(lanes: &mut [Lane], rank: usize) -> bool {
    let width = lanes.len();
    let lane = &mut lanes[rank];
    if !lane.stamp_applied {
        lane.stamp_applied = true;
        lane.stamp.resize(width, 0);
        let causes = lane.get(lane.async_next).and_then(|slot| slot.causes.clone());
        for (cause, count) in causes.into_iter().flat_map(|causes| *causes) {
            if let Some(entry) = lane.stamp.get_mut(usize::from(cause)) {
                *entry = count.max(*entry);
            }
        }
    }
    let stamp = &lanes[rank].stamp;
    stamp.iter().enumerate().all(|(other, &count)| other == rank || lanes[other].causal_delivered >= count)
}
