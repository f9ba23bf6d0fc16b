//! Delivery: which messages the application gets now, and in which order.
//!
//! Fifo and causal messages of a lane go in its order, those that may go; totally ordered ones go by place. A uniform
//! message waits until every member has acknowledged it, and if it is totally ordered also its place and everything
//! before it (book 4.2, L11231): then each survivor's flush answer reports it, whoever fails now. Of a message in parts each
//! part has its turn, and the last delivers it.

use super::{Group, causal};
use crate::core::event::Upcall;
use crate::core::identity::ProcessId;
use crate::core::mutation::Mutation;
use crate::core::options::Order;

impl Group {
    /// Delivers all that may be.
    pub(super) fn deliver(&mut self, out: &mut Vec<Upcall>) {
        let uniform_at_once = self.bug(Mutation::UniformOnReceipt);
        // What shares its order with other groups waits for its turn among theirs.
        if self.ordering.is_none() || self.bug(Mutation::OrderedApart) {
            self.deliver_places(u64::MAX, uniform_at_once, out);
        }
        self.deliver_async(uniform_at_once, out);
    }

    /// Delivers at most so many of the next places.
    pub(super) fn deliver_places(&mut self, mut at_most: u64, everything: bool, out: &mut Vec<Upcall>) {
        let place_matters = !self.bug(Mutation::PlaceNotStable);
        while let Some((rank, count)) = self.order.deliverable().filter(|_| at_most > 0) {
            let (mut done, count) = (0, count.min(at_most));
            let uniform_below = self.stability.stable_ready().saturating_sub(self.order.delivered());
            let stable_below = self.stability.stable(rank);
            let lane = &mut self.lanes[rank];
            while done < count {
                let Some(slot) = lane.seek_total() else { break };
                let (class, part, payload) = (slot.class, slot.part, slot.payload.clone());
                let everywhere =
                    if place_matters { done < uniform_below } else { lane.total_next < stable_below };
                if class.uniform() && !everything && !everywhere {
                    break;
                }
                let number = lane.total_next;
                lane.total_next += 1;
                done += 1;
                if let Some(payload) = lane.whole(number, class, part, payload) {
                    out.push(Upcall::Deliver { group: self.id, sender: self.members[rank], class, payload });
                }
            }
            self.order.delivered_some(done);
            at_most -= done;
            if done < count {
                break;
            }
        }
    }

    /// Whether the message whose turn it is waits for acknowledgements.
    pub(super) fn next_total_is_uniform(&mut self) -> bool {
        let Some((rank, _)) = self.order.deliverable() else { return false };
        self.lanes[rank].seek_total().is_some_and(|slot| slot.class.uniform())
    }

    /// A causal delivery may free messages of any lane: goes round until none moves.
    pub(super) fn deliver_async(&mut self, everything: bool, out: &mut Vec<Upcall>) {
        let mut moved = true;
        while moved {
            moved = false;
            for rank in 0..self.lanes.len() {
                let before = self.lanes[rank].async_next;
                let mut causal = false;
                while let Some(was_causal) = self.deliver_one_async(rank, everything, out) {
                    causal |= was_causal;
                }
                moved |= causal && self.lanes[rank].async_next > before;
            }
        }
    }

    /// Delivers the next fifo or causal message of a lane, if it may be: whether it was causal.
    fn deliver_one_async(&mut self, rank: usize, everything: bool, out: &mut Vec<Upcall>) -> Option<bool> {
        let stable = self.stability.stable(rank);
        let lane = &mut self.lanes[rank];
        let slot = lane.seek_async()?;
        let (class, part, payload) = (slot.class, slot.part, slot.payload.clone());
        if class.uniform() && !everything && lane.async_next >= stable {
            return None;
        }
        let causal = class.order() == Order::Causal;
        if causal && !self.bug(Mutation::CausalUnchecked) && !causal::may_deliver(&mut self.lanes, rank) {
            return None;
        }
        let lane = &mut self.lanes[rank];
        let number = lane.async_next;
        lane.async_next += 1;
        if causal {
            lane.causal_delivered += 1;
            lane.stamp_applied = false;
        }
        if let Some(payload) = lane.whole(number, class, part, payload) {
            out.push(Upcall::Deliver { group: self.id, sender: self.members[rank], class, payload });
        }
        Some(causal)
    }

    /// The members that are to get what this one sends.
    pub(crate) fn others(&self) -> impl Iterator<Item = ProcessId> + '_ {
        let me = self.me;
        self.members.iter().enumerate().filter(move |(rank, _)| *rank != me).map(|(_, &process)| process)
    }
}
