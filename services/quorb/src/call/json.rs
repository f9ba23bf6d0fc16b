//! Values as JSON.
//!
//! A value of type `any` is `{"type": "short", "value": 5}`. Structs and maps are objects, octets base64 text, numbers that JSON lacks are text, unions `"Case"`, `{"Case": value}`,
//! or `{"Case": {"label": label, "value": value}}` where several labels lead to the case. Arguments are taken in the same
//! forms.

use super::any::{any_parts, long_double};
use super::case::{case_name, keeps_label};
use super::value_type::{self, State};
use ciborium::Value;
use data_encoding::BASE64;
use quorb::TypeCode;
use quorb::model::{TypeDef, TypeDesc};
use quorb::value::dynamic::{Types, union_view};
use serde::ser::{Error, Serialize, SerializeMap, Serializer};

/// A value with its type.
#[derive(Clone, Copy)]
pub(super) struct Json<'a> {
    pub(super) value: &'a Value,
    pub(super) ty: &'a TypeDesc,
    pub(super) types: Types<'a>,
}

impl<'a> Json<'a> {
    fn of(self, value: &'a Value, ty: &'a TypeDesc) -> Json<'a> {
        Json { value, ty, ..self }
    }

    fn defined<S: Serializer>(self, definition: &'a TypeDef, serializer: S) -> Result<S::Ok, S::Error> {
        match (definition, self.value) {
            (TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. }, Value::Map(entries)) => {
                let known = entries.iter().filter_map(|(key, value)| {
                    let member = members.iter().find(|member| key.as_text() == Some(&member.name))?;
                    Some((&member.name, self.of(value, &member.ty)))
                });
                serializer.collect_map(known)
            }
            (TypeDef::Union { name, discriminator, cases }, value) => {
                let view = union_view(value, name, cases).map_err(S::Error::custom)?;
                let case = case_name(view.case);
                let value = view.case.and_then(|case| case.ty.as_ref()).map(|ty| self.of(view.value, ty));
                if view.case.is_none_or(keeps_label) {
                    let label = self.of(view.label, discriminator);
                    serializer.collect_map([(case, Labelled { label, value })])
                } else {
                    match value {
                        Some(value) => serializer.collect_map([(case, value)]),
                        None => serializer.serialize_str(case),
                    }
                }
            }
            (TypeDef::Alias { ty, .. }, value) => self.of(value, ty).serialize(serializer),
            (TypeDef::Value { .. } | TypeDef::ValueBox { .. }, value) => self.value_type(value, serializer),
            (_, Value::Text(name)) => serializer.serialize_str(name),
            _ => Err(S::Error::custom("a value that is not of its type")),
        }
    }

    /// `[number, type, members]`, or the number of a value that stands elsewhere.
    fn value_type<S: Serializer>(self, value: &'a Value, serializer: S) -> Result<S::Ok, S::Error> {
        let wrong = || S::Error::custom("a value that is not of its type");
        let (number, id, state) = value_type::parts(value).ok_or_else(wrong)?;
        let (id, definition) = self.types.entry(id).ok_or_else(wrong)?;
        let number = self.of(number, &TypeDesc::ULongLong);
        match value_type::state_of(id, self.types).map_err(S::Error::custom)? {
            State::Content(ty) => (number, definition.name(), self.of(state, ty)).serialize(serializer),
            State::Members(members) => {
                let entries = state.as_map().ok_or_else(wrong)?;
                let known = entries.iter().filter_map(|(key, value)| {
                    let member = members.iter().find(|member| key.as_text() == Some(&member.name))?;
                    Some((&member.name, self.of(value, &member.ty)))
                });
                let state: std::collections::BTreeMap<_, _> = known.collect();
                (number, definition.name(), state).serialize(serializer)
            }
        }
    }

    /// An object if all keys have a textual form, else a list of pairs.
    fn map<S: Serializer>(
        self,
        entries: &'a [(Value, Value)],
        key: &'a TypeDesc,
        value: &'a TypeDesc,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let names: Option<Vec<String>> = entries.iter().map(|(key, _)| name_of(key)).collect();
        match names {
            Some(names) => serializer
                .collect_map(names.into_iter().zip(entries.iter().map(|(_, entry)| self.of(entry, value)))),
            None => serializer.collect_seq(entries.iter().map(|(k, v)| (self.of(k, key), self.of(v, value)))),
        }
    }
}

fn name_of(key: &Value) -> Option<String> {
    match key {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(i128::from(*number).to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.ty) {
            (Value::Null, _) => serializer.serialize_unit(),
            (Value::Bool(truth), _) => serializer.serialize_bool(*truth),
            (Value::Integer(number), _) => match (u64::try_from(*number), i64::try_from(*number)) {
                (Ok(number), _) => serializer.serialize_u64(number),
                (_, Ok(number)) => serializer.serialize_i64(number),
                _ => Err(S::Error::custom("a number of more than 64 bits")),
            },
            (Value::Float(number), _) if number.is_nan() => serializer.serialize_str("NaN"),
            (Value::Float(number), _) if number.is_infinite() => {
                serializer.serialize_str(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            (Value::Float(number), TypeDesc::Float) => serializer.serialize_f32(*number as f32),
            (Value::Float(number), _) => serializer.serialize_f64(*number),
            (Value::Bytes(octets), TypeDesc::LongDouble) => match long_double(octets) {
                Some((number, true)) if number.is_finite() => serializer.serialize_f64(number),
                _ => serializer.serialize_str(&BASE64.encode(octets)),
            },
            (value, TypeDesc::Any) => match any_parts(value) {
                Some((code, value)) => {
                    let mut map = serializer.serialize_map(Some(2))?;
                    map.serialize_entry("type", &code.to_string())?;
                    map.serialize_entry("value", &Json { value, ty: code.desc(), types: code.types() })?;
                    map.end()
                }
                None => Err(S::Error::custom("a value that is not of its type")),
            },
            (value, TypeDesc::TypeCode) => match value.deserialized::<TypeCode>() {
                Ok(code) => serializer.serialize_str(&code.to_string()),
                Err(cause) => Err(S::Error::custom(cause)),
            },
            (Value::Bytes(octets), _) => serializer.serialize_str(&BASE64.encode(octets)),
            (value, TypeDesc::Optional(inner)) => self.of(value, inner).serialize(serializer),
            (Value::Array(items), TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. }) => {
                serializer.collect_seq(items.iter().map(|item| self.of(item, element)))
            }
            (Value::Map(entries), TypeDesc::Map { key, value }) => self.map(entries, key, value, serializer),
            (_, TypeDesc::Named(id)) => {
                self.defined(self.types.definition(id).map_err(S::Error::custom)?, serializer)
            }
            (Value::Text(text), _) => serializer.serialize_str(text),
            _ => Err(S::Error::custom("a value that is not of its type")),
        }
    }
}

/// A case that several labels lead to.
struct Labelled<'a> {
    label: Json<'a>,
    value: Option<Json<'a>>,
}

impl Serialize for Labelled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + usize::from(self.value.is_some())))?;
        map.serialize_entry("label", &self.label)?;
        if let Some(value) = &self.value {
            map.serialize_entry("value", value)?;
        }
        map.end()
    }
}
