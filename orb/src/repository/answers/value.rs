//! `ValueDef` and `ValueMemberDef`.

use super::super::entry::{Entry, Item};
use super::super::interfaces::{InterfaceDef, ValueDef};
use super::super::node::Node;
use super::super::records::{FullValueDescription, Initializer, StructMember, ValueDescription, ValueMember};
use super::super::reference::Ref;
use super::container::answered;
use super::describe::{self, identity};
use super::give;
use crate::adapter::{Invocation, Reply};
use crate::model::{TypeDef, TypeDesc, ValueKind};
use crate::value::typecode::VALUE_BASE_ID;

/// `CORBA::PRIVATE_MEMBER` and `CORBA::PUBLIC_MEMBER`.
const ACCESS: [i16; 2] = [0, 1];

pub(super) fn of_any(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    match &entry.item {
        Item::ValueMember { ty, public } => match call.operation() {
            "_get_type" => give(call, node.code(ty)),
            "_get_type_def" => give(call, node.type_def(ty)),
            "_get_access" => give(call, ACCESS[usize::from(*public)]),
            _ => None,
        },
        Item::Type(TypeDef::Value { kind, base, .. }) => of_value(node, entry, *kind, base.as_ref(), call),
        _ => None,
    }
}

fn of_value(
    node: &Node,
    entry: &Entry,
    kind: ValueKind,
    base: Option<&TypeDesc>,
    call: &Invocation,
) -> Option<Reply> {
    match call.operation() {
        "_get_supported_interfaces" => {
            let supported = node.library.entries(supports(node, entry));
            give(
                call,
                supported.map(|interface| node.refer_to(interface)).collect::<Vec<Ref<InterfaceDef>>>(),
            )
        }
        "_get_initializers" => give(call, initializers(node, entry)),
        "_get_abstract_base_values" => {
            let bases = node.library.entries(abstract_bases(node, entry));
            give(call, bases.map(|base| node.refer_to(base)).collect::<Vec<Ref<ValueDef>>>())
        }
        "_get_base_value" => {
            let base = match base {
                Some(TypeDesc::Named(id)) => node.library.entry(id),
                _ => None,
            };
            give(call, base.map_or_else(Ref::nil, |base| node.refer_to::<ValueDef>(base)))
        }
        "_get_is_abstract" => give(call, kind == ValueKind::Abstract),
        "_get_is_custom" => give(call, kind == ValueKind::Custom),
        "_get_is_truncatable" => give(call, kind == ValueKind::Truncatable),
        "is_a" => Some(answered(call, call.read(|body| body.next("id")), |id: String| {
            let is_base = node.library.value_lineage(entry).iter().any(|base| base.id == id);
            give(call, is_base || id == VALUE_BASE_ID)
        })),
        "describe_value" => give(call, whole(node, entry)),
        _ => None,
    }
}

fn supports<'n>(node: &'n Node, entry: &Entry) -> &'n [String] {
    node.library.behaviour(entry).map_or(&[], |behaviour| &behaviour.supports)
}

fn abstract_bases<'n>(node: &'n Node, entry: &Entry) -> &'n [String] {
    node.library.behaviour(entry).map_or(&[], |behaviour| &behaviour.abstract_bases)
}

fn initializers(node: &Node, entry: &Entry) -> Vec<Initializer> {
    let factories = node.library.behaviour(entry).into_iter().flat_map(|behaviour| &behaviour.initializers);
    let described = factories.map(|factory| Initializer {
        name: factory.name.clone(),
        members: factory
            .parameters
            .iter()
            .map(|(name, ty)| StructMember {
                name: name.clone(),
                r#type: node.code(ty),
                type_def: node.type_def(ty),
            })
            .collect(),
    });
    described.collect()
}

pub(super) fn description(node: &Node, entry: &Entry) -> ValueDescription {
    let (name, id, defined_in, version) = identity(entry);
    let (kind, base_value) = kind_and_base(entry);
    ValueDescription {
        name,
        id,
        is_abstract: kind == ValueKind::Abstract,
        is_custom: kind == ValueKind::Custom,
        defined_in,
        version,
        supported_interfaces: supports(node, entry).to_vec(),
        abstract_base_values: abstract_bases(node, entry).to_vec(),
        is_truncatable: kind == ValueKind::Truncatable,
        base_value,
    }
}

/// A member of the state; `None` for anything else.
pub(super) fn member(node: &Node, entry: &Entry) -> Option<ValueMember> {
    let Item::ValueMember { ty, public } = &entry.item else { return None };
    let (name, id, defined_in, version) = identity(entry);
    Some(ValueMember {
        name,
        id,
        defined_in,
        version,
        r#type: node.code(ty),
        type_def: node.type_def(ty),
        access: ACCESS[usize::from(*public)],
    })
}

/// The value type with all that it inherits: the state of its base first, and the operations of all bases.
fn whole(node: &Node, entry: &Entry) -> FullValueDescription {
    let ValueDescription {
        name,
        id,
        is_abstract,
        is_custom,
        defined_in,
        version,
        supported_interfaces,
        abstract_base_values,
        is_truncatable,
        base_value,
    } = description(node, entry);
    let lineage = node.library.value_lineage(entry);
    let inherited = || lineage.iter().flat_map(|value| node.library.entries(&value.contents));
    let state = lineage.iter().rev().flat_map(|value| node.library.entries(&value.contents));
    FullValueDescription {
        name,
        id,
        is_abstract,
        is_custom,
        defined_in,
        version,
        operations: inherited().filter_map(|entry| describe::operation(node, entry)).collect(),
        attributes: inherited().filter_map(|entry| describe::attribute(node, entry)).collect(),
        members: state.filter_map(|entry| member(node, entry)).collect(),
        initializers: initializers(node, entry),
        supported_interfaces,
        abstract_base_values,
        is_truncatable,
        base_value,
        r#type: node.code_of(entry),
    }
}

/// What the value type is besides its state, and the id of its base, if it has one.
fn kind_and_base(entry: &Entry) -> (ValueKind, String) {
    match &entry.item {
        Item::Type(TypeDef::Value { kind, base: Some(TypeDesc::Named(base)), .. }) => (*kind, base.clone()),
        Item::Type(TypeDef::Value { kind, .. }) => (*kind, String::new()),
        _ => (ValueKind::Plain, String::new()),
    }
}
