//! What only the whole interface shows: names that clash.

use quorb_mapping::PROXY_METHODS;

use super::model::{Interface, Role};
use crate::sink::Sink;
use crate::spelling::plain;

/// Notes clashing names and takes the operations that cause them out of the model.
pub(super) fn check(interface: &mut Interface, sink: &mut Sink) {
    let casts: Vec<String> = interface.bases.iter().map(|base| base.cast.to_string()).collect();
    let mut kept = Vec::new();
    for operation in std::mem::take(&mut interface.operations) {
        let before = sink.count();
        let name = plain(&operation.ident);
        if PROXY_METHODS.contains(&name.as_str()) || casts.contains(&name) {
            sink.at(
                &operation.ident,
                format_args!(
                    "every proxy of this interface has a method `{name}`: give this one another name, and keep the name \
                     on the wire with `#[idl(name = \"{name}\")]`"
                ),
            );
        }
        for earlier in &kept {
            refuse_clash(earlier, &operation, sink);
        }
        if sink.count() == before {
            kept.push(operation);
        }
    }
    interface.operations = kept;
}

fn refuse_clash(earlier: &super::model::Operation, later: &super::model::Operation, sink: &mut Sink) {
    if earlier.ident == later.ident {
        let message = match (earlier.role, later.role) {
            (Role::Setter, _) | (_, Role::Setter) => "`#[attribute(set)]` declares this method already",
            _ => "an interface has one operation of a name: IDL knows no overloading",
        };
        sink.at(&later.ident, format_args!("{message}; rename `{}`", later.ident));
    } else if idl_name(&earlier.wire).eq_ignore_ascii_case(idl_name(&later.wire))
        && later.role != Role::Setter
        && earlier.role != Role::Setter
    {
        sink.at(
            &later.ident,
            format_args!(
                "`{}` and `{}` are one name in IDL, which ignores case and keeps attributes and operations together: \
                 rename one, or give it another name on the wire with `#[idl(name = \"...\")]`",
                earlier.ident, later.ident
            ),
        );
    }
}

/// The name in IDL of what is on the wire: attributes without their prefix.
fn idl_name(wire: &str) -> &str {
    wire.strip_prefix("_get_").or_else(|| wire.strip_prefix("_set_")).unwrap_or(wire)
}
