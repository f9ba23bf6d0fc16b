//! A library in the making.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::Behaviour;
use super::entry::{Entry, Item};
use super::ids::inside;
use super::library::Library;
use crate::model::{
    Declarations, InterfaceDesc, OperationDesc, Parameter, Signature, TypeDef, TypeDesc, simple_name,
};
use crate::object::OBJECT_ID;
use crate::value::TypeCode;
use crate::value::typecode::{elements_of, parts_of};

/// A library in the making.
#[derive(Default)]
pub(super) struct Building {
    pub(super) entries: BTreeMap<String, Entry>,
    definitions: BTreeMap<String, TypeDef>,
    behaviours: BTreeMap<String, Behaviour>,
    /// The interfaces that are said to be abstract, by ids; others are found by their use.
    abstracts: Vec<String>,
    /// What stands inside of definitions by their declaration, in order.
    pub(super) declared: BTreeMap<String, Vec<String>>,
}

impl Building {
    pub(super) fn interface(&mut self, description: &InterfaceDesc) {
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

    /// What is declared beside interfaces.
    pub(super) fn declarations(&mut self, declarations: &Declarations) {
        let definitions = declarations.definitions();
        let types = TypeCode::shared(TypeDesc::Null, Arc::new(definitions.clone()));
        for id in definitions.into_keys() {
            self.used(&types.part(&TypeDesc::Named(id)));
        }
        for constant in &declarations.constants {
            let ty = self.used(constant.value.type_code());
            let item = Item::Constant { ty, value: constant.value.clone() };
            let entry = Entry::new(constant.id.clone(), constant.name.clone(), item);
            self.entries.entry(constant.id.clone()).or_insert(entry);
        }
        self.abstracts.extend(declarations.abstracts.iter().map(|id| (*id).to_owned()));
        for (id, declared) in &declarations.values {
            for operation in &declared.operations {
                self.member(id, operation, &declared.operations, &types);
            }
            let behaviour = Behaviour::of(declared, |desc| self.used(&types.part(desc)));
            self.behaviours.insert(id.clone(), behaviour);
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

    pub(super) fn finish(mut self) -> Library {
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
        Library::new(self.entries, top, self.behaviours, self.definitions)
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
                Item::Attribute { ty, .. } | Item::ValueMember { ty, .. } | Item::Constant { ty, .. } => {
                    references_in(ty, &mut ids);
                }
                Item::Interface { bases, .. } => ids.extend(bases.iter().cloned().map(Referred::Object)),
                Item::Type(definition) => {
                    parts_of(definition).into_iter().for_each(|ty| references_in(ty, &mut ids));
                }
                Item::Module => {}
            }
        }
        let mut abstracts = std::mem::take(&mut self.abstracts);
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
