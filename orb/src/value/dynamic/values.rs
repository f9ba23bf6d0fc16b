//! Values of value types: null, `[number, id, state]` where a value is met first, and its number where it is met again.
//!
//! In place of the id there may be an array of ids, those that a reader may take the value for. The state is a map of the
//! members, those of the bases too; that of a box is its content, that of a custom value the octets that its own code writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use ciborium::Value;
use quorb_giop::cdr::{CdrError, Decoder, Encoder, SharedValue};

use super::{DynamicError, Types};
use crate::model::{StateMember, TypeDef, TypeDesc, ValueKind};
use crate::value::valuetype::{Factory, StateReader, factory_of};

/// The state of a value by its type: what stands in it, in order.
pub(super) enum State<'a> {
    /// The content of a box.
    Content(&'a TypeDesc),
    /// The members, those of the most basic base first.
    Members(Vec<&'a StateMember>),
    /// What the type's own code writes and reads, as octets.
    Custom(CustomState<'a>),
}

/// The state of a custom value. Nothing is known of it but what its own code says.
pub(super) struct CustomState<'a> {
    id: &'a str,
}

impl CustomState<'_> {
    fn factory(&self) -> Result<Factory, DynamicError> {
        factory_of(self.id).ok_or_else(|| CdrError::NoValueFactory { id: self.id.to_owned() }.into())
    }

    /// The octets that CBOR has for a state in CDR: its own code reads the one and writes the other.
    pub(super) fn read(&self, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        let factory = self.factory()?;
        let value = input.nested(|input| (factory.decode)(input))?;
        Ok(value.state()?)
    }

    /// Appends the state that these octets are.
    pub(super) fn write(&self, state: &Value, out: &mut Encoder) -> Result<(), DynamicError> {
        let value = (self.factory()?.read)(&mut StateReader::new(self.octets(state)?))?;
        Ok(value.encode_state(out)?)
    }

    /// The state as it stands in CBOR.
    pub(super) fn octets(&self, state: &Value) -> Result<Value, DynamicError> {
        match state {
            Value::Bytes(_) => Ok(state.clone()),
            other => Err(DynamicError::mismatch("the octets of a custom value", other)),
        }
    }
}

/// A value, taken apart.
pub(super) struct Parts<'v> {
    pub(super) number: i128,
    /// As they stand there: text, or an array of texts.
    pub(super) ids: Vec<&'v str>,
    pub(super) state: &'v Value,
}

/// Takes a value apart that is met first.
pub(super) fn parts<'v>(value: &'v Value, ty: &TypeDesc) -> Result<Parts<'v>, DynamicError> {
    let taken = match value.as_array().map(Vec::as_slice) {
        Some([Value::Integer(number), Value::Text(id), state]) => {
            Some(((*number).into(), vec![id.as_str()], state))
        }
        Some([Value::Integer(number), Value::Array(ids), state]) => {
            let ids: Option<Vec<&str>> = ids.iter().map(Value::as_text).collect();
            ids.filter(|ids| !ids.is_empty()).map(|ids| ((*number).into(), ids, state))
        }
        _ => None,
    };
    let (number, ids, state) = taken.ok_or_else(|| DynamicError::mismatch(ty, value))?;
    Ok(Parts { number, ids, state })
}

/// A value put together.
pub(super) fn make(number: u64, ids: Vec<String>, state: Value) -> Value {
    let mut ids: Vec<Value> = ids.into_iter().map(Value::Text).collect();
    let ids = if ids.len() == 1 { ids.remove(0) } else { Value::Array(ids) };
    Value::Array(vec![number.into(), ids, state])
}

/// The first of these ids that is known and may stand where `formal` is declared, and the state of such values.
pub(super) fn known<'a, 'i>(
    ids: &[&'i str],
    formal: Option<&str>,
    types: Types<'a>,
) -> Result<(&'i str, State<'a>), DynamicError> {
    for id in ids {
        let Some((known, definition)) = types.entry(id) else { continue };
        let lineage = types.lineage(known)?;
        if formal.is_some_and(|formal| !lineage.iter().any(|(id, _)| *id == formal)) {
            return Err(DynamicError::Mismatch {
                expected: formal.unwrap_or_default().to_owned(),
                found: "another value type",
            });
        }
        return Ok((id, state_of(known, definition, &lineage)?));
    }
    Err(DynamicError::UndefinedType(ids.first().copied().unwrap_or_default().to_owned()))
}

fn state_of<'a>(
    id: &'a str,
    definition: &'a TypeDef,
    lineage: &[(&'a str, &'a TypeDef)],
) -> Result<State<'a>, DynamicError> {
    if let TypeDef::Value { kind: ValueKind::Custom, .. } = definition {
        return Ok(State::Custom(CustomState { id }));
    }
    let mut members = Vec::new();
    for (_, definition) in lineage {
        match definition {
            TypeDef::ValueBox { ty, .. } => return Ok(State::Content(ty)),
            TypeDef::Value {
                kind: ValueKind::Plain | ValueKind::Truncatable | ValueKind::Abstract,
                members: own,
                ..
            } => {
                members.extend(own);
            }
            // The state that a custom base adds is known to its own code alone.
            _ => return Err(DynamicError::NotMarshallable(definition.name().to_owned())),
        }
    }
    Ok(State::Members(members))
}

/// The members in order, as they stand in a state.
pub(super) fn members<'v>(
    state: &'v Value,
    members: &[&StateMember],
) -> Result<Vec<&'v Value>, DynamicError> {
    const NULL: &Value = &Value::Null;
    let entries = state.as_map().ok_or_else(|| DynamicError::mismatch("the members of a value", state))?;
    let find =
        |name: &str| entries.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    // What is missing is null, where that is a value of the type; else its type will say so.
    Ok(members.iter().map(|member| find(&member.name).unwrap_or(NULL)).collect())
}

/// The values that were met while one dynamic value is read from CDR.
#[derive(Debug, Clone, Default)]
pub(super) struct Met(Vec<Arc<u64>>);

impl Met {
    /// A number for a value, and what stands for it in the stream.
    pub(super) fn first(&mut self) -> (u64, SharedValue) {
        let number = Arc::new(self.0.len() as u64);
        self.0.push(number.clone());
        (*number, number)
    }

    /// The number of a value that is met again. Values of other arguments have none here.
    pub(super) fn again(&self, shared: SharedValue) -> Result<u64, DynamicError> {
        let number = shared.downcast::<u64>().ok();
        let ours = number.filter(|number| self.0.iter().any(|ours| Arc::ptr_eq(ours, number)));
        ours.map(|number| *number)
            .ok_or_else(|| DynamicError::NotMarshallable("a value of another argument".to_owned()))
    }
}

/// The values that were met while one dynamic value is written to CDR, by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Written(BTreeMap<i128, SharedValue>);

impl Written {
    /// What stands for a value in the stream.
    pub(super) fn first(&mut self, number: i128) -> SharedValue {
        let shared: SharedValue = Arc::new(number);
        self.0.insert(number, shared.clone());
        shared
    }

    /// What stands for a value that was met before.
    pub(super) fn again(&self, number: i128) -> Result<SharedValue, DynamicError> {
        self.0.get(&number).cloned().ok_or_else(|| DynamicError::Mismatch {
            expected: "a value that was met before".to_owned(),
            found: "a number of none",
        })
    }
}
