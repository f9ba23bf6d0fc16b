//! Where the object is served: the members with its state, their addresses, and the version of that set.

use super::message::Message;
use super::{Effect, Place, Replica, Style};
use crate::core::wire::{Wire, wire_struct};
use crate::core::{GroupView, ProcessId};
use quorb::proto::head::ClientId;

/// What the members have said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Grows with every change.
    version: u64,
    of: Vec<Placed>,
    /// The members with the object's state, by rank.
    complete: Vec<ProcessId>,
}

/// A member and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    process: ProcessId,
    place: Place,
}

wire_struct! {
    Places { version, of, complete }
    Placed { process, place }
}

impl Replica {
    /// Says to the group where this member serves the object. Until that is heard nobody is sent here.
    pub fn announce(&mut self, place: Place) {
        self.emit(Effect::Multicast(Message::Place(place).to_bytes()));
    }

    /// Whether this member's announcement has its place.
    #[must_use]
    pub fn is_announced(&self) -> bool {
        self.shared.places.of.iter().any(|placed| placed.process == self.me)
    }

    /// A view of the group.
    pub fn view(&mut self, view: &GroupView) {
        let me = self.me;
        let complete: Vec<ProcessId> =
            view.members.iter().filter(|member| member.complete).map(|member| member.process).collect();
        self.view = Some(view.clone());
        // Who joins is given the state before it is listed with it; else the object begins here.
        self.complete |= complete.contains(&me);
        if !self.complete {
            return;
        }
        let places = &mut self.shared.places;
        let changed = places.complete != complete;
        let gone: Vec<ProcessId> =
            { places.complete.iter().filter(|p| !view.members.iter().any(|m| m.process == **p)) }
                .copied()
                .collect();
        places.of.retain(|placed| view.members.iter().any(|member| member.process == placed.process));
        places.complete = complete;
        places.version += u64::from(changed);
        for &process in &gone {
            // The calls of clients that number nothing ended with the member that stood for them.
            self.shared.table.forget(ClientId(process.0));
        }
        if self.shared.style == Style::Executor {
            self.choose_executor();
        }
        self.lost(&gone);
        if changed {
            self.publish();
        }
    }

    pub(super) fn placed(&mut self, sender: ProcessId, place: Place) {
        let places = &mut self.shared.places;
        places.version = places.version.max(place.time_us) + 1;
        places.of.retain(|placed| placed.process != sender);
        places.of.push(Placed { process: sender, place });
        self.publish();
    }

    /// The members with the object's state, by rank.
    #[must_use]
    pub fn complete_members(&self) -> &[ProcessId] {
        &self.shared.places.complete
    }

    /// Those of them that have said where they are, and where.
    pub fn listed(&self) -> impl Iterator<Item = (ProcessId, &Place)> {
        let places = &self.shared.places;
        let found = |process: &ProcessId| places.of.iter().find(|placed| placed.process == *process);
        places.complete.iter().filter_map(found).map(|placed| (placed.process, &placed.place))
    }

    pub(super) fn publish(&mut self) {
        let listed = self.listed().map(|(process, place)| (process, place.clone())).collect();
        let version = self.shared.places.version;
        self.emit(Effect::Publish { version, places: listed });
    }
}
