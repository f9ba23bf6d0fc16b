//! Dynamic values into what CBOR bodies hold.
//!
//! The two forms differ in little: members may go by their index, numbers are narrowed to their type, the entries of maps
//! are sorted by their encoded keys. Lists of numbers need not be typed arrays: readers take plain ones as well.

use ciborium::Value;

use super::values::{self, State};
use super::view::{self, UnionView};
use super::{Budget, DynamicError, Types};
use crate::model::{Member, TypeDef, TypeDesc};
use crate::value::cbor::write_item;

/// What a value of type `ty` is in a body.
pub(crate) fn to_wire(value: &Value, ty: &TypeDesc, types: Types<'_>) -> Result<Value, DynamicError> {
    Writer { types, budget: Budget::new() }.value(value, ty)
}

pub(super) fn encoded(value: &Value) -> Result<Vec<u8>, DynamicError> {
    let mut octets = Vec::new();
    write_item(value, &mut octets)?;
    Ok(octets)
}

struct Writer<'a> {
    types: Types<'a>,
    budget: Budget,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        Ok(match ty {
            TypeDesc::Boolean => Value::Bool(view::boolean(value, ty)?),
            TypeDesc::Octet => view::integer::<u8>(value, ty)?.into(),
            TypeDesc::Int8 => view::integer::<i8>(value, ty)?.into(),
            TypeDesc::Short => view::integer::<i16>(value, ty)?.into(),
            TypeDesc::Long => view::integer::<i32>(value, ty)?.into(),
            TypeDesc::LongLong => view::integer::<i64>(value, ty)?.into(),
            TypeDesc::UShort => view::integer::<u16>(value, ty)?.into(),
            TypeDesc::ULong => view::integer::<u32>(value, ty)?.into(),
            TypeDesc::ULongLong => view::integer::<u64>(value, ty)?.into(),
            TypeDesc::Float => view::float(value, ty)?.into(),
            TypeDesc::Double => view::double(value, ty)?.into(),
            TypeDesc::Char | TypeDesc::WChar => Value::Text(view::character(value, ty)?.into()),
            TypeDesc::String { bound } => {
                let text = view::text(value, ty)?;
                view::bounded(text.len(), *bound)?;
                text.into()
            }
            TypeDesc::WString { bound } => {
                let text = view::text(value, ty)?;
                view::bounded(text.encode_utf16().count(), *bound)?;
                text.into()
            }
            TypeDesc::LongDouble => view::long_double_value(view::long_double(value, ty)?),
            TypeDesc::Fixed { digits, scale } => {
                Value::Text(view::decimal(value, ty, *digits, *scale)?.to_string())
            }
            TypeDesc::TypeCode => view::type_code_value(&view::type_code(value)?)?,
            TypeDesc::Any => self.any(value, ty)?,
            TypeDesc::Principal => Value::Bytes(view::octets(value, ty)?),
            TypeDesc::Null | TypeDesc::Void => {
                view::nothing(value, ty)?;
                Value::Null
            }
            TypeDesc::Object(_) if *value == Value::Null => Value::Null,
            TypeDesc::Object(_) => view::text(value, ty)?.parse::<quorb_giop::ior::Ior>()?.to_string().into(),
            _ => {
                self.budget.descend()?;
                let wire = self.constructed(value, ty)?;
                self.budget.ascend();
                wire
            }
        })
    }

    fn any(&mut self, value: &Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        let (code, value) = view::any(value, ty)?;
        self.budget.descend()?;
        let wire = Writer { types: code.types(), budget: self.budget }.value(value, code.desc())?;
        self.budget.ascend();
        Ok(Value::Array(vec![view::type_code_value(&code)?, wire]))
    }

    fn constructed(&mut self, value: &Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        match ty {
            TypeDesc::Sequence { element, bound } => {
                let wire = self.elements(value, element, ty)?;
                view::bounded(view::length(&wire), *bound)?;
                Ok(wire)
            }
            TypeDesc::Array { element, length: expected } => {
                let wire = self.elements(value, element, ty)?;
                view::of_length(view::length(&wire), *expected)?;
                Ok(wire)
            }
            TypeDesc::Map { key, value: of } => self.map(view::entries(value, ty)?, key, of),
            TypeDesc::Optional(_) if *value == Value::Null => Ok(Value::Null),
            TypeDesc::Optional(inner) => {
                Ok(view::make_some(self.value(view::some(value, inner, ty)?, inner)?, inner))
            }
            TypeDesc::Named(id) => self.defined(value, ty, self.types.definition(id)?),
            TypeDesc::ValueBase => self.shared_value(value, ty),
            TypeDesc::Abstract(_) if matches!(value, Value::Text(_)) => {
                self.value(value, &TypeDesc::Object(String::new()))
            }
            TypeDesc::Abstract(_) => self.shared_value(value, &TypeDesc::ValueBase),
            _ => Err(DynamicError::mismatch(ty, value)),
        }
    }

    fn elements(&mut self, value: &Value, element: &TypeDesc, ty: &TypeDesc) -> Result<Value, DynamicError> {
        if view::is_octet(element, self.types) {
            return view::octets(value, ty).map(Value::Bytes);
        }
        let items = view::elements(value, ty)?.iter().enumerate().map(|(index, item)| {
            self.value(item, element).map_err(|cause| cause.inside(format_args!("[{index}]")))
        });
        items.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    fn map(
        &mut self,
        entries: &[(Value, Value)],
        key_type: &TypeDesc,
        value_type: &TypeDesc,
    ) -> Result<Value, DynamicError> {
        let mut sorted = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.value(key, key_type)?;
            let value = self.value(value, value_type).map_err(|cause| cause.inside("[value]"))?;
            sorted.push((encoded(&key)?, key, value));
        }
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(DynamicError::DuplicateKey);
        }
        Ok(Value::Map(sorted.into_iter().map(|(_, key, value)| (key, value)).collect()))
    }

    /// A value of the value type that is declared, or of a type derived from it. Numbers stay what they are.
    fn shared_value(&mut self, value: &Value, ty: &TypeDesc) -> Result<Value, DynamicError> {
        if matches!(value, Value::Null | Value::Integer(_)) {
            return Ok(value.clone());
        }
        let formal = match ty {
            TypeDesc::Named(id) => Some(id.as_str()),
            _ => None,
        };
        let parts = values::parts(value, ty)?;
        let (_, state) = values::known(&parts.ids[..1], formal, self.types)?;
        let state = match state {
            State::Content(ty) => self.value(parts.state, ty)?,
            State::Members(members) => {
                let mut entries = Vec::with_capacity(members.len());
                for (member, value) in members.iter().zip(values::members(parts.state, &members)?) {
                    let step = format_args!(".{}", member.name);
                    let value = self.value(value, &member.ty).map_err(|cause| cause.inside(step))?;
                    entries.push((Value::Text(member.name.clone()), value));
                }
                Value::Map(entries)
            }
            State::Custom(custom) => custom.octets(parts.state)?,
        };
        let Value::Array(taken) = value else { return Err(DynamicError::mismatch(ty, value)) };
        Ok(Value::Array(vec![taken[0].clone(), taken[1].clone(), state]))
    }

    fn defined(&mut self, value: &Value, ty: &TypeDesc, definition: &TypeDef) -> Result<Value, DynamicError> {
        match definition {
            TypeDef::Struct { name, members } | TypeDef::Exception { name, members } => {
                self.record(value, name, members)
            }
            TypeDef::Enum { name, enumerators } => {
                view::ordinal(value, name, enumerators)?;
                Ok(value.clone())
            }
            TypeDef::Union { name, discriminator, cases } => {
                let UnionView { label, case, value } = view::union_view(value, name, cases)?;
                let label = self.value(label, discriminator)?;
                let value = match case.and_then(|case| Some((case, case.ty.as_ref()?))) {
                    Some((case, ty)) => {
                        let step = format_args!(".{}", case.name);
                        self.value(value, ty).map_err(|cause| cause.inside(step))?
                    }
                    None => {
                        view::no_value(value, case, name)?;
                        Value::Null
                    }
                };
                Ok(Value::Array(vec![label, value]))
            }
            TypeDef::Alias { ty, .. } => self.value(value, ty),
            TypeDef::Value { .. } | TypeDef::ValueBox { .. } => self.shared_value(value, ty),
            other => Err(DynamicError::NotMarshallable(other.name().to_owned())),
        }
    }

    /// A member that has a default may be left out: its reader puts it in.
    fn record(&mut self, value: &Value, name: &str, members: &[Member]) -> Result<Value, DynamicError> {
        let mut entries = Vec::with_capacity(members.len());
        for (member, value) in members.iter().zip(view::record(value, name, members)?) {
            let value = match value {
                Some(value) => value,
                None if member.optional => continue,
                None => view::absent(member, name)?,
            };
            let step = format_args!(".{}", member.name);
            let value = self.value(value, &member.ty).map_err(|cause| cause.inside(step))?;
            let key = member.index.map_or_else(|| Value::from(member.name.as_str()), Value::from);
            entries.push((key, value));
        }
        Ok(Value::Map(entries))
    }
}
