//! Values of value types: `Point(0, {x: 1, y: 2})` where one is met first, its number alone where it is met again.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ciborium::Value;
use quorb::model::{StateMember, TypeDef, TypeDesc, ValueKind};
use quorb::value::dynamic::{DynamicError, Types};

use super::literal::Literal;

/// What the state of a value consists of.
pub(super) enum State<'a> {
    /// The content of a box.
    Content(&'a TypeDesc),
    /// The members, those of the bases first.
    Members(Vec<&'a StateMember>),
}

/// The state of values of the type with this id.
pub(super) fn state_of<'a>(id: &'a str, types: Types<'a>) -> Result<State<'a>, DynamicError> {
    /// What nobody but the type's own code understands.
    static OCTETS: OnceLock<TypeDesc> = OnceLock::new();
    if let TypeDef::Value { kind: ValueKind::Custom, .. } = types.definition(id)? {
        let octets = || TypeDesc::Sequence { element: Box::new(TypeDesc::Octet), bound: None };
        return Ok(State::Content(OCTETS.get_or_init(octets)));
    }
    let mut members = Vec::new();
    for (_, definition) in types.lineage(id)? {
        match definition {
            TypeDef::ValueBox { ty, .. } => return Ok(State::Content(ty)),
            TypeDef::Value { members: own, .. } => members.extend(own),
            _ => {}
        }
    }
    Ok(State::Members(members))
}

/// A value that is met first: its number, the id of its type, its state.
pub(super) fn parts(value: &Value) -> Option<(&Value, &str, &Value)> {
    match value.as_array()?.as_slice() {
        [number, Value::Text(id), state] => Some((number, id, state)),
        [number, Value::Array(ids), state] => Some((number, ids.first()?.as_text()?, state)),
        _ => None,
    }
}

/// A value as it is written.
pub(super) enum Written<'a> {
    /// The number of one that stands elsewhere.
    Again(u64),
    /// One of the type with this name, or of the declared type, with its number where it is given.
    First { name: Option<&'a str>, number: Option<u64>, state: &'a Literal },
}

impl<'a> Written<'a> {
    pub(super) fn of(literal: &'a Literal, is_box: bool) -> Option<Written<'a>> {
        let number = |literal: &Literal| match literal {
            Literal::Word(word) => word.parse().ok(),
            _ => None,
        };
        match literal {
            Literal::Case(name, parts) => match parts.as_slice() {
                [state] => Some(Written::First { name: Some(name), number: None, state }),
                [first, state] => {
                    Some(Written::First { name: Some(name), number: Some(number(first)?), state })
                }
                _ => None,
            },
            // As in the JSON that is printed.
            Literal::List(parts) => match parts.as_slice() {
                [first, Literal::Quoted(name) | Literal::Word(name), state] => {
                    Some(Written::First { name: Some(name), number: Some(number(first)?), state })
                }
                _ => None,
            },
            Literal::Word(word) if !is_box && word.parse::<u64>().is_ok() => {
                number(literal).map(Written::Again)
            }
            state => Some(Written::First { name: None, number: None, state }),
        }
    }
}

/// A number for a value that was written without one, which nobody refers to.
pub(super) fn unused_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
