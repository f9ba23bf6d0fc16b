//! The application of every simulated process: it enters groups, sends all classes of messages, asks queries, and keeps
//! as its state the list of what it was given. What it is told goes to the trace.

use super::Violation;
use super::payload::{payload, read_payload, read_state, write_state};
use super::scenario::Profile;
use super::trace::{Act, End, Entry, MessageId, Sent};
use super::world::{Due, World};
use crate::core::{
    Class, GroupId, GroupOptions, GroupView, Order, OrderingDomain, ProcessId, Upcall, View, ViewNumber,
};
use bytes::Bytes;
use std::collections::BTreeMap;

/// The replicated object: uniform total updates, local queries.
pub(super) const REGISTER: &str = "register";
/// A group without state, for all classes of messages.
pub(super) const MIXED: &str = "mixed";
/// A group with state and all totally ordered and fifo classes.
pub(super) const DOCUMENT: &str = "document";

/// A replicated object that outlives everyone.
pub(super) const LEDGER: &str = "ledger";

/// Groups that share one order: of the first four each process is in two neighbours, everyone is in the last.
pub(super) const ROUND: [&str; 5] = ["north", "east", "south", "west", "middle"];

/// What a process knows of a group it is in.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) name: String,
    pub(super) number: ViewNumber,
    pub(super) applied: Vec<MessageId>,
    pub(super) complete: bool,
}

/// One application.
#[derive(Debug)]
pub(super) struct Application {
    id: ProcessId,
    pub(super) groups: BTreeMap<GroupId, Membership>,
    queries: BTreeMap<u64, u64>,
    next_query: u64,
    asked: Vec<&'static str>,
}

impl Application {
    pub(super) fn new(id: ProcessId) -> Self {
        Self { id, groups: BTreeMap::new(), queries: BTreeMap::new(), next_query: 1, asked: Vec::new() }
    }
}

/// The options a group of this name has.
pub(super) fn options(name: &str) -> GroupOptions {
    match name {
        REGISTER => GroupOptions::REPLICATED,
        LEDGER => GroupOptions::DURABLE,
        DOCUMENT => GroupOptions { state: true, ..GroupOptions::PLAIN },
        "middle" => {
            GroupOptions { ordering: Some(OrderingDomain::named("round")), ..GroupOptions::REPLICATED }
        }
        name if ROUND.contains(&name) => {
            GroupOptions { ordering: Some(OrderingDomain::named("round")), ..GroupOptions::PLAIN }
        }
        _ => GroupOptions::PLAIN,
    }
}

impl World {
    pub(super) fn log(&mut self, node: usize, entry: Entry) {
        if let Some(process) = &self.nodes[node].process {
            self.trace.logs[process.log].entries.push(entry);
        }
    }

    pub(super) fn complain(&mut self, code: &'static str, detail: String) {
        self.trace.complaints.push(Violation { code, detail });
    }

    /// An application learns something. True if it called its engine in return.
    pub(super) fn told(&mut self, node: usize, upcall: Upcall) -> bool {
        if let Some(again) = self.object_told(node, &upcall) {
            return again;
        }
        match upcall {
            Upcall::View(view) => return self.view_told(node, view),
            Upcall::Protocol { version } => self.log(node, Entry::Protocol(version)),
            Upcall::TooOld => self.upgrade(node),
            Upcall::GroupView(view) => self.group_view_told(node, view),
            Upcall::Deliver { group, sender, class, payload } => {
                self.delivered(node, group, sender, class, payload)
            }
            Upcall::Cast { payload, .. } => match read_payload(payload, self.large) {
                Some(message) => self.log(node, Entry::Cast { message }),
                None => self.complain("V3", "a cast was altered".into()),
            },
            Upcall::TakeState { group, cut } => return self.give_state(node, group, cut),
            Upcall::TakeCheckpoint { group, index } => return self.give_checkpoint(node, group, index),
            Upcall::Restore { group, state, messages } => self.restored(node, group, state, messages),
            Upcall::InstallState { group, cut, state } => self.state_told(node, group, cut, state),
            Upcall::Answer { group, token, until } => self.answered(node, group, token, until),
            Upcall::Decline { token, .. } => {
                if let Some(process) = &mut self.nodes[node].process {
                    process.application.queries.remove(&token);
                }
            }
            Upcall::LeftGroup { group } => {
                if let Some(process) = &mut self.nodes[node].process {
                    process.application.groups.remove(&group);
                }
                self.log(node, Entry::LeftGroup { group });
            }
            Upcall::Dissolved { group } => return self.dissolved(node, group),
            Upcall::Excluded => self.ended(node, End::Excluded),
            Upcall::Left => self.ended(node, End::Left),
            _ => {}
        }
        false
    }

    fn ended(&mut self, node: usize, end: End) {
        let disturbed = self.nodes[node].process.as_ref().is_some_and(|p| self.trace.logs[p.log].disturbed);
        let log = self.nodes[node].process.as_ref().map(|p| p.log);
        self.stop(node, end, false);
        if let Some(log) = log {
            self.trace.logs[log].disturbed = disturbed;
        }
        let at = self.now + self.random.between(1_000, 300_000);
        self.schedule(at, Due::Start { node });
    }

    fn view_told(&mut self, node: usize, view: View) -> bool {
        let members: Vec<_> = view.members.iter().map(|m| m.process.to_string()).collect();
        self.tell(format!("n{node} installs {:?} {}", view.number, members.join(" ")));
        self.log(node, Entry::View(view));
        let mut wanted = Vec::new();
        if self.trace.durable {
            wanted.push(LEDGER);
        }
        let (here, next) = (ROUND[node % 4], ROUND[(node + 1) % 4]);
        let chances: &[(&str, u64)] = match self.profile {
            Profile::Overlaps => &[(here, 1000), (next, 1000), (ROUND[4], 900)],
            Profile::Everything | Profile::Soloists => &[(REGISTER, 900), (MIXED, 900), (DOCUMENT, 700)],
            Profile::Queries => &[(REGISTER, 1000)],
        };
        for &(name, chance) in chances {
            if self.random.permille(chance) {
                wanted.push(name);
            }
        }
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        if !process.application.asked.is_empty() {
            return false;
        }
        process.application.asked.push("");
        for name in wanted {
            process.application.asked.push(name);
            let _ = process.core.enter_group(name, options(name));
        }
        if process.seat.is_some() {
            let _ = process.core.enter_group(super::objects::OBJECT, GroupOptions::REPLICATED);
        }
        true
    }

    fn group_view_told(&mut self, node: usize, view: GroupView) {
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        if process.core.options_of(view.group).is_some_and(|options| options.ordering.is_some()) {
            self.trace.ordered.insert((process.core.view().domain, view.group));
        }
        let id = process.id;
        let place = view.members.iter().find(|m| m.process == id);
        let complete = place.is_some_and(|m| m.complete);
        let fresh =
            || Membership { name: view.name.to_string(), number: view.number, applied: Vec::new(), complete };
        let known = process.application.groups.entry(view.group).or_insert_with(fresh);
        known.number = view.number;
        known.complete = complete;
        let members = view.members.iter().map(|m| m.process).collect();
        self.log(node, Entry::GroupView { group: view.group, number: view.number, members, complete });
    }

    fn delivered(&mut self, node: usize, group: GroupId, sender: ProcessId, class: Class, payload: Bytes) {
        let Some(message) = read_payload(payload, self.large) else {
            return self.complain("V3", "a message was altered".into());
        };
        self.log(node, Entry::Deliver { group, sender, class, message });
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let Some(known) = process.application.groups.get_mut(&group) else {
            return self.complain("V3", format!("{message} delivered outside the group"));
        };
        known.applied.push(message);
        if (known.name == REGISTER || known.name == LEDGER) && sender == process.id {
            let position = known.applied.len();
            let view = process.core.view();
            let act = Act {
                process: process.id,
                domain: view.domain,
                view: view.number,
                group,
                asked: now,
                shown: 0,
                position,
                query: false,
                message: Some(message),
            };
            let at = process.global(process.core.acts_from()).max(now);
            let id = process.id;
            self.trace.acts.push(act);
            let act = self.trace.acts.len() - 1;
            self.schedule(at, Due::Show { node, process: id, act });
        }
    }

    /// An update is acknowledged to its client, if the process still may.
    pub(super) fn show(&mut self, node: usize, id: ProcessId, act: usize) {
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_ref().filter(|p| p.id == id) else { return };
        let from = process.global(process.core.acts_from());
        if from > now {
            return self.schedule(from, Due::Show { node, process: id, act });
        }
        if self.nodes[node].paused {
            return;
        }
        self.trace.acts[act].shown = now;
    }

    fn give_state(&mut self, node: usize, group: GroupId, cut: ViewNumber) -> bool {
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let state =
            process.application.groups.get(&group).map(|g| write_state(&g.applied)).unwrap_or_default();
        let _ = process.core.state(group, cut, &state);
        true
    }

    fn give_checkpoint(&mut self, node: usize, group: GroupId, index: u64) -> bool {
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let Some(known) = process.application.groups.get(&group) else { return false };
        let state = write_state(&known.applied);
        // Of a large message each part counts, also of one that a view has cut.
        let length = known.applied.len();
        if length as u64 > index || !self.large && (length as u64) < index {
            self.complain("T1", format!("a checkpoint of {length} messages is wanted for {index}"));
            return false;
        }
        let Some(process) = self.nodes[node].process.as_mut() else { return false };
        let _ = process.core.checkpoint(group, index, &state);
        true
    }

    /// A group begins again from the log.
    fn restored(&mut self, node: usize, group: GroupId, state: Bytes, messages: Vec<(ProcessId, Bytes)>) {
        let mut applied = read_state(state);
        for (_, payload) in messages {
            match read_payload(payload, self.large) {
                Some(message) => applied.push(message),
                None => self.complain("V3", "a message was altered in the log".into()),
            }
        }
        if let Some(known) =
            self.nodes[node].process.as_mut().and_then(|p| p.application.groups.get_mut(&group))
        {
            known.applied = applied.clone();
        }
        self.log(node, Entry::Restore { group, applied });
    }

    fn state_told(&mut self, node: usize, group: GroupId, cut: ViewNumber, state: Bytes) {
        let applied = read_state(state);
        if let Some(known) =
            self.nodes[node].process.as_mut().and_then(|p| p.application.groups.get_mut(&group))
        {
            known.applied = applied.clone();
        }
        self.log(node, Entry::Install { group, cut, applied });
    }

    fn answered(&mut self, node: usize, group: GroupId, token: u64, until: crate::core::Time) {
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let Some(asked) = process.application.queries.remove(&token) else { return };
        if process.local(now) >= until {
            return self.complain("M9", "a query was answered after the lease".into());
        }
        let Some(known) = process.application.groups.get(&group) else { return };
        let view = process.core.view();
        let (domain, number, id, position) = (view.domain, view.number, process.id, known.applied.len());
        self.trace.acts.push(Act {
            process: id,
            domain,
            view: number,
            group,
            asked,
            shown: now,
            position,
            query: true,
            message: None,
        });
    }

    /// The application does something.
    pub(super) fn act(&mut self, node: usize, again: bool) {
        if again {
            let (least, most) = match self.profile {
                // Where an object is looked at the rest is background.
                Profile::Everything if self.market.is_some() => (60_000, 600_000),
                Profile::Everything => (6_000, 60_000),
                Profile::Queries => (1_000, 6_000),
                Profile::Soloists => (2_000, 20_000),
                Profile::Overlaps => (3_000, 30_000),
            };
            let at = self.now + self.random.between(least, most);
            self.schedule(at, Due::Act { node });
        }
        if self.nodes[node].process.is_none() || self.nodes[node].paused {
            return;
        }
        match self.profile {
            Profile::Everything => self.do_anything(node),
            Profile::Queries => self.ask_or_update(node),
            Profile::Soloists => self.send_alone(node),
            Profile::Overlaps => self.send_around(node),
        }
        if self.dissolves && self.random.permille(10) {
            self.dissolve_some(node);
        }
        self.turn(node);
    }

    /// Some update for a while, the rest ask; then nobody updates, so that nobody waits for anything; then others do.
    fn ask_or_update(&mut self, node: usize) {
        let phase = self.now / 400_000;
        let updates = phase.is_multiple_of(2) && (phase / 2 + node as u64).is_multiple_of(2);
        match self.random.between(0, 999) {
            0..4 => self.enter_or_leave(node),
            4..700 if updates => {
                for _ in 0..self.random.between(1, 3) {
                    self.send_something(node);
                }
            }
            _ => self.ask_something(node),
        }
    }

    pub(super) fn do_anything(&mut self, node: usize) {
        match self.random.between(0, 999) {
            0..650 => {
                for _ in 0..self.random.between(1, 6) {
                    self.send_something(node);
                }
            }
            650..930 => self.ask_something(node),
            930..945 => self.cast_something(node),
            945..960 => self.enter_or_leave(node),
            960..963 if !self.healing => {
                if let Some(process) = self.nodes[node].process.as_mut() {
                    self.trace.logs[process.log].leaving |= process.core.leave().is_ok();
                }
            }
            _ => {
                if let Some(process) = self.nodes[node].process.as_mut() {
                    let groups: Vec<GroupId> = process.application.groups.keys().copied().collect();
                    for group in groups {
                        let _ = process.core.flush_group(group, 1);
                    }
                }
            }
        }
    }

    /// The application stops reading what its groups deliver, or has read it.
    pub(super) fn lag(&mut self, node: usize, lagging: bool) {
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        for group in process.application.groups.keys() {
            process.core.lag(*group, lagging);
        }
        if !self.nodes[node].paused {
            self.turn(node);
        }
    }

    fn send_something(&mut self, node: usize) {
        let order = *self.random.pick(&[Order::Fifo, Order::Causal, Order::Total]);
        let uniform = self.random.permille(400);
        let choice = self.random.any() as usize;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let groups: Vec<GroupId> = process.application.groups.keys().copied().collect();
        if groups.is_empty() {
            return;
        }
        let group = groups[choice % groups.len()];
        let name = &process.application.groups[&group].name;
        let class = match name.as_str() {
            REGISTER | LEDGER | "middle" => Class::new(Order::Total, true),
            DOCUMENT => Class::new(Order::Total, uniform),
            _ => Class::new(order, uniform),
        };
        self.send_one(node, group, class);
    }

    pub(super) fn send_one(&mut self, node: usize, group: GroupId, class: Class) {
        let message = self.trace.sent.len() as MessageId + 1;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let domain = process.core.view().domain;
        let id = process.application.id;
        if process.core.multicast(group, class, payload(message, self.large)).is_ok() {
            self.trace.sent.insert(message, Sent { sender: id, domain, group: Some(group), class });
            self.log(node, Entry::Sent { group, message });
        }
    }

    pub(super) fn ask_something(&mut self, node: usize) {
        let now = self.now;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let asked = if self.trace.durable { LEDGER } else { REGISTER };
        let register = process.application.groups.iter().find(|(_, g)| g.name == asked).map(|(&id, _)| id);
        let Some(group) = register else { return };
        let token = process.application.next_query;
        process.application.next_query += 1;
        if process.core.query(group, token).is_ok() {
            process.application.queries.insert(token, now);
        }
    }

    fn cast_something(&mut self, node: usize) {
        let message = self.trace.sent.len() as MessageId + 1;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let (id, domain) = (process.id, process.core.view().domain);
        if process.core.cast(payload(message, self.large)).is_ok() {
            let class = Class::new(Order::Total, true);
            self.trace.sent.insert(message, Sent { sender: id, domain, group: None, class });
        }
    }

    fn enter_or_leave(&mut self, node: usize) {
        let choice = self.random.any() as usize;
        let mut name = match self.profile {
            Profile::Overlaps => *self.random.pick(&ROUND),
            _ => *self.random.pick(&[REGISTER, MIXED, DOCUMENT, "small-1", "small-2", "small-3"]),
        };
        if self.trace.durable && name == "small-3" {
            name = LEDGER;
        }
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let there = process.application.groups.iter().find(|(_, g)| g.name == name).map(|(&id, _)| id);
        // The last copies of the ledger are not given up: nobody else could wake it.
        let few = |id: &GroupId| {
            let view = process.core.groups().find(|g| g.group == *id);
            view.is_some_and(|g| g.members.iter().filter(|m| m.complete).count() < 3)
        };
        let last = name == LEDGER && there.as_ref().is_some_and(few);
        let keep = (name == REGISTER || name == LEDGER) && !choice.is_multiple_of(4) || last;
        match there {
            Some(group) if !keep => drop(process.core.leave_group(group)),
            Some(_) => {}
            None => drop(process.core.enter_group(name, options(name))),
        }
    }
}
