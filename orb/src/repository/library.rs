//! The library: every definition that interfaces reach, in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::behaviour::Behaviour;
use super::building::Building;
use super::entry::{Entry, Item};
use super::subject::Subject;
use crate::model::{Declarations, Interface, TypeDef, TypeDesc};
use crate::value::TypeCode;

/// Every definition that interfaces reach, by repository id.
#[derive(Debug)]
pub(super) struct Library {
    entries: BTreeMap<String, Entry>,
    /// What stands in no other definition, by ids.
    top: Vec<String>,
    /// What value types have besides their state, by ids.
    behaviours: BTreeMap<String, Behaviour>,
    definitions: Arc<BTreeMap<String, TypeDef>>,
}

impl Library {
    /// What these interfaces define, their bases, and all that they refer to.
    pub(super) fn of(interfaces: impl Iterator<Item = &'static Interface>) -> Library {
        let mut waiting: Vec<&'static Interface> = interfaces.collect();
        waiting.sort_by_key(|interface| interface.id());
        let (mut seen, mut building) = (BTreeSet::new(), Building::default());
        let mut declared: Vec<&'static Declarations> = Vec::new();
        while let Some(interface) = waiting.pop() {
            if seen.insert(interface.id()) {
                building.interface(interface.describe());
                waiting.extend(interface.neighbours());
                // Interfaces of one file have the same.
                if let Some(more) = interface.declarations()
                    && !declared.iter().any(|known| std::ptr::eq(*known, more))
                {
                    waiting.extend(more.interfaces());
                    declared.push(more);
                }
            }
        }
        declared.into_iter().for_each(|declared| building.declarations(declared));
        building.finish()
    }

    pub(super) fn new(
        entries: BTreeMap<String, Entry>,
        top: Vec<String>,
        behaviours: BTreeMap<String, Behaviour>,
        definitions: BTreeMap<String, TypeDef>,
    ) -> Library {
        Library { entries, top, behaviours, definitions: Arc::new(definitions) }
    }

    /// The definition with this id.
    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The definitions with these ids.
    pub(super) fn entries<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = &'a Entry> {
        ids.iter().filter_map(|id| self.entry(id))
    }

    /// What stands in no other definition, by ids.
    pub(super) fn top(&self) -> &[String] {
        &self.top
    }

    /// Whether there is something under a key.
    pub(super) fn has(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Repository => true,
            Subject::Definition(id) => self.entries.contains_key(id),
            Subject::Type(desc) => TypeCode::new(desc.clone(), self.definitions.clone()).is_ok(),
        }
    }

    /// The type code of a type that is used somewhere in here.
    pub(super) fn code(&self, desc: &TypeDesc) -> TypeCode {
        TypeCode::shared(desc.clone(), self.definitions.clone())
    }

    /// An interface and its bases, depth first, each once.
    pub(super) fn lineage<'a>(&'a self, entry: &'a Entry) -> Vec<&'a Entry> {
        let (mut lineage, mut waiting) = (Vec::<&Entry>::new(), vec![entry]);
        while let Some(next) = waiting.pop() {
            if lineage.iter().any(|known| known.id == next.id) {
                continue;
            }
            lineage.push(next);
            if let Item::Interface { bases, .. } = &next.item {
                waiting.extend(self.entries(bases).collect::<Vec<_>>().into_iter().rev());
            }
        }
        lineage
    }

    /// What a value type has besides its state.
    pub(super) fn behaviour(&self, entry: &Entry) -> Option<&Behaviour> {
        self.behaviours.get(&entry.id)
    }

    /// A value type and its bases, depth first, each once; the one with state before the abstract ones.
    pub(super) fn value_lineage<'a>(&'a self, entry: &'a Entry) -> Vec<&'a Entry> {
        let (mut lineage, mut waiting) = (Vec::<&Entry>::new(), vec![entry]);
        while let Some(next) = waiting.pop() {
            if lineage.iter().any(|known| known.id == next.id) {
                continue;
            }
            lineage.push(next);
            if let Some(behaviour) = self.behaviour(next) {
                let bases: Vec<&Entry> = self.entries(&behaviour.abstract_bases).collect();
                waiting.extend(bases.into_iter().rev());
            }
            if let Item::Type(TypeDef::Value { base: Some(TypeDesc::Named(base)), .. }) = &next.item {
                waiting.extend(self.entry(base));
            }
        }
        lineage
    }
}
