//! The library: every definition that interfaces reach, in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entry::{Entry, Item};
use super::ids::{anatomy, around, inside};
use super::subject::Subject;
use crate::model::{
    Interface, InterfaceDesc, OperationDesc, Parameter, Signature, TypeDef, TypeDesc, simple_name,
};
use crate::object::OBJECT_ID;
use crate::value::TypeCode;
use crate::value::typecode::{elements_of, parts_of};

/// Every definition that interfaces reach, by repository id.
#[derive(Debug)]
pub(super) struct Library {
    entries: BTreeMap<String, Entry>,
    /// What stands in no other definition, by ids.
    top: Vec<String>,
    definitions: Arc<BTreeMap<String, TypeDef>>,
}

impl Library {
    /// What these interfaces define, their bases, and all that they refer to.
    pub(super) fn of(interfaces: impl Iterator<Item = &'static Interface>) -> Library {
        let mut waiting: Vec<&'static Interface> = interfaces.collect();
        waiting.sort_by_key(|interface| interface.id());
        let (mut seen, mut building) = (BTreeSet::new(), Building::default());
        while let Some(interface) = waiting.pop() {
            if seen.insert(interface.id()) {
                building.interface(interface.describe());
                waiting.extend(interface.neighbours());
            }
        }
        building.finish()
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

    /// A value type and its bases.
    pub(super) fn value_lineage<'a>(&'a self, entry: &'a Entry) -> Vec<&'a Entry> {
        let mut lineage: Vec<&Entry> = vec![entry];
        while let Some(Item::Type(TypeDef::Value { base: Some(TypeDesc::Named(base)), .. })) =
            lineage.last().map(|entry| &entry.item)
        {
            match self.entry(base) {
                Some(base) if !lineage.iter().any(|known| known.id == base.id) => lineage.push(base),
                _ => break,
            }
        }
        lineage
    }
}

/// A library in the making.
#[derive(Default)]
struct Building {
    entries: BTreeMap<String, Entry>,
    definitions: BTreeMap<String, TypeDef>,
    /// What stands inside of definitions by their declaration, in order.
    declared: BTreeMap<String, Vec<String>>,
}

impl Building {
    fn interface(&mut self, description: &InterfaceDesc) {
        let types = TypeCode::shared(TypeDesc::Null, Arc::new(description.types.clone()));
        for (id, name, bases, operations) in description.interfaces() {
            // An operation of another interface may have the id; interfaces come first.
            if self.entries.get(id).is_some_and(|entry| matches!(entry.item, Item::Interface { .. })) {
                continue;
            }
            let item = Item::Interface { bases: bases.to_vec(), is_abstract: false };
            self.entries.insert(id.to_owned(), Entry::new(id.to_owned(), name.to_owned(), item));
            for operation in operations {
                self.member(id, operation, operations, &types);
            }
        }
    }

    /// An operation, or an attribute by its getter.
    fn member(&mut self, of: &str, operation: &OperationDesc, siblings: &[OperationDesc], types: &TypeCode) {
        let wire = operation.name.as_str();
        if wire.starts_with("_set_") {
            return;
        }
        let signature = self.signature(&operation.signature, types);
        let (name, item) = match (wire.strip_prefix("_get_"), signature.result) {
            (Some(name), Some(ty)) => {
                let writable = siblings.iter().any(|one| one.name.strip_prefix("_set_") == Some(name));
                (name, Item::Attribute { ty, writable })
            }
            (_, result) => {
                let raises = signature.raises.iter().filter_map(named).collect();
                let parameters = signature.parameters;
                (wire, Item::Operation { oneway: operation.oneway, parameters, result, raises })
            }
        };
        self.declare(of, name, item);
    }

    fn declare(&mut self, of: &str, name: &str, item: Item) {
        let id = inside(of, name);
        if !self.entries.contains_key(&id) {
            self.declared.entry(of.to_owned()).or_default().push(id.clone());
            self.entries.insert(id.clone(), Entry::new(id, name.to_owned(), item));
        }
    }

    fn signature(&mut self, signature: &Signature, types: &TypeCode) -> Signature {
        let mut used = |desc: &TypeDesc| self.used(&types.part(desc));
        Signature {
            parameters: signature
                .parameters
                .iter()
                .map(|parameter| Parameter { ty: used(&parameter.ty), ..parameter.clone() })
                .collect(),
            result: signature.result.as_ref().map(&mut used),
            raises: signature.raises.iter().map(&mut used).collect(),
        }
    }

    /// A use of a type in words of IDL. What it reaches is entered.
    fn used(&mut self, code: &TypeCode) -> TypeDesc {
        let code = code.in_words_of_idl();
        for (id, definition) in code.definitions().iter() {
            if !self.definitions.contains_key(id) {
                self.definitions.insert(id.clone(), definition.clone());
            }
        }
        code.desc().clone()
    }

    fn finish(mut self) -> Library {
        for (id, definition) in self.definitions.clone() {
            if let TypeDef::Value { members, .. } = &definition {
                for member in members {
                    let item = Item::ValueMember { ty: member.ty.clone(), public: member.public };
                    self.declare(&id, &member.name, item);
                }
            }
            if !matches!(definition, TypeDef::Interface { .. }) && !self.entries.contains_key(&id) {
                let name = definition.name().to_owned();
                self.entries.insert(id.clone(), Entry::new(id, name, Item::Type(definition)));
            }
        }
        self.enter_what_is_only_referred_to();
        let top = self.place();
        Library { entries: self.entries, top, definitions: Arc::new(self.definitions) }
    }

    /// Interfaces of which nothing is known but the id: they have no contents.
    fn enter_what_is_only_referred_to(&mut self) {
        let mut ids = Vec::new();
        for entry in self.entries.values() {
            match &entry.item {
                Item::Operation { parameters, result, .. } => {
                    parameters.iter().for_each(|parameter| references_in(&parameter.ty, &mut ids));
                    result.iter().for_each(|ty| references_in(ty, &mut ids));
                }
                Item::Attribute { ty, .. } | Item::ValueMember { ty, .. } => references_in(ty, &mut ids),
                Item::Interface { bases, .. } => ids.extend(bases.iter().cloned().map(Referred::Object)),
                Item::Type(definition) => {
                    parts_of(definition).into_iter().for_each(|ty| references_in(ty, &mut ids));
                }
                Item::Module => {}
            }
        }
        let mut abstracts = Vec::new();
        for named in ids {
            let id = match named {
                Referred::Object(id) => id,
                Referred::Abstract(id) => {
                    abstracts.push(id.clone());
                    id
                }
            };
            if !self.entries.contains_key(&id) {
                let name = match self.definitions.get(&id) {
                    Some(TypeDef::Interface { name }) => name.clone(),
                    _ => simple_name(&id).to_owned(),
                };
                let item = Item::Interface { bases: Vec::new(), is_abstract: false };
                self.entries.insert(id.clone(), Entry::new(id, name, item));
            }
        }
        // An abstract interface has only abstract bases.
        while let Some(id) = abstracts.pop() {
            if let Some(Item::Interface { bases, is_abstract }) =
                self.entries.get_mut(&id).map(|entry| &mut entry.item)
                && !std::mem::replace(is_abstract, true)
            {
                abstracts.extend(bases.iter().cloned());
            }
        }
    }

    /// Finds the container of every definition, makes the modules, and says what stands at the top.
    fn place(&mut self) -> Vec<String> {
        let paths: BTreeMap<String, String> = self
            .entries
            .values()
            .filter(|entry| entry.is_scope())
            .filter_map(|entry| Some((anatomy(&entry.id)?.path.to_owned(), entry.id.clone())))
            .collect();
        let by_declaration: BTreeMap<String, String> = self
            .declared
            .iter()
            .flat_map(|(of, members)| members.iter().map(|member| (member.clone(), of.clone())))
            .collect();
        let mut top = Vec::new();
        let mut waiting: Vec<String> = self.entries.keys().rev().cloned().collect();
        while let Some(id) = waiting.pop() {
            let container = by_declaration.get(&id).cloned().or_else(|| {
                let scope = around(anatomy(&id)?.path)?;
                Some(paths.get(scope).cloned().unwrap_or_else(|| format!("IDL:{scope}:1.0")))
            });
            match &container {
                None => top.push(id.clone()),
                Some(container) => {
                    if !self.entries.contains_key(container) {
                        let module =
                            Entry::new(container.clone(), simple_name(container).to_owned(), Item::Module);
                        self.entries.insert(container.clone(), module);
                        waiting.push(container.clone());
                    }
                    if let (false, Some(outer)) =
                        (by_declaration.contains_key(&id), self.entries.get_mut(container))
                    {
                        outer.contents.push(id.clone());
                    }
                }
            }
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.container = container;
            }
        }
        for (of, members) in std::mem::take(&mut self.declared) {
            if let Some(entry) = self.entries.get_mut(&of) {
                entry.contents.extend(members);
            }
        }
        self.spell_names();
        top
    }

    /// The absolute name of every definition.
    fn spell_names(&mut self) {
        let names: Vec<(String, String)> =
            self.entries.keys().map(|id| (id.clone(), self.absolute_name(id))).collect();
        for (id, name) in names {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.absolute_name = name;
            }
        }
    }

    fn absolute_name(&self, id: &str) -> String {
        let (mut parts, mut next) = (Vec::new(), self.entries.get(id));
        while let Some(entry) = next {
            parts.push(entry.name.as_str());
            next = entry.container.as_ref().and_then(|container| self.entries.get(container));
        }
        parts.iter().rev().map(|part| format!("::{part}")).collect()
    }
}

fn named(desc: &TypeDesc) -> Option<String> {
    match desc {
        TypeDesc::Named(id) => Some(id.clone()),
        _ => None,
    }
}

/// An interface that a type names.
enum Referred {
    Object(String),
    Abstract(String),
}

/// The interfaces that a type names without a definition in between.
fn references_in(ty: &TypeDesc, found: &mut Vec<Referred>) {
    match ty {
        TypeDesc::Object(id) if id != OBJECT_ID => found.push(Referred::Object(id.clone())),
        TypeDesc::Abstract(id) => found.push(Referred::Abstract(id.clone())),
        other => elements_of(other).into_iter().for_each(|element| references_in(element, found)),
    }
}
