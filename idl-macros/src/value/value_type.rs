//! Value types: structs under `#[idl(value)]`.

use syn::{Fields, Ident};

use super::model::{Member, Shape, ValueKind, ValueState, ValueType};
use super::parse::{Header, Purpose, record};
use crate::sink::Sink;

/// The state of a value type.
pub(super) fn value_type(
    header: &Header,
    ident: &Ident,
    fields: &mut Fields,
    sink: &mut Sink,
) -> Option<Shape> {
    let kind = header.kind.as_ref().map_or(ValueKind::Plain, |(kind, _)| *kind);
    let is_empty = fields.is_empty();
    let state = match record(ident, fields, if is_empty { Purpose::Exception } else { Purpose::Type }, sink)?
    {
        Shape::Alias(content) => ValueState::Content(content),
        Shape::Record(members) => {
            check_base(&members, kind, header, sink);
            ValueState::Members(members)
        }
        other => return Some(other),
    };
    if let (ValueState::Content(_), Some((_, setting))) = (&state, &header.kind) {
        sink.at(
            &setting.key,
            "a box of one unnamed field has no base and no state of its own: leave this out",
        );
    }
    Some(Shape::Value(ValueType { kind, state }))
}

/// The base is one, stands first, and is there if it may be taken for the value.
fn check_base(members: &[Member], kind: ValueKind, header: &Header, sink: &mut Sink) {
    for member in members.iter().skip(1).filter(|member| member.is_base) {
        sink.at(&member.field, "a value type has one base, whose state comes first: make it the first field");
    }
    for member in members.iter().filter(|member| member.index.is_some()) {
        sink.at(&member.field, "members of value types go by their names: leave the index out");
    }
    let has_base = members.first().is_some_and(|member| member.is_base);
    if let (ValueKind::Truncatable, false, Some((_, setting))) = (kind, has_base, &header.kind) {
        sink.at(
            &setting.key,
            "there is no base to cut the value down to: write `#[idl(base)]` on the first field",
        );
    }
}

/// Notes settings of value types on what is none.
pub(super) fn refuse_misplaced(header: &Header, shape: &Shape, sink: &mut Sink) {
    let setting = header.value.as_ref().or(header.kind.as_ref().map(|(_, setting)| setting));
    if let (false, Some(setting)) = (matches!(shape, Shape::Value(_)), setting) {
        sink.at(&setting.key, "only a struct can be a value type: write `#[idl(value)]` on a struct");
    }
}
