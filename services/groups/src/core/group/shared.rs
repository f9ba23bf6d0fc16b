//! A group that shares its total order with others: its places come from a sequence of all of them (see `core::joint`), and its
//! messages are delivered when it is their turn there.

use super::{Group, Lane, Run, Urgency};
use crate::core::event::Upcall;
use crate::core::identity::Rank;
use crate::core::mutation::Mutation;
use crate::core::wire::value::Cut;

impl Group {
    /// Totally ordered messages of a member are here.
    pub(super) fn await_place(&mut self, rank: usize, count: u64) {
        let rank = rank as Rank;
        match self.unplaced.last_mut() {
            _ if count == 0 => {}
            Some(last) if last.rank == rank => last.count += count,
            _ => self.unplaced.push(Run { rank, count }),
        }
    }

    /// Those that came or were sent since last asked.
    pub(crate) fn take_unplaced(&mut self) -> Vec<Run> {
        std::mem::take(&mut self.unplaced)
    }

    /// The next places of the group.
    pub(crate) fn place_next(&mut self, run: Run) {
        self.wake();
        self.order.append(run);
        self.acknowledge = self.acknowledge.max(Urgency::Later);
        self.touched = true;
    }

    /// How many totally ordered messages this member has sent.
    pub(crate) fn own_totals(&self) -> u64 {
        self.lanes.get(self.me).map_or(0, |lane| lane.totals)
    }

    /// It is the turn of so many: delivers those that may be. The answer is how many.
    pub(crate) fn deliver_next(&mut self, count: u64, out: &mut Vec<Upcall>) -> u64 {
        let before = self.order.delivered();
        self.deliver_places(count, self.bug(Mutation::UniformOnReceipt), out);
        self.order.delivered() - before
    }

    /// Drops what is beyond the cut of the view that ends.
    pub(crate) fn cut_off(&mut self, cut: Option<&Cut>) {
        if self.bug(Mutation::BeyondTheCut) {
            return;
        }
        for (rank, lane) in self.lanes.iter_mut().enumerate() {
            let settled = lane.delivered();
            lane.cut(cut.and_then(|c| c.lanes.get(rank).copied()).unwrap_or(settled));
        }
    }

    /// Delivers what has no place, by rank and number.
    pub(crate) fn deliver_rest(&mut self, out: &mut Vec<Upcall>) {
        for rank in 0..self.lanes.len() {
            self.deliver_run(Run { rank: rank as Rank, count: u64::MAX }, out);
        }
    }

    /// Delivers the fifo and causal messages of the view that ends. The answer is how many orphans were dropped.
    pub(crate) fn finish_async(&mut self, out: &mut Vec<Upcall>) -> u64 {
        self.deliver_async(true, out);
        for query in &mut self.queries {
            query.after.clear();
        }
        let left = |lane: &Lane| lane.received().saturating_sub(lane.delivered());
        self.lanes.iter().map(left).sum()
    }
}
