//! What a member does about the sequences of its ordering domains: gives places, passes them on, delivers by them, and finishes
//! them with the view.

use super::Joint;
use crate::core::Core;
use crate::core::event::Upcall;
use crate::core::identity::{GroupId, ProcessId};
use crate::core::mutation::Mutation;
use crate::core::options::OrderingDomain;
use crate::core::registry::Record;
use crate::core::wire::WireError;
use crate::core::wire::item::{self, JointBatch, JointKnown, Tally, tag};
use crate::core::wire::value::{Cut, JointOrder, Run, Value};
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;

impl Core {
    /// The sequences of the view that begins. Who is in no such group has none.
    pub(in crate::core) fn begin_joints(&mut self) {
        self.joints.clear();
        if !self.groups.values().any(|group| group.ordering.is_some()) {
            return;
        }
        let mut domains: BTreeMap<OrderingDomain, BTreeMap<GroupId, Vec<ProcessId>>> = BTreeMap::new();
        for record in self.registry.records().filter(|r| !r.members.is_empty()) {
            if let Some(domain) = record.options.ordering {
                domains.entry(domain).or_default().insert(record.id, record.processes());
            }
        }
        let me = self.me();
        for (domain, groups) in domains {
            if groups.values().any(|members| members.contains(&me)) {
                self.joints.insert(domain, Joint::new(domain, &self.view, &groups, me));
            }
        }
    }

    /// Messages of a group have come, or were sent: they get their places if this member gives them.
    pub(in crate::core) fn order_jointly(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        let Some(joint) = group.ordering.and_then(|domain| self.joints.get_mut(&domain)) else { return };
        for Run { rank, count } in group.take_unplaced() {
            if joint.gives_places() {
                joint.assign(id, usize::from(rank), count);
                group.place_next(Run { rank, count });
            }
        }
    }

    /// The next of a sequence has come.
    pub(in crate::core) fn joint_places(
        &mut self,
        from: ProcessId,
        batch: &JointBatch,
    ) -> Result<(), WireError> {
        let joint = self.joints.get_mut(&batch.domain).ok_or(WireError::Contradiction)?;
        for (id, run) in joint.learn(from, batch.first, &batch.runs)? {
            if let Some(group) = self.groups.get_mut(&id) {
                group.place_next(run);
                self.mark(id);
            }
        }
        Ok(())
    }

    /// A member knows so much of a sequence.
    pub(in crate::core) fn joint_known(
        &mut self,
        from: ProcessId,
        known: JointKnown,
    ) -> Result<(), WireError> {
        let joint = self.joints.get_mut(&known.domain).ok_or(WireError::Contradiction)?;
        joint.known_to(from, known.up_to)
    }

    /// A sender of a group that this sequencer is not in has sent.
    pub(in crate::core) fn tallied(&mut self, from: ProcessId, tally: Tally) -> Result<(), WireError> {
        let joint = self.joints.get_mut(&tally.domain).ok_or(WireError::Contradiction)?;
        joint.tally(tally.group, from, tally.totals)
    }

    /// Delivers by the sequences, as far as each group lets its messages go.
    pub(in crate::core) fn deliver_jointly(&mut self, told: &mut Vec<Upcall>) {
        if self.joints.is_empty() || self.bug(Mutation::OrderedApart) {
            return;
        }
        let mut delivered = Vec::new();
        for joint in self.joints.values_mut() {
            while let Some((id, _, count)) = joint.next() {
                let done = match self.groups.get_mut(&id) {
                    Some(group) => group.deliver_next(count, told),
                    None => count,
                };
                joint.passed(done);
                if done > 0 {
                    delivered.push(id);
                }
                if done < count {
                    break;
                }
            }
            joint.trim();
        }
        for id in delivered {
            self.groups.get_mut(&id).into_iter().for_each(|group| group.drop_stable());
            self.mark(id);
        }
    }

    /// Passes on what was given and what is known. True if something is to be told later.
    pub(in crate::core) fn seal_joints(&mut self, frozen: bool, due: bool) -> bool {
        if self.joints.is_empty() || frozen {
            return false;
        }
        let (me, mut owes, mut out) = (self.me(), false, Vec::new());
        for joint in self.joints.values_mut() {
            let (view, domain) = (joint.view, joint.domain);
            let mut octets = BytesMut::new();
            if let Some((first, runs)) = joint.order.take_unsent() {
                item::put(tag::JOINT_ORDER, &JointBatch { view, domain, first, runs }, &mut octets);
            }
            let known = joint.order.known();
            if known > joint.told && due {
                joint.told = known;
                item::put(tag::JOINT_KNOWN, &JointKnown { view, domain, up_to: known }, &mut octets);
            }
            owes |= known > joint.told;
            let others = joint.members.iter().filter(|&&p| p != me && !octets.is_empty());
            let octets: Bytes = octets.clone().freeze();
            out.extend(others.map(|&p| (p, octets.clone())));
            tally_own(joint, &self.groups, &mut out);
        }
        for (process, octets) in out {
            self.send_shared(process, &octets);
        }
        owes
    }

    /// What this member knows of its sequences, for a flush answer.
    pub(in crate::core) fn joint_reports(&self) -> Vec<JointOrder> {
        self.joints.values().filter_map(Joint::report).collect()
    }

    /// Finishes the view in the groups that share their order. The answer is how many orphans were dropped.
    pub(in crate::core) fn finish_jointly(&mut self, value: &Value, told: &mut Vec<Upcall>) -> u64 {
        let cut = |id: GroupId| -> Option<&Cut> { value.cuts.iter().find(|cut| cut.group == id) };
        let apart = self.bug(Mutation::FinishedApart);
        for (domain, joint) in &self.joints {
            let inside = || joint.groups.keys().copied();
            for id in inside() {
                self.groups.get_mut(&id).into_iter().for_each(|group| group.cut_off(cut(id)));
            }
            let agreed = value.joint.iter().find(|order| order.domain == *domain);
            let mut places = joint.agreed(agreed);
            if apart {
                places.sort_by_key(|(id, _)| *id);
            }
            for (id, run) in places {
                self.groups.get_mut(&id).into_iter().for_each(|group| group.deliver_run(run, told));
            }
            for id in inside() {
                self.groups.get_mut(&id).into_iter().for_each(|group| group.deliver_rest(told));
            }
        }
        let shared = self.groups.values_mut().filter(|group| group.ordering.is_some() && group.touched);
        shared.map(|group| group.finish_async(told)).sum()
    }
}

/// Tells the sequencer of this member's messages in groups that it is not in.
fn tally_own(
    joint: &mut Joint,
    groups: &BTreeMap<GroupId, Box<crate::core::group::Group>>,
    out: &mut Vec<(ProcessId, Bytes)>,
) {
    let (sequencer, me) = (joint.members[joint.sequencer], joint.members[joint.me]);
    for (&id, (begin, members)) in &joint.groups {
        let (Some(group), false) = (groups.get(&id), members.contains(&sequencer)) else { continue };
        let Some(rank) = members.iter().position(|&p| p == me) else { continue };
        let totals = group.own_totals();
        if totals > joint.counted[begin + rank] {
            joint.counted[begin + rank] = totals;
            let tally = Tally { view: joint.view, domain: joint.domain, group: id, totals };
            let mut octets = BytesMut::new();
            item::put(tag::TALLY, &tally, &mut octets);
            out.push((sequencer, octets.freeze()));
        }
    }
}

impl Record {
    /// Senders that its ordering domain has to tell apart because of it.
    pub(in crate::core) fn senders_in(&self, domain: OrderingDomain) -> usize {
        if self.options.ordering == Some(domain) { self.members.len() } else { 0 }
    }
}

/// The sequence that is agreed on: the longest that anyone knows.
pub(in crate::core) fn longest<'a>(reports: impl Iterator<Item = &'a JointOrder>) -> Vec<JointOrder> {
    let mut longest: BTreeMap<OrderingDomain, &JointOrder> = BTreeMap::new();
    for report in reports {
        let known = longest.entry(report.domain).or_insert(report);
        if report.end() > known.end() {
            *known = report;
        }
    }
    longest.into_values().cloned().collect()
}
