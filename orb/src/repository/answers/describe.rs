//! Definitions as values: what `describe` and its like answer.

use super::super::entry::{Entry, Item};
use super::super::ids;
use super::super::node::Node;
use super::super::records::*;
use super::value;
use crate::model::{Direction, Parameter, TypeDef, TypeDesc};
use crate::value::{Any, IdlType, TypeCode};

/// The description of a definition, in an `any`.
pub(super) fn any_of(node: &Node, entry: &Entry) -> Any {
    match &entry.item {
        Item::Module => {
            let (name, id, defined_in, version) = identity(entry);
            any(&ModuleDescription { name, id, defined_in, version })
        }
        Item::Interface { bases, .. } => {
            let (name, id, defined_in, version) = identity(entry);
            any(&InterfaceDescription { name, id, defined_in, version, base_interfaces: bases.clone() })
        }
        Item::Operation { .. } => operation(node, entry).as_ref().map_or_else(Any::null, any),
        Item::Attribute { .. } => attribute(node, entry).as_ref().map_or_else(Any::null, any),
        Item::Constant { ty, value } => {
            let (name, id, defined_in, version) = identity(entry);
            let (r#type, value) = (node.code(ty), value.clone());
            any(&ConstantDescription { name, id, defined_in, version, r#type, value })
        }
        Item::ValueMember { .. } => value::member(node, entry).as_ref().map_or_else(Any::null, any),
        Item::Type(TypeDef::Exception { .. }) => any(&exception(node, entry)),
        Item::Type(TypeDef::Value { .. }) => any(&value::description(node, entry)),
        Item::Type(_) => {
            let (name, id, defined_in, version) = identity(entry);
            any(&TypeDescription { name, id, defined_in, version, r#type: node.code_of(entry) })
        }
    }
}

fn any<T: IdlType>(value: &T) -> Any {
    Any::new(value).unwrap_or_else(|_| Any::null())
}

/// Name, id, the id of the container (empty for the repository), version.
pub(super) fn identity(entry: &Entry) -> (String, String, String, String) {
    let container = entry.container.clone().unwrap_or_default();
    (entry.name.clone(), entry.id.clone(), container, ids::version(&entry.id).to_owned())
}

pub(super) fn exception(node: &Node, entry: &Entry) -> ExceptionDescription {
    let (name, id, defined_in, version) = identity(entry);
    ExceptionDescription { name, id, defined_in, version, r#type: node.code_of(entry) }
}

/// An attribute; `None` for anything else.
pub(super) fn attribute(node: &Node, entry: &Entry) -> Option<AttributeDescription> {
    let Item::Attribute { ty, writable } = &entry.item else { return None };
    let (name, id, defined_in, version) = identity(entry);
    let mode = if *writable { AttributeMode::Normal } else { AttributeMode::ReadOnly };
    Some(AttributeDescription { name, id, defined_in, version, r#type: node.code(ty), mode })
}

/// An operation; `None` for anything else.
pub(super) fn operation(node: &Node, entry: &Entry) -> Option<OperationDescription> {
    let Item::Operation { oneway, parameters: declared, result, raises } = &entry.item else { return None };
    let (name, id, defined_in, version) = identity(entry);
    Some(OperationDescription {
        name,
        id,
        defined_in,
        version,
        result: result_code(node, result.as_ref()),
        mode: if *oneway { OperationMode::Oneway } else { OperationMode::Normal },
        contexts: Vec::new(),
        parameters: parameters(node, declared),
        exceptions: node.library.entries(raises).map(|raised| exception(node, raised)).collect(),
    })
}

pub(super) fn parameters(node: &Node, parameters: &[Parameter]) -> Vec<ParameterDescription> {
    let described = parameters.iter().map(|parameter| ParameterDescription {
        name: parameter.name.clone(),
        r#type: node.code(&parameter.ty),
        type_def: node.type_def(&parameter.ty),
        mode: match parameter.direction {
            Direction::In => ParameterMode::In,
            Direction::Out => ParameterMode::Out,
            Direction::InOut => ParameterMode::InOut,
        },
    });
    described.collect()
}

pub(super) fn result_code(node: &Node, result: Option<&TypeDesc>) -> TypeCode {
    node.code(result.unwrap_or(&TypeDesc::Void))
}
