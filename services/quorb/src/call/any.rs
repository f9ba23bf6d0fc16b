//! Values that bring their type: `short(5)`.

use ciborium::Value;
use quorb::model::TypeDesc;
use quorb::value::dynamic::Types;
use quorb::{LongDouble, TypeCode};

use super::argument::Unfit;
use super::literal::Literal;
use crate::output::harmless;

/// The types that have a name of their own, in one word where IDL needs several.
const NAMES: [(&str, TypeDesc); 20] = [
    ("null", TypeDesc::Null),
    ("void", TypeDesc::Void),
    ("boolean", TypeDesc::Boolean),
    ("octet", TypeDesc::Octet),
    ("short", TypeDesc::Short),
    ("long", TypeDesc::Long),
    ("longlong", TypeDesc::LongLong),
    ("ushort", TypeDesc::UShort),
    ("ulong", TypeDesc::ULong),
    ("ulonglong", TypeDesc::ULongLong),
    ("float", TypeDesc::Float),
    ("double", TypeDesc::Double),
    ("longdouble", TypeDesc::LongDouble),
    ("char", TypeDesc::Char),
    ("wchar", TypeDesc::WChar),
    ("string", TypeDesc::String { bound: None }),
    ("wstring", TypeDesc::WString { bound: None }),
    ("any", TypeDesc::Any),
    ("TypeCode", TypeDesc::TypeCode),
    ("int8", TypeDesc::Int8),
];

/// The name and the value, where a literal has both.
pub(super) fn written(literal: &Literal) -> Option<(&str, &Literal)> {
    match literal {
        Literal::Case(name, parts) if parts.len() == 1 => Some((name, &parts[0])),
        Literal::Record(entries) => match entries.as_slice() {
            [
                (Literal::Word(first) | Literal::Quoted(first), Literal::Quoted(name) | Literal::Word(name)),
                (_, value),
            ] if first == "type" => Some((name, value)),
            _ => None,
        },
        _ => None,
    }
}

/// The type of this name: one of the words above, a type that the interface defines (by its simple name or its id), or a
/// sequence of such in the notation of IDL.
pub(super) fn named(name: &str, types: Types<'_>) -> Option<TypeCode> {
    let desc = described(name.trim(), types)?;
    TypeCode::new(desc, types.to_definitions()).ok()
}

fn described(name: &str, types: Types<'_>) -> Option<TypeDesc> {
    let bare = name.replace("unsigned ", "u").replace("long ", "long").replace(' ', "");
    if let Some((_, desc)) = NAMES.iter().find(|(known, _)| *known == bare) {
        return Some(desc.clone());
    }
    if let Some(element) = name.strip_prefix("sequence<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(TypeDesc::Sequence {
            element: Box::new(described(element.trim(), types)?),
            bound: None,
        });
    }
    types.named(name).map(|id| TypeDesc::Named(id.to_owned()))
}

/// The type that a literal is understood as without being told.
pub(super) fn guessed(literal: &Literal) -> Option<TypeCode> {
    let desc = match literal {
        Literal::Quoted(_) => TypeDesc::String { bound: None },
        Literal::Char(_) => TypeDesc::Char,
        Literal::Octets(_) => TypeDesc::Sequence { element: Box::new(TypeDesc::Octet), bound: None },
        Literal::Word(word) if word == "true" || word == "false" => TypeDesc::Boolean,
        Literal::Word(word) if word == "null" => TypeDesc::Null,
        Literal::Word(word) if word.parse::<i32>().is_ok() => TypeDesc::Long,
        Literal::Word(word) if word.parse::<i64>().is_ok() => TypeDesc::LongLong,
        Literal::Word(word) if word.parse::<f64>().is_ok() => TypeDesc::Double,
        _ => return None,
    };
    TypeCode::new(desc, std::collections::BTreeMap::new()).ok()
}

/// A type code as a dynamic value.
pub(super) fn code_item(code: &TypeCode) -> Result<Value, Unfit> {
    Value::serialized(code).map_err(Unfit::new)
}

/// How a type is called in front of its value.
pub(super) fn type_name(code: &TypeCode) -> String {
    let known = NAMES.iter().find(|(_, desc)| desc == code.desc());
    harmless(&known.map_or_else(|| code.to_string(), |(name, _)| (*name).to_owned()))
}

/// The type and the value of a dynamic value of type `any`.
pub(super) fn any_parts(value: &Value) -> Option<(TypeCode, &Value)> {
    match value.as_array()?.as_slice() {
        [code, value] => Some((code.deserialized().ok()?, value)),
        _ => None,
    }
}

/// A `long double` as the nearest `double`, and whether it is the same.
pub(super) fn long_double(octets: &[u8]) -> Option<(f64, bool)> {
    let octets = octets.try_into().ok()?;
    Some(LongDouble::from_bits(u128::from_be_bytes(octets)).to_f64())
}
