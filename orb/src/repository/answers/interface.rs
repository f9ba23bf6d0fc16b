//! `InterfaceDef`.

use super::super::entry::{Entry, Item};
use super::super::interfaces::InterfaceDef;
use super::super::node::Node;
use super::super::records::FullInterfaceDescription;
use super::super::reference::Ref;
use super::container::answered;
use super::{describe, give};
use crate::adapter::{Invocation, Reply};
use crate::object::OBJECT_ID;

pub(super) fn of_any(node: &Node, entry: &Entry, call: &Invocation) -> Option<Reply> {
    let Item::Interface { bases, .. } = &entry.item else { return None };
    match call.operation() {
        "_get_type" => give(call, node.code_of(entry)),
        "_get_base_interfaces" => {
            let bases: Vec<Ref<InterfaceDef>> =
                node.library.entries(bases).map(|base| node.refer_to(base)).collect();
            give(call, bases)
        }
        "is_a" => Some(answered(call, call.read(|body| body.next("interface_id")), |id: String| {
            let is_base = node.library.lineage(entry).iter().any(|base| base.id == id);
            give(call, is_base || id == OBJECT_ID)
        })),
        "describe_interface" => give(call, whole(node, entry, bases)),
        _ => None,
    }
}

/// The interface with all that it inherits (CORBA 2.3.1, 10.5.23.1).
fn whole(node: &Node, entry: &Entry, bases: &[String]) -> FullInterfaceDescription {
    let lineage = node.library.lineage(entry);
    let members = || lineage.iter().flat_map(|interface| node.library.entries(&interface.contents));
    let (name, id, defined_in, version) = describe::identity(entry);
    FullInterfaceDescription {
        name,
        id,
        defined_in,
        version,
        operations: members().filter_map(|member| describe::operation(node, member)).collect(),
        attributes: members().filter_map(|member| describe::attribute(node, member)).collect(),
        base_interfaces: bases.to_vec(),
        r#type: node.code_of(entry),
    }
}
