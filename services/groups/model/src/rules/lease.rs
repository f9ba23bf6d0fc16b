//! Leases: one process, the reader, answers queries from its own copy; time passes in ticks.
//!
//! ```text
//!   reader: RENEW, stamped with its clock -> every member
//!   member: if it has not silenced the reader: RENEWED, "no view without you acts for PROMISE_TICKS from now"
//!   reader: a quorum of its view acknowledged -> lease until stamp + LEASE_TICKS, on its own clock
//!   flush answers carry the promises left; a view that excludes the reader holds still for the longest of them
//! ```
//!
//! All clocks run alike but the reader's, which may stand still for one tick out of every three: that is the whole drift
//! the promise's margin allows for.

use crate::model::Model;
use crate::mutation::Mutation;
use crate::property::Violation;
use crate::scope::{LEASE_TICKS, PROMISE_TICKS, STEADY_TICKS};
use crate::set::{PROCESSES_MAX, Pid, Set};
use crate::state::{Process, Query, State};
use crate::step::Step;

impl Model {
    pub(crate) fn lease_steps(&self, s: &State, out: &mut Vec<Step>) {
        let Some(reader) = self.scope.reader else { return };
        let process = s.process(reader);
        if s.reader.renewing || s.reader.lease > 0 || s.processes.iter().any(|p| p.promise > 0 || p.hold > 0)
        {
            out.push(Step::Tick { still: false });
            let may_stand = s.reader.steady == 0 || !self.scope.clock_bounded;
            if may_stand && (s.reader.renewing || s.reader.lease > 0) {
                out.push(Step::Tick { still: true });
            }
        }
        if !process.is_member() {
            return;
        }
        if !process.is_sealed() && !s.reader.renewing && self.scope.leased_by.is_empty() {
            out.push(Step::Renew);
        }
        if s.reader.renewing {
            let able = process.members.iter().filter(|&p| self.can_acknowledge(s, p, reader));
            out.extend(able.map(Step::Acknowledge));
            if self.scope.is_quorum(process.members, s.reader.acked) {
                out.push(Step::Lease);
            }
        }
        if self.scope.queries {
            if !s.reader.query.open {
                out.push(Step::Ask);
            } else if self.can_read(s, process) {
                out.push(Step::Read);
            }
        }
    }

    fn can_acknowledge(&self, s: &State, p: Pid, reader: Pid) -> bool {
        let process = s.process(p);
        let silent = process.silenced.contains(reader) && !self.bug(Mutation::RenewalAfterPromise);
        let same = process.is_member() && process.view == s.process(reader).view;
        same && !silent && !s.reader.acked.contains(p)
    }

    /// Whether the reader has the right to answer for its view.
    fn has_authority(&self, s: &State, process: &Process) -> bool {
        let sealed = process.is_sealed() && !self.bug(Mutation::QueryDuringFlush);
        process.is_member() && !sealed && process.hold == 0 && s.reader.lease > 0
    }

    /// Whether what had been received when the query arrived is applied, or settled by a view; and the lease holds.
    fn can_read(&self, s: &State, process: &Process) -> bool {
        let query = &s.reader.query;
        let applied =
            |lane: usize| process.order.count(lane as Pid, process.delivered) >= query.received[lane];
        let early = self.bug(Mutation::QueryDoesNotWait);
        let waited = early || query.view != process.view || (0..PROCESSES_MAX).all(applied);
        waited && self.has_authority(s, process)
    }

    pub(crate) fn tick(&self, s: &mut State, still: bool) {
        for process in &mut s.processes {
            process.promise = process.promise.saturating_sub(1);
            process.hold = process.hold.saturating_sub(1);
        }
        let reader = &mut s.reader;
        if still {
            reader.steady = STEADY_TICKS;
            return;
        }
        reader.steady = reader.steady.saturating_sub(1);
        reader.lease = reader.lease.saturating_sub(1);
        if reader.renewing {
            reader.age += 1;
            let late = !self.bug(Mutation::LeaseFromArrival);
            if reader.age >= LEASE_TICKS && late || reader.age > PROMISE_TICKS {
                (reader.renewing, reader.age, reader.acked) = (false, 0, Set::EMPTY);
            }
        }
    }

    pub(crate) fn renew(&self, s: &mut State) {
        let reader = self.scope.reader.map_or(Set::EMPTY, Set::of);
        (s.reader.renewing, s.reader.age, s.reader.acked) = (true, 0, reader);
    }

    pub(crate) fn acknowledge(&self, s: &mut State, p: Pid) {
        let margin = !self.bug(Mutation::NoDriftMargin);
        s.process_mut(p).promise = if margin { PROMISE_TICKS } else { LEASE_TICKS };
        s.reader.acked = s.reader.acked.or(Set::of(p));
    }

    pub(crate) fn count_lease(&self, s: &mut State) {
        let reader = &mut s.reader;
        let spent = if self.bug(Mutation::LeaseFromArrival) { 0 } else { reader.age };
        reader.lease = reader.lease.max(LEASE_TICKS.saturating_sub(spent));
        (reader.renewing, reader.age, reader.acked) = (false, 0, Set::EMPTY);
    }

    pub(crate) fn ask(&self, s: &mut State) {
        let Some(reader) = self.scope.reader else { return };
        let Process { view, received, .. } = *s.process(reader);
        s.reader.query = Query { open: true, view, received, visible: s.visible };
    }

    pub(crate) fn read(&self, s: &mut State) -> Result<(), Violation> {
        let Some(reader) = self.scope.reader else { return Ok(()) };
        let query = std::mem::take(&mut s.reader.query);
        if self.scope.authority && s.process(reader).applied() < query.visible {
            return Err(Violation::L3StaleRead);
        }
        Ok(())
    }

    /// No two views act at one time: while the reader may answer, no later view without it does.
    pub(crate) fn check_authority(&self, s: &State) -> Result<(), Violation> {
        let Some(reader) = self.scope.reader else { return Ok(()) };
        let process = s.process(reader);
        if !self.scope.authority || !self.has_authority(s, process) {
            return Ok(());
        }
        let without = |p: &Process| p.view > process.view && !p.members.contains(reader) && p.hold == 0;
        if s.members().any(|(_, p)| without(p)) { Err(Violation::M9Authority) } else { Ok(()) }
    }
}
