//! Liveness: from every reachable state, if nothing fails any more, the survivors come to a common view.
//!
//! The path is not searched for, it is walked: nothing that a stopped process said is heard any more, streams run dry,
//! decisions spread, and the oldest survivor of the latest view begins ballots with all survivors until a view consists
//! of nobody else. The walk ends well, too, when the survivors of the latest view are not a quorum of it: then nothing
//! may happen.

use crate::model::Model;
use crate::mutation::Mutation;
use crate::property::Violation;
use crate::set::{Pid, Set};
use crate::state::{Attempt, Ballot, Life, Phase, State};
use crate::step::Step;

/// How the walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calm {
    /// Every member of the latest view runs, has installed it and has delivered all there was.
    Healed,
    /// No quorum of the latest view runs.
    Halted,
}

/// The most steps a walk may take; three view changes need far fewer.
const WALK_STEPS_MAX: usize = 400;

impl Model {
    /// Walks on from the state without further failures.
    pub fn calm(&self, state: &State) -> Result<Calm, Violation> {
        let mut s = state.clone();
        let mut ballot = None;
        for _ in 0..WALK_STEPS_MAX {
            if let Some(step) = self.settling_step(&s) {
                s = self.apply(&s, step)?;
                continue;
            }
            let Some(view) = s.members().map(|(_, p)| p.view).max() else { return Ok(Calm::Halted) };
            let members = s.epoch(view).members;
            let alive = s.running().and(members);
            if !self.scope.is_quorum(members, alive) {
                return Ok(Calm::Halted);
            }
            if alive.iter().any(|p| s.process(p).view != view) {
                return Err(Violation::M8Liveness);
            }
            let flushing = alive.iter().any(|p| s.process(p).is_sealed());
            if alive == members && !flushing {
                return self.all_delivered(&s, members).map(|()| Calm::Healed);
            }
            let step = match ballot.and_then(|b| s.find(view, b)).map(|index| s.attempts[index]) {
                Some(a) => self.next_of(&s, &a),
                None => self.first_of(&s, view, alive),
            };
            let step = step.ok_or(Violation::M8Liveness)?;
            if let Step::Begin { leader, counter, .. } = step {
                ballot = Some(Ballot::new(counter, leader));
            }
            s = self.apply(&s, step)?;
        }
        Err(Violation::M8Liveness)
    }

    /// A step that any process takes by itself when nothing is lost: installing what a running process knows to be
    /// decided, taking and delivering what running processes have sent.
    fn settling_step(&self, s: &State) -> Option<Step> {
        let known = |a: &Attempt| {
            let leads = s.process(a.ballot.leader()).life != Life::Crashed;
            leads || s.members().any(|(_, p)| p.view > a.view)
        };
        for a in s.attempts.iter().filter(|a| a.phase == Phase::Decided && known(a)) {
            let able = |&p: &Pid| s.running().contains(p) && self.can_install(s, a, p);
            if let Some(p) = a.value.members.iter().find(able) {
                return Some(Step::Install(p, a.view, a.ballot));
            }
            if self.bug(Mutation::ProposeBeforeFill)
                && let Some(step) = self.fill_step(s, a)
            {
                return Some(step);
            }
        }
        for (p, process) in s.members() {
            let running = process.members.and(s.running());
            if let Some(from) = running.iter().find(|&from| self.can_take(s, p, from)) {
                return Some(Step::Take(p, from));
            }
            if running.contains(self.scope.sequencer(process.members)) && self.next_place(s, p).is_some() {
                return Some(Step::Learn(p));
            }
            if self.can_deliver(s, process) {
                return Some(Step::Deliver(p));
            }
        }
        None
    }

    /// The oldest survivor asks all survivors.
    fn first_of(&self, s: &State, view: u8, alive: Set) -> Option<Step> {
        let leader = alive.oldest()?;
        let mut survivors = alive;
        if self.bug(Mutation::SilencedStayOut) {
            survivors = survivors.minus(s.process(leader).silenced);
        }
        let members = s.epoch(view).members;
        let quorum = self.scope.is_quorum(members, survivors);
        let counter = self.counter_above_all(s, view);
        let (leaving, joining) = (Set::EMPTY, Set::EMPTY);
        quorum.then_some(Step::Begin { leader, counter, survivors, leaving, joining })
    }

    /// What the ballot needs next.
    fn next_of(&self, s: &State, a: &Attempt) -> Option<Step> {
        let (view, ballot) = (a.view, a.ballot);
        match a.phase {
            Phase::Asking => match a.survivors.minus(a.answered).oldest() {
                Some(p) => Some(Step::Answer(p, view, ballot)),
                None => Some(Step::Collect(view, ballot)),
            },
            Phase::Filling => Some(self.fill_step(s, a).unwrap_or(Step::Propose(view, ballot))),
            Phase::Proposing => match a.survivors.minus(a.accepts).oldest() {
                Some(p) => Some(Step::Accept(p, view, ballot)),
                None => Some(Step::Decide(view, ballot)),
            },
            Phase::Decided => None,
        }
    }

    /// A message of the cut that a running survivor lacks and another one can forward.
    fn fill_step(&self, s: &State, a: &Attempt) -> Option<Step> {
        let running = a.survivors.and(s.running());
        for p in running.iter().filter(|&p| s.process(p).view == a.view) {
            for (from, &cut) in a.value.cut.iter().enumerate() {
                let held = s.process(p).received[from];
                let holder = |r: Pid| r != p && self.holds_next(s, r, a.view, from, held);
                if held < cut && running.iter().any(holder) {
                    return Some(Step::Forward(p, from as Pid));
                }
            }
        }
        None
    }

    /// Every message there is has been delivered at every member.
    fn all_delivered(&self, s: &State, members: Set) -> Result<(), Violation> {
        let done = |p: Pid| {
            let process = s.process(p);
            process.delivered == process.order.len()
                && process.received.iter().sum::<u8>() == process.delivered
        };
        if members.iter().all(done) { Ok(()) } else { Err(Violation::V4Validity) }
    }
}
