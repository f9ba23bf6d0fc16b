//! Values for people, in the notation that arguments are written in.

use ciborium::Value;
use data_encoding::HEXLOWER;
use quorb::TypeCode;
use quorb::model::{TypeDef, TypeDesc};
use quorb::value::dynamic::{Types, union_view};

use super::any::{any_parts, long_double, type_name};
use super::case::{case_name, keeps_label};
use super::value_type::{self, State};
use crate::limits::LINE_COLUMNS_MAX;
use crate::output::harmless;

/// The value of an operation: text alone stands without quotes, as a script wants it.
pub(super) fn alone(value: &Value, ty: &TypeDesc, types: Types<'_>) -> String {
    match (value, ty) {
        (
            Value::Text(text),
            TypeDesc::String { .. } | TypeDesc::WString { .. } | TypeDesc::Char | TypeDesc::WChar,
        ) => {
            let escape =
                |c: char| if is_printable(c) { c.to_string() } else { c.escape_default().to_string() };
            text.chars().map(escape).collect()
        }
        _ => spread(value, ty, types, 0),
    }
}

/// A value in quotes and brackets, on one line if it fits behind `column`, else on several.
pub(super) fn spread(value: &Value, ty: &TypeDesc, types: Types<'_>, column: usize) -> String {
    let mut text = String::new();
    Layout::of(value, ty, types).write(column, 0, &mut text);
    text
}

/// Members as they stand in an exception: `{ n: 200, m: 0 }`; nothing if there are none.
pub(super) fn exception_members(members: &Value, ty: &TypeDesc, types: Types<'_>) -> String {
    match Layout::of(members, ty, types) {
        Layout::Group { items, .. } if items.is_empty() => String::new(),
        Layout::Group { items, .. } => {
            let mut text = String::from(" { ");
            write_line(&items, &mut text);
            text + " }"
        }
        Layout::Atom(_) => String::new(),
    }
}

fn is_printable(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

/// A value before lines are broken.
enum Layout {
    Atom(String),
    Group { open: String, items: Vec<(String, Layout)>, close: char },
}

impl Layout {
    fn of(value: &Value, ty: &TypeDesc, types: Types<'_>) -> Layout {
        let atom = |text: String| Layout::Atom(text);
        match (value, ty) {
            (Value::Null, _) => atom("null".to_owned()),
            (Value::Bool(truth), _) => atom(truth.to_string()),
            (Value::Integer(number), _) => atom(i128::from(*number).to_string()),
            (Value::Float(number), TypeDesc::Float) => atom(format!("{:?}", *number as f32)),
            (Value::Float(number), _) => atom(format!("{number:?}")),
            (Value::Bytes(octets), TypeDesc::LongDouble) => match long_double(octets) {
                Some((number, true)) => atom(format!("{number:?}")),
                _ => atom(format!("hex\"{}\"", HEXLOWER.encode(octets))),
            },
            (Value::Text(text), TypeDesc::Fixed { .. }) => atom(text.clone()),
            (value, TypeDesc::Any) => match any_parts(value) {
                Some((code, value)) => Layout::of_any(&code, value),
                None => atom("?".to_owned()),
            },
            (value, TypeDesc::TypeCode) => {
                atom(value.deserialized().map_or_else(|_| "?".to_owned(), |code| type_name(&code)))
            }
            (Value::Bytes(octets), _) => atom(format!("hex\"{}\"", HEXLOWER.encode(octets))),
            (value, TypeDesc::Optional(inner)) => Layout::of(value, inner, types),
            (Value::Text(text), TypeDesc::Char | TypeDesc::WChar) => atom(quoted(text, '\'')),
            (Value::Text(text), TypeDesc::Object(_)) => atom(text.clone()),
            (Value::Array(items), TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. }) => {
                let items = items.iter().map(|item| (String::new(), Layout::of(item, element, types)));
                Layout::Group { open: "[".to_owned(), items: items.collect(), close: ']' }
            }
            (Value::Map(entries), TypeDesc::Map { key, value }) => {
                let entry = |(k, v): &(Value, Value)| {
                    let mut name = String::new();
                    Layout::of(k, key, types).write_flat(&mut name);
                    (name + ": ", Layout::of(v, value, types))
                };
                let items = entries.iter().map(entry).collect();
                Layout::Group { open: "{".to_owned(), items, close: '}' }
            }
            (value, TypeDesc::Named(id)) => match types.definition(id) {
                Ok(definition) => Layout::of_defined(value, definition, types),
                Err(_) => atom("?".to_owned()),
            },
            (Value::Text(text), _) => atom(quoted(text, '"')),
            // Whatever was read by its type has one of the forms above.
            _ => atom("?".to_owned()),
        }
    }

    /// `Point(0, {x: 1, y: 2})`.
    fn of_value(value: &Value, types: Types<'_>) -> Layout {
        let unknown = || Layout::Atom("?".to_owned());
        let Some((number, id, state)) = value_type::parts(value) else { return unknown() };
        let Ok(definition) = types.definition(id) else { return unknown() };
        let content = match value_type::state_of(id, types) {
            Ok(State::Content(ty)) => Layout::of(state, ty, types),
            Ok(State::Members(members)) => {
                let entries = state.as_map().map(Vec::as_slice).unwrap_or_default();
                let items = entries.iter().filter_map(|(key, value)| {
                    let member = members.iter().find(|member| key.as_text() == Some(&member.name))?;
                    Some((format!("{}: ", harmless(&member.name)), Layout::of(value, &member.ty, types)))
                });
                Layout::Group { open: "{".to_owned(), items: items.collect(), close: '}' }
            }
            Err(_) => return unknown(),
        };
        let number = Layout::of(number, &TypeDesc::ULongLong, types);
        let items = vec![(String::new(), number), (String::new(), content)];
        Layout::Group { open: format!("{}(", harmless(definition.name())), items, close: ')' }
    }

    /// `short(5)`; a type of several words as a member of a record.
    fn of_any(code: &TypeCode, value: &Value) -> Layout {
        let (name, value) = (type_name(code), Layout::of(value, code.desc(), code.types()));
        if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            let items = vec![(String::new(), value)];
            return Layout::Group { open: format!("{name}("), items, close: ')' };
        }
        let name = Layout::Atom(quoted(&name, '"'));
        let items = vec![("type: ".to_owned(), name), ("value: ".to_owned(), value)];
        Layout::Group { open: "{".to_owned(), items, close: '}' }
    }

    fn of_defined(value: &Value, definition: &TypeDef, types: Types<'_>) -> Layout {
        match (definition, value) {
            (TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. }, Value::Map(entries)) => {
                let items = entries.iter().filter_map(|(key, value)| {
                    let member = members.iter().find(|member| key.as_text() == Some(&member.name))?;
                    Some((format!("{}: ", harmless(&member.name)), Layout::of(value, &member.ty, types)))
                });
                Layout::Group { open: "{".to_owned(), items: items.collect(), close: '}' }
            }
            (TypeDef::Union { name, discriminator, cases }, value) => match union_view(value, name, cases) {
                Ok(view) => {
                    let keeps_label = view.case.is_none_or(keeps_label);
                    let label = keeps_label.then(|| Layout::of(view.label, discriminator, types));
                    let ty = view.case.and_then(|case| case.ty.as_ref());
                    let value = ty.map(|ty| Layout::of(view.value, ty, types));
                    let case = harmless(case_name(view.case));
                    let items: Vec<_> =
                        label.into_iter().chain(value).map(|part| (String::new(), part)).collect();
                    match items.is_empty() {
                        true => Layout::Atom(case),
                        false => Layout::Group { open: format!("{case}("), items, close: ')' },
                    }
                }
                Err(_) => Layout::Atom("?".to_owned()),
            },
            (TypeDef::Alias { ty, .. }, value) => Layout::of(value, ty, types),
            (TypeDef::Value { .. } | TypeDef::ValueBox { .. }, value) => Layout::of_value(value, types),
            (TypeDef::Enum { .. }, Value::Text(name)) => Layout::Atom(harmless(name)),
            _ => Layout::Atom("?".to_owned()),
        }
    }

    /// The columns on one line, counted no further than `limit`.
    fn columns(&self, limit: usize) -> usize {
        match self {
            Layout::Atom(text) => text.chars().count(),
            Layout::Group { open, items, .. } => {
                let mut columns = open.len() + 1;
                for (name, item) in items {
                    if columns > limit {
                        break;
                    }
                    columns += name.chars().count() + 2 + item.columns(limit - columns);
                }
                columns
            }
        }
    }

    fn write_flat(&self, out: &mut String) {
        match self {
            Layout::Atom(text) => out.push_str(text),
            Layout::Group { open, items, close } => {
                out.push_str(open);
                write_line(items, out);
                out.push(*close);
            }
        }
    }

    fn write(&self, column: usize, indent: usize, out: &mut String) {
        let Layout::Group { open, items, close } = self else { return self.write_flat(out) };
        if column + self.columns(LINE_COLUMNS_MAX) <= LINE_COLUMNS_MAX {
            return self.write_flat(out);
        }
        let deeper = indent + 2;
        out.push_str(open);
        for (name, item) in items {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', deeper));
            out.push_str(name);
            item.write(deeper + name.chars().count(), deeper, out);
            out.push(',');
        }
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        out.push(*close);
    }
}

fn write_line(items: &[(String, Layout)], out: &mut String) {
    for (index, (name, item)) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        out.push_str(name);
        item.write_flat(out);
    }
}

/// Text between quotes, escaped where a reader of arguments needs it.
fn quoted(text: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            same if same == quote => out.extend(['\\', quote]),
            control if control.is_control() => out.push_str(&control.escape_unicode().to_string()),
            other => out.push(other),
        }
    }
    out.push(quote);
    out
}
