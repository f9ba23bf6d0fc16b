//! Ordering domains: groups that share one total order, so that whoever is in several of them sees their messages in the same
//! order as everyone else who is.
//!
//! ```text
//!   group g   a1 .. a2 .................... a3     one sequencer for all of them gives the places:
//!   group h   ......... b1 .. b2 ..............      g.a g.a h.b h.b g.a    known to every member of any of the groups
//!   member of both     a1 a2 b1 b2 a3
//!   member of h        b1 b2                        skips the places of groups it is not in
//! ```
//!
//! Messages go to the members of their group only; places go to all members of the domain's groups, as one sequence without
//! gaps. So no member can know a place and miss an earlier one, whatever group that is of; and because all of them follow
//! one sequence, the orders of all groups together have no cycle, also where no two processes share two groups (book
//! L12421). Within a group nothing changes: its places are those of the sequence that are its own, and reception,
//! stability, uniformity and credits are the group's own matter.
//!
//! The sequencer is the process that is in most of the groups. Of those it is not in, it hears from each sender how many
//! totally ordered messages there are. When the view ends, the longest sequence that any survivor knows is part of the value,
//! as the order of a single group is: everyone finishes it, group by group in between, and then what has no place, by group,
//! rank and number.
//!
//! A joiner's messages of a group whose state it waits for are told when it has it; until it counts as complete there, they
//! are not in the common order. The role of the sequencer is not handed over here.

mod drive;

use super::group::OrderLog;
use super::identity::{GroupId, ProcessId, Rank, View, ViewNumber};
use super::options::OrderingDomain;
use super::wire::WireError;
use super::wire::value::{JointOrder, Run};
pub(super) use drive::longest;
use std::collections::BTreeMap;

/// The sequence of one ordering domain in one view, at one member.
#[derive(Debug)]
pub(crate) struct Joint {
    view: ViewNumber,
    domain: OrderingDomain,
    /// Everyone who is in any of the groups, by rank in the view of the domain.
    members: Vec<ProcessId>,
    me: usize,
    sequencer: usize,
    /// The senders: a run of the sequence names one of them.
    slots: Vec<(GroupId, Rank)>,
    /// Where the senders of a group begin among them, and its members.
    groups: BTreeMap<GroupId, (usize, Vec<ProcessId>)>,
    order: OrderLog,
    /// Up to which place each member is known to know the sequence: what all know need not be kept.
    knows: Vec<u64>,
    /// What this member has told of that.
    told: u64,
    /// At the sequencer: how many messages of each sender have a place. Elsewhere, of the own ones: how many it was told of.
    counted: Vec<u64>,
}

impl Joint {
    /// Begins a view.
    pub(crate) fn new(
        domain: OrderingDomain,
        view: &View,
        groups: &BTreeMap<GroupId, Vec<ProcessId>>,
        me: ProcessId,
    ) -> Self {
        let inside = |p: ProcessId| groups.values().filter(|members| members.contains(&p)).count();
        let members: Vec<ProcessId> =
            view.members.iter().map(|m| m.process).filter(|&p| inside(p) > 0).collect();
        let most = members.iter().map(|&p| inside(p)).max().unwrap_or(0);
        let busiest: Vec<usize> = (0..members.len()).filter(|&rank| inside(members[rank]) == most).collect();
        let (mut slots, mut begins) = (Vec::new(), BTreeMap::new());
        for (&group, of) in groups {
            begins.insert(group, (slots.len(), of.clone()));
            slots.extend((0..of.len()).map(|rank| (group, rank as Rank)));
        }
        Self {
            view: view.number,
            domain,
            me: members.iter().position(|&p| p == me).unwrap_or(0),
            sequencer: busiest.get(domain.0 as usize % busiest.len().max(1)).copied().unwrap_or(0),
            knows: vec![0; members.len()],
            members,
            counted: vec![0; slots.len()],
            slots,
            groups: begins,
            order: OrderLog::default(),
            told: 0,
        }
    }

    /// Whether this member gives the places.
    pub(crate) fn gives_places(&self) -> bool {
        self.me == self.sequencer
    }

    fn slot(&self, group: GroupId, rank: usize) -> Option<usize> {
        let (begin, members) = self.groups.get(&group)?;
        (rank < members.len()).then_some(begin + rank)
    }

    /// Gives the next places to messages of a sender.
    pub(crate) fn assign(&mut self, group: GroupId, rank: usize, count: u64) {
        let Some(slot) = self.slot(group, rank) else { return };
        self.counted[slot] += count;
        self.order.assign(Run { rank: slot as Rank, count });
        self.knows[self.me] = self.order.known();
    }

    /// A sender of a group that the sequencer is not in says how many messages there are: those it did not know of.
    pub(crate) fn tally(&mut self, group: GroupId, sender: ProcessId, totals: u64) -> Result<(), WireError> {
        let members = &self.groups.get(&group).ok_or(WireError::Contradiction)?.1;
        let outside = !members.contains(&self.members[self.me]);
        let rank = members.iter().position(|&p| p == sender);
        let slot = rank.and_then(|rank| self.slot(group, rank)).filter(|_| outside && self.gives_places());
        let Some((slot, rank)) = slot.zip(rank) else { return Err(WireError::Contradiction) };
        let more = totals.saturating_sub(self.counted[slot]);
        self.assign(group, rank, more);
        Ok(())
    }

    /// Learns the next of the sequence. The answer is what is new of it, by group.
    pub(crate) fn learn(
        &mut self,
        from: ProcessId,
        first: u64,
        runs: &[Run],
    ) -> Result<Vec<(GroupId, Run)>, WireError> {
        if self.members.get(self.sequencer) != Some(&from) || self.gives_places() {
            return Err(WireError::Contradiction);
        }
        let mut skip = self.order.known().saturating_sub(first);
        self.order.learn(first, runs, self.slots.len())?;
        self.knows[self.me] = self.order.known();
        self.knows[self.sequencer] = self.order.known();
        let mut new = Vec::new();
        for run in runs {
            let past = skip.min(run.count);
            skip -= past;
            let (group, rank) = self.slots[usize::from(run.rank)];
            new.push((group, Run { rank, count: run.count - past }));
        }
        Ok(new)
    }

    /// A member says how much of the sequence it knows.
    pub(crate) fn known_to(&mut self, process: ProcessId, up_to: u64) -> Result<(), WireError> {
        let rank = self.members.iter().position(|&p| p == process).ok_or(WireError::Contradiction)?;
        self.knows[rank] = self.knows[rank].max(up_to);
        self.trim();
        Ok(())
    }

    fn trim(&mut self) {
        self.order.trim(self.knows.iter().copied().min().unwrap_or(0));
    }

    /// Whose turn it is, and how many messages of it are next.
    pub(crate) fn next(&mut self) -> Option<(GroupId, usize, u64)> {
        self.order.advance_ready(|_, wanted| wanted);
        let (slot, count) = self.order.deliverable()?;
        let (group, rank) = self.slots[slot];
        Some((group, usize::from(rank), count))
    }

    /// So many of those have been delivered, or passed over.
    pub(crate) fn passed(&mut self, count: u64) {
        self.order.delivered_some(count);
    }

    /// What this member knows of the sequence, unless all know it and it is delivered here.
    pub(crate) fn report(&self) -> Option<JointOrder> {
        let all = self.knows.iter().copied().min().unwrap_or(0);
        let settled = self.order.delivered() == self.order.known() && all == self.order.known();
        let (base, runs) = self.order.report();
        (!settled).then_some(JointOrder { domain: self.domain, base, runs })
    }

    /// The places from the next to be delivered on, as was agreed: what lies before the agreement's first is known here, as
    /// far as it is of groups that this member is in. Where nobody had anything to report there are none: what the sequencer
    /// has given a place since its flush answer it alone knows of.
    pub(crate) fn agreed(&self, agreed: Option<&JointOrder>) -> Vec<(GroupId, Run)> {
        let runs = agreed.map(|agreed| self.order.agreed(agreed.base, &agreed.runs)).unwrap_or_default();
        let named = runs.into_iter().filter_map(|run| {
            let (group, rank) = *self.slots.get(usize::from(run.rank))?;
            Some((group, Run { rank, count: run.count }))
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests;
