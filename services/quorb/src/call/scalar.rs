//! Numbers and characters as they are written.

use ciborium::Value;
use quorb::model::TypeDesc;

use super::argument::Unfit;
use super::literal::Literal;

/// The least and the greatest number of an integer type.
pub(super) fn range(ty: &TypeDesc) -> Option<(i128, i128)> {
    Some(match ty {
        TypeDesc::Octet => (0, u8::MAX.into()),
        TypeDesc::Int8 => (i8::MIN.into(), i8::MAX.into()),
        TypeDesc::Short => (i16::MIN.into(), i16::MAX.into()),
        TypeDesc::Long => (i32::MIN.into(), i32::MAX.into()),
        TypeDesc::LongLong => (i64::MIN.into(), i64::MAX.into()),
        TypeDesc::UShort => (0, u16::MAX.into()),
        TypeDesc::ULong => (0, u32::MAX.into()),
        TypeDesc::ULongLong => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// A number, decimal or with the prefix of another base; `_` may stand between digits.
pub(super) fn integer(word: &str, least: i128, most: i128, ty: &TypeDesc) -> Result<Value, Unfit> {
    let digits = word.replace('_', "");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let parsed = match digits.get(..2) {
        Some("0x") => i128::from_str_radix(&digits[2..], 16),
        Some("0o") => i128::from_str_radix(&digits[2..], 8),
        Some("0b") => i128::from_str_radix(&digits[2..], 2),
        _ => digits.parse(),
    };
    let unsigned = !digits.starts_with(['+', '-']);
    let number = parsed.ok().filter(|_| unsigned).map(|number: i128| sign * number);
    match number {
        None => Err(Unfit::new(format_args!("expected {ty}, found `{word}`"))),
        Some(number) if (least..=most).contains(&number) => {
            Ok(Value::Integer(number.try_into().map_err(Unfit::new)?))
        }
        Some(_) => Err(Unfit::new(format_args!("expected {ty} ({least} to {most}), found `{word}`"))),
    }
}

/// A number with a fraction; in JSON what is no number is quoted.
pub(super) fn float(literal: &Literal, ty: &TypeDesc) -> Result<f64, Unfit> {
    let number: Option<f64> = match literal {
        Literal::Word(word) => word.parse().ok(),
        Literal::Quoted(text) => text.parse().ok().filter(|number: &f64| !number.is_finite()),
        _ => None,
    };
    let fits = |number: &f64| *ty != TypeDesc::Float || !number.is_finite() || (*number as f32).is_finite();
    number.filter(fits).ok_or_else(|| Unfit::expected(ty, literal))
}

pub(super) fn character(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Char(character) => Some(Value::Text(character.to_string())),
        Literal::Quoted(text) | Literal::Word(text) if text.chars().count() == 1 => {
            Some(text.as_str().into())
        }
        _ => None,
    }
}
