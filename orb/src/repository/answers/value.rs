//! `ValueDef` and `ValueMemberDef`.

use super::super::entry::{Entry, Item};
use super::super::interfaces::{InterfaceDef, ValueDef};
use super::super::node::Node;
use super::super::records::{FullValueDescription, Initializer, ValueDescription, ValueMember};
use super::super::reference::Ref;
use super::container::answered;
use super::describe::identity;
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
        "_get_supported_interfaces" => give(call, Vec::<Ref<InterfaceDef>>::new()),
        "_get_initializers" => give(call, Vec::<Initializer>::new()),
        "_get_abstract_base_values" => give(call, Vec::<Ref<ValueDef>>::new()),
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

pub(super) fn description(entry: &Entry) -> ValueDescription {
    let (name, id, defined_in, version) = identity(entry);
    let (kind, base_value) = kind_and_base(entry);
    ValueDescription {
        name,
        id,
        is_abstract: kind == ValueKind::Abstract,
        is_custom: kind == ValueKind::Custom,
        defined_in,
        version,
        supported_interfaces: Vec::new(),
        abstract_base_values: Vec::new(),
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

/// The value type with all that it inherits: its state, the base's first.
fn whole(node: &Node, entry: &Entry) -> FullValueDescription {
    let ValueDescription { name, id, is_abstract, is_custom, defined_in, version, .. } = description(entry);
    let (kind, base_value) = kind_and_base(entry);
    let lineage = node.library.value_lineage(entry);
    let members = lineage.iter().rev().flat_map(|value| node.library.entries(&value.contents));
    FullValueDescription {
        name,
        id,
        is_abstract,
        is_custom,
        defined_in,
        version,
        operations: Vec::new(),
        attributes: Vec::new(),
        members: members.filter_map(|entry| member(node, entry)).collect(),
        initializers: Vec::new(),
        supported_interfaces: Vec::new(),
        abstract_base_values: Vec::new(),
        is_truncatable: kind == ValueKind::Truncatable,
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
