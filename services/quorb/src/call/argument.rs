//! Arguments: what is written, by the type that it must have.

use std::fmt;

use ciborium::Value;
use quorb::model::{Case, Member, TypeDef, TypeDesc};
use quorb::value::Decimal;
use quorb::value::dynamic::Types;
use quorb_giop::url::Reference;

use super::any;
use super::case::{CaseShape, NO_CASE, Written};
use super::literal::{Literal, base64};
use super::scalar::{character, float, integer, range};
use super::value_type::{self, State};
use crate::reference;

/// Why an argument does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfit {
    /// Where in the argument: `.x[3]`; empty for the whole of it.
    place: String,
    reason: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.place.is_empty() { "" } else { ": " };
        write!(f, "{}{separator}{}", self.place, self.reason)
    }
}

impl Unfit {
    pub(super) fn new(reason: impl fmt::Display) -> Unfit {
        Unfit { place: String::new(), reason: reason.to_string() }
    }

    pub(super) fn expected(ty: impl fmt::Display, found: &Literal) -> Unfit {
        Unfit::new(format_args!("expected {ty}, found {}", found.describe()))
    }

    fn inside(self, step: impl fmt::Display) -> Unfit {
        Unfit { place: format!("{step}{}", self.place), ..self }
    }
}

/// The value of an argument. A word that is to be text, a character or a reference needs no quotes.
pub(super) fn value_of(text: &str, ty: &TypeDesc, types: Types<'_>) -> Result<Value, Unfit> {
    let trimmed = text.trim();
    match ty {
        TypeDesc::Optional(_) if is_null(trimmed) => Ok(Value::Null),
        TypeDesc::Optional(inner) => value_of(text, inner, types),
        TypeDesc::String { .. } | TypeDesc::WString { .. } if !trimmed.starts_with('"') => Ok(text.into()),
        TypeDesc::Char | TypeDesc::WChar if text.chars().count() == 1 => Ok(text.into()),
        TypeDesc::Object(_) if !trimmed.starts_with('"') => object(trimmed),
        _ => {
            let literal = Literal::parse(text).map_err(Unfit::new)?;
            Reading { types }.value(&literal, ty)
        }
    }
}

fn is_null(word: &str) -> bool {
    matches!(word, "null" | "none" | "nil")
}

/// A reference in any form, as `IOR:` text.
fn object(text: &str) -> Result<Value, Unfit> {
    if is_null(text) {
        return Ok(Value::Null);
    }
    let text = reference::text_of(text).map_err(|verdict| Unfit::new(verdict.reason()))?;
    let ior = match text.parse().map_err(|cause| Unfit::new(format_args!("no reference: {cause}")))? {
        Reference::Ior(ior) => ior,
        Reference::Corbaloc(location) => {
            location.to_ior().map_err(|cause| Unfit::new(format_args!("no reference: {cause}")))?
        }
        Reference::Corbaname(_) => {
            return Err(Unfit::new("a corbaname: must be resolved first: give what it names"));
        }
    };
    Ok(if ior.is_nil() { Value::Null } else { ior.to_string().into() })
}

struct Reading<'a> {
    types: Types<'a>,
}

impl Reading<'_> {
    fn value(&self, literal: &Literal, ty: &TypeDesc) -> Result<Value, Unfit> {
        let refuse = || Unfit::expected(ty, literal);
        match (ty, literal) {
            (TypeDesc::Boolean, Literal::Word(word)) => word.parse().map(Value::Bool).map_err(|_| refuse()),
            (TypeDesc::Float, literal) => float(literal, ty).map(|number| f64::from(number as f32).into()),
            (TypeDesc::Double, literal) => float(literal, ty).map(Value::Float),
            (TypeDesc::Char | TypeDesc::WChar, literal) => character(literal).ok_or_else(refuse),
            (
                TypeDesc::String { .. } | TypeDesc::WString { .. },
                Literal::Quoted(text) | Literal::Word(text),
            ) => Ok(text.as_str().into()),
            (TypeDesc::Object(_), Literal::Quoted(text) | Literal::Word(text)) => object(text),
            (TypeDesc::LongDouble, Literal::Octets(octets)) if octets.len() == 16 => {
                Ok(Value::Bytes(octets.clone()))
            }
            (TypeDesc::LongDouble, Literal::Quoted(text))
                if base64(text).is_ok_and(|octets| octets.len() == 16) =>
            {
                base64(text).map(Value::Bytes).map_err(Unfit::new)
            }
            (TypeDesc::LongDouble, literal) => float(literal, ty).map(Value::Float),
            (TypeDesc::Fixed { digits, scale }, Literal::Quoted(word) | Literal::Word(word)) => {
                let number: Decimal = word.parse().map_err(|_| refuse())?;
                number.rescaled(*digits, *scale).map(|number| number.to_string().into()).map_err(Unfit::new)
            }
            (TypeDesc::Any, literal) => self.any(literal),
            (TypeDesc::TypeCode, Literal::Quoted(name) | Literal::Word(name)) => {
                any::code_item(&any::named(name, self.types).ok_or_else(refuse)?)
            }
            (TypeDesc::Optional(_), Literal::Word(word)) if is_null(word) => Ok(Value::Null),
            (TypeDesc::Optional(inner), literal) => self.value(literal, inner),
            (TypeDesc::Sequence { element, .. } | TypeDesc::Array { element, .. }, literal) => {
                self.list(literal, element, ty)
            }
            (TypeDesc::Map { key, value }, literal) => self.map(literal, key, value, ty),
            (TypeDesc::Named(id), literal) => {
                let definition = self.types.definition(id).map_err(Unfit::new)?;
                self.defined(literal, id, definition)
            }
            (_, Literal::Word(word)) => match range(ty) {
                Some((least, most)) => integer(word, least, most, ty),
                None => Err(refuse()),
            },
            _ => Err(refuse()),
        }
    }

    /// `type(value)`, in JSON `{"type": type, "value": value}`; what needs no type to be understood may stand alone.
    fn any(&self, literal: &Literal) -> Result<Value, Unfit> {
        let (code, value) = match any::written(literal) {
            Some((name, value)) => {
                let unknown = || Unfit::new(format_args!("no type is called `{name}`"));
                (any::named(name, self.types).ok_or_else(unknown)?, value)
            }
            None => {
                let advice = "expected a value with its type, as in `short(5)`";
                (any::guessed(literal).ok_or_else(|| Unfit::new(advice))?, literal)
            }
        };
        let inner = Reading { types: code.types() };
        Ok(Value::Array(vec![any::code_item(&code)?, inner.value(value, code.desc())?]))
    }

    fn list(&self, literal: &Literal, element: &TypeDesc, ty: &TypeDesc) -> Result<Value, Unfit> {
        match (literal, element) {
            (Literal::Octets(octets), TypeDesc::Octet) => Ok(Value::Bytes(octets.clone())),
            // As in the JSON that is printed.
            (Literal::Quoted(text), TypeDesc::Octet) => base64(text).map(Value::Bytes).map_err(|cause| {
                Unfit::new(format_args!("expected octets (hex\"0a0b\", base64 text or a list): {cause}"))
            }),
            (Literal::List(items), _) => {
                let items = items.iter().enumerate().map(|(index, item)| {
                    self.value(item, element).map_err(|unfit| unfit.inside(format_args!("[{index}]")))
                });
                let items = items.collect::<Result<Vec<Value>, _>>()?;
                let octet = |item: &Value| u8::try_from(item.as_integer()?).ok();
                let octets = match element {
                    TypeDesc::Octet => items.iter().map(octet).collect(),
                    _ => None,
                };
                Ok(octets.map_or(Value::Array(items), Value::Bytes))
            }
            _ => Err(Unfit::expected(ty, literal)),
        }
    }

    /// `{key: value}`, or a list of pairs where JSON allows no such keys.
    fn map(
        &self,
        literal: &Literal,
        key: &TypeDesc,
        value: &TypeDesc,
        ty: &TypeDesc,
    ) -> Result<Value, Unfit> {
        let entry = |k: &Literal, v: &Literal| {
            let inside = |unfit: Unfit| unfit.inside(format_args!("[{}]", k.describe()));
            Ok((self.key(k, key).map_err(inside)?, self.value(v, value).map_err(inside)?))
        };
        let entries: Result<Vec<_>, Unfit> = match literal {
            Literal::Record(entries) => entries.iter().map(|(k, v)| entry(k, v)).collect(),
            Literal::List(pairs) => pairs
                .iter()
                .map(|pair| match pair {
                    Literal::List(pair) if pair.len() == 2 => entry(&pair[0], &pair[1]),
                    other => Err(Unfit::expected("a pair [key, value]", other)),
                })
                .collect(),
            _ => Err(Unfit::expected(ty, literal)),
        };
        entries.map(Value::Map)
    }

    /// JSON has only text for keys: what is quoted may be a number or an enumerator.
    fn key(&self, literal: &Literal, ty: &TypeDesc) -> Result<Value, Unfit> {
        match literal {
            Literal::Quoted(text) => {
                self.value(literal, ty).or_else(|_| self.value(&Literal::Word(text.clone()), ty))
            }
            _ => self.value(literal, ty),
        }
    }

    /// `null`, `{x: 1}`, `Point({x: 1})`, `Point(0, {x: 1})`, or the number of a value that stands elsewhere.
    fn value_type(&self, literal: &Literal, id: &str, definition: &TypeDef) -> Result<Value, Unfit> {
        let refuse = || Unfit::expected(definition.name(), literal);
        if matches!(literal, Literal::Word(word) if is_null(word)) {
            return Ok(Value::Null);
        }
        let is_box = matches!(definition, TypeDef::ValueBox { .. });
        let (name, number, state) = match value_type::Written::of(literal, is_box).ok_or_else(refuse)? {
            value_type::Written::Again(number) => return Ok(number.into()),
            value_type::Written::First { name, number, state } => (name, number, state),
        };
        let unknown = |name: &str| Unfit::new(format_args!("no value type is called `{name}`"));
        let id = match name {
            Some(name) => self.types.named(name).ok_or_else(|| unknown(name))?,
            None => self.types.entry(id).ok_or_else(refuse)?.0,
        };
        let state = match value_type::state_of(id, self.types).map_err(Unfit::new)? {
            State::Content(ty) => self.value(state, ty)?,
            State::Members(members) => {
                let Literal::Record(entries) = state else { return Err(refuse()) };
                let plain: Vec<Member> = members
                    .iter()
                    .map(|member| Member {
                        name: member.name.clone(),
                        index: None,
                        optional: true,
                        ty: member.ty.clone(),
                    })
                    .collect();
                self.record(entries, definition.name(), &plain)?
            }
        };
        let number = number.unwrap_or_else(value_type::unused_number);
        Ok(Value::Array(vec![number.into(), id.into(), state]))
    }

    fn defined(&self, literal: &Literal, id: &str, definition: &TypeDef) -> Result<Value, Unfit> {
        match (definition, literal) {
            (
                TypeDef::Struct { name, members } | TypeDef::Exception { name, members },
                Literal::Record(entries),
            ) => self.record(entries, name, members),
            (TypeDef::Enum { name, enumerators }, Literal::Word(word) | Literal::Quoted(word)) => {
                if enumerators.contains(word) {
                    return Ok(word.as_str().into());
                }
                let known = enumerators.join(", ");
                Err(Unfit::new(format_args!("`{word}` is no enumerator of {name}: it has {known}")))
            }
            (TypeDef::Alias { ty, .. }, literal) => self.value(literal, ty),
            (TypeDef::Value { .. } | TypeDef::ValueBox { .. }, literal) => {
                self.value_type(literal, id, definition)
            }
            (TypeDef::Union { name, discriminator, cases }, literal) => {
                self.union(literal, name, discriminator, cases)
            }
            (definition, literal) => Err(Unfit::expected(definition.name(), literal)),
        }
    }

    /// A member that is not given is null if it may be, and left to the object if it has a default.
    fn record(&self, entries: &[(Literal, Literal)], name: &str, members: &[Member]) -> Result<Value, Unfit> {
        let mut values: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
        for (key, literal) in entries {
            let (Literal::Word(key) | Literal::Quoted(key)) = key else {
                return Err(Unfit::expected(format_args!("a member of {name}"), key));
            };
            let Some(member) = members.iter().find(|member| member.name == *key) else {
                let known: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                let known = known.join(", ");
                return Err(Unfit::new(format_args!("{name} has no member `{key}`: it has {known}")));
            };
            if values.iter().any(|(known, _)| known.as_text() == Some(key)) {
                return Err(Unfit::new(format_args!("member `{key}` is given twice")));
            }
            let value = self.value(literal, &member.ty);
            values.push((key.as_str().into(), value.map_err(|unfit| unfit.inside(format_args!(".{key}")))?));
        }
        let is_missing =
            |member: &&Member| !values.iter().any(|(key, _)| key.as_text() == Some(&member.name));
        let needed = |member: &&Member| !member.optional && !matches!(member.ty, TypeDesc::Optional(_));
        match members.iter().filter(is_missing).find(needed) {
            Some(member) => {
                Err(Unfit::new(format_args!("member `{}: {}` of {name} is missing", member.name, member.ty)))
            }
            None => Ok(Value::Map(values)),
        }
    }

    /// `Case`, `Case(value)` or, where several labels lead to the case, `Case(label, value)`; in JSON `"Case"`,
    /// `{"Case": value}` or `{"Case": {"label": label, "value": value}}`.
    fn union(
        &self,
        literal: &Literal,
        name: &str,
        discriminator: &TypeDesc,
        cases: &[Case],
    ) -> Result<Value, Unfit> {
        let written = Written::of(literal).ok_or_else(|| Unfit::expected(name, literal))?;
        if let (NO_CASE, Some(label)) = (written.case, written.only_part()) {
            return Ok(Value::Array(vec![self.value(label, discriminator)?, Value::Null]));
        }
        let Some(case) = cases.iter().find(|case| case.name == written.case) else {
            let known: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
            let known = known.join(", ");
            return Err(Unfit::new(format_args!("{name} has no case `{}`: it has {known}", written.case)));
        };
        let shape = CaseShape::of(case);
        let (label, value) =
            written.parts(&shape).ok_or_else(|| Unfit::new(format_args!("expected {shape}")))?;
        let inside = |unfit: Unfit| unfit.inside(format_args!(".{}", case.name));
        let label = match label {
            Some(label) => self.value(label, discriminator).map_err(inside)?,
            None => self.label(&case.labels[0], discriminator).map_err(inside)?,
        };
        let value = match (&case.ty, value) {
            (Some(ty), Some(value)) => self.value(value, ty).map_err(inside)?,
            _ => Value::Null,
        };
        Ok(Value::Array(vec![label, value]))
    }

    /// The discriminator that the text of a label in the metadata means.
    fn label(&self, text: &str, discriminator: &TypeDesc) -> Result<Value, Unfit> {
        let literal = Literal::parse(text).unwrap_or_else(|_| Literal::Word(text.to_owned()));
        self.value(&literal, discriminator)
    }
}
