//! State transfer: a joiner gets the group's state as of a cut, while the group goes on.
//!
//! ```text
//!   view n: donor and cut are in the registry -> donor's application: TakeState -> STATE chunks -> joiner
//!           joiner: STATE_WANTED (acknowledges and asks on); deliveries after the cut are kept
//!           all here: InstallState, then what was kept, then COMPLETE is requested: a later view lists it as complete
//! ```
//!
//! The cut is a view, so every complete member has the same state there. If the donor is lost, the view that excludes it
//! names another one and is the new cut: what was kept is in the new donor's state and is dropped. Chunks travel beside
//! the messages, few at a time, so that they delay nobody (book L13255).

use super::Core;
use super::durable::Deferred;
use super::durable::record::Record;
use super::event::{CallError, Upcall};
use super::identity::{GroupId, ProcessId, ViewNumber};
use super::mutation::Mutation;
use super::wire::WireError;
use super::wire::item::{StateChunk, StateWanted, tag};
use super::wire::value::ChangeKind;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;

/// State on its way here.
#[derive(Debug)]
struct Incoming {
    donor: Option<(ProcessId, ViewNumber)>,
    octets: BytesMut,
    /// Told once the state is installed, in this order.
    kept: Vec<Upcall>,
    installed: bool,
}

impl Incoming {
    /// Whether it is of an earlier life of the group.
    fn is_before(&self, awake: ViewNumber) -> bool {
        self.donor.is_some_and(|(_, cut)| cut < awake)
    }
}

/// State on its way to a joiner.
#[derive(Debug)]
struct Outgoing {
    cut: ViewNumber,
    state: Option<Bytes>,
    sent: u64,
    acknowledged: u64,
}

/// All transfers of this member.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    incoming: BTreeMap<GroupId, Incoming>,
    outgoing: BTreeMap<(GroupId, ProcessId), Outgoing>,
}

impl Transfers {
    /// Whether deliveries of the group are to be kept.
    pub(crate) fn is_waiting(&self, group: GroupId) -> bool {
        self.incoming.get(&group).is_some_and(|i| !i.installed)
    }

    /// Whether deliveries of any group are to be kept.
    pub(crate) fn is_any_waiting(&self) -> bool {
        self.incoming.values().any(|incoming| !incoming.installed)
    }

    pub(crate) fn keep(&mut self, group: GroupId, upcall: Upcall) {
        if let Some(incoming) = self.incoming.get_mut(&group) {
            incoming.kept.push(upcall);
        }
    }

    pub(crate) fn forget(&mut self, group: GroupId) {
        self.incoming.remove(&group);
        self.outgoing.retain(|&(id, _), _| id != group);
    }
}

impl Core {
    /// A group changed: begins, redirects and ends transfers as its record says.
    pub(super) fn arrange_transfer(&mut self, id: GroupId) {
        let Some(record) = self.registry.get(id).cloned() else { return };
        let me = self.me();
        let mut take = None;
        let joiners = record.members.iter().filter(|m| !m.complete);
        let mine = joiners.filter_map(|m| m.donor.filter(|d| d.0 == me).map(|d| (m.process, d.1)));
        let mine: Vec<_> = mine.collect();
        self.transfers.outgoing.retain(|&(group, to), o| group != id || mine.contains(&(to, o.cut)));
        for (joiner, cut) in mine {
            let known = self.transfers.outgoing.contains_key(&(id, joiner));
            if !known && cut == self.view.number {
                let outgoing = Outgoing { cut, state: None, sent: 0, acknowledged: 0 };
                self.transfers.outgoing.insert((id, joiner), outgoing);
                take = Some(cut);
            }
        }
        if let Some(cut) = take {
            self.tell(Upcall::TakeState { group: id, cut });
        }
    }

    /// Begins to wait for a group's state, or begins anew with another donor: then the view just told is where its state
    /// begins. False if nothing begins.
    pub(super) fn await_state(&mut self, id: GroupId) -> bool {
        let me = self.me();
        let Some(record) = self.registry.get(id) else { return false };
        let Some(place) = record.place(me).copied() else { return false };
        let awake = record.awake;
        let donor = place.donor;
        if place.complete {
            let revived = self.transfers.incoming.remove(&id).is_some_and(|i| !i.installed);
            return revived;
        }
        let fresh = Incoming { donor, octets: BytesMut::new(), kept: Vec::new(), installed: false };
        match self.transfers.incoming.get_mut(&id) {
            None => {
                self.transfers.incoming.insert(id, fresh);
                if self.bug(Mutation::JoinerComplete) {
                    let cut = donor.map_or(self.view.number, |(_, cut)| cut);
                    self.ask(ChangeKind::Complete { group: id, cut });
                }
            }
            Some(incoming)
                if incoming.donor != donor && (!incoming.installed || incoming.is_before(awake)) =>
            {
                self.counters.donor_failovers += u64::from(incoming.donor.is_some() && donor.is_some());
                *incoming = fresh;
            }
            Some(_) => return false,
        }
        self.begin_copy(id);
        true
    }

    /// The state of a group as it was when `TakeState` was told, for the cut named there.
    pub fn state(&mut self, group: GroupId, cut: ViewNumber, state: &Bytes) -> Result<(), CallError> {
        if state.len() as u64 > self.config.limits.state_bytes_max {
            return Err(CallError::TooLong);
        }
        for (_, outgoing) in self.transfers.outgoing.iter_mut().filter(|(k, o)| k.0 == group && o.cut == cut)
        {
            outgoing.state = Some(state.clone());
        }
        Ok(())
    }

    /// Sends pieces of state, a few ahead of what has arrived.
    pub(super) fn pump_state(&mut self) {
        let chunk = self.config.limits.state_chunk_bytes as u64;
        let ahead = chunk * self.config.limits.state_chunks_ahead;
        let mut chunks = Vec::new();
        for (&(group, to), outgoing) in &mut self.transfers.outgoing {
            let Some(state) = &outgoing.state else { continue };
            let total = state.len() as u64;
            while outgoing.sent < outgoing.acknowledged + ahead
                && (outgoing.sent < total || outgoing.sent == 0)
            {
                let offset = outgoing.sent;
                let end = (offset + chunk).min(total);
                let octets = state.slice(offset as usize..end as usize);
                chunks.push((to, StateChunk { group, cut: outgoing.cut, offset, total, octets }));
                outgoing.sent = end.max(1);
                if end == total {
                    break;
                }
            }
        }
        for (to, chunk) in chunks {
            self.send_item(to, tag::STATE, &chunk);
        }
    }

    /// A piece of state arrived.
    pub(super) fn state_chunk(&mut self, from: ProcessId, chunk: StateChunk) -> Result<(), WireError> {
        let limit = self.config.limits.state_bytes_max;
        let Some(incoming) = self.transfers.incoming.get_mut(&chunk.group) else { return Ok(()) };
        if incoming.donor != Some((from, chunk.cut)) || incoming.installed {
            return Ok(());
        }
        let offset = incoming.octets.len() as u64;
        if chunk.offset != offset || chunk.total > limit || offset + chunk.octets.len() as u64 > chunk.total {
            return Err(WireError::Contradiction);
        }
        incoming.octets.extend_from_slice(&chunk.octets);
        let offset = incoming.octets.len() as u64;
        let (group, cut) = (chunk.group, chunk.cut);
        self.send_item(from, tag::STATE_WANTED, &StateWanted { group, cut, offset });
        if offset == chunk.total {
            self.install_state(group);
        }
        Ok(())
    }

    fn install_state(&mut self, group: GroupId) {
        let Some(incoming) = self.transfers.incoming.get_mut(&group) else { return };
        incoming.installed = true;
        let cut = incoming.donor.map_or(ViewNumber(0), |(_, cut)| cut);
        let (state, kept) = (incoming.octets.split().freeze(), std::mem::take(&mut incoming.kept));
        if self.groups.get(&group).is_some_and(|g| g.is_durable()) {
            self.append(&Record::Arrived { group, state: state.clone() });
            self.whole_with_the_last(group);
        }
        if self.bug(Mutation::StateAfterCut) {
            let late = kept.iter().skip(1).cloned().collect::<Vec<_>>();
            self.tell(Upcall::InstallState { group, cut, state });
            late.into_iter().for_each(|upcall| self.tell(upcall));
        } else {
            self.tell(Upcall::InstallState { group, cut, state });
            kept.into_iter().for_each(|upcall| self.tell(upcall));
        }
        self.defer(Deferred::Complete { group, cut });
    }

    pub(super) fn state_wanted(&mut self, from: ProcessId, wanted: &StateWanted) {
        let outgoing = self.transfers.outgoing.get_mut(&(wanted.group, from));
        if let Some(outgoing) = outgoing.filter(|o| o.cut == wanted.cut) {
            outgoing.acknowledged = outgoing.acknowledged.max(wanted.offset);
        }
    }
}
