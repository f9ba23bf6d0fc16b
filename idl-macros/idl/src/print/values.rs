//! Values as text.

use crate::model::Literal;

/// A value that is no enumerator.
pub(crate) fn literal(value: &Literal) -> String {
    match value {
        Literal::Integer(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Fixed(value) => value.to_string(),
        Literal::Char(char) => quoted(&char.to_string(), '\''),
        Literal::WChar(char) => format!("L{}", wide(&char.to_string(), '\'')),
        Literal::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Literal::String(text) => quoted(text, '"'),
        Literal::WString(text) => format!("L{}", wide(text, '"')),
        Literal::Enumerator(_) => String::new(),
    }
}

/// A narrow literal. Octal escapes of three digits end before whatever follows them.
pub(super) fn quoted(text: &str, quote: char) -> String {
    let mut result = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => result.push_str("\\\\"),
            char if char == quote => result.extend(['\\', char]),
            ' '..='~' => result.push(char),
            char => result.push_str(&format!("\\{:03o}", u32::from(char))),
        }
    }
    result.push(quote);
    result
}

fn wide(text: &str, quote: char) -> String {
    let mut result = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => result.push_str("\\\\"),
            char if char == quote => result.extend(['\\', char]),
            ' '..='~' => result.push(char),
            char if u32::from(char) <= 0xffff => result.push_str(&format!("\\u{:04x}", u32::from(char))),
            // Beyond four digits there is no escape; the file is UTF-8.
            char => result.push(char),
        }
    }
    result.push(quote);
    result
}
