//! Dynamic values into CDR.

use ciborium::Value;
use quorb_giop::cdr::{Cdr, Encoder, Endian};
use quorb_giop::ior::Ior;

use super::values::{self, State, Written};
use super::view::{self, UnionView};
use super::{Budget, DynamicError, Types};
use crate::model::{Member, TypeDef, TypeDesc};
use crate::value::any::exception_id;
use crate::value::typecode::TypeCode;

/// Appends `value` as one of type `ty`.
pub(crate) fn write(
    value: &Value,
    ty: &TypeDesc,
    types: Types<'_>,
    out: &mut Encoder,
) -> Result<(), DynamicError> {
    Writer { types, budget: Budget::new(), written: Written::default() }.value(value, ty, out)
}

/// Appends the value of an `any` behind its type code.
pub(crate) fn write_any_value(value: &Value, code: &TypeCode, out: &mut Encoder) -> Result<(), DynamicError> {
    Writer { types: code.types(), budget: Budget::new(), written: Written::default() }
        .any_value(value, code, out)
}

struct Writer<'a> {
    types: Types<'a>,
    budget: Budget,
    written: Written,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, ty: &TypeDesc, out: &mut Encoder) -> Result<(), DynamicError> {
        match ty {
            TypeDesc::Boolean => out.write_bool(view::boolean(value, ty)?),
            TypeDesc::Octet => out.write_u8(view::integer(value, ty)?),
            TypeDesc::Int8 => out.write_i8(view::integer(value, ty)?),
            TypeDesc::Short => out.write_i16(view::integer(value, ty)?),
            TypeDesc::Long => out.write_i32(view::integer(value, ty)?),
            TypeDesc::LongLong => out.write_i64(view::integer(value, ty)?),
            TypeDesc::UShort => out.write_u16(view::integer(value, ty)?),
            TypeDesc::ULong => out.write_u32(view::integer(value, ty)?),
            TypeDesc::ULongLong => out.write_u64(view::integer(value, ty)?),
            TypeDesc::Float => out.write_f32(view::float(value, ty)?),
            TypeDesc::Double => out.write_f64(view::double(value, ty)?),
            TypeDesc::Char => out.write_char(view::character(value, ty)?)?,
            TypeDesc::WChar => out.write_wchar(view::character(value, ty)?)?,
            TypeDesc::String { bound } => {
                let text = view::text(value, ty)?;
                view::bounded(text.len(), *bound)?;
                out.write_string(text)?;
            }
            TypeDesc::WString { bound } => {
                let text = view::text(value, ty)?;
                view::bounded(text.encode_utf16().count(), *bound)?;
                out.write_wstring(text)?;
            }
            TypeDesc::LongDouble => view::long_double(value, ty)?.encode(out)?,
            TypeDesc::Fixed { digits, scale } => {
                view::decimal(value, ty, *digits, *scale)?.encode(*digits, *scale, out)?;
            }
            TypeDesc::TypeCode => view::type_code(value)?.encode(out)?,
            TypeDesc::Any => self.any(value, ty, out)?,
            TypeDesc::Principal => out.write_octet_sequence(&view::octets(value, ty)?)?,
            TypeDesc::Null | TypeDesc::Void => view::nothing(value, ty)?,
            TypeDesc::Object(_) => match value {
                Value::Null => Ior::nil().encode(out)?,
                _ => view::text(value, ty)?.parse::<Ior>()?.encode(out)?,
            },
            _ => {
                self.budget.descend()?;
                self.constructed(value, ty, out)?;
                self.budget.ascend();
            }
        }
        Ok(())
    }

    fn any(&mut self, value: &Value, ty: &TypeDesc, out: &mut Encoder) -> Result<(), DynamicError> {
        let (code, value) = view::any(value, ty)?;
        code.encode(out)?;
        self.budget.descend()?;
        let mut inner =
            Writer { types: code.types(), budget: self.budget, written: std::mem::take(&mut self.written) };
        inner.any_value(value, &code, out)?;
        self.written = inner.written;
        self.budget.ascend();
        Ok(())
    }

    /// The value of an `any`; that of an exception begins with its repository id.
    fn any_value(&mut self, value: &Value, code: &TypeCode, out: &mut Encoder) -> Result<(), DynamicError> {
        if let Some(id) = exception_id(code) {
            out.write_string_octets(id.as_bytes())?;
        }
        self.value(value, code.desc(), out)
    }

    fn constructed(&mut self, value: &Value, ty: &TypeDesc, out: &mut Encoder) -> Result<(), DynamicError> {
        match ty {
            TypeDesc::Sequence { element, bound } if view::is_octet(element, self.types) => {
                let octets = view::octets(value, ty)?;
                view::bounded(octets.len(), *bound)?;
                Ok(out.write_octet_sequence(&octets)?)
            }
            TypeDesc::Array { element, length } if view::is_octet(element, self.types) => {
                let octets = view::octets(value, ty)?;
                view::of_length(octets.len(), *length)?;
                out.write_octets(&octets);
                Ok(())
            }
            TypeDesc::Sequence { element, bound } => {
                let items = view::elements(value, ty)?;
                view::bounded(items.len(), *bound)?;
                out.write_len(items.len())?;
                self.elements(items, element, out)
            }
            TypeDesc::Array { element, length } => {
                let items = view::elements(value, ty)?;
                view::of_length(items.len(), *length)?;
                self.elements(items, element, out)
            }
            TypeDesc::Map { key, value: of } => self.map(view::entries(value, ty)?, key, of, out),
            TypeDesc::Optional(inner) => {
                out.write_bool(*value != Value::Null);
                if *value == Value::Null {
                    return Ok(());
                }
                self.value(view::some(value, inner, ty)?, inner, out)
            }
            TypeDesc::Named(id) => self.defined(value, ty, self.types.definition(id)?, out),
            TypeDesc::ValueBase => self.shared_value(value, ty, out),
            TypeDesc::Abstract(_) => {
                let is_object = matches!(value, Value::Text(_));
                out.write_bool(is_object);
                match is_object {
                    true => self.value(value, &TypeDesc::Object(String::new()), out),
                    false => self.shared_value(value, &TypeDesc::ValueBase, out),
                }
            }
            _ => Err(DynamicError::mismatch(ty, value)),
        }
    }

    fn elements(&mut self, items: &[Value], ty: &TypeDesc, out: &mut Encoder) -> Result<(), DynamicError> {
        items.iter().enumerate().try_for_each(|(index, item)| {
            self.value(item, ty, out).map_err(|cause| cause.inside(format_args!("[{index}]")))
        })
    }

    /// Entries in the order of their keys' octets, big-endian, as the generated types write them.
    fn map(
        &mut self,
        entries: &[(Value, Value)],
        key_type: &TypeDesc,
        value_type: &TypeDesc,
        out: &mut Encoder,
    ) -> Result<(), DynamicError> {
        let profile = out.profile().with_endian(Endian::Big);
        let mut sorted = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let mut octets = Encoder::with_buffer(Vec::new(), 0, profile);
            self.value(key, key_type, &mut octets)?;
            sorted.push((octets.into_bytes(), key, value));
        }
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(DynamicError::DuplicateKey);
        }
        out.write_len(sorted.len())?;
        for (_, key, value) in sorted {
            self.value(key, key_type, out)?;
            self.value(value, value_type, out).map_err(|cause| cause.inside("[value]"))?;
        }
        Ok(())
    }

    /// A value of the value type that is declared, or of a type derived from it.
    fn shared_value(&mut self, value: &Value, ty: &TypeDesc, out: &mut Encoder) -> Result<(), DynamicError> {
        if let Value::Integer(number) = value {
            // Met before: the distance to it is written.
            let begun = out.begin_value(&self.written.again((*number).into())?, &[], false)?;
            return if begun.is_none() { Ok(()) } else { Err(DynamicError::mismatch(ty, value)) };
        }
        if *value == Value::Null {
            out.write_null_value();
            return Ok(());
        }
        let formal = match ty {
            TypeDesc::Named(id) => Some(id.as_str()),
            _ => None,
        };
        let parts = values::parts(value, ty)?;
        let (id, state) = values::known(&parts.ids[..1], formal, self.types)?;
        // A custom value always names its type.
        let implied = formal == Some(id) && !matches!(state, State::Custom(_));
        let ids: &[&str] = if implied { &[] } else { &parts.ids };
        let shared = self.written.first(parts.number);
        let begun = out.begin_value(&shared, ids, !matches!(state, State::Content(_)))?;
        match state {
            State::Content(ty) => self.value(parts.state, ty, out)?,
            State::Members(members) => {
                for (member, value) in members.iter().zip(values::members(parts.state, &members)?) {
                    let step = format_args!(".{}", member.name);
                    self.value(value, &member.ty, out).map_err(|cause| cause.inside(step))?;
                }
            }
            State::Custom(custom) => custom.write(parts.state, out)?,
        }
        match begun {
            Some(begun) => Ok(out.end_value(begun)?),
            None => Err(DynamicError::mismatch(ty, value)),
        }
    }

    fn defined(
        &mut self,
        value: &Value,
        ty: &TypeDesc,
        definition: &TypeDef,
        out: &mut Encoder,
    ) -> Result<(), DynamicError> {
        match definition {
            TypeDef::Struct { name, members } | TypeDef::Exception { name, members } => {
                self.record(value, name, members, out)
            }
            TypeDef::Alias { ty, .. } => self.value(value, ty, out),
            TypeDef::Enum { name, enumerators } => {
                out.write_u32(view::ordinal(value, name, enumerators)?);
                Ok(())
            }
            TypeDef::Union { name, discriminator, cases } => {
                let UnionView { label, case, value } = view::union_view(value, name, cases)?;
                self.value(label, discriminator, out)?;
                match case.and_then(|case| Some((case, case.ty.as_ref()?))) {
                    Some((case, ty)) => {
                        let step = format_args!(".{}", case.name);
                        self.value(value, ty, out).map_err(|cause| cause.inside(step))
                    }
                    None => view::no_value(value, case, name),
                }
            }
            TypeDef::Value { .. } | TypeDef::ValueBox { .. } => self.shared_value(value, ty, out),
            other => Err(DynamicError::NotMarshallable(other.name().to_owned())),
        }
    }

    fn record(
        &mut self,
        value: &Value,
        name: &str,
        members: &[Member],
        out: &mut Encoder,
    ) -> Result<(), DynamicError> {
        for (member, value) in members.iter().zip(view::record(value, name, members)?) {
            let value = value.map_or_else(|| view::absent(member, name), Ok)?;
            let step = format_args!(".{}", member.name);
            self.value(value, &member.ty, out).map_err(|cause| cause.inside(step))?;
        }
        Ok(())
    }
}
