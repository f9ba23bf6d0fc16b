//! Dynamic values seen through their types.

use ciborium::Value;

use super::{DynamicError, Types};
use crate::model::{Case, Member, TypeDesc};
use crate::value::typecode::TypeCode;
use crate::value::{Decimal, LongDouble};

/// A number without fraction, in the range of `T`.
pub(super) fn integer<T: TryFrom<i128>>(value: &Value, ty: &TypeDesc) -> Result<T, DynamicError> {
    let Value::Integer(number) = value else { return Err(DynamicError::mismatch(ty, value)) };
    let number = i128::from(*number);
    T::try_from(number)
        .map_err(|_| DynamicError::OutOfRange { ty: ty.to_string(), value: number.to_string() })
}

/// A number as `double`.
pub(super) fn double(value: &Value, ty: &TypeDesc) -> Result<f64, DynamicError> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Integer(number) => Ok(i128::from(*number) as f64),
        other => Err(DynamicError::mismatch(ty, other)),
    }
}

/// A number as `float`; what is finite stays so.
pub(super) fn float(value: &Value, ty: &TypeDesc) -> Result<f32, DynamicError> {
    let wide = double(value, ty)?;
    let narrow = wide as f32;
    if wide.is_finite() && narrow.is_infinite() {
        return Err(DynamicError::OutOfRange { ty: ty.to_string(), value: wide.to_string() });
    }
    Ok(narrow)
}

pub(super) fn boolean(value: &Value, ty: &TypeDesc) -> Result<bool, DynamicError> {
    value.as_bool().ok_or_else(|| DynamicError::mismatch(ty, value))
}

pub(super) fn text<'v>(value: &'v Value, ty: &TypeDesc) -> Result<&'v str, DynamicError> {
    value.as_text().ok_or_else(|| DynamicError::mismatch(ty, value))
}

/// Text of one character.
pub(super) fn character(value: &Value, ty: &TypeDesc) -> Result<char, DynamicError> {
    let mut characters = text(value, ty)?.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(DynamicError::Mismatch { expected: ty.to_string(), found: "text of another length" }),
    }
}

/// The elements of a sequence or array that is no block of octets.
pub(super) fn elements<'v>(value: &'v Value, ty: &TypeDesc) -> Result<&'v [Value], DynamicError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| DynamicError::mismatch(ty, value))
}

/// How many elements a list or block of octets has.
pub(super) fn length(value: &Value) -> usize {
    match value {
        Value::Bytes(octets) => octets.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    }
}

/// The octets of a sequence or array of them.
pub(super) fn octets(value: &Value, ty: &TypeDesc) -> Result<Vec<u8>, DynamicError> {
    match value {
        Value::Bytes(octets) => Ok(octets.clone()),
        _ => elements(value, ty)?.iter().map(|octet| integer(octet, &TypeDesc::Octet)).collect(),
    }
}

/// The entries of a map.
pub(super) fn entries<'v>(value: &'v Value, ty: &TypeDesc) -> Result<&'v [(Value, Value)], DynamicError> {
    value.as_map().map(Vec::as_slice).ok_or_else(|| DynamicError::mismatch(ty, value))
}

/// Checks a length against a bound.
pub(super) fn bounded(length: usize, bound: Option<u32>) -> Result<(), DynamicError> {
    match bound {
        Some(bound) if length > bound as usize => Err(DynamicError::BoundExceeded { bound, length }),
        _ => Ok(()),
    }
}

/// Checks the number of elements of an array.
pub(super) fn of_length(length: usize, expected: u32) -> Result<(), DynamicError> {
    if length == expected as usize { Ok(()) } else { Err(DynamicError::ArrayLength { expected, length }) }
}

/// The values of a record in the order of its members; `None` for those that are not there.
pub(super) fn record<'v>(
    value: &'v Value,
    name: &str,
    members: &[Member],
) -> Result<Vec<Option<&'v Value>>, DynamicError> {
    let Value::Map(entries) = value else {
        return Err(DynamicError::mismatch(format_args!("`{name}`"), value));
    };
    let mut values = vec![None; members.len()];
    for (key, value) in entries {
        let unknown =
            |member: &str| DynamicError::UnknownMember { ty: name.to_owned(), member: member.to_owned() };
        let key = key.as_text().ok_or_else(|| unknown("(a key that is no text)"))?;
        let place = members.iter().position(|member| member.name == key).ok_or_else(|| unknown(key))?;
        if values[place].replace(value).is_some() {
            return Err(DynamicError::DuplicateMember(key.to_owned()));
        }
    }
    Ok(values)
}

/// The place of an enumerator.
pub(super) fn ordinal(value: &Value, name: &str, enumerators: &[String]) -> Result<u32, DynamicError> {
    let wanted = value.as_text().ok_or_else(|| DynamicError::mismatch(format_args!("`{name}`"), value))?;
    enumerators
        .iter()
        .position(|enumerator| enumerator == wanted)
        .and_then(|place| u32::try_from(place).ok())
        .ok_or_else(|| unknown_enumerator(name, wanted))
}

pub(super) fn unknown_enumerator(name: &str, wanted: impl std::fmt::Display) -> DynamicError {
    DynamicError::UnknownEnumerator { ty: name.to_owned(), name: wanted.to_string() }
}

/// A `long double`: its octets, or a number that is made one.
pub(super) fn long_double(value: &Value, ty: &TypeDesc) -> Result<LongDouble, DynamicError> {
    let Value::Bytes(octets) = value else { return double(value, ty).map(LongDouble::from) };
    let octets: Result<[u8; 16], _> = octets.as_slice().try_into();
    let length = length(value);
    let octets = octets.map_err(|_| DynamicError::ArrayLength { expected: 16, length })?;
    Ok(LongDouble::from_bits(u128::from_be_bytes(octets)))
}

pub(super) fn long_double_value(number: LongDouble) -> Value {
    Value::Bytes(number.to_bits().to_be_bytes().to_vec())
}

/// A decimal number of a size: its text, or an integer.
pub(super) fn decimal(
    value: &Value,
    ty: &TypeDesc,
    digits: u16,
    scale: i16,
) -> Result<Decimal, DynamicError> {
    let number = match value {
        Value::Integer(number) => Decimal { units: (*number).into(), scale: 0 },
        other => text(other, ty)?.parse()?,
    };
    Ok(number.rescaled(digits, scale)?)
}

pub(super) fn type_code(value: &Value) -> Result<TypeCode, DynamicError> {
    value.deserialized().map_err(|cause| DynamicError::NotATypeCode(cause.to_string()))
}

pub(super) fn type_code_value(code: &TypeCode) -> Result<Value, DynamicError> {
    Value::serialized(code).map_err(|cause| DynamicError::NotATypeCode(cause.to_string()))
}

/// The type and the value of an `any`.
pub(super) fn any<'v>(value: &'v Value, ty: &TypeDesc) -> Result<(TypeCode, &'v Value), DynamicError> {
    match elements(value, ty)? {
        [code, value] => Ok((type_code(code)?, value)),
        _ => Err(DynamicError::mismatch(ty, value)),
    }
}

pub(super) fn nothing(value: &Value, ty: &TypeDesc) -> Result<(), DynamicError> {
    if *value == Value::Null { Ok(()) } else { Err(DynamicError::mismatch(ty, value)) }
}

/// Checks that a union whose discriminator leads to no value has none.
pub(super) fn no_value(value: &Value, case: Option<&Case>, union: &str) -> Result<(), DynamicError> {
    match (value, case) {
        (Value::Null, _) => Ok(()),
        (_, Some(case)) => {
            Err(DynamicError::mismatch(format_args!("nothing in case `{}`", case.name), value))
        }
        (_, None) => Err(DynamicError::mismatch(
            format_args!("nothing, since no case of `{union}` has the label"),
            value,
        )),
    }
}

/// A union, taken apart.
#[derive(Debug, Clone, Copy)]
pub struct UnionView<'v, 't> {
    /// The discriminator.
    pub label: &'v Value,
    /// The case that the discriminator chooses; where none has the label, the union holds nothing else.
    pub case: Option<&'t Case>,
    /// The value; null where the case has none.
    pub value: &'v Value,
}

/// Takes a union apart. Its discriminator chooses the case; whether the value fits into it is not looked at.
///
/// # Errors
/// The value is no array of two.
pub fn union_view<'v, 't>(
    value: &'v Value,
    name: &str,
    cases: &'t [Case],
) -> Result<UnionView<'v, 't>, DynamicError> {
    match value.as_array().map(Vec::as_slice) {
        Some([label, value]) => Ok(UnionView { label, case: case_of(label, cases), value }),
        _ => Err(DynamicError::mismatch(format_args!("`{name}`"), value)),
    }
}

/// The case that a label chooses; none where no case has it and there is no default.
pub(super) fn case_of<'t>(label: &Value, cases: &'t [Case]) -> Option<&'t Case> {
    let chosen = cases.iter().find(|case| case.labels.iter().any(|text| is_label(text, label)));
    chosen.or_else(|| cases.iter().find(|case| case.labels.is_empty()))
}

/// Whether the text of a label, as metadata has it, means this discriminator.
fn is_label(text: &str, label: &Value) -> bool {
    match label {
        Value::Integer(number) => text.parse() == Ok(i128::from(*number)),
        Value::Bool(truth) => text.parse() == Ok(*truth),
        // A character stands in quotes, escaped where it must be; an enumerator stands alone.
        Value::Text(name) => {
            text == name
                || name.chars().next().is_some_and(|c| name.len() == c.len_utf8() && text == format!("{c:?}"))
        }
        _ => false,
    }
}

/// Whether a type is `octet`, also by another name, so that many of it are one block.
pub(super) fn is_octet(ty: &TypeDesc, types: Types<'_>) -> bool {
    matches!(types.resolve(ty), Ok((TypeDesc::Octet, _)))
}

/// Whether a value of the type may be null, so that "some" of it stands alone in an array.
pub(super) fn is_nullable(ty: &TypeDesc) -> bool {
    matches!(ty, TypeDesc::Optional(_))
}

/// What is in an optional value that is there.
pub(super) fn some<'v>(value: &'v Value, inner: &TypeDesc, ty: &TypeDesc) -> Result<&'v Value, DynamicError> {
    match value {
        value if !is_nullable(inner) => Ok(value),
        Value::Array(alone) if alone.len() == 1 => Ok(&alone[0]),
        other => Err(DynamicError::mismatch(ty, other)),
    }
}

/// An optional value that is there.
pub(super) fn make_some(value: Value, inner: &TypeDesc) -> Value {
    if is_nullable(inner) { Value::Array(vec![value]) } else { value }
}

/// What a member that is not there stands for: null for an optional one.
pub(super) fn absent<'v>(member: &Member, of: &str) -> Result<&'v Value, DynamicError> {
    const NULL: &Value = &Value::Null;
    match member.ty {
        TypeDesc::Optional(_) => Ok(NULL),
        _ => Err(DynamicError::MissingMember { ty: of.to_owned(), member: member.name.clone() }),
    }
}
