//! A process's replica, and what its driver would do.

mod servant;

use super::OBJECT;
use super::record::{Life, State, Term, Timer, Verdict, fold};
use crate::core::{GroupId, ProcessId, Upcall};
use crate::object::proto::{
    Answer, Effect, Execution, Mistake, Moment, Place, Replica, ReplicaLimits, Style, TimerChange,
};
use crate::sim::world::{Due, World};
use servant::state_of;
use std::collections::{BTreeMap, VecDeque};

/// The replica of one process.
#[derive(Debug)]
pub(in crate::sim) struct Seat {
    replica: Replica,
    place: Place,
    pub(super) group: Option<GroupId>,
    announced: bool,
    /// The counter's value, and the one that all have agreed on.
    value: u64,
    /// What timers have done to it, which no answer shows; and what all have agreed on of that.
    rings: u64,
    rings_agreed: u64,
    rings_proposed: u64,
    /// What the servant has done of its own: it is in its digest, and in no answer.
    drift: u64,
    agreed: u64,
    proposed: u64,
    /// The value is ahead of what all have agreed on.
    ahead: bool,
    jobs: VecDeque<Effect>,
    /// Replies that are not shown yet.
    pub(super) given: BTreeMap<u64, Answer>,
    /// Reads that wait, by the engine's number: the ticket.
    reads: BTreeMap<u64, u64>,
    held: Vec<(u64, crate::core::Time)>,
    last_read: u64,
    /// The state came from another replica, and was not compared since.
    is_fresh: bool,
    /// The term last seen, and its executor.
    term: Option<(u64, Option<ProcessId>)>,
}

impl Seat {
    pub(super) fn new(
        id: ProcessId,
        (style, ships_effects): (Style, bool),
        limits: ReplicaLimits,
        mistake: Option<Mistake>,
    ) -> Self {
        let place = Place {
            interface: "IDL:Counter:1.0".into(),
            fingerprint: 1,
            style,
            ships_effects,
            profiles: Vec::new(),
            time_us: 1,
        };
        Self {
            replica: Replica::new(id, &place, limits).with_mistake(mistake),
            place,
            group: None,
            announced: false,
            value: 0,
            rings: 0,
            rings_agreed: 0,
            rings_proposed: 0,
            drift: 0,
            agreed: 0,
            proposed: 0,
            ahead: false,
            jobs: VecDeque::new(),
            given: BTreeMap::new(),
            reads: BTreeMap::new(),
            held: Vec::new(),
            last_read: 0,
            is_fresh: false,
            term: None,
        }
    }

    /// The value that all have agreed on, where this process has it.
    pub(super) fn agreed(&self) -> Option<u64> {
        self.replica.is_complete().then_some(self.agreed)
    }

    /// A timer of this replica that has not fired.
    pub(super) fn timer_waiting(&self) -> Option<String> {
        let (name, due_us) = self.replica.is_complete().then(|| self.replica.timers().next())??;
        Some(format!("the timer {name} waits, due at {due_us}"))
    }
}

/// States are compared whenever so many requests have had their place.
const COMPARED_EVERY: u64 = 4;

impl World {
    /// What the engine tells about the object's group; none if it is about something else.
    pub(in crate::sim) fn object_told(&mut self, node: usize, upcall: &Upcall) -> Option<bool> {
        let about = match upcall {
            Upcall::GroupView(view) => view.group,
            Upcall::Deliver { group, .. }
            | Upcall::TakeState { group, .. }
            | Upcall::InstallState { group, .. }
            | Upcall::Answer { group, .. }
            | Upcall::Decline { group, .. } => *group,
            Upcall::Blocked(crate::core::Blocked::NotPrimary) => return self.cut_off(node, true),
            Upcall::Unblocked(crate::core::Blocked::NotPrimary) => return self.cut_off(node, false),
            _ => return None,
        };
        let process = self.nodes[node].process.as_mut()?;
        let seat = process.seat.as_mut()?;
        if let Upcall::GroupView(view) = upcall
            && &*view.name == OBJECT
        {
            seat.group = Some(view.group);
        }
        if seat.group != Some(about) {
            return None;
        }
        let mut again = false;
        // What is compared is what replicas have right after a request.
        let before = match upcall {
            Upcall::Deliver { .. } => seat.replica.requests(),
            _ => u64::MAX,
        };
        match upcall {
            Upcall::GroupView(view) => {
                seat.replica.view(view);
                if !std::mem::replace(&mut seat.announced, true) {
                    let place = seat.place.clone();
                    seat.replica.announce(place);
                }
            }
            Upcall::Deliver { sender, payload, .. } => {
                if let Err(error) = seat.replica.deliver(*sender, payload) {
                    self.complain("V3", format!("a message of the object cannot be read: {error}"));
                }
            }
            Upcall::TakeState { group, cut } => {
                let saved = seat.replica.save(&seat.state());
                let _ = process.core.state(*group, *cut, &saved);
                again = true;
            }
            Upcall::InstallState { state, .. } => match seat.replica.restore(state, &seat.place) {
                Ok(state) => {
                    seat.adopt(state);
                    (seat.is_fresh, seat.term) = (true, None);
                    if let Some(market) = &mut self.market {
                        market.record.joins += 1;
                    }
                }
                Err(error) => self.complain("T1", format!("a joiner cannot use the object's state: {error}")),
            },
            Upcall::Answer { token, until, .. } => self.may_read(node, *token, *until),
            Upcall::Decline { token, .. } => {
                if let Some(ticket) = seat.reads.remove(token) {
                    self.refused(ticket, false);
                }
            }
            _ => {}
        }
        again |= self.object_effects(node);
        self.note_object(node, before);
        Some(again)
    }

    /// Takes down what a replica has come to with what it was told.
    fn note_object(&mut self, node: usize, requests_before: u64) {
        let Some((life, process)) = self.life(node) else { return };
        let (Some(market), Some(there)) = (self.market.as_mut(), self.nodes[node].process.as_mut()) else {
            return;
        };
        let Some(seat) = there.seat.as_mut().filter(|seat| seat.replica.is_complete()) else { return };
        let place = seat.replica.requests();
        if place > requests_before && place.is_multiple_of(COMPARED_EVERY) {
            // What servants do of their own is found by digests, which are compared elsewhere.
            let fold = fold(&seat.replica.save(&state_of(seat.agreed, seat.rings_agreed, 0)));
            let is_fresh = std::mem::take(&mut seat.is_fresh);
            market.record.states.push(State { process, life, place, fold, is_fresh });
        }
        let (number, executor) = (seat.replica.term(), seat.replica.executor());
        if seat.term != Some((number, executor)) {
            let before = seat.term.replace((number, executor)).and_then(|(_, executor)| executor);
            let deposed = before.filter(|before| seat.replica.complete_members().contains(before));
            market.record.terms.push(Term { process, life, number, executor, deposed });
        }
    }

    /// Which life of the object a process serves.
    fn life(&self, node: usize) -> Option<(Life, ProcessId)> {
        let process = self.nodes[node].process.as_ref()?;
        Some(((process.core.view().domain, process.seat.as_ref()?.group?), process.id))
    }

    /// A servant does something of its own.
    pub(in crate::sim) fn drift(&mut self, node: usize) {
        let seat = self.nodes[node].process.as_mut().and_then(|process| process.seat.as_mut());
        let Some(seat) = seat.filter(|seat| seat.place.style == Style::Active && seat.replica.is_complete())
        else {
            return;
        };
        seat.drift += 1 + node as u64;
        if let Some(market) = &mut self.market {
            market.record.drifts += 1;
        }
    }

    /// Digests differ. True if the process has ended for it.
    fn differs(&mut self, node: usize, place: u64, leaves: bool) -> bool {
        let (Some((life, process)), Some(market)) = (self.life(node), self.market.as_mut()) else {
            return false;
        };
        let Some(seat) = self.nodes[node].process.as_ref().and_then(|process| process.seat.as_ref()) else {
            return false;
        };
        let members = seat.replica.complete_members().to_vec();
        market.record.verdicts.push(Verdict { process, life, place, members, leaves });
        if leaves {
            self.die(node);
        }
        leaves
    }

    fn cut_off(&mut self, node: usize, cut_off: bool) -> Option<bool> {
        let seat = self.nodes[node].process.as_mut()?.seat.as_mut()?;
        seat.replica.cut_off(cut_off);
        self.object_effects(node);
        None
    }

    /// Does what the replica wants. True if the engine was called.
    pub(super) fn object_effects(&mut self, node: usize) -> bool {
        let mut called = false;
        loop {
            let Some(process) = self.nodes[node].process.as_mut() else { return called };
            let (id, from) = (process.id, process.global(process.core.acts_from()));
            let Some(seat) = process.seat.as_mut() else { return called };
            let effects = seat.replica.take_effects();
            if effects.is_empty() {
                return called;
            }
            for effect in effects {
                let life = self.life(node);
                let Some(process) = self.nodes[node].process.as_mut() else { return called };
                let Some(seat) = process.seat.as_mut() else { return called };
                match effect {
                    Effect::Multicast(message) => {
                        if let Some(group) = seat.group {
                            let class = crate::core::Class::new(crate::core::Order::Total, true);
                            let _ = process.core.multicast(group, class, message);
                            called = true;
                        }
                    }
                    Effect::Execute(execution) if seat.place.style == Style::Active => {
                        let timers =
                            seat.execute(&execution, self.market.as_ref().is_some_and(|m| m.has_timers));
                        (seat.agreed, seat.rings_agreed) = (seat.value, seat.rings);
                        self.note_execution(id, life, &execution, timers);
                    }
                    Effect::Execute(_) | Effect::Conclude | Effect::TakeBack => {
                        seat.jobs.push_back(effect);
                        let at = self.now + self.random.between(1, 400);
                        self.schedule(at, Due::Work { node, process: id });
                    }
                    Effect::Adopt(state) => seat.adopt(state),
                    Effect::Apply(effects) => {
                        seat.apply(effects);
                        if let Some(market) = &mut self.market {
                            market.record.effects_applied += 1;
                        }
                    }
                    Effect::Arm { number, after_us } => {
                        let at = self.now + after_us.max(1);
                        self.schedule(at, Due::Alarm { node, process: id, number });
                    }
                    // What rings all the same is passed over by the replica.
                    Effect::Disarm { .. } => {}
                    Effect::Settled => {
                        seat.settle();
                        seat.ahead = false;
                        for (number, until) in std::mem::take(&mut seat.held) {
                            self.may_read(node, number, until);
                        }
                    }
                    Effect::Answer { ticket, answer } => {
                        seat.given.insert(ticket, answer);
                        self.schedule(from, Due::Given { node, process: id, ticket });
                    }
                    Effect::TakeDigest { place } => {
                        let digest = seat.digest();
                        seat.replica.digested(place, digest);
                        if let (Some((life, _)), Some(market)) = (life, self.market.as_mut()) {
                            market.record.digests.insert((life, place, id), digest);
                        }
                    }
                    Effect::Diverged { place } => {
                        if self.differs(node, place, true) {
                            return called;
                        }
                    }
                    Effect::Disputed { place } => drop(self.differs(node, place, false)),
                    Effect::Publish { .. } | Effect::Reactivate => {}
                }
            }
        }
    }

    /// The executor does its next job.
    pub(in crate::sim) fn work(&mut self, node: usize, id: ProcessId) {
        if self.nodes[node].paused {
            let at = self.now + 10_000;
            return self.schedule(at, Due::Work { node, process: id });
        }
        let Some(process) = self.nodes[node].process.as_mut().filter(|process| process.id == id) else {
            return;
        };
        let Some(seat) = process.seat.as_mut() else { return };
        match seat.jobs.pop_front() {
            Some(Effect::Execute(execution)) => {
                seat.ahead = true;
                let fired = execution.timer.is_some();
                seat.execute(&execution, self.market.as_ref().is_some_and(|market| market.has_timers));
                if let Some(market) = &mut self.market {
                    market.record.fired_alone += u64::from(fired);
                }
            }
            Some(Effect::Conclude) => {
                seat.conclude();
            }
            Some(Effect::TakeBack) => (seat.value, seat.rings) = (seat.agreed, seat.rings_agreed),
            _ => {}
        }
        if self.object_effects(node) {
            self.turn(node);
        }
    }

    /// Takes down what the active style executes.
    fn note_execution(
        &mut self,
        id: ProcessId,
        life: Option<(Life, ProcessId)>,
        execution: &Execution,
        timers: Vec<TimerChange>,
    ) {
        let (Some(market), Some((life, _))) = (&mut self.market, life) else { return };
        match &execution.timer {
            Some(name) => {
                let event = Timer::Fired { name: name.to_string(), at_us: execution.moment.time_us };
                market.record.timers.push((id, life, event));
            }
            None => market.record.executions.push((id, execution.key)),
        }
        for TimerChange { name, due_us } in timers {
            let name = name.to_string();
            let event = match due_us {
                Some(due_us) => Timer::Set { name, due_us },
                None => Timer::Cancelled { name },
            };
            market.record.timers.push((id, life, event));
        }
    }

    /// A replica's alarm rings.
    pub(in crate::sim) fn alarm(&mut self, node: usize, id: ProcessId, number: u64) {
        if self.nodes[node].paused {
            let at = self.now + 10_000;
            return self.schedule(at, Due::Alarm { node, process: id, number });
        }
        let moment = Moment { time_us: self.now + 1_000_000, seed: number };
        let process = self.nodes[node].process.as_mut().filter(|process| process.id == id);
        let Some(seat) = process.and_then(|process| process.seat.as_mut()) else { return };
        seat.replica.due(number, moment);
        if self.object_effects(node) {
            self.turn(node);
        }
    }

    /// A client wants to read here.
    pub(super) fn read_here(&mut self, node: usize, ticket: u64) -> bool {
        let (at_once, now) = (self.random.permille(500), self.now);
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let local = process.local(now);
        let Some(seat) = process.seat.as_mut() else { return false };
        let Some(group) = seat.group.filter(|_| seat.replica.not_now().is_none()) else { return false };
        // Some look for themselves whether they may, as callers of the same process do.
        let holds = process.core.reads_until().is_some_and(|until| local < until);
        if at_once && holds && process.core.is_settled(group) && !seat.ahead {
            let value = seat.value;
            if let Some(market) = &mut self.market {
                market.record.read_at_once += 1;
            }
            self.read(ticket, value);
            return true;
        }
        seat.last_read += 1;
        // The application's own queries are in other groups.
        let token = seat.last_read;
        if process.core.query(group, token).is_err() {
            return false;
        }
        seat.reads.insert(token, ticket);
        self.turn(node);
        true
    }

    fn may_read(&mut self, node: usize, token: u64, until: crate::core::Time) {
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let local = process.local(now);
        let Some(seat) = process.seat.as_mut() else { return };
        if seat.ahead {
            return seat.held.push((token, until));
        }
        let Some(ticket) = seat.reads.remove(&token) else { return };
        if local >= until {
            return self.refused(ticket, false);
        }
        let value = seat.value;
        self.read(ticket, value);
    }

    /// A client's update comes to a process.
    pub(super) fn update_here(
        &mut self,
        node: usize,
        ticket: u64,
        call: crate::object::proto::ClientCall,
    ) -> bool {
        let moment = crate::object::proto::Moment { time_us: self.now + 1_000_000, seed: self.random.any() };
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let Some(seat) = process.seat.as_mut() else { return false };
        seat.replica.call(ticket, call, moment);
        if self.object_effects(node) {
            self.turn(node);
        }
        true
    }
}
