//! Agreement on the next view: one consensus for each view number, among the members of the view before.
//!
//! ```text
//!   FLUSH(b, survivors) -> promise b, silence those left out      ANSWER(b, accepted, held, places, promises)
//!   all survivors answered: adopt the accepted value of the highest ballot, or make one: cut, order, wait
//!   every old member that the value keeps holds its cut -> PROPOSE(b, value) -> ACCEPT(b)
//!   a quorum of the view accepted -> COMMIT(value)
//! ```
//!
//! Suspicion is by fiat: any member may at any time begin a ballot without any others, crashed or not, as long as those
//! left are a quorum and it is the oldest of them.

use crate::model::{Model, attempt};
use crate::mutation::Mutation;
use crate::property::Violation;
use crate::set::{Lanes, PROCESSES_MAX, Pid, Set};
use crate::state::{Attempt, Ballot, Life, Phase, Process, State, Value};
use crate::step::Step;

impl Model {
    pub(crate) fn agreement_steps(&self, s: &State, out: &mut Vec<Step>) {
        if s.begun < self.scope.ballots {
            for (p, process) in s.members().filter(|(_, p)| p.view < self.scope.views) {
                self.begin_steps(s, p, process, out);
            }
        }
        for a in &s.attempts {
            self.attempt_steps(s, a, out);
        }
    }

    /// Every ballot that the process could begin.
    fn begin_steps(&self, s: &State, leader: Pid, process: &Process, out: &mut Vec<Step>) {
        let mut counters = vec![self.lowest_counter(process, leader)];
        let refused = self.counter_above_all(s, process.view);
        if refused > counters[0] {
            counters.push(refused);
        }
        let outside = (0..PROCESSES_MAX as Pid).filter(|&p| s.process(p).life == Life::Outside);
        let joiners = outside.fold(Set::EMPTY, |set, p| set.or(Set::of(p)));
        for bits in 1..1u8 << PROCESSES_MAX {
            let survivors = Set(bits);
            if !survivors.within(process.members) || survivors.oldest() != Some(leader) {
                continue;
            }
            let quorum = self.is_quorum(process.members, survivors);
            if !quorum || self.bug(Mutation::SilencedStayOut) && !survivors.and(process.silenced).is_empty() {
                continue;
            }
            let leaving = self.scope.leavers.and(survivors);
            let mut options = vec![(leaving, joiners), (Set::EMPTY, Set::EMPTY)];
            options.dedup();
            for (leaving, joining) in options {
                let change = survivors != process.members || !leaving.is_empty() || !joining.is_empty();
                if !change && !process.is_sealed() {
                    continue;
                }
                for &counter in &counters {
                    out.push(Step::Begin { leader, counter, survivors, leaving, joining });
                }
            }
        }
    }

    /// The counter above all that the process has promised. Ballot 0 is the oldest's.
    fn lowest_counter(&self, process: &Process, leader: Pid) -> u8 {
        let first = u8::from(process.members.oldest() != Some(leader));
        process.promised.next_counter().max(first)
    }

    /// The counter above all that exist: what a leader uses that was refused.
    pub(crate) fn counter_above_all(&self, s: &State, view: u8) -> u8 {
        let of_view = s.attempts.iter().filter(|a| a.view == view);
        let promised = s.members().filter(|(_, p)| p.view == view).map(|(_, p)| p.promised);
        of_view.map(|a| a.ballot).chain(promised).map(Ballot::next_counter).max().unwrap_or(0).max(1)
    }

    pub(crate) fn is_quorum(&self, members: Set, present: Set) -> bool {
        let half = self.bug(Mutation::HalfIsQuorum) && self.scope.halves(members, present).is_eq();
        half || self.bug(Mutation::NoQuorum) || self.scope.is_quorum(members, present)
    }

    /// What can happen in a ballot.
    fn attempt_steps(&self, s: &State, a: &Attempt, out: &mut Vec<Step>) {
        for p in a.survivors.iter() {
            let process = s.process(p);
            if !process.is_member() || process.view != a.view {
                continue;
            }
            let back = self.bug(Mutation::PromiseTakenBack);
            if !a.answered.contains(p) && (process.promised < a.ballot || back) {
                out.push(Step::Answer(p, a.view, a.ballot));
            }
            if matches!(a.phase, Phase::Proposing | Phase::Decided) && !a.accepts.contains(p) {
                let asked = process.promised == a.ballot || back;
                if asked || self.scope.straight && process.promised < a.ballot {
                    out.push(Step::Accept(p, a.view, a.ballot));
                }
            }
            if matches!(a.phase, Phase::Filling) || self.bug(Mutation::ProposeBeforeFill) {
                let lacked = (0..PROCESSES_MAX as Pid).filter(|&from| self.is_forwarded(s, a, p, from));
                out.extend(lacked.map(|from| Step::Forward(p, from)));
            }
        }
        self.leader_steps(s, a, out);
        if a.phase == Phase::Decided {
            let able = a.value.members.iter().filter(|&p| self.can_install(s, a, p));
            out.extend(able.map(|p| Step::Install(p, a.view, a.ballot)));
        }
    }

    /// What the leader of the ballot can do.
    fn leader_steps(&self, s: &State, a: &Attempt, out: &mut Vec<Step>) {
        let leader = s.process(a.ballot.leader());
        if !leader.is_member() || leader.view != a.view || !self.is_latest(s, a) {
            return;
        }
        match a.phase {
            Phase::Asking => {
                let quorum = || self.bug(Mutation::AnswersOfQuorum);
                if a.answered == a.survivors || quorum() && self.is_quorum(leader.members, a.answered) {
                    out.push(Step::Collect(a.view, a.ballot));
                }
            }
            Phase::Filling => {
                let kept = a.value.members.and(a.survivors);
                let early = self.bug(Mutation::ProposeBeforeFill);
                if early || kept.iter().all(|p| self.holds(s, p, a.view, &a.value.cut)) {
                    out.push(Step::Propose(a.view, a.ballot));
                }
            }
            Phase::Proposing => {
                let next = self.bug(Mutation::QuorumOfNext);
                let voters = if next { a.value.members } else { leader.members };
                if self.is_quorum(voters, a.accepts) {
                    out.push(Step::Decide(a.view, a.ballot));
                }
            }
            Phase::Decided => {}
        }
    }

    /// Whether the process holds the messages up to the cut, or has gone on to the next view, which it did with them.
    pub(crate) fn holds(&self, s: &State, p: Pid, view: u8, cut: &Lanes) -> bool {
        let process = s.process(p);
        process.view > view || process.received.iter().zip(cut).all(|(held, cut)| held >= cut)
    }

    /// Whether another survivor can have forwarded the sender's next message to the process. One that has crashed since may
    /// have done so before.
    fn is_forwarded(&self, s: &State, a: &Attempt, p: Pid, sender: Pid) -> bool {
        let from = usize::from(sender);
        let held = s.process(p).received[from];
        let holder = |r: Pid| r != p && self.holds_next(s, r, a.view, from, held);
        held < a.value.cut[from] && a.survivors.iter().any(holder)
    }

    pub(crate) fn holds_next(&self, s: &State, r: Pid, view: u8, from: usize, held: u8) -> bool {
        let r = s.process(r);
        r.view > view || r.view == view && r.received[from] > held
    }

    pub(crate) fn begin(
        &self,
        s: &mut State,
        leader: Pid,
        counter: u8,
        survivors: Set,
        leaving: Set,
        joining: Set,
    ) {
        let process = *s.process(leader);
        let (view, ballot) = (process.view, Ballot::new(counter, leader));
        let members = survivors.minus(leaving).or(joining);
        let straight = self.scope.straight && counter == 0;
        let phase = if straight { Phase::Proposing } else { Phase::Asking };
        let value = Value { members, ..Value::default() };
        s.begun += 1;
        s.attempts.push(Attempt {
            view,
            ballot,
            survivors,
            leaving,
            joining,
            answered: Set::EMPTY,
            accepts: Set::EMPTY,
            phase,
            adopted: Ballot::NONE,
            value,
        });
        if straight {
            self.accept(s, leader, view, ballot);
        } else {
            self.answer(s, leader, view, ballot);
        }
    }

    /// A process promises the ballot and reports what it has.
    pub(crate) fn answer(&self, s: &mut State, p: Pid, view: u8, ballot: Ballot) {
        let cut_from_leader = self.bug(Mutation::CutFromLeader) && p != ballot.leader();
        let lowest = self.bug(Mutation::LowestAdopted);
        let carry = !self.bug(Mutation::WaitNotCarried);
        let process = *s.process(p);
        let a = attempt(s, view, ballot);
        a.answered = a.answered.or(Set::of(p));
        if a.phase == Phase::Asking {
            let better = if lowest { process.accepted < a.adopted } else { process.accepted > a.adopted };
            if process.accepted != Ballot::NONE && (better || a.adopted == Ballot::NONE) {
                a.adopted = process.accepted;
            }
            if !cut_from_leader {
                for (cut, held) in a.value.cut.iter_mut().zip(process.received) {
                    *cut = held.max(*cut);
                }
            }
            if process.order.len() > a.value.order.len() {
                a.value.order = process.order;
            }
            let excluded = self.scope.reader.is_some_and(|reader| !a.survivors.contains(reader));
            let promise = if excluded { process.promise } else { 0 };
            let hold = if carry { process.hold } else { 0 };
            a.value.wait = a.value.wait.max(promise).max(hold);
        }
        let survivors = a.survivors;
        self.promise(s.process_mut(p), ballot, survivors);
    }

    fn promise(&self, process: &mut Process, ballot: Ballot, survivors: Set) {
        process.promised = ballot;
        process.silenced = process.silenced.or(process.members.minus(survivors));
    }

    /// The leader makes its value, or takes over the one that may have been decided.
    pub(crate) fn collect(&self, s: &mut State, view: u8, ballot: Ballot) {
        let adopted = attempt(s, view, ballot).adopted;
        let ignore = self.bug(Mutation::TakeoverIgnoresAccepted);
        let origin = s.find(view, adopted).map(|index| s.attempts[index].value);
        let a = attempt(s, view, ballot);
        a.adopted = Ballot::NONE;
        if let Some(value) = origin.filter(|_| !ignore) {
            a.value = value;
            a.phase = Phase::Proposing;
            return;
        }
        a.value.order = a.value.order.completed(&a.value.cut);
        a.phase = Phase::Filling;
    }

    pub(crate) fn accept(&self, s: &mut State, p: Pid, view: u8, ballot: Ballot) {
        let a = attempt(s, view, ballot);
        a.accepts = a.accepts.or(Set::of(p));
        let survivors = a.survivors;
        self.promise(s.process_mut(p), ballot, survivors);
        s.process_mut(p).accepted = ballot;
    }

    pub(crate) fn decide(&self, s: &mut State, view: u8, ballot: Ballot) -> Result<(), Violation> {
        let a = attempt(s, view, ballot);
        a.phase = Phase::Decided;
        let (accepts, members) = (a.accepts, a.value.members);
        let rivals = s.attempts.iter().filter(|b| b.view == view && b.phase == Phase::Decided);
        if rivals.clone().any(|b| b.accepts.and(accepts).is_empty()) {
            return Err(Violation::M3Succession);
        }
        if rivals.clone().any(|b| b.value.members != members) {
            return Err(Violation::M1Agreement);
        }
        if !members.contains(ballot.leader()) {
            *s.process_mut(ballot.leader()) = s.process(ballot.leader()).stopped(Life::Gone);
        }
        Ok(())
    }
}
