//! Dynamic values out of CDR.

use ciborium::Value;
use quorb_giop::cdr::{Cdr, Decoder};
use quorb_giop::ior::Ior;

use super::view;
use super::{Budget, DynamicError, Types};
use crate::model::{Member, TypeDef, TypeDesc};
use crate::value::any::exception_id;
use crate::value::typecode::TypeCode;
use crate::value::{Decimal, LongDouble};

/// Reads a value of type `ty`.
pub(crate) fn read(ty: &TypeDesc, types: Types<'_>, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
    Reader { types, budget: Budget::new() }.value(ty, input)
}

/// Reads the value of an `any` whose type code has been read.
pub(crate) fn read_any_value(code: &TypeCode, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
    Reader { types: code.types(), budget: Budget::new() }.any_value(code, input)
}

struct Reader<'a> {
    types: Types<'a>,
    budget: Budget,
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
        let mut inner = Reader { types: code.types(), budget: self.budget };
        let value = input.nested(|input| Ok(inner.any_value(&code, input)))??;
        self.budget.values_left = inner.budget.values_left;
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
            TypeDesc::Named(id) => self.defined(self.types.definition(id)?, input),
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

    fn defined(&mut self, definition: &TypeDef, input: &mut Decoder<'_>) -> Result<Value, DynamicError> {
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
