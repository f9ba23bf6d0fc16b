//! Dynamic values out of CBOR bodies.

use ciborium::Value;

use super::cbor_items::count_items;
use super::cbor_write::{encoded, to_wire};
use super::values::{self, State};
use super::view;
use super::{Budget, DYNAMIC_VALUES_MAX, DynamicError, Types};
use crate::model::{Member, TypeDef, TypeDesc};
use crate::value::cbor::read_item;
use crate::value::{FromCbor, IdlType};

/// Reads a value of type `ty` from the front of `input` and advances it.
///
/// All of `input` counts against the number of values, since what stands behind the first one belongs to the same body.
pub(super) fn read(ty: &TypeDesc, types: Types<'_>, input: &mut &[u8]) -> Result<Value, DynamicError> {
    if count_items(input, DYNAMIC_VALUES_MAX) > DYNAMIC_VALUES_MAX {
        return Err(DynamicError::TooManyValues { limit: DYNAMIC_VALUES_MAX });
    }
    let wire = read_item(input)?;
    from_item(wire, ty, types)
}

/// The value of type `ty` that an item of CBOR means.
pub(crate) fn from_item(wire: Value, ty: &TypeDesc, types: Types<'_>) -> Result<Value, DynamicError> {
    Reader { types, budget: Budget::new() }.value(wire, ty)
}

/// Refuses a map with a key twice.
pub(super) fn refuse_equal_keys(entries: &[(Value, Value)]) -> Result<(), DynamicError> {
    let mut keys = entries.iter().map(|(key, _)| encoded(key)).collect::<Result<Vec<_>, _>>()?;
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) { Err(DynamicError::DuplicateKey) } else { Ok(()) }
}

struct Reader<'a> {
    types: Types<'a>,
    budget: Budget,
}

impl Reader<'_> {
    fn value(&mut self, wire: Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        self.budget.spend(1)?;
        match ty {
            TypeDesc::Sequence { .. }
            | TypeDesc::Array { .. }
            | TypeDesc::Map { .. }
            | TypeDesc::Optional(_)
            | TypeDesc::ValueBase
            | TypeDesc::Abstract(_)
            | TypeDesc::Named(_) => {
                self.budget.descend()?;
                let value = self.constructed(wire, ty)?;
                self.budget.ascend();
                Ok(value)
            }
            TypeDesc::Any => self.any(wire, ty),
            // Simple values are the same in both forms, once they are of their type.
            _ => to_wire(&wire, ty, self.types),
        }
    }

    fn any(&mut self, wire: Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        let Value::Array(mut parts) = wire else { return Err(DynamicError::mismatch(ty, &wire)) };
        let (2, Some(value)) = (parts.len(), parts.pop()) else {
            return Err(DynamicError::mismatch(ty, &Value::Array(parts)));
        };
        let code = view::type_code(&parts[0])?;
        self.budget.descend()?;
        let mut inner = Reader { types: code.types(), budget: self.budget };
        let value = inner.value(value, code.desc())?;
        self.budget.values_left = inner.budget.values_left;
        self.budget.ascend();
        Ok(Value::Array(vec![view::type_code_value(&code)?, value]))
    }

    fn constructed(&mut self, wire: Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        match ty {
            TypeDesc::Sequence { element, bound } => {
                let value = self.elements(wire, element, ty)?;
                view::bounded(view::length(&value), *bound)?;
                Ok(value)
            }
            TypeDesc::Array { element, length: expected } => {
                let value = self.elements(wire, element, ty)?;
                view::of_length(view::length(&value), *expected)?;
                Ok(value)
            }
            TypeDesc::Map { key, value } => {
                let Value::Map(entries) = wire else { return Err(DynamicError::mismatch(ty, &wire)) };
                let read = |(k, v)| Ok((self.value(k, key)?, self.value(v, value)?));
                let entries = entries.into_iter().map(read).collect::<Result<Vec<_>, DynamicError>>()?;
                refuse_equal_keys(&entries)?;
                Ok(Value::Map(entries))
            }
            TypeDesc::Optional(_) if wire == Value::Null => Ok(Value::Null),
            TypeDesc::Optional(inner) => match wire {
                Value::Array(mut alone) if view::is_nullable(inner) && alone.len() == 1 => {
                    Ok(view::make_some(self.value(alone.remove(0), inner)?, inner))
                }
                other if view::is_nullable(inner) => Err(DynamicError::mismatch(ty, &other)),
                some => self.value(some, inner),
            },
            TypeDesc::Named(id) => self.defined(wire, ty, self.types.definition(id)?),
            TypeDesc::ValueBase => self.shared_value(wire, ty),
            TypeDesc::Abstract(_) if matches!(wire, Value::Text(_)) => {
                to_wire(&wire, &TypeDesc::Object(String::new()), self.types)
            }
            TypeDesc::Abstract(_) => self.shared_value(wire, &TypeDesc::ValueBase),
            _ => Err(DynamicError::mismatch(ty, &wire)),
        }
    }

    fn elements(&mut self, wire: Value, element: &TypeDesc, ty: &TypeDesc) -> Result<Value, DynamicError> {
        if view::is_octet(element, self.types) {
            return view::octets(&wire, ty).map(Value::Bytes);
        }
        let items = match wire {
            Value::Array(items) => items,
            block => {
                self.unpack(&block, element).unwrap_or_else(|| Err(DynamicError::mismatch(ty, &block)))?
            }
        };
        let items = items.into_iter().enumerate().map(|(index, item)| {
            self.value(item, element).map_err(|cause| cause.inside(format_args!("[{index}]")))
        });
        Ok(Value::Array(items.collect::<Result<_, _>>()?))
    }

    /// The numbers of a typed array (RFC 8746); `None` if the elements are not of a kind that has such.
    fn unpack(&self, block: &Value, element: &TypeDesc) -> Option<Result<Vec<Value>, DynamicError>> {
        let left = self.budget.values_left;
        Some(match element {
            TypeDesc::Int8 => numbers::<i8>(block, left),
            TypeDesc::Short => numbers::<i16>(block, left),
            TypeDesc::Long => numbers::<i32>(block, left),
            TypeDesc::LongLong => numbers::<i64>(block, left),
            TypeDesc::UShort => numbers::<u16>(block, left),
            TypeDesc::ULong => numbers::<u32>(block, left),
            TypeDesc::ULongLong => numbers::<u64>(block, left),
            TypeDesc::Float => numbers::<f32>(block, left),
            TypeDesc::Double => numbers::<f64>(block, left),
            _ => return None,
        })
    }

    /// A value of the value type that is declared, or of a type derived from it. Numbers stay what they are.
    fn shared_value(&mut self, wire: Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        if matches!(wire, Value::Null | Value::Integer(_)) {
            return Ok(wire);
        }
        let formal = match ty {
            TypeDesc::Named(id) => Some(id.as_str()),
            _ => None,
        };
        let parts = values::parts(&wire, ty)?;
        let (id, state) = values::known(&parts.ids, formal, self.types)?;
        let state = match state {
            State::Content(ty) => self.value(parts.state.clone(), ty)?,
            State::Members(members) => {
                let mut entries = Vec::with_capacity(members.len());
                for (member, value) in members.iter().zip(values::members(parts.state, &members)?) {
                    let step = format_args!(".{}", member.name);
                    let value = self.value(value.clone(), &member.ty).map_err(|cause| cause.inside(step))?;
                    entries.push((Value::Text(member.name.clone()), value));
                }
                Value::Map(entries)
            }
            State::Custom(custom) => custom.octets(parts.state)?,
        };
        let kept = parts.ids.iter().position(|known| *known == id).unwrap_or(0);
        let ids = parts.ids[kept..].iter().map(|id| (*id).to_owned()).collect();
        let number = u64::try_from(parts.number).map_err(|_| DynamicError::mismatch(ty, &wire))?;
        Ok(values::make(number, ids, state))
    }

    fn defined(&mut self, wire: Value, ty: &TypeDesc, definition: &TypeDef) -> Result<Value, DynamicError> {
        match definition {
            TypeDef::Struct { name, members } | TypeDef::Exception { name, members } => {
                self.record(wire, name, members)
            }
            TypeDef::Enum { name, enumerators } => {
                view::ordinal(&wire, name, enumerators)?;
                Ok(wire)
            }
            TypeDef::Union { name, discriminator, cases } => {
                let Value::Array(parts) = wire else {
                    return Err(DynamicError::mismatch(format_args!("`{name}`"), &wire));
                };
                // A peer may leave out a value that is not there, and may say more than is known here.
                let mut parts = parts.into_iter();
                let label = self.value(parts.next().unwrap_or(Value::Null), discriminator)?;
                let case = view::case_of(&label, cases);
                let value = match case.and_then(|case| Some((case, case.ty.as_ref()?))) {
                    Some((case, ty)) => {
                        let step = format_args!(".{}", case.name);
                        let value = parts.next().unwrap_or(Value::Null);
                        self.value(value, ty).map_err(|cause| cause.inside(step))?
                    }
                    None => Value::Null,
                };
                Ok(Value::Array(vec![label, value]))
            }
            TypeDef::Alias { ty, .. } => self.value(wire, ty),
            TypeDef::Value { .. } | TypeDef::ValueBox { .. } => self.shared_value(wire, ty),
            other => Err(DynamicError::NotMarshallable(other.name().to_owned())),
        }
    }

    /// Members come back in their order; unknown ones are skipped, those with a default may be missing.
    fn record(&mut self, wire: Value, name: &str, members: &[Member]) -> Result<Value, DynamicError> {
        let Value::Map(entries) = wire else {
            return Err(DynamicError::mismatch(format_args!("`{name}`"), &wire));
        };
        let mut found = vec![None; members.len()];
        for (key, value) in entries {
            let Some(place) = members.iter().position(|member| is_key(&key, member)) else { continue };
            if found[place].replace(value).is_some() {
                return Err(DynamicError::DuplicateMember(members[place].name.clone()));
            }
        }
        let mut entries = Vec::with_capacity(members.len());
        for (member, value) in members.iter().zip(found) {
            let value = match value {
                Some(value) => {
                    let step = format_args!(".{}", member.name);
                    self.value(value, &member.ty).map_err(|cause| cause.inside(step))?
                }
                None if member.optional => continue,
                None => view::absent(member, name)?.clone(),
            };
            entries.push((Value::Text(member.name.clone()), value));
        }
        Ok(Value::Map(entries))
    }
}

fn is_key(key: &Value, member: &Member) -> bool {
    match (key, member.index) {
        (Value::Integer(number), Some(index)) => i128::from(*number) == i128::from(index),
        (Value::Text(name), None) => *name == member.name,
        _ => false,
    }
}

/// The numbers of a typed array, if there are at most `limit`.
fn numbers<T: IdlType + Into<Value>>(block: &Value, limit: usize) -> Result<Vec<Value>, DynamicError> {
    let octets = encoded(block)?;
    let FromCbor(numbers) = read_item::<FromCbor<Vec<T>>>(&mut &octets[..])?;
    if numbers.len() > limit {
        return Err(DynamicError::TooManyValues { limit: DYNAMIC_VALUES_MAX });
    }
    Ok(numbers.into_iter().map(Into::into).collect())
}
