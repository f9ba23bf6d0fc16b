//! The rules for interfaces and operations. `orb/tests/evolution` shows each of them between living peers.

use std::collections::{BTreeMap, BTreeSet};

use quorb::model::{
    Direction, InterfaceDesc, Kind, OperationDesc, Parameter, TypeDef, TypeDesc, simple_name,
};
use quorb_idl::Model;

use super::change::{Change, Changes, Effect};
use crate::interface::{describe, interfaces};

use Effect::{Breaks, Fine, Partly};

/// All changes between two files, interface by interface; each type once.
pub(super) fn changes(old: &Model, new: &Model) -> Vec<Change> {
    let described = |model: &Model| -> BTreeMap<String, InterfaceDesc> {
        let all = interfaces(model).into_iter().map(|id| describe(model, id));
        all.map(|interface| (interface.id.clone(), interface)).collect()
    };
    let (old, new) = (described(old), described(new));
    let mut comparison = Comparison::default();
    for (id, interface) in &old {
        match new.get(id) {
            None => comparison.changes.note(&interface.name, "the interface is gone", Breaks, Breaks),
            Some(other) => comparison.interface(interface, other),
        }
    }
    for (_, interface) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
        comparison.changes.note(&interface.name, "the interface is new", Fine, Fine);
    }
    comparison.changes.0
}

/// A comparison of two descriptions.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) changes: Changes,
    /// The types that were compared.
    pub(super) seen: BTreeSet<String>,
}

/// The definitions of both sides.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) old: &'a BTreeMap<String, TypeDef>,
    pub(super) new: &'a BTreeMap<String, TypeDef>,
}

impl Comparison {
    fn interface(&mut self, old: &InterfaceDesc, new: &InterfaceDesc) {
        let sides = Sides { old: &old.types, new: &new.types };
        let has_base =
            |interface: &InterfaceDesc, id: &String| interface.interfaces().any(|(other, ..)| other == id);
        for base in old.bases.iter().filter(|base| !has_base(new, base)) {
            self.changes.note(&old.name, format!("it is no {} any more", simple_name(base)), Breaks, Breaks);
        }
        for base in new.bases.iter().filter(|base| !has_base(old, base)) {
            self.changes.note(&old.name, format!("it is a {} too", simple_name(base)), Fine, Fine);
        }
        // Inherited operations are compared with their own interfaces.
        let own = |interface: &'_ InterfaceDesc| {
            interface.interfaces().next().map(|(.., operations)| operations.to_vec()).unwrap_or_default()
        };
        let (before, after) = (own(old), own(new));
        for operation in &before {
            let place = format!("{}::{}", old.name, operation.name);
            match new.operation(&operation.name) {
                None => self.changes.note(&place, "the operation is gone", Breaks, Breaks),
                Some(other) => self.operation(&place, operation, other, sides),
            }
        }
        for operation in after.iter().filter(|operation| old.operation(&operation.name).is_none()) {
            let place = format!("{}::{}", old.name, operation.name);
            self.changes.note(&place, "the operation is new", Fine, Fine);
        }
    }

    fn operation(&mut self, place: &str, old: &OperationDesc, new: &OperationDesc, sides: Sides<'_>) {
        if old.oneway != new.oneway {
            let what = if new.oneway { "it has become oneway" } else { "it is not oneway any more" };
            self.changes.note(place, what, Breaks, Breaks);
        }
        let repeatable = |operation: &OperationDesc| operation.kind == Kind::Query || operation.idempotent;
        if repeatable(old) && !repeatable(new) {
            self.changes.note(place, "old callers may still repeat it", Partly, Fine);
        }
        self.arguments(place, &inputs(old), &inputs(new), sides);
        self.results(place, &outputs(old), &outputs(new), sides);
        let ids = |operation: &OperationDesc| -> Vec<String> {
            let named = operation.signature.raises.iter().filter_map(|ty| match ty {
                TypeDesc::Named(id) => Some(id.clone()),
                _ => None,
            });
            named.collect()
        };
        let (before, after) = (ids(old), ids(new));
        for id in after.iter().filter(|id| !before.contains(id)) {
            let what = format!("it raises {} too, which old callers take for UNKNOWN", simple_name(id));
            self.changes.note(place, what, Partly, Partly);
        }
        for id in before.iter().filter(|id| after.contains(id)) {
            self.definition(id, sides);
        }
    }

    fn arguments(&mut self, place: &str, old: &[&Parameter], new: &[&Parameter], sides: Sides<'_>) {
        for (before, after) in old.iter().zip(new) {
            self.ty(&format!("{place}({})", before.name), &before.ty, &after.ty, sides);
        }
        let common = old.len().min(new.len());
        let surplus = old[common..].iter().map(|parameter| (*parameter, "gone"));
        let surplus = surplus.chain(new[common..].iter().map(|parameter| (*parameter, "new")));
        for (parameter, word) in surplus {
            let (has_default, native) =
                if parameter.optional { (" and has a default", Fine) } else { ("", Breaks) };
            let what = format!("the parameter `{}` is {word}{has_default}", parameter.name);
            self.changes.note(place, what, native, Breaks);
        }
    }

    fn results(
        &mut self,
        place: &str,
        old: &[(&str, &TypeDesc)],
        new: &[(&str, &TypeDesc)],
        sides: Sides<'_>,
    ) {
        for ((name, before), (_, after)) in old.iter().zip(new) {
            self.ty(&format!("{place}({name})"), before, after, sides);
        }
        let common = old.len().min(new.len());
        for (name, _) in &old[common..] {
            self.changes.note(place, format!("`{name}` is not returned any more"), Breaks, Breaks);
        }
        for (name, _) in &new[common..] {
            self.changes.note(place, format!("`{name}` is returned too"), Breaks, Breaks);
        }
    }
}

fn inputs(operation: &OperationDesc) -> Vec<&Parameter> {
    operation.signature.parameters.iter().filter(|parameter| parameter.direction != Direction::Out).collect()
}

fn outputs(operation: &OperationDesc) -> Vec<(&str, &TypeDesc)> {
    let returned =
        operation.signature.parameters.iter().filter(|parameter| parameter.direction != Direction::In);
    let result = operation.signature.result.iter().map(|ty| ("result", ty));
    result.chain(returned.map(|parameter| (parameter.name.as_str(), &parameter.ty))).collect()
}
