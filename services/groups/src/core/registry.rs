//! The registry of lightweight groups: the same at every member of the domain, because it changes only with views.
//!
//! ```text
//!   request -> leader -> value of the next view -> apply at every member, in the value's order
//! ```
//!
//! Entering, leaving, completing and resetting a group ride on the agreement that makes the next view, any number of them
//! at once. The cut of that view is then the group's cut as well: no end-of-view markers are needed, and whatever the
//! group's traffic is, joiners begin exactly where the old members' view ends. A group whose last member with state is
//! lost is dormant: it keeps its members and waits (book L11501: a group has no quorum of its own, it shrinks with the
//! domain). A durable one wakes when a process enters with its own log of it: each member that was complete in the group's
//! last view has written everything that was delivered anywhere, so the copy of any of them may count, and of those that
//! enter with the same view the longest does.

use super::event::{GroupMember, GroupView, Refusal};
use super::identity::{DomainId, DurableId, GroupId, ProcessId, Rank, View, ViewNumber};
use super::options::GroupOptions;
use super::protocol::Protocol;
use super::wire::value::{Change, ChangeKind, Cut, Entrant, Value};
use super::wire::wire_struct;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A group as every process of the domain knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: GroupId,
    pub(crate) name: Arc<str>,
    pub(crate) options: GroupOptions,
    pub(crate) members: Vec<Place>,
    /// The view in which the membership last changed.
    pub(crate) changed: ViewNumber,
    /// The view in which its present life began: it was created, woken or reset.
    pub(crate) awake: ViewNumber,
    /// In a durable group: how many messages were delivered before this view.
    pub(crate) length: u64,
    /// In a durable group: the last view in which anything was sent, and where it was cut.
    pub(crate) settled: Option<Box<(ViewNumber, Cut)>>,
    /// In a durable group: the disks that hold all that was delivered. None after a forced beginning, when those who hold
    /// it may never come: then any whole copy counts.
    pub(crate) keepers: Vec<DurableId>,
}

/// A member's place in a group, and whence it has or will have the group's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) process: ProcessId,
    pub(crate) complete: bool,
    /// Who gives it the state, and at which cut, while it is not complete.
    pub(crate) donor: Option<(ProcessId, ViewNumber)>,
    /// The name on its disk.
    pub(crate) durable: Option<DurableId>,
}

impl Record {
    pub(crate) fn place(&self, process: ProcessId) -> Option<&Place> {
        self.members.iter().find(|m| m.process == process)
    }

    /// What the application sees of it.
    pub(crate) fn view(&self, number: ViewNumber) -> GroupView {
        let members = self.members.iter();
        let members = members.map(|m| GroupMember { process: m.process, complete: m.complete }).collect();
        GroupView { group: self.id, name: self.name.clone(), number, members }
    }

    /// Names a donor for each member without state that has none, or whose donor is gone: the cut is then this view's.
    fn assign_donors(&mut self, view: ViewNumber) {
        let donor = self.donor();
        let present: Vec<ProcessId> = self.members.iter().filter(|m| m.complete).map(|m| m.process).collect();
        for member in self.members.iter_mut().filter(|m| !m.complete) {
            if !member.donor.is_some_and(|(process, _)| present.contains(&process)) {
                member.donor = donor.map(|process| (process, view));
            }
        }
    }

    pub(crate) fn processes(&self) -> Vec<ProcessId> {
        self.members.iter().map(|m| m.process).collect()
    }

    pub(crate) fn contains(&self, process: ProcessId) -> bool {
        self.members.iter().any(|m| m.process == process)
    }

    /// The disks of those who have the state hold it; while nobody has it, those of the last who had.
    fn note_keepers(&mut self) {
        let complete = self.members.iter().filter(|m| m.complete);
        let disks: Vec<DurableId> = complete.filter_map(|m| m.durable).collect();
        if !disks.is_empty() {
            self.keepers = disks;
        }
    }

    /// Whether a whole copy on this disk may wake the group.
    pub(crate) fn counts_on(&self, disk: Option<DurableId>) -> bool {
        disk.is_some_and(|d| self.keepers.is_empty() || self.keepers.contains(&d))
    }

    /// The lowest-ranked member with state: the one that gives it to joiners.
    pub(crate) fn donor(&self) -> Option<ProcessId> {
        self.members.iter().find(|m| m.complete).map(|m| m.process)
    }

    pub(crate) fn is_complete(&self, process: ProcessId) -> bool {
        self.members.iter().any(|m| m.process == process && m.complete)
    }

    /// Whether what this decision says of the group's messages is so for ever. Where nobody goes on who has the state of a
    /// durable group, nobody has shown what the others know of the view that ends: the copies of those who died decide.
    pub(crate) fn is_bound_by(&self, value: &Value) -> bool {
        !self.options.durable || self.members.iter().any(|m| m.complete && value.keeps(m.process))
    }

    /// Whether it has members or a past, but nobody with its state.
    pub(crate) fn is_dormant(&self) -> bool {
        self.donor().is_none()
    }
}

/// All groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Registry {
    /// Each by itself: in their common nodes there would be as much room that is empty.
    records: BTreeMap<GroupId, Box<Record>>,
    names: BTreeMap<Arc<str>, GroupId>,
    /// The last request of each process that was decided.
    decided: BTreeMap<ProcessId, u64>,
    next: u32,
    forced: Vec<Forced>,
    protocol: Protocol,
}

/// A beginning that an operator forced: what the domain was before, and its last view known to those who were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forced {
    /// The domain that was given up.
    pub domain: DomainId,
    /// Its last view that was known.
    pub view: ViewNumber,
}

/// Forced beginnings that are remembered.
const FORCED_MAX: usize = 64;

/// The registry on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) records: Vec<Record>,
    pub(crate) decided: Vec<(ProcessId, u64)>,
    pub(crate) next: u32,
    pub(crate) forced: Vec<Forced>,
    pub(crate) protocol: Protocol,
}

wire_struct! {
    Place { process, complete, donor, durable }
    Record { id, name, options, members, changed, awake, length, settled, keepers }
    Forced { domain, view }
    Snapshot { records, decided, next, forced, protocol }
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The membership or the completeness of a group changed.
    Changed(GroupId),
    /// A dormant group lives on from the entrant's copy.
    Woken(GroupId),
    /// A member left.
    Left(GroupId),
    /// The group is no more.
    Dissolved(GroupId),
    /// Nothing to the registry.
    Nothing,
    Refused(Refusal),
}

impl Registry {
    pub(crate) fn get(&self, id: GroupId) -> Option<&Record> {
        self.records.get(&id).map(Box::as_ref)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&Record> {
        self.names.get(name).and_then(|&id| self.get(id))
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(Box::as_ref)
    }

    /// The last request of a process that was decided; they are counted from 1.
    pub(crate) fn last_decided(&self, by: ProcessId) -> u64 {
        self.decided.get(&by).copied().unwrap_or(0)
    }

    /// Whether this request is still to be decided.
    pub(crate) fn is_open(&self, by: ProcessId, token: u64) -> bool {
        token > self.last_decided(by)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            records: self.records().cloned().collect(),
            decided: self.decided.iter().map(|(&p, &n)| (p, n)).collect(),
            next: self.next,
            forced: self.forced.clone(),
            protocol: self.protocol,
        }
    }

    /// That of a domain that these found.
    pub(crate) fn founded(by: &View) -> Self {
        let protocol = by.members.iter().map(|m| m.speaks).min().unwrap_or_default();
        Self { protocol, ..Self::default() }
    }

    /// The version of the protocol that the domain runs at.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What operators have forced.
    pub(crate) fn forced(&self) -> &[Forced] {
        &self.forced
    }

    /// Carries out a whole decision about the view after this one. The answer is the groups that changed, and what came of
    /// each change.
    pub(crate) fn advance(&mut self, view: &View, value: &Value) -> (Vec<GroupId>, Vec<Applied>) {
        let number = view.number.next();
        if value.restart.is_some() {
            return (self.restart(view, value), Vec::new());
        }
        self.protocol = value.raise.unwrap_or(self.protocol);
        let stays = |p: ProcessId| value.keeps(p);
        for cut in &value.cuts {
            let record = self.records.get_mut(&cut.group).filter(|r| r.options.durable);
            if let Some(record) = record.filter(|r| r.is_bound_by(value)) {
                record.length += cut.lanes.iter().sum::<u64>();
                record.settled = Some(Box::new((view.number, cut.clone())));
                // Only those who go on follow the cut, also those who leave the group with it.
                let follow = record.members.iter().filter(|m| m.complete && stays(m.process));
                record.keepers = follow.filter_map(|m| m.durable).collect();
            }
        }
        let gone: Vec<ProcessId> = view.members.iter().map(|m| m.process).filter(|&p| !stays(p)).collect();
        let mut changed = self.remove(&gone, &value.left, number);
        let longest = self.longest_copies(value);
        let mut applied = Vec::with_capacity(value.changes.len());
        for change in &value.changes {
            let outcome = self.apply(change, &longest, number);
            if let Applied::Changed(id) | Applied::Woken(id) | Applied::Left(id) = outcome {
                changed.push(id);
            }
            applied.push(outcome);
        }
        changed.sort_unstable();
        changed.dedup();
        for id in &changed {
            if let Some(record) = self.records.get_mut(id) {
                record.assign_donors(number);
                record.note_keepers();
            }
        }
        (changed, applied)
    }

    /// New incarnations begin: durable groups are dormant, of the others nothing is left.
    fn restart(&mut self, view: &View, value: &Value) -> Vec<GroupId> {
        self.records.retain(|_, r| r.options.durable);
        self.names.retain(|_, id| self.records.contains_key(id));
        for record in self.records.values_mut() {
            record.members.clear();
            record.changed = view.number.next();
        }
        self.decided.clear();
        if value.restart != Some(view.domain) {
            self.records.values_mut().for_each(|r| r.keepers.clear());
            self.forced.push(Forced { domain: view.domain, view: view.number });
            let many = self.forced.len().saturating_sub(FORCED_MAX);
            self.forced.drain(..many);
        }
        self.records.keys().copied().collect()
    }

    pub(crate) fn restore(snapshot: Snapshot) -> Self {
        let names = snapshot.records.iter().map(|r| (r.name.clone(), r.id)).collect();
        let records = snapshot.records.into_iter().map(|r| (r.id, Box::new(r))).collect();
        Self {
            records,
            names,
            decided: snapshot.decided.into_iter().collect(),
            next: snapshot.next,
            forced: snapshot.forced,
            protocol: snapshot.protocol,
        }
    }

    /// Takes excluded processes out of every group. The answer is the groups that changed.
    fn remove(&mut self, gone: &[ProcessId], voluntary: &[ProcessId], view: ViewNumber) -> Vec<GroupId> {
        let mut changed = Vec::new();
        let mut dissolved = Vec::new();
        for record in self.records.values_mut() {
            let before = record.members.len();
            let left_last = record.donor().is_some_and(|d| voluntary.contains(&d));
            record.members.retain(|m| !gone.contains(&m.process) && !voluntary.contains(&m.process));
            if record.members.len() == before {
                continue;
            }
            record.changed = view;
            changed.push(record.id);
            if record.members.is_empty() && !record.options.durable && (left_last || !record.options.state) {
                dissolved.push((record.id, record.name.clone()));
            }
        }
        for (id, name) in dissolved {
            self.records.remove(&id);
            self.names.remove(&name);
        }
        self.decided.retain(|p, _| !gone.contains(p) && !voluntary.contains(p));
        changed
    }

    /// Applies one decided change.
    fn apply(&mut self, change: &Change, longest: &Longest, view: ViewNumber) -> Applied {
        self.decided.insert(change.by, change.token);
        match &change.what {
            ChangeKind::Enter { name, options, entrant } => {
                let counts = entrant.length.is_some() && longest.get(name).copied() == entrant.length;
                self.enter(change.by, name, *options, (entrant, counts), view)
            }
            ChangeKind::Leave { group } => self.leave(change.by, *group, view),
            ChangeKind::Complete { group, cut } => self.complete(change.by, *group, *cut, view),
            ChangeKind::Reset { group } => self.reset(*group, view),
            ChangeKind::Dissolve { group } => self.dissolve(*group),
            ChangeKind::Cast { .. } => Applied::Nothing,
        }
    }

    fn enter(
        &mut self,
        by: ProcessId,
        name: &Arc<str>,
        options: GroupOptions,
        (entrant, counts): (&Entrant, bool),
        view: ViewNumber,
    ) -> Applied {
        let durable = entrant.durable;
        if let Some(domain) = options.ordering {
            let senders: usize = self.records.values().map(|record| record.senders_in(domain)).sum();
            if senders >= usize::from(Rank::MAX) {
                return Applied::Refused(Refusal::OrderingFull);
            }
        }
        let Some(&id) = self.names.get(name) else {
            let id = GroupId(self.next);
            self.next += 1;
            let members = vec![Place { process: by, complete: true, donor: None, durable }];
            let record = Record {
                id,
                name: name.clone(),
                options,
                members,
                changed: view,
                awake: view,
                length: 0,
                settled: None,
                keepers: Vec::new(),
            };
            self.records.insert(id, Box::new(record));
            self.names.insert(name.clone(), id);
            return Applied::Changed(id);
        };
        let Some(record) = self.records.get_mut(&id) else { return Applied::Refused(Refusal::NoGroup) };
        if record.contains(by) {
            return Applied::Refused(Refusal::AlreadyMember);
        }
        if record.options != options {
            return Applied::Refused(Refusal::OtherOptions);
        }
        let keeps = record.counts_on(durable);
        let wakes = options.durable && record.is_dormant() && keeps && counts;
        let complete = !options.state || wakes;
        // Most groups have few members, and get no more.
        record.members.reserve_exact(1);
        record.members.push(Place { process: by, complete, donor: None, durable });
        record.changed = view;
        if !wakes {
            return Applied::Changed(id);
        }
        record.length = entrant.length.unwrap_or(record.length);
        record.awake = view;
        Applied::Woken(id)
    }

    fn leave(&mut self, by: ProcessId, id: GroupId, view: ViewNumber) -> Applied {
        let Some(record) = self.records.get_mut(&id) else { return Applied::Refused(Refusal::NoGroup) };
        if !record.contains(by) {
            return Applied::Refused(Refusal::NotMember);
        }
        record.members.retain(|m| m.process != by);
        record.changed = view;
        if record.members.is_empty() && !record.options.durable {
            let name = record.name.clone();
            self.records.remove(&id);
            self.names.remove(&name);
        }
        Applied::Left(id)
    }

    /// A member has the state. Where the group is durable and nobody has it any more, it waits for a copy that has been
    /// complete: whatever the others made of the view in which they were left, nobody has seen it.
    fn complete(&mut self, by: ProcessId, id: GroupId, cut: ViewNumber, view: ViewNumber) -> Applied {
        let Some(record) = self.records.get_mut(&id) else { return Applied::Refused(Refusal::NoGroup) };
        if cut < record.awake || record.options.durable && record.is_dormant() {
            return Applied::Refused(Refusal::Outdated);
        }
        let Some(member) = record.members.iter_mut().find(|m| m.process == by) else {
            return Applied::Refused(Refusal::NotMember);
        };
        member.complete = true;
        member.donor = None;
        record.changed = view;
        Applied::Changed(id)
    }

    /// Its number is given to no other group, so copies that turn up later are of nothing.
    fn dissolve(&mut self, id: GroupId) -> Applied {
        let Some(record) = self.records.remove(&id) else { return Applied::Refused(Refusal::NoGroup) };
        self.names.remove(&record.name);
        Applied::Dissolved(id)
    }

    fn reset(&mut self, id: GroupId, view: ViewNumber) -> Applied {
        let Some(record) = self.records.get_mut(&id) else { return Applied::Refused(Refusal::NoGroup) };
        if !record.is_dormant() {
            return Applied::Refused(Refusal::NotDormant);
        }
        let Some(first) = record.members.first_mut() else { return Applied::Refused(Refusal::NotMember) };
        first.complete = true;
        record.changed = view;
        record.awake = view;
        Applied::Changed(id)
    }
}

/// The longest copy of each group that processes bring with them that enter with the same view.
type Longest<'a> = BTreeMap<&'a Arc<str>, u64>;

impl Registry {
    fn longest_copies<'a>(&self, value: &'a Value) -> Longest<'a> {
        let mut longest = Longest::new();
        for change in &value.changes {
            let ChangeKind::Enter { name, entrant, .. } = &change.what else { continue };
            let keeps = |record: &Record| record.counts_on(entrant.durable);
            if let Some(length) = entrant.length.filter(|_| self.by_name(name).is_some_and(keeps)) {
                let known = longest.entry(name).or_default();
                *known = (*known).max(length);
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests;
