//! Leases and local reads: when a member may answer a query from its own copy.
//!
//! ```text
//!   RENEW(stamp = own clock) -> every member -> RENEWED(stamp): "no view without you acts for L(1+rho) from now on"
//!   lease = stamp acknowledged by a quorum + L
//!   flush answers carry the promises left; the next view holds still for the longest one made to an excluded member
//! ```
//!
//! A query waits until every update of its group that this member had received when it arrived is delivered, or dropped
//! by a view; then the lease is looked at; then the value is read. An update that was acknowledged or observed anywhere
//! was received by every member of the view, so no later query misses it. From its flush answer until the next view a
//! member answers nothing: a message of the cut may be visible elsewhere before it is here. A lease does not outlive its
//! view: another view's quorums need not contain those who promised.

use super::event::{CallError, Upcall};
use super::group::Query;
use super::identity::{GroupId, ProcessId, Time};
use super::mutation::Mutation;
use super::wire::item::{Renewal, tag};
use super::{Core, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// This member's lease, and what it has promised others.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// The latest of this member's stamps that each member has acknowledged.
    stamps: BTreeMap<ProcessId, Time>,
    renewed: Time,
    until: Time,
    /// No view without these acts before the times given.
    promised: BTreeMap<ProcessId, Time>,
    hold_until: Time,
    /// Groups with queries that wait.
    asked: BTreeSet<GroupId>,
}

impl Lease {
    pub(crate) fn hold_until(&self) -> Time {
        self.hold_until
    }

    /// The present view does not act for this long.
    pub(crate) fn hold(&mut self, now: Time, span_us: u64) {
        if span_us > 0 {
            self.hold_until = self.hold_until.max(now.after(span_us));
        }
    }

    /// The promises that have not run out, and how much of each is left.
    pub(crate) fn promises(&self, now: Time) -> Vec<(ProcessId, u64)> {
        let left = self.promised.iter().map(|(&p, until)| (p, until.since(now)));
        left.filter(|&(_, left)| left > 0).collect()
    }

    pub(crate) fn view_installed(&mut self) {
        self.stamps.clear();
        self.until = Time(0);
        self.renewed = Time(0);
    }
}

impl Core {
    /// Asks every member to acknowledge this one's authority for another while.
    pub(super) fn renew(&mut self) {
        if self.stage != Stage::Member || self.now.since(self.lease.renewed) < self.config.lease_us() / 5 {
            return;
        }
        self.lease.renewed = self.now;
        if self.acceptor.is_flushing() {
            return;
        }
        let renewal = Renewal { view: self.view.number, stamp: self.now.0 };
        for process in self.other_members() {
            self.send_item(process, tag::RENEW, &renewal);
        }
        self.count_lease();
    }

    /// A member renews: the acknowledgement is a promise.
    pub(super) fn renewal(&mut self, from: ProcessId, renewal: Renewal) {
        if self.acceptor.is_flushing() && !self.bug(Mutation::RenewalAfterPromise) {
            return;
        }
        self.lease.promised.insert(from, self.now.after(self.config.promise_us()));
        self.send_item(from, tag::RENEWED, &renewal);
    }

    /// A promise for this member.
    pub(super) fn renewed(&mut self, from: ProcessId, renewal: Renewal) {
        let stamp =
            if self.bug(Mutation::LeaseFromArrival) { self.now } else { Time(renewal.stamp).min(self.now) };
        let latest = self.lease.stamps.entry(from).or_default();
        *latest = stamp.max(*latest);
        self.count_lease();
    }

    /// The lease counts from the latest stamp that a quorum has acknowledged.
    fn count_lease(&mut self) {
        let mut stamps: Vec<Time> = self.lease.stamps.values().copied().collect();
        stamps.push(self.lease.renewed);
        stamps.sort_unstable_by(|a, b| b.cmp(a));
        let me = self.me();
        let acknowledged = |stamp: Time| {
            self.view.is_quorum(|p| p == me || self.lease.stamps.get(&p).is_some_and(|&s| s >= stamp))
        };
        if let Some(&stamp) = stamps.iter().find(|&&stamp| acknowledged(stamp)) {
            self.lease.until = self.lease.until.max(stamp.after(self.config.lease_us()));
        }
    }

    /// Asks to read the group's state here. The answer is an upcall, `Answer` or `Decline`, with this token.
    pub fn query(&mut self, group: GroupId, token: u64) -> Result<(), CallError> {
        let may = self.registry.get(group).is_some_and(|r| r.options.queries);
        let limit = self.config.limits.queries_waiting_max;
        let early = self.bug(Mutation::QueryDoesNotWait);
        let entry = self.groups.get_mut(&group).ok_or(CallError::NotInGroup)?;
        if !may {
            return Err(CallError::ClassNotAllowed);
        }
        if entry.queries.len() >= limit {
            return Err(CallError::NoCredit);
        }
        let after = if early { Vec::new() } else { entry.horizon() };
        entry.queries.push_back(Query { token, after });
        self.lease.asked.insert(group);
        self.mark(group);
        Ok(())
    }

    /// Until when this member may answer for the whole domain, if it may.
    fn authority(&self) -> Option<Time> {
        let flushing = self.acceptor.is_flushing() && !self.bug(Mutation::QueryDuringFlush);
        let held = self.now < self.lease.hold_until;
        let member = self.stage == Stage::Member && !flushing && !held;
        let early = self.bug(Mutation::LeaseCheckedEarly);
        let checked = if early { self.detector.last_tick() } else { self.now };
        (member && checked < self.lease.until).then_some(self.lease.until)
    }

    /// Until when this member's copies may be read where they are settled; none where they may not. It is another moment after
    /// each poll, and void with the next event that is handled.
    #[must_use]
    pub fn reads_until(&self) -> Option<Time> {
        self.authority()
    }

    /// Whether this member has the group's state, and everything of the group that it has received is delivered.
    #[must_use]
    pub fn is_settled(&self, group: GroupId) -> bool {
        let may = |record: &super::registry::Record| record.options.queries && record.is_complete(self.me());
        self.registry.get(group).is_some_and(may)
            && self.groups.get(&group).is_some_and(|group| group.has_delivered_all())
    }

    /// The groups in which something was received, sent or delivered since this was asked last: what `is_settled` says of
    /// others is as it was.
    pub fn take_stirred(&mut self, out: &mut Vec<GroupId>) {
        out.append(&mut self.stirred);
    }

    /// Answers the queries that may be answered.
    pub(super) fn answer_queries(&mut self) {
        if self.lease.asked.is_empty() {
            return;
        }
        let authority = self.authority();
        let declines = self.stage != Stage::Member || self.blocked;
        if authority.is_none() && !declines {
            return;
        }
        let me = self.me();
        for id in std::mem::take(&mut self.lease.asked) {
            let complete = self.registry.get(id).is_some_and(|r| r.is_complete(me));
            let Some(group) = self.groups.get_mut(&id) else { continue };
            let mut answered = Vec::new();
            while let Some(first) = group.queries.front() {
                let upcall = match authority {
                    Some(until) if complete && group.has_delivered(&first.after) => {
                        Upcall::Answer { group: id, token: first.token, until }
                    }
                    _ if declines => Upcall::Decline { group: id, token: first.token },
                    _ => break,
                };
                answered.push(upcall);
                group.queries.pop_front();
            }
            if !group.queries.is_empty() {
                self.lease.asked.insert(id);
            }
            for upcall in answered {
                self.tell(upcall);
            }
        }
    }
}
