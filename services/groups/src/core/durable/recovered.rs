//! What a process finds on its disk when it starts: the records of its former lives, taken in one after the other.

use super::copy::Copy;
use super::record::Record;
use crate::core::identity::{DurableId, GroupId, View};
use crate::core::registry::Registry;
use crate::core::wire::WireError;
use crate::core::wire::item::Propose;
use crate::core::wire::value::{Accepted, Ballot, ChangeKind};
use bytes::Bytes;
use std::collections::BTreeMap;

/// A process's past, as its disk tells it.
#[derive(Debug, Clone)]
pub struct Recovered {
    pub(crate) identity: DurableId,
    /// The number of the last record.
    pub(crate) number: u64,
    /// The last view known; none on a new disk.
    pub(crate) view: Option<View>,
    pub(crate) registry: Registry,
    pub(crate) promised: Option<Ballot>,
    pub(crate) accepted: Option<Accepted>,
    pub(crate) copies: BTreeMap<GroupId, Versions>,
}

/// The copies of one group: the one that counts, and the one that will when its snapshot has arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions {
    pub(crate) current: Option<Copy>,
    beginning: Option<Copy>,
}

impl Recovered {
    /// The past of a process whose disk bears this name, before any record is taken in.
    #[must_use]
    pub fn new(identity: DurableId) -> Self {
        Self {
            identity,
            number: 0,
            view: None,
            registry: Registry::default(),
            promised: None,
            accepted: None,
            copies: BTreeMap::new(),
        }
    }

    /// The name on the disk.
    #[must_use]
    pub fn identity(&self) -> DurableId {
        self.identity
    }

    /// The number of the last record; zero if there is none.
    #[must_use]
    pub fn last_record(&self) -> u64 {
        self.number
    }

    /// Takes in the next record, with its number. Those before the first view that is whole are the rest of what is not
    /// needed any more.
    ///
    /// # Errors
    /// When it makes no sense, alone or after those before it.
    pub fn replay(&mut self, number: u64, record: Bytes) -> Result<(), WireError> {
        if self.number != 0 && number != self.number + 1 {
            return Err(WireError::Contradiction);
        }
        self.number = number;
        match Record::decode(record)? {
            Record::Base { view, registry } => {
                self.view = Some(view);
                self.registry = Registry::restore(registry);
                (self.promised, self.accepted) = (None, None);
            }
            Record::Promised { view, ballot } if self.is_at(view) => self.promised = Some(ballot),
            Record::Accepted { view, accepted } if self.is_at(view) => self.accepted = Some(accepted),
            Record::Installed { decision } if self.is_at(decision.view) => self.install(&decision),
            _ if self.view.is_none() => {}
            Record::Promised { .. } | Record::Accepted { .. } | Record::Installed { .. } => {
                return Err(WireError::Contradiction);
            }
            Record::Began { group, copy } => self.versions(group).beginning = Some(copy),
            Record::Arrived { group, state } => {
                let versions = self.versions(group);
                if let Some(copy) = versions.beginning.take() {
                    versions.current = Some(copy.arrived(state));
                }
            }
            Record::Placed { group, first, messages } => {
                self.each(group, |copy| copy.place(first, &messages));
            }
            Record::Loose { group, bodies } => self.each(group, |copy| copy.loosely(bodies.clone())),
            Record::Woken { group } => {
                let view = self.view.as_ref().map(|v| v.number).unwrap_or_default();
                let settled = self.registry.get(group).and_then(|r| r.settled.clone());
                if let Some(copy) = &mut self.versions(group).current {
                    copy.follow(settled.as_ref());
                    copy.settle();
                    copy.next.clear();
                    copy.view = view;
                }
            }
            Record::Kept { group, copy } => {
                self.copies.insert(group, Versions { current: Some(copy), beginning: None });
            }
        }
        Ok(())
    }

    fn is_at(&self, view: crate::core::identity::ViewNumber) -> bool {
        self.view.as_ref().is_some_and(|v| v.number == view)
    }

    fn versions(&mut self, group: GroupId) -> &mut Versions {
        self.copies.entry(group).or_default()
    }

    /// Does something to both copies of a group, as far as they belong to the present view.
    fn each(&mut self, group: GroupId, mut change: impl FnMut(&mut Copy)) {
        let view = self.view.as_ref().map(|v| v.number);
        let versions = self.versions(group);
        let both = versions.current.iter_mut().chain(&mut versions.beginning);
        both.filter(|copy| Some(copy.view) == view).for_each(&mut change);
    }

    /// A view followed.
    fn install(&mut self, decision: &Propose) {
        let Some(view) = &self.view else { return };
        for (group, versions) in &mut self.copies {
            let cut = decision.value.cuts.iter().find(|c| c.group == *group);
            for copy in versions.current.iter_mut().chain(&mut versions.beginning) {
                if copy.view == view.number {
                    if let Some(cut) = cut {
                        copy.finish(cut);
                    }
                    copy.next.clear();
                    copy.view = view.number.next();
                }
            }
        }
        for change in &decision.value.changes {
            if let ChangeKind::Dissolve { group } = &change.what {
                self.copies.remove(group);
            }
        }
        let next = view.succeeded_by(&decision.value);
        self.registry.advance(view, &decision.value);
        self.view = Some(next);
        (self.promised, self.accepted) = (None, None);
    }
}
