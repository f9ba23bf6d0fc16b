//! `Container` and `Repository`: looking for definitions.

use super::super::entry::{Entry, Item};
use super::super::interfaces::{Contained, PrimitiveDef};
use super::super::library::Library;
use super::super::node::Node;
use super::super::records::{ContainerDescription, DefinitionKind, PrimitiveKind};
use super::super::reference::Ref;
use super::super::subject::Subject;
use super::{describe, give, types};
use crate::adapter::{Invocation, Reply};
use crate::exception::SystemException;
use crate::value::TypeCode;

/// What only the repository itself answers.
pub(super) fn of_repository(node: &Node, call: &Invocation) -> Option<Reply> {
    Some(match call.operation() {
        "lookup_id" => answered(call, call.read(|body| body.next("search_id")), |id: String| {
            let libraries = node.repository_libraries();
            let found = libraries.iter().find_map(|library| Some((library, library.entry(&id)?)));
            give(
                call,
                found.map_or_else(Ref::nil, |(library, entry)| node.of(library).refer_to::<Contained>(entry)),
            )
        }),
        "get_canonical_typecode" => answered(call, call.read(|body| body.next("tc")), |code: TypeCode| {
            give(call, canonical(node, code))
        }),
        "get_primitive" => answered(call, call.read(|body| body.next("kind")), |kind: PrimitiveKind| {
            let desc = types::of_primitive(kind);
            give(call, node.refer::<PrimitiveDef>(&Subject::Type(desc)))
        }),
        _ => return None,
    })
}

/// What every container answers.
pub(super) fn of_any(node: &Node, call: &Invocation) -> Option<Reply> {
    Some(match call.operation() {
        "lookup" => answered(call, call.read(|body| body.next("search_name")), |name: String| {
            let found = |node: &Node| lookup(node, &name).map(|entry| node.refer_to::<Contained>(entry));
            let own = || match node.subject {
                Subject::Repository => found(&node.of(&node.repository_libraries()[1])),
                _ => None,
            };
            give(call, found(node).or_else(own).unwrap_or_else(Ref::nil))
        }),
        "contents" => {
            let arguments = call.read(|body| Ok((body.next("limit_type")?, body.next("exclude_inherited")?)));
            answered(call, arguments, |(limit, exclude): (DefinitionKind, bool)| {
                let found: Vec<Ref<Contained>> =
                    contents(node, limit, exclude).map(|entry| node.refer_to(entry)).collect();
                give(call, found)
            })
        }
        "lookup_name" => {
            let arguments = call.read(|body| {
                let (name, levels) = (body.next("search_name")?, body.next("levels_to_search")?);
                Ok((name, levels, body.next("limit_type")?, body.next("exclude_inherited")?))
            });
            answered(
                call,
                arguments,
                |(name, levels, limit, exclude): (String, i32, DefinitionKind, bool)| {
                    give(call, by_name(node, &name, levels, limit, exclude))
                },
            )
        }
        "describe_contents" => {
            let arguments = call.read(|body| {
                let (limit, exclude) = (body.next("limit_type")?, body.next("exclude_inherited")?);
                Ok((limit, exclude, body.next("max_returned_objs")?))
            });
            answered(call, arguments, |(limit, exclude, max): (DefinitionKind, bool, i32)| {
                // -1 says that there is no bound.
                let max = usize::try_from(max).unwrap_or(usize::MAX);
                let described: Vec<ContainerDescription> = contents(node, limit, exclude)
                    .take(max)
                    .map(|entry| ContainerDescription {
                        contained_object: node.refer_to(entry),
                        kind: entry.kind(),
                        value: describe::any_of(node, entry),
                    })
                    .collect();
                give(call, described)
            })
        }
        _ => return None,
    })
}

/// The answer to arguments that could be read.
pub(super) fn answered<A>(
    call: &Invocation,
    arguments: Result<A, SystemException>,
    answer: impl FnOnce(A) -> Option<Reply>,
) -> Reply {
    match arguments {
        Ok(arguments) => answer(arguments).unwrap_or_else(|| call.unknown_operation()),
        Err(exception) => call.refuse(exception),
    }
}

/// What stands in the container, and in the bases of an interface or value.
fn contents(node: &Node, limit: DefinitionKind, exclude: bool) -> impl Iterator<Item = &Entry> {
    let library = &*node.library;
    let ids: Vec<&[String]> = match node.entry() {
        None => vec![library.top()],
        Some(entry) if exclude => vec![&entry.contents],
        Some(entry) => scopes(library, entry).into_iter().map(|scope| scope.contents.as_slice()).collect(),
    };
    ids.into_iter().flat_map(|ids| library.entries(ids)).filter(move |entry| is_of(entry, limit))
}

/// A definition and those whose contents it inherits.
fn scopes<'a>(library: &'a Library, entry: &'a Entry) -> Vec<&'a Entry> {
    match &entry.item {
        Item::Interface { .. } => library.lineage(entry),
        _ => library.value_lineage(entry),
    }
}

/// Whether an entry is of a kind; a typedef is every type with a name that is no interface or value.
fn is_of(entry: &Entry, limit: DefinitionKind) -> bool {
    let kind = entry.kind();
    let is_typedef = matches!(
        kind,
        DefinitionKind::Alias
            | DefinitionKind::Struct
            | DefinitionKind::Union
            | DefinitionKind::Enum
            | DefinitionKind::Native
            | DefinitionKind::ValueBox
    );
    limit == DefinitionKind::All || limit == kind || (limit == DefinitionKind::Typedef && is_typedef)
}

/// The definition with a scoped name: from the outermost scope on if it begins with `::`, else from here.
fn lookup<'a>(node: &'a Node, name: &str) -> Option<&'a Entry> {
    let library = &*node.library;
    let (parts, start) = match name.strip_prefix("::") {
        Some(absolute) => (absolute, None),
        None => (name, node.entry()),
    };
    // Ids with different prefixes may give one name to several modules: each may hold the rest.
    let mut scopes_here = vec![start];
    let mut found = None;
    for part in parts.split("::") {
        let named: Vec<&Entry> = scopes_here
            .iter()
            .flat_map(|scope| match scope {
                None => library.entries(library.top()).collect::<Vec<_>>(),
                Some(scope) => {
                    scopes(library, scope).iter().flat_map(|scope| library.entries(&scope.contents)).collect()
                }
            })
            .filter(|entry| entry.name == part)
            .collect();
        found = named.first().copied();
        scopes_here = named.into_iter().map(Some).collect();
    }
    found
}

/// The definitions with a simple name, as deep as `levels` says; -1 for all the way down.
fn by_name(
    node: &Node,
    name: &str,
    levels: i32,
    limit: DefinitionKind,
    exclude: bool,
) -> Vec<Ref<Contained>> {
    let mut found = Vec::new();
    let mut level: Vec<&Entry> = contents(node, DefinitionKind::All, exclude).collect();
    let mut left = levels;
    while left != 0 && !level.is_empty() {
        let hits = level.iter().filter(|entry| entry.name == name && is_of(entry, limit));
        found.extend(hits.map(|entry| node.refer_to(entry)));
        level = level.iter().flat_map(|entry| node.library.entries(&entry.contents)).collect();
        left = left.saturating_sub(1);
    }
    found
}

/// The type as the repository knows it, names and all.
fn canonical(node: &Node, code: TypeCode) -> TypeCode {
    let id = code.id().map(str::to_owned);
    let known = id.and_then(|id| {
        let libraries = node.repository_libraries();
        libraries.iter().find_map(|library| Some(node.of(library).code_of(library.entry(&id)?)))
    });
    known.filter(|known| known.is_equivalent(&code)).unwrap_or(code)
}
