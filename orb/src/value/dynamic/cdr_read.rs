//! Dynamic values out of CDR.

use ciborium::Value;
use quorb_giop::cdr::{Cdr, Decoder, ValueStart};
use quorb_giop::ior::Ior;

use super::values::{self, Met, State};
use super::view;
use super::{Budget, DynamicError, Types};
use crate::model::{Member, TypeDef, TypeDesc};
use crate::value::any::exception_id;
use crate::value::typecode::TypeCode;
use crate::value::{Decimal, LongDouble};

/// Reads a value of type `ty`.
pub(crate) fn read(ty: &TypeDesc, types: Types<'_>, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
    Reader { types, budget: Budget::new(), met: Met::default() }.value(ty, input)
}

/// Reads the value of an `any` whose type code has been read.
pub(crate) fn read_any_value(code: &TypeCode, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
    Reader { types: code.types(), budget: Budget::new(), met: Met::default() }.any_value(code, input)
}

struct Reader<'a> {
    types: Types<'a>,
    budget: Budget,
    met: Met,
}

impl Reader<'_> {
    fn value(&mut self, ty: &TypeDesc, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        self.budget.spend(1)?;
        Ok(match ty {
            TypeDesc::Boolean => Value::Bool(input.read_bool()?),
            TypeDesc::Octet => Value::Integer(input.read_u8()?.into()),
            TypeDesc::Int8 => Value::Integer(input.read_i8()?.into()),
            TypeDesc::Short => Value::Integer(input.read_i16()?.into()),
            TypeDesc::Long => Value::Integer(input.read_i32()?.into()),
            TypeDesc::LongLong => Value::Integer(input.read_i64()?.into()),
            TypeDesc::UShort => Value::Integer(input.read_u16()?.into()),
            TypeDesc::ULong => Value::Integer(input.read_u32()?.into()),
            TypeDesc::ULongLong => Value::Integer(input.read_u64()?.into()),
            TypeDesc::Float => Value::Float(input.read_f32()?.into()),
            TypeDesc::Double => Value::Float(input.read_f64()?),
            TypeDesc::Char => Value::Text(input.read_char()?.into()),
            TypeDesc::WChar => Value::Text(input.read_wchar()?.into()),
            TypeDesc::String { bound } => {
                let text = input.read_string()?;
                view::bounded(text.len(), *bound)?;
                Value::Text(text)
            }
            TypeDesc::WString { bound } => {
                let text = input.read_wstring()?;
                view::bounded(text.encode_utf16().count(), *bound)?;
                Value::Text(text)
            }
            TypeDesc::LongDouble => view::long_double_value(LongDouble::decode(input)?),
            TypeDesc::Fixed { digits, scale } => {
                Value::Text(Decimal::decode(*digits, *scale, input)?.to_string())
            }
            TypeDesc::TypeCode => view::type_code_value(&TypeCode::decode(input)?)?,
            TypeDesc::Any => self.any(input)?,
            TypeDesc::Principal => Value::Bytes(input.read_octet_sequence()?.to_vec()),
            TypeDesc::Null | TypeDesc::Void => Value::Null,
            TypeDesc::Object(_) => match Ior::decode(input)? {
                nil if nil.is_nil() => Value::Null,
                ior => Value::Text(ior.to_string()),
            },
            _ => {
                self.budget.descend()?;
                let value = self.constructed(ty, input)?;
                self.budget.ascend();
                value
            }
        })
    }

    fn any(&mut self, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        let code = TypeCode::decode(input)?;
        self.budget.descend()?;
        let mut inner = Reader { types: code.types(), budget: self.budget, met: self.met.clone() };
        let value = input.nested(|input| Ok(inner.any_value(&code, input)))??;
        self.budget.values_left = inner.budget.values_left;
        self.met = inner.met;
        self.budget.ascend();
        Ok(Value::Array(vec![view::type_code_value(&code)?, value]))
    }

    /// The value of an `any`; that of an exception begins with its repository id.
    fn any_value(&mut self, code: &TypeCode, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        if exception_id(code).is_some() {
            input.read_string_octets()?;
        }
        self.value(code.desc(), input)
    }

    fn constructed(&mut self, ty: &TypeDesc, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        match ty {
            TypeDesc::Sequence { element, bound } if view::is_octet(element, self.types) => {
                let octets = input.read_octet_sequence()?;
                view::bounded(octets.len(), *bound)?;
                Ok(Value::Bytes(octets.to_vec()))
            }
            TypeDesc::Array { element, length } if view::is_octet(element, self.types) => {
                Ok(Value::Bytes(input.read_octets(*length as usize)?.to_vec()))
            }
            TypeDesc::Sequence { element, bound } => {
                let length = input.read_len(0)?;
                view::bounded(length, *bound)?;
                self.elements(length, element, input)
            }
            TypeDesc::Array { element, length } => self.elements(*length as usize, element, input),
            TypeDesc::Map { key, value } => {
                let length = input.read_len(0)?;
                self.map(length, key, value, input)
            }
            TypeDesc::Optional(inner) => {
                if input.read_bool()? {
                    Ok(view::make_some(self.value(inner, input)?, inner))
                } else {
                    Ok(Value::Null)
                }
            }
            TypeDesc::Named(id) => self.defined(Some(id), self.types.definition(id)?, input),
            TypeDesc::ValueBase => self.shared_value(None, input),
            TypeDesc::Abstract(_) => {
                if input.read_bool()? {
                    return self.value(&TypeDesc::Object(String::new()), input);
                }
                self.shared_value(None, input)
            }
            // Every other type has been read by the caller.
            _ => Err(DynamicError::UndefinedType(ty.to_string())),
        }
    }

    /// The length is believed as far as the elements really arrive; those that take no octets have the budget.
    fn elements(
        &mut self,
        length: usize,
        ty: &TypeDesc,
        input: &mut Decoder<'_>,
    ) -> Result<Value, DynamicError> {
        let mut items = Vec::new();
        for index in 0..length {
            let item = self.value(ty, input).map_err(|cause| cause.inside(format_args!("[{index}]")))?;
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn map(
        &mut self,
        length: usize,
        key_type: &TypeDesc,
        value_type: &TypeDesc,
        input: &mut Decoder<'_>,
    ) -> Result<Value, DynamicError> {
        let mut entries = Vec::new();
        for _ in 0..length {
            let key = self.value(key_type, input)?;
            let value = self.value(value_type, input).map_err(|cause| cause.inside("[value]"))?;
            entries.push((key, value));
        }
        super::cbor_read::refuse_equal_keys(&entries)?;
        Ok(Value::Map(entries))
    }

    /// A value of the value type `formal`, or of a type derived from it; of any value type if it is none.
    fn shared_value(&mut self, formal: Option<&str>, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        let header = match input.begin_value()? {
            ValueStart::Null => return Ok(Value::Null),
            ValueStart::Shared(shared) => return Ok(self.met.again(shared)?.into()),
            ValueStart::Begin(header) => header,
        };
        let ids: Vec<&str> = match formal {
            Some(formal) if header.ids.is_empty() => vec![formal],
            _ => header.ids.iter().map(String::as_str).collect(),
        };
        let (id, state) = values::known(&ids, formal, self.types)?;
        let (number, shared) = self.met.first();
        input.share_value(&header, shared);
        let state = match state {
            State::Content(ty) => self.value(ty, input)?,
            State::Members(members) => {
                let mut entries = Vec::with_capacity(members.len());
                for member in members {
                    let step = format_args!(".{}", member.name);
                    let value = self.value(&member.ty, input).map_err(|cause| cause.inside(step))?;
                    entries.push((Value::Text(member.name.clone()), value));
                }
                Value::Map(entries)
            }
            State::Custom(custom) => custom.read(input)?,
        };
        input.end_value(&header)?;
        // What was cut off is gone: the value is of the type that it was taken for.
        let kept = ids.iter().position(|known| *known == id).unwrap_or(0);
        Ok(values::make(number, ids[kept..].iter().map(|id| (*id).to_owned()).collect(), state))
    }

    fn defined(
        &mut self,
        formal: Option<&str>,
        definition: &TypeDef,
        input: &mut Decoder<'_>,
    ) -> Result<Value, DynamicError> {
        match definition {
            TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                self.record(members, input)
            }
            TypeDef::Enum { name, enumerators } => {
                let ordinal = input.read_u32()?;
                let enumerator = enumerators.get(ordinal as usize);
                enumerator.cloned().map(Value::Text).ok_or_else(|| view::unknown_enumerator(name, ordinal))
            }
            TypeDef::Alias { ty, .. } => self.value(ty, input),
            TypeDef::Union { discriminator, cases, .. } => {
                let label = self.value(discriminator, input)?;
                let case = view::case_of(&label, cases);
                let value = match case.and_then(|case| Some((case, case.ty.as_ref()?))) {
                    Some((case, ty)) => {
                        let step = format_args!(".{}", case.name);
                        self.value(ty, input).map_err(|cause| cause.inside(step))?
                    }
                    None => Value::Null,
                };
                Ok(Value::Array(vec![label, value]))
            }
            TypeDef::Value { .. } | TypeDef::ValueBox { .. } => self.shared_value(formal, input),
            other => Err(DynamicError::NotMarshallable(other.name().to_owned())),
        }
    }

    fn record(&mut self, members: &[Member], input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
        let mut entries = Vec::with_capacity(members.len());
        for member in members {
            let step = format_args!(".{}", member.name);
            let value = self.value(&member.ty, input).map_err(|cause| cause.inside(step))?;
            entries.push((Value::Text(member.name.clone()), value));
        }
        Ok(Value::Map(entries))
    }
}
