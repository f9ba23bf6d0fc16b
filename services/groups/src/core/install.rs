//! From one view to the next, when the decision is known.
//!
//! ```text
//!   COMMIT(value) -> deliver the rest of every group (cut, agreed places, tail)
//!                 -> registry: exclusions, leaves, changes in the value's order, donors
//!                 -> tell the application: View, Cast, GroupView, TakeState
//!                 -> groups start from zero; what was kept for this view is taken up; what waited is sent
//! ```

use super::durable::record::Record;
use super::event::{Blocked, Refusal, Upcall};
use super::group::Group;
use super::identity::{GroupId, ProcessId, View, ViewNumber};
use super::mutation::Mutation;
use super::registry::Applied;
use super::wire::frame::Exclusion;
use super::wire::item::Propose;
use super::wire::value::{ChangeKind, Cut, Value};
use super::{Core, Stage};
use bytes::Bytes;
use std::collections::BTreeMap;

impl Core {
    /// The next view is decided.
    pub(super) fn committed(&mut self, decision: Propose) {
        if self.stage != Stage::Member || decision.view != self.view.number {
            return;
        }
        let value = decision.value.clone();
        let me = self.me();
        if !value.members.iter().any(|m| m.process == me) && !value.left.contains(&me) {
            self.stage = Stage::Gone;
            return self.tell(Upcall::Excluded);
        }
        self.append(&Record::Installed { decision: decision.clone() });
        if self.bug(Mutation::ViewBeforeFlush) {
            self.tell_view(&value);
        }
        self.finish_groups(&value);
        if value.left.contains(&me) {
            return self.part(&value.members);
        }
        let next = self.view.succeeded_by(&value);
        let before = std::mem::replace(&mut self.view, next);
        let old = &before.members;
        let stays = |p: ProcessId| value.members.iter().any(|m| m.process == p);
        let gone: Vec<ProcessId> =
            old.iter().map(|m| m.process).filter(|&p| !stays(p) && !value.left.contains(&p)).collect();
        self.acceptor.begin(Some(decision));
        if !self.bug(Mutation::ViewBeforeFlush) {
            self.tell(Upcall::View(self.view.clone()));
        }
        let (changed, woken) = self.change_registry(&before, &value);
        self.hold_for_leases(&value);
        self.part_from(&gone, &value.left);
        self.start_groups(&changed, &woken);
        self.enter_view();
        let joined = value.members.iter().map(|m| m.process).filter(|p| !old.iter().any(|m| m.process == *p));
        for process in joined.collect::<Vec<_>>() {
            self.welcome(process);
        }
        self.take_up();
    }

    /// The first view of this process.
    pub(super) fn begin_view(&mut self, view: View, decision: Option<Propose>) {
        self.view = view;
        self.acceptor.begin(decision);
        self.append(&Record::Base { view: self.view.clone(), registry: self.registry.snapshot() });
        self.tell(Upcall::View(self.view.clone()));
        self.tell(Upcall::Protocol { version: self.registry.protocol() });
        self.start_groups(&[], &[]);
        self.enter_view();
        self.take_up();
    }

    fn tell_view(&mut self, value: &Value) {
        self.tell(Upcall::View(self.view.succeeded_by(value)));
    }

    /// Delivers all that the old view still owes.
    fn finish_groups(&mut self, value: &Value) {
        let mut told = std::mem::take(&mut self.told);
        let cuts: BTreeMap<GroupId, &Cut> = value.cuts.iter().map(|cut| (cut.group, cut)).collect();
        let binds = !self.bug(Mutation::JoinersFinish);
        let hasty = self.bug(Mutation::DissolvedUnfinished);
        for (id, group) in self.groups.iter_mut().filter(|(_, g)| g.touched && g.ordering.is_none()) {
            if binds && self.registry.get(*id).is_some_and(|r| !r.is_bound_by(value)) {
                group.hold_back();
                continue;
            }
            if hasty && value.dissolves(*id) {
                continue;
            }
            let cut = cuts.get(id).copied();
            self.counters.orphans += group.finish(cut, &mut told);
        }
        self.counters.orphans += self.finish_jointly(value, &mut told);
        self.told = told;
        self.pass_on();
    }

    /// Applies the decided changes. The answer is the groups that changed, each once, and those that live on from this
    /// process's copy.
    fn change_registry(&mut self, before: &View, value: &Value) -> (Vec<GroupId>, Vec<GroupId>) {
        let (changed, applied) = self.registry.advance(before, value);
        if value.raise.is_some() {
            self.raised();
        }
        let (mut woken, mut entered) = (Vec::new(), Vec::new());
        for (change, applied) in value.changes.iter().zip(applied) {
            let mine = change.by == self.me();
            if mine {
                self.calls.decided(change.token);
            }
            let refused = matches!(applied, Applied::Refused(_));
            if let (true, ChangeKind::Enter { .. }, Applied::Changed(id) | Applied::Woken(id)) =
                (mine, &change.what, &applied)
            {
                entered.push((*id, change.token));
            }
            match applied {
                Applied::Left(id) if mine => {
                    self.groups.remove(&id);
                    self.transfers.forget(id);
                    self.left_durable(id);
                    self.tell(Upcall::LeftGroup { group: id });
                }
                Applied::Woken(id) => {
                    self.send_held(id, &change.what);
                    woken.extend(mine.then_some(id));
                }
                Applied::Dissolved(id) => {
                    woken.retain(|&other| other != id);
                    let in_vain = entered.iter().filter(|(other, _)| *other == id).map(|(_, token)| *token);
                    self.dissolved(id, in_vain.collect());
                }
                Applied::Changed(id) if matches!(change.what, ChangeKind::Reset { .. }) => {
                    self.send_held(id, &change.what);
                }
                Applied::Refused(reason) if mine => {
                    self.tell(Upcall::Refused { token: change.token, reason })
                }
                _ => {}
            }
            if let ChangeKind::Cast { payload } = &change.what {
                self.tell_cast(change.by, payload);
            }
            let silent = matches!(
                change.what,
                ChangeKind::Cast { .. } | ChangeKind::Reset { .. } | ChangeKind::Dissolve { .. }
            );
            if mine && silent && !refused {
                self.tell(Upcall::Decided { token: change.token });
            }
        }
        (changed, woken)
    }

    /// A group is no more; these requests to enter it were decided just before.
    fn dissolved(&mut self, id: GroupId, in_vain: Vec<u64>) {
        for token in in_vain {
            self.tell(Upcall::Refused { token, reason: Refusal::NoGroup });
        }
        self.transfers.forget(id);
        self.forget_copy(id);
        if self.groups.remove(&id).is_some() {
            self.counters.dissolved += 1;
            self.tell(Upcall::Dissolved { group: id });
        }
    }

    /// A group has a state again, that of an entrant's copy or, after a reset, none: what this member sent last and the
    /// copy does not have is sent again.
    fn send_held(&mut self, id: GroupId, how: &ChangeKind) {
        let nothing = (ViewNumber(0), Vec::new());
        let last = match how {
            ChangeKind::Enter { entrant, .. } => &entrant.last,
            _ => &nothing,
        };
        if let Some(group) = self.groups.get_mut(&id) {
            group.resume(last.0, &last.1);
        }
    }

    /// Once for the domain, and to each group in order with its deliveries.
    fn tell_cast(&mut self, sender: ProcessId, payload: &Bytes) {
        self.tell(Upcall::Cast { sender, payload: payload.clone() });
        let groups: Vec<GroupId> = self.groups.keys().copied().collect();
        for group in groups {
            self.tell_group(group, Upcall::GroupCast { group, sender, payload: payload.clone() });
        }
    }

    fn hold_for_leases(&mut self, value: &Value) {
        self.counters.lease_waits += u64::from(value.lease_wait_us > 0);
        if !self.bug(Mutation::NoLeaseWait) {
            self.lease.hold(self.now, value.lease_wait_us);
        }
    }

    /// The excluded are told; those who left may go.
    fn part_from(&mut self, gone: &[ProcessId], left: &[ProcessId]) {
        for &process in gone {
            self.expel(process);
        }
        for process in left {
            if let Some(peer) = self.links.peers.get_mut(process) {
                peer.departed = true;
            }
        }
    }

    /// Every group of this process begins the view.
    fn start_groups(&mut self, changed: &[GroupId], woken: &[GroupId]) {
        let (me, number, registry) = (self.me(), self.view.number, &self.registry);
        for group in self.groups.values_mut() {
            if group.touched {
                self.counters.begun_again += u64::from(group.ends_a_message());
                let members = group.members().to_vec();
                group.restart(number, members, me, registry.get(group.id).map_or(0, |r| r.length));
            } else {
                group.carry_over(number);
            }
        }
        for &id in changed {
            let Some(record) = self.registry.get(id).filter(|r| r.contains(me)) else { continue };
            let (processes, view, dormant) = (record.processes(), record.view(number), record.is_dormant());
            let (options, length) = (record.options, record.length);
            let complete = record.is_complete(me);
            let fresh = !self.groups.contains_key(&id);
            match self.groups.get_mut(&id) {
                Some(group) => group.restart(number, processes, me, length),
                None => {
                    let begins = (number, length);
                    let group = Group::new(id, begins, processes, me, &options, self.config.mutation);
                    self.groups.insert(id, Box::new(group));
                }
            }
            if let Some(group) = self.groups.get_mut(&id) {
                group.suspended = options.durable && dormant;
            }
            let begins = self.await_state(id);
            if begins {
                self.tell(Upcall::GroupView(view));
            } else {
                self.tell_group(id, Upcall::GroupView(view));
            }
            if options.durable && complete && woken.contains(&id) {
                self.restore_group(id);
            } else if options.durable && complete && (fresh || begins) {
                self.begin_checkpoint(id);
            }
            if dormant {
                self.counters.dormant += 1;
                self.tell(Upcall::Blocked(Blocked::Dormant(id)));
            }
            self.arrange_transfer(id);
        }
        self.begin_joints();
        let ids: Vec<GroupId> = self
            .groups
            .iter()
            .filter(|(_, g)| !g.backlog.is_empty() || !g.queries.is_empty())
            .map(|(&id, _)| id)
            .collect();
        for id in ids {
            self.mark(id);
        }
        self.recount_windows();
    }

    /// The rest of what changes with a view.
    fn enter_view(&mut self) {
        self.counters.views_installed += 1;
        let (view, registry) = (&self.view, &self.registry);
        self.detector.view_installed(|p| view.contains(p));
        self.leader.begin(|p| view.contains(p), |p, n| registry.is_open(p, n));
        self.lease.view_installed();
        let me = self.me();
        for member in self.view.members.clone() {
            if member.process != me {
                self.ensure_peer(member.process, &member.address);
                let now = self.now;
                if let Some(peer) = self.links.peers.get_mut(&member.process) {
                    peer.heard = now;
                }
            }
        }
        self.keep_connected();
        self.renew();
        self.repeat_calls_now();
    }

    /// A seed of this process is in another domain, and too little of this one is in reach: it has ended.
    pub(super) fn stranded(&mut self) {
        if self.stage == Stage::Member {
            self.stage = Stage::Gone;
            self.tell(Upcall::Excluded);
        }
    }

    /// This process learns that the domain goes on without it.
    pub(super) fn excluded_by(&mut self, exclusion: Exclusion) {
        let ours = self.stage == Stage::Outside || exclusion.domain == self.view.domain;
        if self.stage != Stage::Gone && ours && exclusion.view > self.view.number {
            self.stage = Stage::Gone;
            self.tell(Upcall::Excluded);
        }
    }
}
