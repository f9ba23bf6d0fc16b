//! The model: the first state, the steps that are possible in a state, and what each does.
//!
//! The rules are in `rules/`, one file a concern; here they are put together.

use crate::mutation::Mutation;
use crate::property::Violation;
use crate::scope::{LEASE_TICKS, PROMISE_TICKS, Scope};
use crate::set::{PROCESSES_MAX, Pid, Set};
use crate::state::{Attempt, Ballot, Epoch, Life, Phase, Process, Reader, State};
use crate::step::Step;

/// A scope, and perhaps a mistake.
#[derive(Debug, Clone)]
pub struct Model {
    /// The bounds.
    pub scope: Scope,
    /// The mistake.
    pub mutation: Option<Mutation>,
}

impl Model {
    /// The protocol as it is.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope, mutation: None }
    }

    /// The protocol with one mistake.
    #[must_use]
    pub fn mutant(scope: Scope, mutation: Mutation) -> Self {
        Self { scope, mutation: Some(mutation) }
    }

    pub(crate) fn bug(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// View 1 is installed at all its members; nothing has been sent.
    #[must_use]
    pub fn initial(&self) -> State {
        let members = Set::first(self.scope.members);
        let mut processes = [Process::default(); PROCESSES_MAX];
        for p in members.iter() {
            processes[usize::from(p)] =
                Process { life: Life::Member, view: 1, members, ..Process::default() };
        }
        for p in Set::first(self.scope.members + self.scope.joiners).minus(members).iter() {
            processes[usize::from(p)].life = Life::Outside;
        }
        let leased = !self.scope.leased_by.is_empty();
        for p in self.scope.leased_by.iter() {
            processes[usize::from(p)].promise = PROMISE_TICKS;
        }
        let lease = if leased { LEASE_TICKS } else { 0 };
        State {
            processes,
            attempts: Vec::new(),
            epochs: vec![Epoch { members, ..Epoch::default() }],
            reader: Reader { lease, ..Reader::default() },
            sent: [0; PROCESSES_MAX],
            crashes: 0,
            begun: 0,
            visible: 0,
        }
    }

    /// All steps that are possible.
    pub fn steps(&self, state: &State, out: &mut Vec<Step>) {
        out.clear();
        self.agreement_steps(state, out);
        self.traffic_steps(state, out);
        if self.scope.reader.is_some() {
            self.lease_steps(state, out);
        }
        if state.crashes < self.scope.crashes {
            out.extend(state.running().iter().map(Step::Crash));
        }
    }

    /// The state after a possible step.
    pub fn apply(&self, state: &State, step: Step) -> Result<State, Violation> {
        let mut next = state.clone();
        let s = &mut next;
        match step {
            Step::Crash(p) => self.crash(s, p),
            Step::Begin { leader, counter, survivors, leaving, joining } => {
                self.begin(s, leader, counter, survivors, leaving, joining);
            }
            Step::Answer(p, view, ballot) => self.answer(s, p, view, ballot),
            Step::Collect(view, ballot) => self.collect(s, view, ballot),
            Step::Forward(p, sender) => self.receive(s, p, sender),
            Step::Propose(view, ballot) => attempt(s, view, ballot).phase = Phase::Proposing,
            Step::Accept(p, view, ballot) => self.accept(s, p, view, ballot),
            Step::Decide(view, ballot) => self.decide(s, view, ballot)?,
            Step::Install(p, view, ballot) => self.install(s, p, view, ballot)?,
            Step::Send(p) => self.send(s, p),
            Step::Take(p, from) => self.receive(s, p, from),
            Step::Learn(p) => self.learn(s, p),
            Step::Deliver(p) => self.deliver(s, p)?,
            Step::Tick { still } => self.tick(s, still),
            Step::Renew => self.renew(s),
            Step::Acknowledge(p) => self.acknowledge(s, p),
            Step::Lease => self.count_lease(s),
            Step::Ask => self.ask(s),
            Step::Read => self.read(s)?,
        }
        self.acknowledge_updates(s);
        self.forget(s);
        self.check_authority(s)?;
        Ok(next)
    }

    fn crash(&self, s: &mut State, p: Pid) {
        *s.process_mut(p) = s.process(p).stopped(Life::Crashed);
        s.crashes += 1;
        if self.scope.reader == Some(p) {
            s.reader = Reader::default();
        }
    }

    /// Drops what no process can notice any more, so that states that behave alike are one state.
    fn forget(&self, s: &mut State) {
        s.attempts.sort_unstable_by_key(|a| (a.view, a.ballot));
        let matter: Vec<Attempt> = s.attempts.iter().filter(|a| self.matters(s, a)).copied().collect();
        s.attempts = matter;
        let lowest = s.members().map(|(_, p)| p.view).min().unwrap_or(u8::MAX);
        for (index, epoch) in s.epochs.iter_mut().enumerate() {
            if (index as u8 + 1) < lowest {
                *epoch = Epoch { members: epoch.members, base: epoch.base, ..Epoch::default() };
            }
        }
        for p in 0..PROCESSES_MAX as Pid {
            let process = s.process_mut(p);
            if matches!(process.life, Life::Crashed | Life::Gone) && process.view < lowest {
                *process = Process { life: process.life, ..Process::default() };
            }
        }
    }

    /// Whether a ballot can still have an effect on anyone.
    fn matters(&self, s: &State, a: &Attempt) -> bool {
        let here = |p: Pid| s.process(p).is_member() && s.process(p).view == a.view;
        let asked = || a.survivors.iter().filter(|&p| here(p));
        if a.phase == Phase::Decided {
            let waits = |p: Pid| here(p) || s.process(p).life == Life::Outside;
            return a.value.members.iter().any(waits) || asked().any(|p| s.process(p).accepted == a.ballot);
        }
        let led = here(a.ballot.leader()) && self.is_latest(s, a);
        let late_flush = || asked().any(|p| s.process(p).promised < a.ballot);
        let late_forward = || {
            a.phase == Phase::Filling
                && asked().any(|p| (0..PROCESSES_MAX).any(|i| s.process(p).received[i] < a.value.cut[i]))
        };
        let held = || asked().any(|p| s.process(p).accepted == a.ballot);
        let late_propose =
            || a.phase == Phase::Proposing && asked().any(|p| s.process(p).promised <= a.ballot);
        let adopted = || s.attempts.iter().any(|b| b.view == a.view && b.adopted == a.ballot);
        adopted() || led || late_flush() || late_forward() || held() || late_propose()
    }

    /// Whether the leader has begun no later ballot.
    pub(crate) fn is_latest(&self, s: &State, a: &Attempt) -> bool {
        let later = |other: &Attempt| other.view == a.view && other.ballot > a.ballot;
        !s.attempts.iter().any(|other| later(other) && other.ballot.leader() == a.ballot.leader())
    }
}

/// A ballot that is known to be there.
pub(crate) fn attempt(s: &mut State, view: u8, ballot: Ballot) -> &mut Attempt {
    let index = s.find(view, ballot).expect("steps are made of ballots that exist");
    &mut s.attempts[index]
}
