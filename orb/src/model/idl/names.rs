//! Where every definition stands, and what it is called there.
//!
//! The repository id says it, as far as IDL allows: it takes two names that differ in case for one, keeps enumerators in the
//! scope around their enum, and gives a scope no member of its own name. What would clash is moved or renamed, and keeps
//! its id.

use std::collections::BTreeMap;

use super::words::{escaped, is_name};
use super::{Described, InterfaceDesc};
use crate::model::{TypeDef, TypeDesc, simple_name};

/// The place of a definition.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The modules around it, the outermost first.
    pub(super) modules: Vec<String>,
    /// The interface that it stands in, by its id.
    pub(super) inside: Option<String>,
    /// What it is called.
    pub(super) ident: String,
    /// Whether that is not its name.
    pub(super) renamed: bool,
    /// The id, where modules and name do not give it.
    pub(super) given_id: bool,
}

/// The places of all definitions, by repository id.
#[derive(Debug)]
pub(super) struct Names {
    places: BTreeMap<String, Place>,
    taken: Taken,
}

/// What is taken in every scope: names in small letters, and whether they are modules, with their spelling.
type Taken = BTreeMap<Vec<String>, BTreeMap<String, Option<String>>>;

impl Names {
    pub(super) fn of(
        description: &InterfaceDesc,
        interfaces: &BTreeMap<&str, Described<'_>>,
        nested: bool,
    ) -> Names {
        let mut names = Names { places: BTreeMap::new(), taken: BTreeMap::new() };
        for (id, described) in interfaces {
            let own: Vec<&str> =
                described.operations.iter().map(|operation| member_name(&operation.name)).collect();
            names.enter(id, described.name, &own, &[]);
        }
        for id in referenced(description) {
            if !names.places.contains_key(&id) {
                names.enter(&id, simple_name(&id), &[], &[]);
            }
        }
        for (id, definition) in &description.types {
            let home = nested.then(|| home_of(id, definition, interfaces)).flatten();
            if let Some(interface) = home {
                names.enter_inside(id, definition.name(), interface);
                continue;
            }
            let (members, enumerators): (Vec<&str>, &[String]) = match definition {
                TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                    (members.iter().map(|member| member.name.as_str()).collect(), &[])
                }
                TypeDef::Union { cases, .. } => (cases.iter().map(|case| case.name.as_str()).collect(), &[]),
                TypeDef::Value { members, .. } => {
                    (members.iter().map(|member| member.name.as_str()).collect(), &[])
                }
                TypeDef::Enum { enumerators, .. } => (Vec::new(), enumerators),
                _ => (Vec::new(), &[]),
            };
            names.enter(id, definition.name(), &members, enumerators);
        }
        names
    }

    /// The place of a definition.
    pub(super) fn place(&self, id: &str) -> Option<&Place> {
        self.places.get(id)
    }

    /// The name from the outermost scope on, so that it introduces nothing where it is used (IDL 4.2, 7.5.2).
    pub(super) fn absolute(&self, id: &str) -> Option<String> {
        let place = self.place(id)?;
        let around = self.scope(place)?;
        Some(around + "::" + &escaped(&place.ident))
    }

    /// The scope of a definition, written in front of what stands beside it.
    pub(super) fn scope(&self, place: &Place) -> Option<String> {
        match &place.inside {
            Some(interface) => self.absolute(interface),
            None => Some(place.modules.iter().map(|module| format!("::{}", escaped(module))).collect()),
        }
    }

    /// A name outside of all modules that is free, and is taken then.
    pub(super) fn helper(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        let taken = self.taken.entry(Vec::new()).or_default();
        while taken.contains_key(&name.to_ascii_lowercase()) {
            name.push('_');
        }
        taken.insert(name.to_ascii_lowercase(), None);
        name
    }

    fn enter(&mut self, id: &str, name: &str, members: &[&str], enumerators: &[String]) {
        let mut modules: Vec<String> = Vec::new();
        for part in scope_in(id) {
            let module = self.module(&modules, part, name);
            modules.push(module);
        }
        let clash = |own: &str| members.iter().any(|member| member.eq_ignore_ascii_case(own));
        let mut ident = name.to_owned();
        while clash(&ident) || self.is_taken(&modules, &ident) {
            ident.push('_');
        }
        let repeats = |name: &String| name.eq_ignore_ascii_case(&ident) || self.is_taken(&modules, name);
        if enumerators.iter().any(repeats) {
            // Enumerators keep their names, so the enum gets a module of its own.
            let module = self.module(&modules, &format!("{ident}_names"), &ident);
            modules.push(module);
            if enumerators.iter().any(|name| name.eq_ignore_ascii_case(&ident)) {
                ident.push('_');
            }
        }
        self.take(&modules, &ident);
        enumerators.iter().for_each(|name| self.take(&modules, name));
        let slash: String = modules.iter().map(|module| format!("{module}/")).collect();
        let given_id = id != format!("IDL:{slash}{ident}:1.0");
        let renamed = ident != name;
        self.places.insert(id.to_owned(), Place { modules, inside: None, ident, renamed, given_id });
    }

    fn enter_inside(&mut self, id: &str, name: &str, interface: &str) {
        let Some(outer) = self.places.get(interface) else { return };
        let modules = outer.modules.clone();
        let slash: String = modules.iter().chain([&outer.ident]).map(|module| format!("{module}/")).collect();
        let place = Place {
            inside: Some(interface.to_owned()),
            ident: name.to_owned(),
            renamed: false,
            given_id: id != format!("IDL:{slash}{name}:1.0"),
            modules,
        };
        self.places.insert(id.to_owned(), place);
    }

    /// The module called `part` in `outer` for something called `name`: spelled as it was before, and not like its content.
    fn module(&mut self, outer: &[String], part: &str, name: &str) -> String {
        let mut module = part.to_owned();
        loop {
            let scope = self.taken.entry(outer.to_vec()).or_default();
            let like_its_content = module.eq_ignore_ascii_case(name);
            match scope.get(&module.to_ascii_lowercase()) {
                Some(Some(spelled)) if !like_its_content => return spelled.clone(),
                None if !like_its_content => {
                    scope.insert(module.to_ascii_lowercase(), Some(module.clone()));
                    return module;
                }
                _ => module.push('_'),
            }
        }
    }

    fn is_taken(&self, modules: &[String], name: &str) -> bool {
        modules.last().is_some_and(|module| module.eq_ignore_ascii_case(name))
            || self.taken.get(modules).is_some_and(|scope| scope.contains_key(&name.to_ascii_lowercase()))
    }

    fn take(&mut self, modules: &[String], name: &str) {
        self.taken.entry(modules.to_vec()).or_default().insert(name.to_ascii_lowercase(), None);
    }
}

/// The names around the last one in an id, from the last one on that no name of IDL stands behind.
fn scope_in(id: &str) -> Vec<&str> {
    let Some(path) = id.strip_prefix("IDL:").and_then(|path| path.rsplit_once(':')) else {
        return Vec::new();
    };
    let mut parts: Vec<&str> = path.0.split('/').collect();
    parts.pop();
    let start = parts.iter().rposition(|part| !is_name(part)).map_or(0, |last| last + 1);
    parts.split_off(start)
}

/// The described interface that a type stands in by its id, if nothing in it has the type's name.
fn home_of<'i>(
    id: &str,
    definition: &TypeDef,
    interfaces: &BTreeMap<&'i str, Described<'_>>,
) -> Option<&'i str> {
    let (scope, name) = id.rsplit_once('/')?;
    if name != format!("{}:1.0", definition.name()) {
        return None;
    }
    let (interface, described) =
        interfaces.iter().find(|(interface, _)| interface.strip_suffix(":1.0") == Some(scope))?;
    let mut names = vec![definition.name()];
    match definition {
        TypeDef::Enum { enumerators, .. } => names.extend(enumerators.iter().map(String::as_str)),
        TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
            let is_own = |name: &str| name.eq_ignore_ascii_case(definition.name());
            if members.iter().any(|member| is_own(&member.name)) {
                return None;
            }
        }
        _ => {}
    }
    let clashes = |name: &&str| {
        name.eq_ignore_ascii_case(described.name)
            || described
                .operations
                .iter()
                .any(|operation| member_name(&operation.name).eq_ignore_ascii_case(name))
    };
    (!names.iter().any(clashes)).then_some(*interface)
}

/// The name of an operation or attribute in IDL.
pub(super) fn member_name(wire: &str) -> &str {
    wire.strip_prefix("_get_").or_else(|| wire.strip_prefix("_set_")).unwrap_or(wire)
}

/// The ids of all interfaces that references name.
fn referenced(description: &InterfaceDesc) -> Vec<String> {
    let mut found = Vec::new();
    for operation in &description.operations {
        let signature = &operation.signature;
        signature.parameters.iter().for_each(|parameter| in_type(&parameter.ty, &mut found));
        signature.result.iter().for_each(|ty| in_type(ty, &mut found));
    }
    for definition in description.types.values() {
        match definition {
            TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                members.iter().for_each(|member| in_type(&member.ty, &mut found));
            }
            TypeDef::Union { cases, .. } => {
                cases.iter().filter_map(|case| case.ty.as_ref()).for_each(|ty| in_type(ty, &mut found));
            }
            TypeDef::Value { members, .. } => {
                members.iter().for_each(|member| in_type(&member.ty, &mut found));
            }
            TypeDef::ValueBox { ty, .. } => in_type(ty, &mut found),
            _ => {}
        }
    }
    found.retain(|id| id != super::types::OBJECT_ID && id != super::types::ABSTRACT_BASE_ID);
    found
}

fn in_type(ty: &TypeDesc, found: &mut Vec<String>) {
    match ty {
        TypeDesc::Object(id) | TypeDesc::Abstract(id) => found.push(id.clone()),
        TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. } => in_type(element, found),
        TypeDesc::Optional(inner) => in_type(inner, found),
        TypeDesc::Map { key, value } => {
            in_type(key, found);
            in_type(value, found);
        }
        _ => {}
    }
}
