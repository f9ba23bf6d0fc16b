//! The repository's interfaces against OMG's `ir.idl`, as Debian's `omniorb-idl` installs it: operation by operation, and
//! member by member of what they carry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quorb_idl::model::{DefinitionId, DefinitionKind, Direction, Member, Operation, Parameter, Type};
use quorb_idl::{Compiler, Disk, Memory, Model};

use super::interfaces;
use super::records::{
    ConstantDescription, InterfaceDescription, ModuleDescription, TypeDescription, ValueDescription,
};
use crate::model::{self, Behaviour, Interface, Kind, Replies, Signature, TypeDesc};
use crate::value::IdlType;

const FOLDER: &str = "/usr/share/idl/omniORB";

/// What is carried in an `any`, so that no operation names it.
const CARRIED: [&str; 5] = [
    "IDL:omg.org/CORBA/ConstantDescription:1.0",
    "IDL:omg.org/CORBA/InterfaceDescription:1.0",
    "IDL:omg.org/CORBA/ModuleDescription:1.0",
    "IDL:omg.org/CORBA/TypeDescription:1.0",
    "IDL:omg.org/CORBA/ValueDescription:1.0",
];

/// An interface that names all of it.
static CARRIER: Interface = Interface::new(
    "IDL:Carrier:1.0",
    "Carrier",
    &[],
    &[model::Operation {
        name: "carry",
        behaviour: Behaviour {
            kind: Kind::Query,
            oneway: false,
            idempotent: false,
            cancellable: false,
            deadline: None,
            replies: Replies::First,
        },
        signature: |types| {
            let carried: [TypeDesc; 5] = [
                ConstantDescription::describe(types),
                InterfaceDescription::describe(types),
                ModuleDescription::describe(types),
                TypeDescription::describe(types),
                ValueDescription::describe(types),
            ];
            let parameters = carried.into_iter().enumerate().map(|(place, ty)| model::Parameter {
                name: format!("carried{place}"),
                direction: model::Direction::In,
                ty,
                optional: false,
            });
            Signature { parameters: parameters.collect(), result: None, raises: Vec::new() }
        },
    }],
);

/// Interfaces and records of a model in words, by repository id: names of members and operations, and what each is.
type Words = BTreeMap<String, BTreeMap<String, String>>;

/// Reads the words of the definitions with these ids, and of all records that they carry.
struct Reading<'a> {
    model: &'a Model,
    waiting: Vec<DefinitionId>,
    seen: BTreeSet<DefinitionId>,
    words: Words,
}

impl Reading<'_> {
    fn of(model: &Model, of: impl Fn(&str) -> bool) -> Words {
        let asked = model.definitions().filter(|(_, one)| match &one.kind {
            DefinitionKind::Interface(interface) => interface.defined && of(&one.repository_id),
            kind => matches!(kind, DefinitionKind::Struct(_)) && CARRIED.contains(&&*one.repository_id),
        });
        let waiting = asked.map(|(id, _)| id).collect();
        let mut reading = Reading { model, waiting, seen: BTreeSet::new(), words: Words::new() };
        while let Some(id) = reading.waiting.pop() {
            if reading.seen.insert(id) {
                let definition = model.definition(id);
                let words = reading.definition(&definition.kind);
                reading.words.insert(definition.repository_id.clone(), words);
            }
        }
        reading.words
    }

    fn definition(&mut self, kind: &DefinitionKind) -> BTreeMap<String, String> {
        match kind {
            DefinitionKind::Interface(interface) => {
                let ids =
                    interface.bases.iter().map(|base| self.model.definition(*base).repository_id.clone());
                let bases = ids.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ");
                let mut words = BTreeMap::from([(":".to_owned(), bases)]);
                for inner in &interface.body {
                    let member = self.model.definition(*inner);
                    let said = match &member.kind {
                        DefinitionKind::Operation(operation) => self.operation(operation),
                        DefinitionKind::Attribute(attribute) => {
                            let readonly = if attribute.readonly { "readonly " } else { "" };
                            format!("{readonly}attribute {}", self.ty(&attribute.ty))
                        }
                        _ => continue,
                    };
                    words.insert(member.name.to_string(), said);
                }
                words
            }
            DefinitionKind::Struct(members) | DefinitionKind::Exception(members) => self.members(members),
            DefinitionKind::Enum(enumeration) => {
                let names =
                    enumeration.enumerators.iter().map(|id| self.model.definition(*id).name.to_string());
                names.enumerate().map(|(place, name)| (name, place.to_string())).collect()
            }
            other => BTreeMap::from([("?".to_owned(), format!("{other:?}"))]),
        }
    }

    fn members(&mut self, members: &[Member]) -> BTreeMap<String, String> {
        let places = members.iter().enumerate();
        places
            .map(|(place, member)| (member.name.to_string(), format!("{place} {}", self.ty(&member.ty))))
            .collect()
    }

    fn operation(&mut self, operation: &Operation) -> String {
        let mut parameters = Vec::new();
        for Parameter { direction, name, ty, .. } in &operation.parameters {
            let direction = match direction {
                Direction::In => "in",
                Direction::Out => "out",
                Direction::InOut => "inout",
            };
            parameters.push(format!("{direction} {} {name}", self.ty(ty)));
        }
        let returns = operation.returns.as_ref().map_or("void".to_owned(), |ty| self.ty(ty));
        let raises: Vec<String> = operation.raises.iter().map(|id| self.named(*id)).collect();
        let oneway = if operation.oneway { "oneway " } else { "" };
        format!("{oneway}{returns} ({}) raises ({})", parameters.join(", "), raises.join(", "))
    }

    /// A type without the names of aliases, which are nowhere on the wire.
    fn ty(&mut self, ty: &Type) -> String {
        match self.model.without_aliases(ty) {
            Type::Named(id) => self.named(*id),
            Type::Sequence(element, bound) => format!("sequence<{}, {bound:?}>", self.ty(element)),
            Type::Array(element, dimensions) => format!("{}{dimensions:?}", self.ty(element)),
            other => format!("{other:?}"),
        }
    }

    fn named(&mut self, id: DefinitionId) -> String {
        let definition = self.model.definition(id);
        // Interfaces are compared by themselves.
        if !matches!(definition.kind, DefinitionKind::Interface(_)) {
            self.waiting.push(id);
        }
        definition.repository_id.clone()
    }
}

/// The interfaces of `ir.idl` itself, without what it includes.
fn omg() -> Option<Words> {
    let file = format!("{FOLDER}/ir.idl");
    if !Path::new(&file).exists() {
        assert!(std::env::var_os("QUORB_REQUIRE_PEERS").is_none(), "{file} is not installed");
        return None;
    }
    let outcome = Compiler::new(&Disk).include(FOLDER).compile(&file);
    let said: String = outcome.rendered().collect();
    let model = outcome.model.expect(&said);
    let is_there = |id: &str| id.starts_with("IDL:omg.org/CORBA/");
    Some(Reading::of(&model, is_there))
}

/// The same of what we print, changed by `change`.
fn ours(change: impl Fn(String) -> String) -> Words {
    let mut words = Words::new();
    for interface in interfaces::all().chain([&CARRIER]) {
        let text = change(interface.idl().expect("it has IDL"));
        let files = Memory::new().with("ours.idl", text.as_str());
        let outcome = Compiler::new(&files).compile("ours.idl");
        let said: String = outcome.rendered().collect();
        let model = outcome.model.unwrap_or_else(|| panic!("{said}\n{text}"));
        words.extend(Reading::of(&model, |id| id == interface.id() && id != CARRIER.id()));
    }
    words
}

/// Every difference, as a line.
fn differences(theirs: &Words, ours: &Words) -> Vec<String> {
    let mut found = Vec::new();
    let ids: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    for id in ids {
        let none = BTreeMap::new();
        let (theirs, ours) = (theirs.get(id).unwrap_or(&none), ours.get(id).unwrap_or(&none));
        let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        let differing = names.into_iter().filter(|name| theirs.get(*name) != ours.get(*name));
        found.extend(differing.map(|name| {
            format!("{id} {name}: OMG has {:?}, we have {:?}", theirs.get(name), ours.get(name))
        }));
    }
    found
}

#[test]
fn the_repository_has_the_interfaces_of_omg() {
    let Some(theirs) = omg() else { return };
    let ours_as_they_are = ours(|text| text);
    let found = differences(&theirs, &ours_as_they_are);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let operations: usize = theirs.values().map(BTreeMap::len).sum();
    assert!(theirs.len() >= 49 && operations >= 250, "{} definitions, {operations} parts", theirs.len());
}

/// A comparison that finds nothing would prove nothing.
#[test]
fn a_difference_would_be_found() {
    let Some(theirs) = omg() else { return };
    for (right, wrong) in [
        ("long levels_to_search", "short levels_to_search"),
        ("boolean is_truncatable", "octet is_truncatable"),
        ("dk_Wstring", "dk_WString"),
        ("readonly attribute", "attribute"),
        ("max_returned_objs", "most"),
    ] {
        let found = differences(&theirs, &ours(|text| text.replace(right, wrong)));
        assert!(!found.is_empty(), "{right} as {wrong}");
    }
}
