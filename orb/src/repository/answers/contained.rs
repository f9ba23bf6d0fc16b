//! `Contained`: what every definition with an id answers.

use super::super::entry::{Entry, Item};
use super::super::ids;
use super::super::interfaces::{Container, ExceptionDef, Repository};
use super::super::node::Node;
use super::super::records::{AttributeMode, ContainedDescription, OperationMode};
use super::super::reference::Ref;
use super::super::subject::Subject;
use super::{describe, give};
use crate::adapter::{Invocation, Reply};

pub(super) fn of_any(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    match call.operation() {
        "_get_id" => give(call, entry.id.clone()),
        "_get_name" => give(call, entry.name.clone()),
        "_get_version" => give(call, ids::version(&entry.id).to_owned()),
        "_get_absolute_name" => give(call, entry.absolute_name.clone()),
        "_get_defined_in" => give(call, container_of(node, entry)),
        "_get_containing_repository" => give(call, node.refer::<Repository>(&Subject::Repository)),
        "describe" => {
            let value = describe::any_of(node, entry);
            give(call, ContainedDescription { kind: entry.kind(), value })
        }
        _ => match &entry.item {
            Item::Attribute { .. } => of_attribute(node, entry, call),
            Item::Operation { .. } => of_operation(node, entry, call),
            Item::Constant { ty, value } => match call.operation() {
                "_get_type" => give(call, node.code(ty)),
                "_get_type_def" => give(call, node.type_def(ty)),
                "_get_value" => give(call, value.clone()),
                _ => None,
            },
            _ => None,
        },
    }
}

fn container_of(node: &Node, entry: &Entry) -> Ref<Container> {
    match &entry.container {
        Some(id) => node.refer(&Subject::Definition(id.clone())),
        None => node.refer(&Subject::Repository),
    }
}

/// `AttributeDef`.
fn of_attribute(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    let Item::Attribute { ty, writable } = &entry.item else { return None };
    match call.operation() {
        "_get_type" => give(call, node.code(ty)),
        "_get_type_def" => give(call, node.type_def(ty)),
        "_get_mode" => give(call, if *writable { AttributeMode::Normal } else { AttributeMode::ReadOnly }),
        _ => None,
    }
}

/// `OperationDef`.
fn of_operation(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    let Item::Operation { oneway, parameters, result, raises } = &entry.item else { return None };
    match call.operation() {
        "_get_result" => give(call, describe::result_code(node, result.as_ref())),
        "_get_result_def" => give(call, node.result_def(result.as_ref())),
        "_get_params" => give(call, describe::parameters(node, parameters)),
        "_get_mode" => give(call, if *oneway { OperationMode::Oneway } else { OperationMode::Normal }),
        "_get_contexts" => give(call, Vec::<String>::new()),
        "_get_exceptions" => {
            let exceptions: Vec<Ref<ExceptionDef>> =
                node.library.entries(raises).map(|exception| node.refer_to(exception)).collect();
            give(call, exceptions)
        }
        _ => None,
    }
}
