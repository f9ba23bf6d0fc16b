//! From one view to the next, once it is decided: deliver the rest of the cut in the value's order, install.

use crate::model::{Model, attempt};
use crate::mutation::Mutation;
use crate::property::Violation;
use crate::set::{PROCESSES_MAX, Pid, Seq, Set};
use crate::state::{Attempt, Ballot, Life, Process, Reader, State};

impl Model {
    /// Whether the process can install what this ballot decided.
    pub(crate) fn can_install(&self, s: &State, a: &Attempt, p: Pid) -> bool {
        let process = s.process(p);
        match process.life {
            Life::Member => process.view == a.view && self.holds(s, p, a.view, &a.value.cut),
            // Its state is that of the old members at the cut, however it is brought to it.
            Life::Outside => true,
            Life::Absent | Life::Gone | Life::Crashed => false,
        }
    }

    pub(crate) fn install(&self, s: &mut State, p: Pid, view: u8, ballot: Ballot) -> Result<(), Violation> {
        let value = attempt(s, view, ballot).value;
        let old = *s.process(p);
        let newcomer = old.life == Life::Outside;
        let whole = self.whole(&old, value.cut, value.order);
        if !newcomer {
            if value.cut[usize::from(p)] < old.received[usize::from(p)] {
                return Err(Violation::V4Validity);
            }
            self.end_epoch(s, &old, view, whole)?;
            self.keep_streams(s, p, &old);
        }
        let base = if newcomer { s.epoch(view).base + value.order.len() } else { old.base + whole.len() };
        if self.scope.uniform && base < s.visible {
            return Err(Violation::C5Acknowledged);
        }
        self.begin_epoch(s, view, value.members, base)?;
        let hold = if self.bug(Mutation::NoLeaseWait) { 0 } else { value.wait.max(old.hold) };
        *s.process_mut(p) = Process {
            life: Life::Member,
            view: view + 1,
            members: value.members,
            base,
            hold,
            promise: old.promise,
            ..Process::default()
        };
        if self.scope.reader == Some(p) {
            // A lease does not outlive its view: another view's quorums need not contain those who promised.
            s.reader = Reader { query: s.reader.query, steady: s.reader.steady, ..Reader::default() };
        }
        Ok(())
    }

    /// Everything the process delivers in the view that ends.
    fn whole(&self, old: &Process, cut: [u8; PROCESSES_MAX], order: Seq) -> Seq {
        if self.bug(Mutation::OrderNotInValue) {
            old.order.completed(&cut)
        } else if self.bug(Mutation::BeyondCut) && old.life == Life::Member {
            order.completed(&old.received)
        } else {
            order
        }
    }

    fn end_epoch(&self, s: &mut State, old: &Process, view: u8, whole: Seq) -> Result<(), Violation> {
        let uniform = self.scope.uniform;
        let epoch = s.epoch_mut(view);
        if !old.order.prefix(old.delivered).begins(&whole) || epoch.ended && epoch.log != whole {
            return Err(Violation::V1ViewSynchrony);
        }
        if uniform && !epoch.log.begins(&whole) {
            return Err(Violation::V6Uniformity);
        }
        epoch.log = whole;
        epoch.ended = true;
        Ok(())
    }

    /// What the process had multicast in the view is still under way to those who are not so far.
    fn keep_streams(&self, s: &mut State, p: Pid, old: &Process) {
        let orders = self.scope.sequencer(old.members) == p;
        let epoch = s.epoch_mut(old.view);
        epoch.sent[usize::from(p)] = old.received[usize::from(p)];
        epoch.ready[usize::from(p)] = old.ready();
        if orders {
            epoch.order = old.order;
        }
    }

    fn begin_epoch(&self, s: &mut State, view: u8, members: Set, base: u8) -> Result<(), Violation> {
        let before = s.epoch(view).members;
        let joiners =
            Set::first(self.scope.members + self.scope.joiners).minus(Set::first(self.scope.members));
        if !members.minus(before).within(joiners) {
            return Err(Violation::M6Resurrection);
        }
        let epoch = s.epoch_mut(view + 1);
        if !epoch.members.is_empty() && epoch.members != members {
            return Err(Violation::M1Agreement);
        }
        epoch.members = members;
        epoch.base = base;
        Ok(())
    }
}
