//! Labels of unions, between their text in descriptions and their values.

use ciborium::Value;

use crate::model::{Case, TypeDef, TypeDesc};
use crate::value::dynamic::Types;

/// The value that the text of a label means; `None` if the switch has no such value.
pub(crate) fn label_value(text: &str, switch: &TypeDesc, types: Types<'_>) -> Option<Value> {
    match resolved(switch, types)? {
        Switch::Number => {
            text.parse::<i128>().ok().and_then(|number| number.try_into().ok()).map(Value::Integer)
        }
        Switch::Boolean => text.parse().ok().map(Value::Bool),
        Switch::Character => character(text).map(|character| Value::Text(character.into())),
        Switch::Enum(names) => names.iter().any(|name| name == text).then(|| Value::Text(text.to_owned())),
    }
}

/// The text of a label, as descriptions have it; `None` if the type is none that unions are switched by.
pub(crate) fn label_text(label: &Value, switch: &TypeDesc, types: Types<'_>) -> Option<String> {
    Some(match (label, resolved(switch, types)?) {
        (Value::Integer(number), Switch::Number) => i128::from(*number).to_string(),
        (Value::Bool(truth), Switch::Boolean) => truth.to_string(),
        (Value::Text(text), Switch::Character) => format!("{:?}", text.chars().next()?),
        (Value::Text(name), Switch::Enum(_)) => name.clone(),
        _ => return None,
    })
}

/// A value of the switch that no case has, for the entry of the default case, whose label means nothing.
pub(super) fn unused_label(cases: &[Case], switch: &TypeDesc, types: Types<'_>) -> Option<Value> {
    let is_free = |text: &str| !cases.iter().any(|case| case.labels.iter().any(|label| label == text));
    let candidates: Vec<String> = match resolved(switch, types)? {
        // One more than there are labels, so that one of them is free.
        Switch::Number => {
            (0..=cases.iter().map(|case| case.labels.len()).sum()).map(|n: usize| n.to_string()).collect()
        }
        Switch::Boolean => vec!["false".to_owned(), "true".to_owned()],
        Switch::Character => (' '..='~').map(|character| format!("{character:?}")).collect(),
        Switch::Enum(names) => names.to_vec(),
    };
    let free = candidates.iter().find(|text| is_free(text)).or(candidates.first())?;
    label_value(free, switch, types)
}

enum Switch<'a> {
    Number,
    Boolean,
    Character,
    Enum(&'a [String]),
}

fn resolved<'a>(switch: &'a TypeDesc, types: Types<'a>) -> Option<Switch<'a>> {
    match types.resolve(switch).ok()? {
        (_, Some(TypeDef::Enum { enumerators, .. })) => Some(Switch::Enum(enumerators)),
        (TypeDesc::Boolean, _) => Some(Switch::Boolean),
        (TypeDesc::Char | TypeDesc::WChar, _) => Some(Switch::Character),
        (TypeDesc::Octet | TypeDesc::Int8 | TypeDesc::Short | TypeDesc::Long | TypeDesc::LongLong, _)
        | (TypeDesc::UShort | TypeDesc::ULong | TypeDesc::ULongLong, _) => Some(Switch::Number),
        _ => None,
    }
}

/// The character that its text in quotes means, escaped as Rust escapes it.
fn character(text: &str) -> Option<char> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut characters = inner.chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    match (first, rest) {
        ('\\', "n") => Some('\n'),
        ('\\', "r") => Some('\r'),
        ('\\', "t") => Some('\t'),
        ('\\', "0") => Some('\0'),
        ('\\', "\\" | "'" | "\"") => rest.chars().next(),
        ('\\', hex) => {
            let digits = hex.strip_prefix("u{")?.strip_suffix('}')?;
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        }
        (plain, "") => Some(plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_back_from_their_text() {
        for character_ in ['a', '\'', '\\', '\n', '\0', '\u{7f}', 'é', '\u{1f600}', '"'] {
            assert_eq!(character(&format!("{character_:?}")), Some(character_));
        }
        assert_eq!(character("''"), None);
        assert_eq!(character("'ab'"), None);
    }
}
