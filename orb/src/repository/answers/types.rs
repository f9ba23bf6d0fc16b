//! `IDLType` and what derives from it: types, with a name and without.

use super::super::entry::{Entry, Item};
use super::super::node::Node;
use super::super::records::{PrimitiveKind, StructMember, UnionMember};
use super::give;
use crate::adapter::{Invocation, Reply};
use crate::model::{Case, Member, TypeDef, TypeDesc};
use crate::object::OBJECT_ID;
use crate::value::Any;
use crate::value::typecode::label_value;

/// A type without a name.
pub(super) fn of_anonymous(node: &Node, desc: &TypeDesc, call: &Invocation) -> Option<Reply> {
    match (call.operation(), desc) {
        ("_get_type", _) => give(call, node.code(desc)),
        ("_get_bound", TypeDesc::String { bound } | TypeDesc::WString { bound })
        | ("_get_bound", TypeDesc::Sequence { bound, .. }) => give(call, bound.unwrap_or(0)),
        ("_get_length", TypeDesc::Array { length, .. }) => give(call, *length),
        ("_get_digits", TypeDesc::Fixed { digits, .. }) => give(call, *digits),
        ("_get_scale", TypeDesc::Fixed { scale, .. }) => give(call, *scale),
        ("_get_element_type", TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. }) => {
            give(call, node.code(element))
        }
        ("_get_element_type_def", TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. }) => {
            give(call, node.type_def(element))
        }
        ("_get_kind", desc) => give(call, primitive(desc)?),
        _ => None,
    }
}

/// A type with a name, that is no interface and no value with members.
pub(super) fn of_defined(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    let Item::Type(definition) = &entry.item else { return None };
    match (call.operation(), definition) {
        ("_get_type", _) => give(call, node.code_of(entry)),
        ("_get_members", TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. }) => {
            give(call, struct_members(node, members))
        }
        ("_get_members", TypeDef::Enum { enumerators, .. }) => give(call, enumerators.clone()),
        ("_get_members", TypeDef::Union { discriminator, cases, .. }) => {
            give(call, union_members(node, discriminator, cases))
        }
        ("_get_discriminator_type", TypeDef::Union { discriminator, .. }) => {
            give(call, node.code(discriminator))
        }
        ("_get_discriminator_type_def", TypeDef::Union { discriminator, .. }) => {
            give(call, node.type_def(discriminator))
        }
        ("_get_original_type_def", TypeDef::Alias { ty, .. } | TypeDef::ValueBox { ty, .. }) => {
            give(call, node.type_def(ty))
        }
        _ => None,
    }
}

fn struct_members(node: &Node, members: &[Member]) -> Vec<StructMember> {
    let described = members.iter().map(|member| StructMember {
        name: member.name.clone(),
        r#type: node.code(&member.ty),
        type_def: node.type_def(&member.ty),
    });
    described.collect()
}

/// One for every label; the default's is an octet of zero (CORBA 2.3.1, 10.5.14).
fn union_members(node: &Node, discriminator: &TypeDesc, cases: &[Case]) -> Vec<UnionMember> {
    let code = node.code(discriminator);
    let label = |text: &String| {
        let value = label_value(text, discriminator, code.types())?;
        Any::from_dynamic(code.clone(), &value).ok()
    };
    let mut members = Vec::new();
    for case in cases {
        // IDL has no cases without a value.
        let Some(ty) = &case.ty else { continue };
        let labels: Vec<Any> = match case.labels.is_empty() {
            true => Any::new(&0_u8).into_iter().collect(),
            false => case.labels.iter().filter_map(label).collect(),
        };
        members.extend(labels.into_iter().map(|label| UnionMember {
            name: case.name.clone(),
            label,
            r#type: node.code(ty),
            type_def: node.type_def(ty),
        }));
    }
    members
}

/// The primitive types. `string` is the unbounded one, `objref` any object.
const PRIMITIVES: [(PrimitiveKind, TypeDesc); 21] = [
    (PrimitiveKind::Null, TypeDesc::Null),
    (PrimitiveKind::Void, TypeDesc::Void),
    (PrimitiveKind::Short, TypeDesc::Short),
    (PrimitiveKind::Long, TypeDesc::Long),
    (PrimitiveKind::UShort, TypeDesc::UShort),
    (PrimitiveKind::ULong, TypeDesc::ULong),
    (PrimitiveKind::Float, TypeDesc::Float),
    (PrimitiveKind::Double, TypeDesc::Double),
    (PrimitiveKind::Boolean, TypeDesc::Boolean),
    (PrimitiveKind::Char, TypeDesc::Char),
    (PrimitiveKind::Octet, TypeDesc::Octet),
    (PrimitiveKind::Any, TypeDesc::Any),
    (PrimitiveKind::TypeCode, TypeDesc::TypeCode),
    (PrimitiveKind::Principal, TypeDesc::Principal),
    (PrimitiveKind::String, TypeDesc::String { bound: None }),
    (PrimitiveKind::LongLong, TypeDesc::LongLong),
    (PrimitiveKind::ULongLong, TypeDesc::ULongLong),
    (PrimitiveKind::LongDouble, TypeDesc::LongDouble),
    (PrimitiveKind::WChar, TypeDesc::WChar),
    (PrimitiveKind::WString, TypeDesc::WString { bound: None }),
    (PrimitiveKind::ValueBase, TypeDesc::ValueBase),
];

pub(super) fn of_primitive(kind: PrimitiveKind) -> TypeDesc {
    let found = PRIMITIVES.iter().find(|(known, _)| *known == kind);
    // The one that is missing in the table: its type has a name, which no constant can own.
    found.map_or_else(|| TypeDesc::Object(OBJECT_ID.to_owned()), |(_, desc)| desc.clone())
}

fn primitive(desc: &TypeDesc) -> Option<PrimitiveKind> {
    if matches!(desc, TypeDesc::Object(id) if id == OBJECT_ID) {
        return Some(PrimitiveKind::ObjectReference);
    }
    PRIMITIVES.iter().find(|(_, known)| known == desc).map(|(kind, _)| *kind)
}
