//! Sending: credits, packing, and what the groups have to do at each poll.
//!
//! ```text
//!   multicast -> window open and view not ending? -> lane and batch   : at once
//!                otherwise                         -> backlog          : when acknowledged, or in the next view
//!                large                             -> backlog          : part by part, see `group::parts`
//! ```
//!
//! A sender's window is what not every member has acknowledged; it opens again with acknowledgements, so waiting is by
//! wake-up and never by trying. While a view ends nothing is refused: it waits for the next one. Everything a poll leaves
//! for the members of a group goes out as one frame, encoded once and shared (G13).

use super::event::{Blocked, CallError, Effect, Upcall};
use super::group::HANDOVER_WAIT_US;
use super::identity::{GroupId, ProcessId};
use super::options::Class;
use super::protocol::Protocol;
use super::{Core, Stage};
use bytes::Bytes;

impl Core {
    /// Multicasts a message to the group, this member included.
    pub fn multicast(&mut self, id: GroupId, class: Class, payload: Bytes) -> Result<(), CallError> {
        if self.stage != Stage::Member {
            return Err(CallError::NotInDomain);
        }
        let (limits, parts) = (&self.config.limits, self.registry.protocol() >= Protocol::PARTS);
        if payload.len() > limits.message_bytes_max {
            return Err(CallError::TooLong);
        }
        let own = self.groups.get(&id).map_or(0, |group| group.own_bytes());
        let shared = self.has_share(own);
        let Some(group) = self.groups.get_mut(&id) else { return Err(CallError::NotInGroup) };
        if group.only.is_some_and(|only| only != class) {
            return Err(CallError::ClassNotAllowed);
        }
        let open = !self.acceptor.is_flushing() && group.backlog.is_empty() && !group.suspended;
        let large = payload.len() > limits.part_bytes_max && parts;
        let octets = payload.len();
        if shared && open && !large && !group.is_shut(limits) {
            self.share.take(octets);
            group.send(class, payload);
            let full = group.batch_bytes() >= limits.batch_bytes_max;
            if !group.dirty {
                group.dirty = true;
                self.dirty.push(id);
            }
            self.order_jointly(id);
            if full {
                self.seal_group(id);
            }
            return Ok(());
        }
        if !shared || !group.backlog.has_room(octets, limits.backlog_bytes_max) {
            if !std::mem::replace(&mut group.blocked, true) {
                self.tell(Upcall::Blocked(Blocked::Credits(id)));
                self.share.wait(id);
            }
            return Err(CallError::NoCredit);
        }
        self.share.take(octets);
        group.backlog.push(class, payload);
        if open {
            self.mark(id);
        }
        Ok(())
    }

    /// Says whether this member's application has more unread than it may. As long as that is so, this member acknowledges
    /// nothing in the group: credits do not return to the senders, itself included, and when their windows are full they
    /// wait. Who keeps windows shut for too long is excluded (see [`Config::slow_member`](super::Config::slow_member)).
    pub fn lag(&mut self, id: GroupId, lagging: bool) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.lag(lagging);
            self.mark(id);
        }
    }

    /// Waits until everything sent and received in the group so far is stable: the upcall `Stable` says so.
    pub fn flush_group(&mut self, id: GroupId, token: u64) -> Result<(), CallError> {
        let group = self.groups.get_mut(&id).ok_or(CallError::NotInGroup)?;
        group.barrier(token);
        self.mark(id);
        Ok(())
    }

    /// Lets every group with something to do deliver and send.
    pub(super) fn progress_groups(&mut self) {
        if self.stage == Stage::Gone {
            return self.dirty.clear();
        }
        if self.is_frozen() {
            return;
        }
        let ids = self.dirty.clone();
        let mut durable = Vec::new();
        let after = self.config.limits.handover_after_messages;
        let (hands_over, mut waiting) = (self.registry.protocol() >= Protocol::HANDOVER, false);
        let mut told = std::mem::take(&mut self.told);
        for &id in &ids {
            let Some(group) = self.groups.get_mut(&id) else { continue };
            if hands_over {
                let before = group.turn();
                waiting |= group.consider_handover(after, self.now);
                self.counters.handovers += u64::from(group.turn() > before);
            }
            let before = group.own_bytes();
            group.progress(&mut told);
            self.share.give_back(before - group.own_bytes());
            if group.only.is_some() {
                self.stirred.push(id);
            }
            if group.is_durable() {
                durable.push(id);
            }
        }
        self.deliver_jointly(&mut told);
        for &id in &ids {
            while let Some(token) = self.groups.get_mut(&id).and_then(|group| group.passed()) {
                told.push(Upcall::Stable { group: id, token });
            }
        }
        self.told = told;
        if waiting {
            let due = self.now.after(HANDOVER_WAIT_US);
            self.receipts_due = Some(self.receipts_due.map_or(due, |before| before.min(due)));
        }
        self.pass_on();
        for id in durable {
            self.write_placed(id);
        }
        for id in ids {
            self.send_backlog(id);
        }
    }

    /// Sends what waited, as far as the window is open again.
    fn send_backlog(&mut self, id: GroupId) {
        if self.acceptor.is_flushing() || self.stage != Stage::Member {
            return;
        }
        // Where nobody else has to acknowledge it, what was sent makes room at once.
        while self.send_waiting(id) {
            let mut told = std::mem::take(&mut self.told);
            if let Some(group) = self.groups.get_mut(&id) {
                let before = group.own_bytes();
                group.progress(&mut told);
                self.share.give_back(before - group.own_bytes());
            }
            self.deliver_jointly(&mut told);
            self.told = told;
            self.pass_on();
            self.write_placed(id);
        }
    }

    /// True if something was sent.
    fn send_waiting(&mut self, id: GroupId) -> bool {
        let (mut sent, parts) = (false, self.registry.protocol() >= Protocol::PARTS);
        while let Some(group) = self.groups.get_mut(&id) {
            let Some(part) = group.send_waiting(&self.config.limits, parts) else { break };
            sent = true;
            self.counters.parts += u64::from(!part.is_whole());
            let full = group.batch_bytes() >= self.config.limits.batch_bytes_max;
            self.order_jointly(id);
            if full {
                self.seal_group(id);
            }
        }
        sent
    }

    /// Seals what the groups have to send into frames.
    pub(super) fn seal_groups(&mut self) {
        let due = self.receipts_due.is_some_and(|due| due <= self.now);
        let (mut later, frozen) = (false, self.is_frozen());
        let ids = std::mem::take(&mut self.dirty);
        for id in ids {
            let Some(group) = self.groups.get_mut(&id) else { continue };
            group.dirty = false;
            if let Some(octets) = group.seal(frozen, due) {
                self.share(id, &octets);
            }
            let Some(group) = self.groups.get(&id) else { continue };
            let (owes, awaits) = (group.owes_receipts(), group.awaits_handover());
            later |= owes && !frozen;
            if owes || awaits {
                self.mark(id);
            }
        }
        later |= self.seal_joints(frozen, due);
        if due {
            self.receipts_due = None;
        }
        if later && self.receipts_due.is_none() {
            self.receipts_due = Some(self.now.after(self.config.acknowledge_after.as_micros() as u64));
        }
    }

    fn seal_group(&mut self, id: GroupId) {
        let frozen = self.is_frozen();
        if let Some(octets) = self.groups.get_mut(&id).and_then(|g| g.seal(frozen, false)) {
            self.share(id, &octets);
        }
    }

    fn share(&mut self, id: GroupId, octets: &Bytes) {
        let others: Vec<ProcessId> = self.groups.get(&id).map(|g| g.others().collect()).unwrap_or_default();
        for process in others {
            self.send_shared(process, octets);
        }
    }

    /// Hands what the groups delivered to the application, or keeps it where the state is not here yet.
    pub(super) fn pass_on(&mut self) {
        let mut told = std::mem::take(&mut self.told);
        if !self.transfers.is_any_waiting() {
            self.out.extend(told.drain(..).map(Effect::Tell));
        }
        for upcall in told.drain(..) {
            match upcall {
                Upcall::Deliver { group, .. } if self.transfers.is_waiting(group) => {
                    self.transfers.keep(group, upcall)
                }
                upcall => self.out.push(Effect::Tell(upcall)),
            }
        }
        self.told = told;
    }

    /// Tells something of a group, in order with its deliveries.
    pub(super) fn tell_group(&mut self, id: GroupId, upcall: Upcall) {
        if self.transfers.is_waiting(id) {
            self.transfers.keep(id, upcall);
        } else {
            self.tell(upcall);
        }
    }

    /// A member that has kept this one's window shut for too long is too slow for the group.
    pub(super) fn watch_slow(&mut self) {
        let mut slow = Vec::new();
        let patience = self.config.slow_member.as_micros() as u64;
        for group in self.groups.values_mut() {
            let shut = group.is_shut(&self.config.limits);
            match group.shut_since {
                _ if !shut => group.shut_since = None,
                None => group.shut_since = Some((self.now, group.window_front())),
                Some((_, front)) if front != group.window_front() => {
                    group.shut_since = Some((self.now, group.window_front()));
                }
                Some((since, _)) if self.now.since(since) > patience => slow.extend(group.slowest()),
                Some(_) => {}
            }
        }
        for process in slow {
            self.suspect(process, super::detector::Evidence::Unresponsive);
        }
    }
}
