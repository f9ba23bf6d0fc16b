//! Values from one CDR stream to another, by their type code alone.
//!
//! The streams may differ in byte order, alignment, version and code sets. Blocks of octets and numbers stay blocks. What
//! is copied has been looked at: lengths against what is left and against bounds, booleans, characters, enumerators.

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use quorb_giop::ior::Ior;

use super::exception_id;
use crate::model::{Case, TypeDef, TypeDesc};
use crate::value::dynamic::{DYNAMIC_VALUES_MAX, DynamicError, Types, read_any_value, write_any_value};
use crate::value::typecode::{TypeCode, label_text};
use crate::value::{Decimal, LongDouble};

/// How deep the values may nest. Type codes in them have the budget of the decoder.
const DEPTH_MAX: u32 = 96;

/// Copies values of one type code.
pub(crate) struct Copier<'a> {
    code: &'a TypeCode,
    types: Types<'a>,
    depth_left: u32,
    values_left: usize,
}

impl<'a> Copier<'a> {
    pub(crate) fn new(code: &'a TypeCode) -> Copier<'a> {
        Copier { code, types: code.types(), depth_left: DEPTH_MAX, values_left: DYNAMIC_VALUES_MAX }
    }

    /// Copies the value of an `any`, which for an exception begins with its repository id.
    pub(crate) fn any_value(&mut self, input: &mut Decoder<'_>, out: &mut Encoder) -> Result<(), CdrError> {
        if self.code.holds_values() {
            // Values that are shared are found by where they stand, which changes: they are read and written anew.
            let value = read_any_value(self.code, input).map_err(cdr_error)?;
            return write_any_value(&value, self.code, out).map_err(cdr_error);
        }
        if exception_id(self.code).is_some() {
            out.write_string_octets(input.read_string_octets()?)?;
        }
        self.value(self.code.desc(), input, out)
    }

    fn value(
        &mut self,
        desc: &'a TypeDesc,
        input: &mut Decoder<'_>,
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        self.spend(1)?;
        match desc {
            TypeDesc::Null | TypeDesc::Void => {}
            TypeDesc::Boolean => out.write_bool(input.read_bool()?),
            TypeDesc::Octet | TypeDesc::Int8 => out.write_u8(input.read_u8()?),
            TypeDesc::Short => out.write_i16(input.read_i16()?),
            TypeDesc::UShort => out.write_u16(input.read_u16()?),
            TypeDesc::Long => out.write_i32(input.read_i32()?),
            TypeDesc::ULong => out.write_u32(input.read_u32()?),
            TypeDesc::LongLong => out.write_i64(input.read_i64()?),
            TypeDesc::ULongLong => out.write_u64(input.read_u64()?),
            // Moved as bits, so that a NaN stays what it is.
            TypeDesc::Float => out.write_u32(input.read_u32()?),
            TypeDesc::Double => out.write_u64(input.read_u64()?),
            TypeDesc::LongDouble => LongDouble::decode(input)?.encode(out)?,
            TypeDesc::Fixed { digits, scale } => {
                Decimal::decode(*digits, *scale, input)?.encode(*digits, *scale, out)?;
            }
            TypeDesc::Char => out.write_char(input.read_char()?)?,
            TypeDesc::WChar => out.write_wchar(input.read_wchar()?)?,
            TypeDesc::String { bound } => {
                let text = input.read_text()?;
                within(text.len(), *bound)?;
                out.write_string(&text)?;
            }
            TypeDesc::WString { bound } => {
                let text = input.read_wstring()?;
                within(text.encode_utf16().count(), *bound)?;
                out.write_wstring(&text)?;
            }
            TypeDesc::Object(_) => Ior::decode(input)?.encode(out)?,
            TypeDesc::TypeCode => TypeCode::decode(input)?.encode(out)?,
            TypeDesc::Principal => out.write_octet_sequence(input.read_octet_sequence()?)?,
            TypeDesc::Any => self.any(input, out)?,
            _ => {
                self.descend()?;
                self.constructed(desc, input, out)?;
                self.depth_left += 1;
            }
        }
        Ok(())
    }

    /// An `any` in an `any`: another type code, the same budget.
    fn any(&mut self, input: &mut Decoder<'_>, out: &mut Encoder) -> Result<(), CdrError> {
        let code = TypeCode::decode(input)?;
        code.encode(out)?;
        self.descend()?;
        let mut inner =
            Copier { depth_left: self.depth_left, values_left: self.values_left, ..Copier::new(&code) };
        input.nested(|input| inner.any_value(input, out))?;
        self.values_left = inner.values_left;
        self.depth_left += 1;
        Ok(())
    }

    fn constructed(
        &mut self,
        desc: &'a TypeDesc,
        input: &mut Decoder<'_>,
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        match desc {
            TypeDesc::Sequence { element, bound } => {
                let length = input.read_len(0)?;
                within(length, *bound)?;
                out.write_len(length)?;
                self.elements(length, element, input, out)
            }
            TypeDesc::Array { element, length } => self.elements(*length as usize, element, input, out),
            TypeDesc::Map { key, value } => {
                let length = input.read_len(0)?;
                out.write_len(length)?;
                (0..length).try_for_each(|_| {
                    self.value(key, input, out)?;
                    self.value(value, input, out)
                })
            }
            TypeDesc::Optional(inner) => {
                let there = input.read_bool()?;
                out.write_bool(there);
                if there { self.value(inner, input, out) } else { Ok(()) }
            }
            TypeDesc::Named(id) => {
                let definition = self.types.definition(id).map_err(|_| not_marshallable())?;
                self.defined(definition, input, out)
            }
            _ => Err(not_marshallable()),
        }
    }

    /// Numbers go as a block, everything else one by one.
    fn elements(
        &mut self,
        count: usize,
        element: &'a TypeDesc,
        input: &mut Decoder<'_>,
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        match self.types.resolve(element).map_err(|_| not_marshallable())?.0 {
            TypeDesc::Octet | TypeDesc::Int8 => {
                out.write_octets(input.read_octets(count)?);
                Ok(())
            }
            TypeDesc::Boolean => block::<bool>(count, input, out),
            TypeDesc::Short | TypeDesc::UShort => block::<u16>(count, input, out),
            TypeDesc::Long | TypeDesc::ULong | TypeDesc::Float => block::<u32>(count, input, out),
            TypeDesc::LongLong | TypeDesc::ULongLong | TypeDesc::Double => block::<u64>(count, input, out),
            _ => (0..count).try_for_each(|_| self.value(element, input, out)),
        }
    }

    fn defined(
        &mut self,
        definition: &'a TypeDef,
        input: &mut Decoder<'_>,
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        match definition {
            TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                members.iter().try_for_each(|member| self.value(&member.ty, input, out))
            }
            TypeDef::Alias { ty, .. } => self.value(ty, input, out),
            TypeDef::Enum { enumerators, .. } => {
                let ordinal = input.read_u32()?;
                if ordinal as usize >= enumerators.len() {
                    return Err(CdrError::InvalidDiscriminant { type_name: "enum", value: ordinal.into() });
                }
                out.write_u32(ordinal);
                Ok(())
            }
            TypeDef::Union { discriminator, cases, .. } => self.union(discriminator, cases, input, out),
            _ => Err(not_marshallable()),
        }
    }

    /// A discriminator that no case has stands alone: the union holds no value (CORBA 3.3 Part 2, 9.3.3.2).
    fn union(
        &mut self,
        discriminator: &'a TypeDesc,
        cases: &'a [Case],
        input: &mut Decoder<'_>,
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        let wrong = || CdrError::InvalidValue { type_name: "discriminator" };
        let label = crate::value::dynamic::read_cdr(discriminator, self.types, input).map_err(|_| wrong())?;
        crate::value::dynamic::write_cdr(&label, discriminator, self.types, out).map_err(|_| wrong())?;
        let text = label_text(&label, discriminator, self.types).ok_or_else(wrong)?;
        let labelled = cases.iter().find(|case| case.labels.contains(&text));
        match labelled.or_else(|| cases.iter().find(|case| case.labels.is_empty())) {
            Some(Case { ty: Some(ty), .. }) => self.value(ty, input, out),
            _ => Ok(()),
        }
    }

    fn descend(&mut self) -> Result<(), CdrError> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(CdrError::TooDeep { limit: DEPTH_MAX })?;
        Ok(())
    }

    fn spend(&mut self, count: usize) -> Result<(), CdrError> {
        let limit = DYNAMIC_VALUES_MAX as u32;
        self.values_left = self.values_left.checked_sub(count).ok_or(CdrError::TooManyValues { limit })?;
        Ok(())
    }
}

fn block<T: Cdr>(count: usize, input: &mut Decoder<'_>, out: &mut Encoder) -> Result<(), CdrError> {
    T::encode_slice(&T::decode_vec(count, input)?, out)
}

fn within(length: usize, bound: Option<u32>) -> Result<(), CdrError> {
    match bound {
        Some(bound) if length > bound as usize => {
            Err(CdrError::BoundExceeded { bound: bound as usize, length })
        }
        _ => Ok(()),
    }
}

fn cdr_error(cause: DynamicError) -> CdrError {
    match cause {
        DynamicError::Cdr(cause) => cause,
        DynamicError::Inside { cause, .. } => cdr_error(*cause),
        DynamicError::TooDeep { limit } => CdrError::TooDeep { limit },
        DynamicError::TooManyValues { limit } => CdrError::TooManyValues { limit: limit as u32 },
        _ => CdrError::InvalidValue { type_name: "the type that its type code says" },
    }
}

fn not_marshallable() -> CdrError {
    CdrError::InvalidValue { type_name: "a type that cannot be sent" }
}
