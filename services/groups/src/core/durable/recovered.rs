//! What a process finds on its disk when it starts: the records of its former lives, taken in one after the other.

use super::copy::Copy;
use super::record::Record;
use crate::core::identity::{DurableId, GroupId, View};
use crate::core::registry::Registry;
use crate::core::wire::WireError;
use crate::core::wire::item::Propose;
use crate::core::wire::value::{Accepted, Ballot, ChangeKind};
use bytes::{Bytes, BytesMut};
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
    /// What has come of that snapshot.
    parts: BytesMut,
}

impl Versions {
    /// The end of a snapshot is here.
    fn arrived(&mut self, end: Bytes) {
        let mut parts = std::mem::take(&mut self.parts);
        let state = match parts.is_empty() {
            true => end,
            false => {
                parts.extend_from_slice(&end);
                parts.freeze()
            }
        };
        if let Some(copy) = self.beginning.take() {
            self.current = Some(copy.arrived(state));
        }
    }
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
            Record::Began { group, copy } => {
                let versions = self.versions(group);
                versions.beginning = Some(copy);
                versions.parts = BytesMut::new();
            }
            Record::Part { group, octets } => {
                let versions = self.versions(group);
                if versions.beginning.is_some() {
                    versions.parts.extend_from_slice(&octets);
                }
            }
            Record::Arrived { group, state } => self.versions(group).arrived(state),
            Record::Placed { group, first, messages } => {
                self.each(group, |copy| copy.place(first, &messages));
            }
            Record::Loose { group, bodies } => self.each(group, |copy| copy.loosely(bodies.clone())),
            Record::Woken { group } => {
                let view = self.view.as_ref().map(|v| v.number).unwrap_or_default();
                let settled = self.registry.get(group).and_then(|r| r.settled.clone());
                if let Some(copy) = &mut self.versions(group).current {
                    copy.follow(settled.as_deref());
                    copy.settle();
                    copy.next.clear();
                    copy.view = view;
                }
            }
            Record::Kept { group, copy } => {
                self.copies.insert(group, Versions { current: Some(copy), ..Versions::default() });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::{DomainId, ViewNumber};
    use crate::core::wire::Wire;

    const GROUP: GroupId = GroupId(7);

    fn replayed(records: Vec<Record>) -> Recovered {
        let view = View { domain: DomainId(1), number: ViewNumber(1), members: Vec::new() };
        let base = Record::Base { view, registry: Registry::default().snapshot() };
        let mut recovered = Recovered::new(DurableId(1));
        for (number, record) in std::iter::once(base).chain(records).enumerate() {
            recovered.replay(number as u64 + 1, record.to_bytes()).expect("it makes sense");
        }
        recovered
    }

    fn began(index: u64) -> Record {
        Record::Began { group: GROUP, copy: Copy::begin(index, ViewNumber(1), Vec::new(), Vec::new()) }
    }

    fn part(octets: &'static str) -> Record {
        Record::Part { group: GROUP, octets: octets.into() }
    }

    fn arrived(state: &'static str) -> Record {
        Record::Arrived { group: GROUP, state: state.into() }
    }

    fn counts(recovered: &Recovered) -> (u64, &[u8]) {
        let copy = recovered.copies[&GROUP].current.as_ref().expect("a copy counts");
        (copy.index, copy.snapshot.as_deref().expect("it is whole"))
    }

    #[test]
    fn a_snapshot_is_all_its_parts() {
        let recovered = replayed(vec![began(3), part("one "), part("two "), arrived("three")]);
        assert_eq!(counts(&recovered), (3, &b"one two three"[..]));
    }

    #[test]
    fn a_snapshot_whose_end_is_missing_does_not_count() {
        let whole = [began(3), arrived("old"), began(9), part("new, but "), part("not whole ")];
        for records in 2..=whole.len() {
            let recovered = replayed(whole[..records].to_vec());
            assert_eq!(counts(&recovered), (3, &b"old"[..]), "{records}");
        }
    }

    #[test]
    fn parts_of_a_snapshot_that_was_given_up_are_in_no_other_one() {
        let mut records =
            vec![part("of nothing"), began(3), part("given up "), began(9), part("a"), arrived("b")];
        assert_eq!(counts(&replayed(records.clone())), (9, &b"ab"[..]));
        records.extend([part("of nothing"), began(12), arrived("c")]);
        assert_eq!(counts(&replayed(records)), (12, &b"c"[..]));
    }
}
