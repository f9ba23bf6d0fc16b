//! The end of a view in one group (book 4.3, L11357): what is reported, what is fetched, how the rest is delivered.
//!
//! Every member of the next view that was in this one holds each lane up to the cut before the cut is proposed. So all of
//! them finish alike without another message: the agreed places first, then the messages that have none, by rank and
//! number; last the fifo and causal ones. What a lane misses is beyond its cut and was delivered by no survivor: places
//! for it are skipped. A message in parts whose last part is beyond the cut is dropped by all of them (see `parts`). Causal
//! messages whose causes are lost with their senders are dropped (orphans, book L11731); only a sender that failed can leave
//! one, since a survivor still holds what it delivered before it sent.

use super::Group;
use super::message::write_message;
use crate::core::event::Upcall;
use crate::core::identity::Rank;
use crate::core::mutation::Mutation;
use crate::core::wire::item::{self, Fetch, tag};
use crate::core::wire::value::{Cut, Report, Run};
use crate::core::wire::{Wire, put_varint};
use bytes::{Bytes, BytesMut};

/// The most that view, group, rank and number take in front of forwarded messages.
const FORWARD_HEAD_BYTES: usize = 28;

impl Group {
    /// What this member holds; none if all of it is known to be held by everyone, and delivered here.
    pub(crate) fn report(&self) -> Option<Report> {
        let settled = self.lanes.iter().enumerate().all(|(rank, lane)| {
            lane.received() == self.stability.stable(rank) && lane.delivered() == lane.received()
        });
        // What a durable group delivered is counted by all, so it is always listed.
        if settled && self.journal.is_none() && self.order.known() == self.stability.stable_ready() {
            return None;
        }
        let (order_base, runs) = self.order.report();
        Some(Report { group: self.id, received: self.horizon(), order_base, runs })
    }

    /// The lanes of which this member lacks something, and from where.
    pub(crate) fn lacks(&self, rank: Rank, until: u64) -> Option<Fetch> {
        let known = usize::from(rank) < self.members.len();
        let from = self.lanes.get(usize::from(rank)).map_or(0, super::Lane::received);
        (known && from < until).then_some(Fetch { view: self.view, group: self.id, rank, from, until })
    }

    /// Messages of any lane for a member that lacks them: one item for as many as make a batch.
    pub(crate) fn forward(&self, wanted: &Fetch, batch_bytes_max: usize) -> Vec<Bytes> {
        let Some(lane) = self.lanes.get(usize::from(wanted.rank)) else { return Vec::new() };
        if wanted.from < lane.base() || wanted.until > lane.received() {
            return Vec::new();
        }
        let mut items = Vec::new();
        let mut slots = (wanted.from..wanted.until).zip(lane.from(wanted.from)).peekable();
        while let Some(&(first, _)) = slots.peek() {
            let mut out = BytesMut::new();
            let start = item::begin(tag::FORWARD, &mut out);
            self.view.write(&mut out);
            self.id.write(&mut out);
            wanted.rank.write(&mut out);
            put_varint(&mut out, first);
            while out.len() < batch_bytes_max.max(start + 1 + FORWARD_HEAD_BYTES)
                && let Some((_, slot)) = slots.next()
            {
                write_message(slot, &mut out);
            }
            item::end(start, &mut out);
            items.push(out.freeze());
        }
        items
    }

    /// Delivers what the view still owes. The answer is how many orphans were dropped.
    pub(crate) fn finish(&mut self, cut: Option<&Cut>, out: &mut Vec<Upcall>) -> u64 {
        self.cut_off(cut);
        let places = match cut.filter(|_| !self.bug(Mutation::OrderNotInValue)) {
            Some(cut) => self.order.agreed(cut.order_base, &cut.runs),
            None => self.order.undelivered(),
        };
        for run in places {
            self.deliver_run(run, out);
        }
        self.deliver_rest(out);
        self.finish_async(out)
    }

    /// Delivers as many of a run's messages as there are.
    pub(crate) fn deliver_run(&mut self, run: Run, out: &mut Vec<Upcall>) {
        let rank = usize::from(run.rank);
        let (Some(lane), Some(&sender)) = (self.lanes.get_mut(rank), self.members.get(rank)) else { return };
        for _ in 0..run.count {
            let Some(slot) = lane.seek_total() else { break };
            let (class, part, payload) = (slot.class, slot.part, slot.payload.clone());
            let number = lane.total_next;
            lane.total_next += 1;
            if let Some(payload) = lane.whole(number, class, part, payload) {
                out.push(Upcall::Deliver { group: self.id, sender, class, payload });
            }
        }
    }
}
