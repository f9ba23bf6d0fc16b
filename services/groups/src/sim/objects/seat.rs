//! A process's replica, and what its driver would do.

use super::OBJECT;
use crate::core::{GroupId, ProcessId, Upcall};
use crate::object::proto::{
    Answer, Concluded, Effect, Execution, Mistake, Place, Replica, ReplicaLimits, Style,
};
use crate::sim::world::{Due, World};
use bytes::{Buf, Bytes};
use quorb::adapter::RelayedReply;
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
}

impl Seat {
    pub(super) fn new(id: ProcessId, style: Style, mistake: Option<Mistake>) -> Self {
        let place = Place {
            interface: "IDL:Counter:1.0".into(),
            fingerprint: 1,
            style,
            profiles: Vec::new(),
            time_us: 1,
        };
        // Little room, so that what happens when there is none happens often.
        let limits = ReplicaLimits {
            clients_max: 6,
            traces_max: 1000,
            batch_requests_max: 3,
            checkpoint_requests: 16,
            executors_lost_max: 1000,
            ..ReplicaLimits::default()
        };
        Self {
            replica: Replica::new(id, &place, limits).with_mistake(mistake),
            place,
            group: None,
            announced: false,
            value: 0,
            agreed: 0,
            proposed: 0,
            ahead: false,
            jobs: VecDeque::new(),
            given: BTreeMap::new(),
            reads: BTreeMap::new(),
            held: Vec::new(),
            last_read: 0,
        }
    }

    /// The value that all have agreed on, where this process has it.
    pub(super) fn agreed(&self) -> Option<u64> {
        self.replica.is_complete().then_some(self.agreed)
    }

    /// One is added, and the new value answered.
    fn execute(&mut self, execution: &Execution) {
        self.value += 1;
        let body = Bytes::copy_from_slice(&self.value.to_be_bytes());
        let reply = RelayedReply::from_parts(Bytes::from_static(&[1, 0]), body);
        self.replica.executed(execution.key, reply, false);
    }

    fn state(&self) -> Bytes {
        Bytes::copy_from_slice(&self.agreed.to_be_bytes())
    }

    fn adopt(&mut self, mut state: Bytes) {
        self.value = state.try_get_u64().unwrap_or_default();
        self.agreed = self.value;
    }
}

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
                Ok(state) => seat.adopt(state),
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
        Some(self.object_effects(node) || again)
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
                        seat.execute(&execution);
                        seat.agreed = seat.value;
                    }
                    Effect::Execute(_) | Effect::Conclude | Effect::TakeBack => {
                        seat.jobs.push_back(effect);
                        let at = self.now + self.random.between(1, 400);
                        self.schedule(at, Due::Work { node, process: id });
                    }
                    Effect::Adopt(state) => seat.adopt(state),
                    Effect::Settled => {
                        seat.agreed = seat.proposed;
                        seat.ahead = false;
                        for (number, until) in std::mem::take(&mut seat.held) {
                            self.may_read(node, number, until);
                        }
                    }
                    Effect::Answer { ticket, answer } => {
                        seat.given.insert(ticket, answer);
                        self.schedule(from, Due::Given { node, process: id, ticket });
                    }
                    Effect::TakeDigest { place } => seat.replica.digested(place, u128::from(seat.value)),
                    Effect::Diverged { place } | Effect::Disputed { place } => {
                        self.complain("L3", format!("equal replicas are said to differ at {place}"));
                    }
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
                seat.execute(&execution);
            }
            Some(Effect::Conclude) => {
                seat.proposed = seat.value;
                let state = Bytes::copy_from_slice(&seat.value.to_be_bytes());
                seat.replica.conclude(Concluded::Changed(state));
            }
            Some(Effect::TakeBack) => seat.value = seat.agreed,
            _ => {}
        }
        if self.object_effects(node) {
            self.turn(node);
        }
    }

    /// A client wants to read here.
    pub(super) fn read_here(&mut self, node: usize, ticket: u64) -> bool {
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let Some(seat) = process.seat.as_mut() else { return false };
        let Some(group) = seat.group.filter(|_| seat.replica.not_now().is_none()) else { return false };
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
