//! One group at one member: the pipeline from sending to delivery within a view, and its end.
//!
//! ```text
//!  send -> lane[me] -> batch ------> others                        (lane)
//!              |         ^ order batch if sequencer, receipts      (order, closure, stability)
//!  others -> lane[s] -> order -> ready -> uniform? -> deliver      (deliver)
//!                              end of view: report, fill, finish   (ending)
//! ```
//!
//! Everything starts from zero with each view of the domain: numbers, places, timestamps. A group that nobody used in a
//! view costs the view change nothing. What a durable group writes on the disk is in `journal`.

mod backlog;
mod causal;
mod closure;
mod deliver;
mod ending;
mod handover;
mod held;
mod journal;
mod lane;
mod message;
mod order;
mod parts;
mod seldom;
mod shared;
mod stability;
mod waiting;

use super::Upcall;
use super::identity::{GroupId, ProcessId, Rank, Time, ViewNumber};
use super::mutation::Mutation;
use super::options::{Class, GroupOptions, Limits, Order, OrderingDomain};
use super::protocol::Protocol;
use super::wire::item::{self, OrderBatch, Received, tag};
use super::wire::value::Run;
use super::wire::{Reader, Wire, WireError, put_varint};
use backlog::Backlog;
use bytes::{Bytes, BytesMut};
use causal::Causality;
use closure::Closure;
pub(crate) use handover::HANDOVER_WAIT_US;
use handover::Role;
use held::Held;
use journal::Journal;
pub(crate) use lane::{Lane, Slot};
use message::{read_message, write_message};
pub(crate) use order::OrderLog;
pub(crate) use parts::{Part, Parts};
use seldom::Seldom;
use stability::Stability;
use std::collections::VecDeque;
pub(crate) use waiting::{Barrier, Query};

/// Room made in a new frame beyond the length of the last one.
const BATCH_SLACK_BYTES: usize = 192;

/// A group this process is a member of.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    view: ViewNumber,
    members: Vec<ProcessId>,
    me: usize,
    sequencer: usize,
    role: Seldom<Role>,
    lanes: Vec<Lane>,
    order: Seldom<OrderLog>,
    stability: Seldom<Stability>,
    causality: Causality,
    closure: Closure,
    /// Messages of this member that are not sealed into a frame yet, and where their item begins.
    batch: BytesMut,
    batch_start: Option<usize>,
    /// How long the last frame was: the next is likely to be as long.
    batch_bytes_before: usize,
    /// Sent by the application while a view ends or the window is full, or too large to leave at once.
    pub(crate) backlog: Seldom<Backlog>,
    /// Something was sent or received in this view.
    pub(crate) touched: bool,
    /// Something is to be sent, acknowledged or delivered.
    pub(crate) dirty: bool,
    /// Acknowledgements somebody waits for are due at once, others may be gathered.
    acknowledge: Urgency,
    unacknowledged_bytes: usize,
    /// The application has too much unread: nothing is acknowledged.
    lagging: bool,
    pub(crate) queries: VecDeque<Query>,
    pub(crate) barriers: VecDeque<Barrier>,
    pub(crate) blocked: bool,
    /// Since when this member's window is shut, and what it waits for first.
    pub(crate) shut_since: Option<(Time, u64)>,
    /// The only class of messages allowed, if there is one.
    pub(crate) only: Option<Class>,
    /// The groups that it shares its total order with.
    pub(crate) ordering: Option<OrderingDomain>,
    /// Where it shares its order: messages that came or were sent since last asked.
    unplaced: Vec<Run>,
    /// Nobody has the state of the durable group: what is sent waits until somebody has.
    pub(crate) suspended: bool,
    /// What this member sent last in a durable group whose state was lost then.
    held: Option<Box<Held>>,
    /// In a durable group.
    journal: Option<Box<Journal>>,
    mutation: Option<Mutation>,
}

/// When receipts are to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    None,
    Later,
    Now,
}

impl Group {
    /// A group in the view with which it begins, after so many messages.
    pub(crate) fn new(
        id: GroupId,
        (view, length): (ViewNumber, u64),
        members: Vec<ProcessId>,
        me: ProcessId,
        options: &GroupOptions,
        mutation: Option<Mutation>,
    ) -> Self {
        let mut group = Self {
            id,
            view,
            members: Vec::new(),
            me: 0,
            sequencer: 0,
            role: Seldom::default(),
            lanes: Vec::new(),
            order: Seldom::default(),
            stability: Seldom::default(),
            causality: Causality::default(),
            closure: Closure::default(),
            batch: BytesMut::new(),
            batch_start: None,
            batch_bytes_before: 0,
            backlog: Seldom::default(),
            touched: false,
            dirty: false,
            acknowledge: Urgency::None,
            unacknowledged_bytes: 0,
            lagging: false,
            queries: VecDeque::new(),
            barriers: VecDeque::new(),
            blocked: false,
            shut_since: None,
            only: options.only,
            ordering: options.ordering,
            unplaced: Vec::new(),
            suspended: false,
            held: None,
            journal: options.durable.then(Box::default),
            mutation,
        };
        group.restart(view, members, me, length);
        group
    }

    /// Begins a view with these members, after so many messages.
    pub(crate) fn restart(&mut self, view: ViewNumber, members: Vec<ProcessId>, me: ProcessId, length: u64) {
        let width = members.len();
        self.view = view;
        self.me = members.iter().position(|&p| p == me).unwrap_or(0);
        self.members = members;
        self.sequencer = self.id.sequencer(width);
        self.role.clear();
        self.begin_backlog_again();
        let before = std::mem::take(&mut self.lanes);
        self.order.clear();
        self.stability.clear();
        self.causality = Causality::default();
        self.closure = Closure::default();
        if let Some(journal) = &mut self.journal {
            journal.begin(length, width);
        }
        self.unplaced.clear();
        self.batch.clear();
        self.batch_start = None;
        self.touched = false;
        // Whatever was waited for, the end of the view has settled it.
        for barrier in &mut self.barriers {
            barrier.received.clear();
            barrier.placed = Some(0);
        }
        self.acknowledge = Urgency::None;
        self.unacknowledged_bytes = 0;
        if self.bug(Mutation::PartsMixed) {
            self.wake();
            self.lanes.iter_mut().zip(before).for_each(|(lane, old)| *lane = old.mistaken());
        }
    }

    /// Whether a large message of this member is being sent, so that the end of the view cuts it.
    pub(crate) fn ends_a_message(&self) -> bool {
        self.backlog.is_cut()
    }

    /// Makes room for the members' messages, which a group that is not used does without.
    fn wake(&mut self) {
        if self.lanes.is_empty() {
            let width = self.members.len();
            self.lanes = (0..width).map(|_| Lane::default()).collect();
            self.stability = Seldom::new(Stability::new(width));
            self.causality = Causality::new(width);
            self.closure = Closure::new(width);
        }
    }

    /// Goes on in a new view with the same members; nothing was used in the old one.
    pub(crate) fn carry_over(&mut self, view: ViewNumber) {
        self.view = view;
    }

    pub(crate) fn members(&self) -> &[ProcessId] {
        &self.members
    }

    pub(crate) fn rank(&self, process: ProcessId) -> Option<usize> {
        self.members.iter().position(|&p| p == process)
    }

    fn bug(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether this member's messages that not everyone has acknowledged are as many as may be.
    pub(crate) fn is_shut(&self, limits: &Limits) -> bool {
        let full = |lane: &Lane| {
            lane.bytes() >= limits.window_bytes_max || lane.kept() >= limits.window_messages_max
        };
        self.lanes.get(self.me).is_some_and(full)
    }

    /// Octets of this member's messages that not everyone has acknowledged, or that wait.
    pub(crate) fn own_bytes(&self) -> usize {
        self.lanes.get(self.me).map_or(0, Lane::bytes) + self.backlog.bytes()
    }

    /// The first of this member's messages that not everyone has acknowledged.
    pub(crate) fn window_front(&self) -> u64 {
        self.lanes.get(self.me).map_or(0, Lane::base)
    }

    /// The member that holds back this member's messages.
    pub(crate) fn slowest(&self) -> Option<ProcessId> {
        self.stability.slowest(self.me).map(|rank| self.members[rank])
    }

    /// Multicasts a message of this member.
    #[inline]
    pub(crate) fn send(&mut self, class: Class, payload: Bytes) {
        self.send_part(class, Part::WHOLE, payload);
    }

    /// Multicasts a message of this member, or a part of one. The answer is its number.
    fn send_part(&mut self, class: Class, part: Part, payload: Bytes) -> u64 {
        self.wake();
        let causes =
            (class.order() == Order::Causal).then(|| Box::new(self.causality.stamp(&self.lanes, self.me)));
        let lane = &mut self.lanes[self.me];
        let start = *self.batch_start.get_or_insert_with(|| {
            self.batch.reserve(self.batch_bytes_before + BATCH_SLACK_BYTES);
            let start = item::begin(tag::MESSAGES, &mut self.batch);
            self.view.write(&mut self.batch);
            self.id.write(&mut self.batch);
            put_varint(&mut self.batch, lane.received());
            start
        });
        debug_assert!(start >= item::ITEM_HEAD_BYTES);
        let slot = Slot { payload, causes, class, part };
        write_message(&slot, &mut self.batch);
        let number = lane.received();
        lane.push(slot);
        if class.order() == Order::Total {
            self.give_places(self.me, 1);
        }
        self.touched = true;
        number
    }

    /// Octets waiting to be sealed into a frame.
    pub(crate) fn batch_bytes(&self) -> usize {
        self.batch.len()
    }

    /// Writes what the other members are to get: messages, places, and receipts if they are due and the view goes on.
    pub(crate) fn seal(&mut self, frozen: bool, receipts: bool) -> Option<Bytes> {
        if let Some(start) = self.batch_start.take() {
            item::end(start, &mut self.batch);
        }
        // Places count as the sequencer's own receipts: after its flush answer it gives none.
        let silent = frozen && !self.bug(Mutation::SequencerNotSealed);
        if !silent {
            self.write_places();
        }
        let due = self.acknowledge == Urgency::Now || receipts && self.acknowledge == Urgency::Later;
        if due && !frozen && !self.lagging {
            self.write_receipts();
        }
        if self.batch.is_empty() || self.members.len() < 2 {
            self.batch.clear();
            return None;
        }
        self.batch_bytes_before = self.batch.len();
        // The buffer goes with the frame: a group that falls silent keeps none.
        Some(std::mem::take(&mut self.batch).freeze())
    }

    fn write_receipts(&mut self) {
        self.acknowledge = Urgency::None;
        self.unacknowledged_bytes = 0;
        let received = (0..self.lanes.len()).map(|rank| self.stability.received_of(self.me, rank)).collect();
        let (view, group, ready) = (self.view, self.id, self.stability.ready_of(self.me));
        item::put(tag::RECEIVED, &Received { view, group, ready, received }, &mut self.batch);
    }

    /// How far this member acknowledges a lane.
    fn acknowledged(&self, rank: usize) -> u64 {
        match self.bug(Mutation::CausesNotStable) {
            true => self.lanes[rank].received(),
            false => self.closure.number(rank),
        }
    }

    pub(crate) fn owes_receipts(&self) -> bool {
        self.acknowledge != Urgency::None && !self.lagging
    }

    /// The application has too much unread, or has caught up.
    pub(crate) fn lag(&mut self, lagging: bool) {
        if std::mem::replace(&mut self.lagging, lagging) && !lagging && !self.lanes.is_empty() {
            self.acknowledge = Urgency::Now;
        }
    }

    /// Takes messages of a member, from the number `first` on; what is here already is skipped. In a domain that runs at a
    /// version without parts there are none.
    pub(crate) fn messages(
        &mut self,
        rank: usize,
        first: u64,
        input: &mut Reader,
        spoken: Protocol,
        limits: &Limits,
    ) -> Result<(), WireError> {
        self.wake();
        let lane = self.lanes.get_mut(rank).ok_or(WireError::Contradiction)?;
        if first > lane.received() {
            return Err(WireError::Contradiction);
        }
        let mut skip = lane.received() - first;
        let totals = lane.totals;
        let mut allowed = limits.window_bytes_max;
        while !input.is_empty() {
            let slot = read_message(input, limits.message_bytes_max)?;
            if !slot.part.is_whole() && spoken < Protocol::PARTS {
                return Err(WireError::Contradiction);
            }
            if skip > 0 {
                skip -= 1;
                continue;
            }
            lane.admit(&slot, limits.message_bytes_max)?;
            self.unacknowledged_bytes += slot.payload.len();
            if slot.class.uniform() && !slot.part.has_more() {
                self.acknowledge = Urgency::Now;
            }
            if slot.part.has_more() {
                allowed = limits.parts_ahead_bytes_max.min(limits.window_bytes_max);
            }
            lane.push(slot);
        }
        let (totals, received) = (lane.totals - totals, lane.received());
        self.give_places(rank, totals);
        self.stability.received(rank, rank, received);
        self.acknowledge = self.acknowledge.max(Urgency::Later);
        // Receipts wait no longer than a quarter of what a sender may have under way.
        if self.unacknowledged_bytes > allowed / 4 {
            self.acknowledge = Urgency::Now;
        }
        self.touched = true;
        Ok(())
    }

    /// Learns places from the sequencer, which has its role by so many hand-overs.
    pub(crate) fn places(
        &mut self,
        from: usize,
        turn: u32,
        first: u64,
        runs: &[Run],
    ) -> Result<(), WireError> {
        self.follow(from, turn, first)?;
        self.wake();
        self.order.learn(first, runs, self.lanes.len())?;
        if self.journal.is_none() {
            self.stability.ready(from, self.order.known());
        }
        self.acknowledge = self.acknowledge.max(Urgency::Later);
        self.touched = true;
        Ok(())
    }

    /// A member says what it has.
    pub(crate) fn receipts(&mut self, from: usize, receipts: &Received) -> Result<(), WireError> {
        if receipts.received.len() != self.members.len() {
            return Err(WireError::Contradiction);
        }
        self.wake();
        for (lane, &up_to) in receipts.received.iter().enumerate() {
            self.stability.received(from, lane, up_to);
        }
        self.stability.ready(from, receipts.ready);
        Ok(())
    }

    /// Does all that has become possible: delivers, drops what is stable.
    pub(crate) fn progress(&mut self, out: &mut Vec<Upcall>) {
        if self.lanes.is_empty() {
            return;
        }
        self.advance_ready();
        self.deliver(out);
        self.drop_stable();
    }

    fn advance_ready(&mut self) {
        let lanes = &mut self.lanes;
        let (journal, members) = (&mut self.journal, &self.members);
        self.order.advance_ready(|rank, wanted| {
            let lane = &mut lanes[rank];
            let got = wanted.min(lane.totals - lane.totals_ready);
            lane.totals_ready += got;
            if let Some(journal) = journal {
                journal.place(rank, members[rank], lane, got);
            }
            got
        });
        let ready = self.secured();
        self.closure.advance(&self.lanes);
        if self.lagging {
            return;
        }
        for rank in 0..self.lanes.len() {
            let acknowledged = self.acknowledged(rank);
            self.stability.received(self.me, rank, acknowledged);
        }
        if ready > self.stability.ready_of(self.me) {
            self.stability.ready(self.me, ready);
            let waited_for = self.acknowledge == Urgency::Now || self.next_total_is_uniform();
            self.acknowledge = self.acknowledge.max(if waited_for { Urgency::Now } else { Urgency::Later });
        }
    }

    /// How far this member acknowledges the order: in a durable group only what is on stable storage.
    fn secured(&self) -> u64 {
        match &self.journal {
            Some(journal) if !self.bug(Mutation::AcknowledgedUnsynced) => journal.synced(),
            _ => self.order.ready(),
        }
    }

    pub(crate) fn drop_stable(&mut self) {
        let early = self.bug(Mutation::DropBeforeStable);
        for (rank, lane) in self.lanes.iter_mut().enumerate() {
            let stable = if early { u64::MAX } else { self.stability.stable(rank) };
            lane.trim(stable);
        }
        self.order.trim(if early { u64::MAX } else { self.stability.stable_ready() });
    }

    /// Messages that are not dropped yet.
    pub(crate) fn kept(&self) -> usize {
        self.lanes.iter().map(Lane::kept).sum::<usize>() + self.backlog.len()
    }
}
