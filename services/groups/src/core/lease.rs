//! Leases and local reads: when a member may answer a query from its own copy.
//!
//! ```text
//!   RENEW_FOR(stamp = own clock, L) -> every member -> RENEWED(stamp): "no view without you acts for L(1+rho) from now on"
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
use super::protocol::Protocol;
use super::wire::WireError;
use super::wire::item::{Renewal, RenewalFor, tag};
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
        let (view, stamp, lease_us) = (self.view.number, self.now.0, self.config.lease_us());
        let is_told = self.protocol() >= Protocol::LEASES;
        for process in self.other_members() {
            match is_told {
                true => self.send_item(process, tag::RENEW_FOR, &RenewalFor { view, stamp, lease_us }),
                // Whoever may speak the older version promises for the longest lease.
                false => self.send_item(process, tag::RENEW, &Renewal { view, stamp }),
            }
        }
        self.count_lease();
    }

    /// A member renews: the acknowledgement is a promise, for as long as that member's lease lasts. Each has its own.
    pub(super) fn renewal(&mut self, from: ProcessId, renewal: RenewalFor) -> Result<(), WireError> {
        let RenewalFor { view, stamp, lease_us } = renewal;
        if self.acceptor.is_flushing() && !self.bug(Mutation::RenewalAfterPromise) {
            return Ok(());
        }
        if lease_us > self.config.lease_max_us() {
            // Its holder has no lease then.
            return Err(WireError::Contradiction);
        }
        let lasts_us = if self.bug(Mutation::PromiseOfOwnLength) { self.config.lease_us() } else { lease_us };
        let until = self.now.after(self.config.promise_us(lasts_us));
        // A promise is never shortened.
        let promised = self.lease.promised.entry(from).or_default();
        *promised = until.max(*promised);
        self.send_item(from, tag::RENEWED, &Renewal { view, stamp });
        Ok(())
    }

    /// A member renews in the older way.
    pub(super) fn renewal_untold(&mut self, from: ProcessId, renewal: Renewal) -> Result<(), WireError> {
        let Renewal { view, stamp } = renewal;
        self.renewal(from, RenewalFor { view, stamp, lease_us: self.config.lease_max_us() })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Config;
    use crate::core::identity::ViewNumber;
    use std::time::Duration;

    const OTHER: ProcessId = ProcessId(2);

    /// A member whose own lease is short.
    fn member(now: Time) -> Core {
        let lease = Duration::from_millis(20);
        let mut core = Core::new(Config { lease, ..Config::new("leases", ProcessId(1), "1", &["1"]) }, now);
        core.stage = Stage::Member;
        core
    }

    fn renewal(lease_us: u64) -> RenewalFor {
        RenewalFor { view: ViewNumber(0), stamp: 7, lease_us }
    }

    #[test]
    fn a_promise_lasts_as_long_as_the_lease_it_is_for() {
        let mut core = member(Time(1));
        core.renewal(OTHER, renewal(300_000)).expect("it may be so long");
        let promised = [(OTHER, 303_001)];
        assert_eq!(
            core.lease.promises(Time(1)),
            promised,
            "the lease, one percent, and what is lost in rounding"
        );
        core.renewal(OTHER, renewal(100_000)).expect("it may be as short");
        assert_eq!(core.lease.promises(Time(1)), promised, "and nothing is taken back");
        core.renewal_untold(OTHER, Renewal { view: ViewNumber(0), stamp: 8 }).expect("an older process");
        assert_eq!(core.lease.promises(Time(1)), [(OTHER, 505_001)], "it may have the longest that there is");
        assert_eq!(core.lease.promises(Time(505_002)), [], "until it has run out");
    }

    #[test]
    fn nothing_is_promised_for_longer_than_there_may_be_leases() {
        let mut core = member(Time(1));
        assert_eq!(core.renewal(OTHER, renewal(500_001)), Err(WireError::Contradiction));
        assert_eq!(core.lease.promises(Time(1)), []);
    }
}
