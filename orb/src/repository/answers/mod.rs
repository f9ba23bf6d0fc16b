//! What the objects of the repository answer, by the interface that the operation stands in.

mod contained;
mod container;
mod describe;
mod interface;
mod types;
mod value;

use super::node::Node;
use super::records::DefinitionKind;
use super::subject::Subject;
use crate::adapter::{Invocation, Reply, builtin_result};
use crate::model::TypeDesc;

/// The answer to an operation; `None` for one that would write, or that the object does not have.
pub(super) fn answer(node: &Node, call: &Invocation) -> Option<Reply> {
    if call.operation() == "_get_def_kind" {
        return Some(builtin_result(call, &kind(node)));
    }
    match &node.subject {
        Subject::Repository => container::of_repository(node, call).or_else(|| container::of_any(node, call)),
        Subject::Type(desc) => types::of_anonymous(node, desc, call),
        Subject::Definition(_) => {
            let entry = node.entry()?;
            contained::of_any(node, entry, call)
                .or_else(|| types::of_defined(node, entry, call))
                .or_else(|| interface::of_any(node, entry, call))
                .or_else(|| value::of_any(node, entry, call))
                .or_else(|| if entry.is_scope() { container::of_any(node, call) } else { None })
        }
    }
}

/// The results of an operation without parameters.
fn give<T: crate::value::IdlType>(call: &Invocation, value: T) -> Option<Reply> {
    Some(builtin_result(call, &value))
}

fn kind(node: &Node) -> DefinitionKind {
    match &node.subject {
        Subject::Repository => DefinitionKind::Repository,
        Subject::Definition(_) => node.entry().map_or(DefinitionKind::None, |entry| entry.kind()),
        Subject::Type(desc) => match desc {
            TypeDesc::String { bound: Some(_) } => DefinitionKind::String,
            TypeDesc::WString { bound: Some(_) } => DefinitionKind::WString,
            TypeDesc::Fixed { .. } => DefinitionKind::Fixed,
            TypeDesc::Sequence { .. } => DefinitionKind::Sequence,
            TypeDesc::Array { .. } => DefinitionKind::Array,
            _ => DefinitionKind::Primitive,
        },
    }
}
