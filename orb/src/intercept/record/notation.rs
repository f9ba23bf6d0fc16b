//! Values for people: the diagnostic notation of CBOR (RFC 8949, 8), shortened.

use std::fmt;

use ciborium::Value;

/// A value that is printed.
pub(super) struct Notation<'a>(pub(super) &'a Value);

/// Elements of an array or map, octets, and characters of a text that are printed; of more, only how many there are.
const PRINTED_MAX: usize = 32;

/// How deep values are printed.
const DEPTH_MAX: usize = 8;

impl fmt::Display for Notation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, DEPTH_MAX, f)
    }
}

fn write(value: &Value, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if depth == 0 {
        return f.write_str("...");
    }
    match value {
        Value::Integer(number) => write!(f, "{}", i128::from(*number)),
        Value::Float(number) => write!(f, "{number:?}"),
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Null => f.write_str("null"),
        Value::Text(text) => {
            let shown: String = text.chars().take(PRINTED_MAX).collect();
            write!(f, "{shown:?}{}", rest(text.len() - shown.len()))
        }
        Value::Bytes(octets) => {
            f.write_str("h'")?;
            octets.iter().take(PRINTED_MAX).try_for_each(|octet| write!(f, "{octet:02x}"))?;
            write!(f, "'{}", rest(octets.len().saturating_sub(PRINTED_MAX)))
        }
        Value::Array(values) => {
            f.write_str("[")?;
            for (place, value) in values.iter().take(PRINTED_MAX).enumerate() {
                f.write_str(if place == 0 { "" } else { ", " })?;
                write(value, depth - 1, f)?;
            }
            write!(f, "{}]", rest(values.len().saturating_sub(PRINTED_MAX)))
        }
        Value::Map(entries) => {
            f.write_str("{")?;
            for (place, (key, value)) in entries.iter().take(PRINTED_MAX).enumerate() {
                f.write_str(if place == 0 { "" } else { ", " })?;
                write(key, depth - 1, f)?;
                f.write_str(": ")?;
                write(value, depth - 1, f)?;
            }
            write!(f, "{}}}", rest(entries.len().saturating_sub(PRINTED_MAX)))
        }
        Value::Tag(tag, value) => {
            write!(f, "{tag}(")?;
            write(value, depth - 1, f)?;
            f.write_str(")")
        }
        _ => f.write_str("?"),
    }
}

/// Says that there is more.
fn rest(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" ... {count} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let value = Value::Map(vec![
            (Value::Text("a".into()), Value::Array(vec![1.into(), (-2).into(), Value::Float(1.0)])),
            (Value::Text("b\"".into()), Value::Bytes(vec![0, 255])),
            (Value::Text("c".into()), Value::Null),
        ]);
        assert_eq!(Notation(&value).to_string(), r#"{"a": [1, -2, 1.0], "b\"": h'00ff', "c": null}"#);
    }

    #[test]
    fn what_is_long_or_deep_is_cut() {
        let long = Value::Bytes(vec![7; PRINTED_MAX + 5]);
        assert!(Notation(&long).to_string().ends_with("07' ... 5 more"));
        let deep = (0..100).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert_eq!(Notation(&deep).to_string(), "[[[[[[[[...]]]]]]]]");
    }
}
