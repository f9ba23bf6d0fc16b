//! Type codes into CDR. A type that occurs twice is written once; its further uses are indirections, so that the octets
//! are never more than the definitions.

use std::collections::BTreeMap;

use quorb_giop::cdr::{Cdr, CdrError, Encoder};
use quorb_giop::names::RepositoryId;

use super::kind::kind_of;
use super::read::{INDIRECTION, PUBLIC, UNNAMED};
use super::{TcKind, TypeCode, VALUE_BASE_ID, label_value, lower};
use crate::model::{Case, Member, StateMember, TypeDef, TypeDesc, ValueKind, simple_name};
use crate::value::dynamic::{DynamicError, Types, write_cdr};

/// Appends a type code.
pub(super) fn write(code: &TypeCode, out: &mut Encoder) -> Result<(), CdrError> {
    let lowered = (!lower::is_lowered(code)).then(|| lower::lowered(code));
    let code = lowered.as_ref().unwrap_or(code);
    let mut writer = Writer { definitions: &code.definitions, written: BTreeMap::new() };
    writer.type_code(&code.desc, out)
}

struct Writer<'a> {
    definitions: &'a BTreeMap<String, TypeDef>,
    /// Where the kind of each type with an id begins, from the start of the buffer.
    written: BTreeMap<TypeDesc, usize>,
}

impl<'a> Writer<'a> {
    fn type_code(&mut self, desc: &TypeDesc, out: &mut Encoder) -> Result<(), CdrError> {
        if let Some(&place) = self.written.get(desc) {
            out.write_u32(INDIRECTION);
            // Behind the marker the stream is aligned: the offset stands here.
            let distance = out.end() - place;
            let distance =
                i32::try_from(distance).map_err(|_| CdrError::LengthTooLarge { length: distance })?;
            out.write_i32(-distance);
            return Ok(());
        }
        let kind = kind_of(desc, self.definitions);
        out.write_u32(kind.0);
        let place = out.end() - 4;
        match desc {
            TypeDesc::String { bound } | TypeDesc::WString { bound } => {
                out.write_u32(bound.unwrap_or(0));
                Ok(())
            }
            TypeDesc::Fixed { digits, scale } => {
                out.write_u16(*digits);
                out.write_i16(*scale);
                Ok(())
            }
            TypeDesc::Sequence { element, bound } => out.encapsulation(|out| {
                self.type_code(element, out)?;
                out.write_u32(bound.unwrap_or(0));
                Ok(())
            }),
            TypeDesc::Array { element, length } => out.encapsulation(|out| {
                self.type_code(element, out)?;
                out.write_u32(*length);
                Ok(())
            }),
            TypeDesc::Object(id) | TypeDesc::Abstract(id) => {
                self.written.insert(desc.clone(), place);
                let name = self.definitions.get(id).map_or_else(|| simple_name(id), TypeDef::name);
                out.encapsulation(|out| names(id, name, out))
            }
            TypeDesc::ValueBase => out.encapsulation(|out| {
                names(VALUE_BASE_ID, simple_name(VALUE_BASE_ID), out)?;
                state(ValueKind::Plain, out);
                out.write_u32(TcKind::NULL.0);
                out.write_len(0)
            }),
            TypeDesc::Named(id) => {
                self.written.insert(desc.clone(), place);
                let definition =
                    self.definitions.get(id).ok_or(CdrError::InvalidValue { type_name: "TypeCode" })?;
                out.encapsulation(|out| {
                    names(id, definition.name(), out)?;
                    self.definition(definition, out)
                })
            }
            _ => Ok(()),
        }
    }

    fn definition(&mut self, definition: &'a TypeDef, out: &mut Encoder) -> Result<(), CdrError> {
        match definition {
            TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                self.members(members, out)
            }
            TypeDef::Enum { enumerators, .. } => {
                out.write_len(enumerators.len())?;
                enumerators.iter().try_for_each(|name| out.write_string_octets(name.as_bytes()))
            }
            TypeDef::Union { discriminator, cases, .. } => self.union(discriminator, cases, out),
            TypeDef::Alias { ty, .. } | TypeDef::ValueBox { ty, .. } => self.type_code(ty, out),
            TypeDef::Value { kind, base, members, .. } => self.value(*kind, base.as_ref(), members, out),
            TypeDef::Interface { .. } | TypeDef::Opaque { .. } => Ok(()),
        }
    }

    fn members(&mut self, members: &[Member], out: &mut Encoder) -> Result<(), CdrError> {
        out.write_len(members.len())?;
        for member in members {
            out.write_string_octets(member.name.as_bytes())?;
            self.type_code(&member.ty, out)?;
        }
        Ok(())
    }

    /// A case without a value has no entry, and a case has one for each of its labels.
    fn union(&mut self, discriminator: &TypeDesc, cases: &[Case], out: &mut Encoder) -> Result<(), CdrError> {
        self.type_code(discriminator, out)?;
        let entries: Vec<(&Case, Option<&str>, &TypeDesc)> = cases
            .iter()
            .filter_map(|case| Some((case, case.ty.as_ref()?)))
            .flat_map(|(case, ty)| {
                let labels: Vec<Option<&str>> = match case.labels.is_empty() {
                    true => vec![None],
                    false => case.labels.iter().map(|label| Some(label.as_str())).collect(),
                };
                labels.into_iter().map(move |label| (case, label, ty))
            })
            .collect();
        let default = entries.iter().position(|(_, label, _)| label.is_none());
        out.write_i32(default.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1));
        out.write_len(entries.len())?;
        let types = Types::new(self.definitions);
        for (case, label, ty) in entries {
            let value = match label {
                Some(label) => label_value(label, discriminator, types),
                None => super::labels::unused_label(cases, discriminator, types),
            };
            let value = value.ok_or(CdrError::InvalidValue { type_name: "label of a union" })?;
            write_cdr(&value, discriminator, types, out).map_err(|cause| match cause {
                DynamicError::Cdr(cause) => cause,
                _ => CdrError::InvalidValue { type_name: "label of a union" },
            })?;
            out.write_string_octets(case.name.as_bytes())?;
            self.type_code(ty, out)?;
        }
        Ok(())
    }

    fn value(
        &mut self,
        kind: ValueKind,
        base: Option<&TypeDesc>,
        members: &[StateMember],
        out: &mut Encoder,
    ) -> Result<(), CdrError> {
        state(kind, out);
        self.type_code(base.unwrap_or(&TypeDesc::Null), out)?;
        out.write_len(members.len())?;
        for member in members {
            out.write_string_octets(member.name.as_bytes())?;
            self.type_code(&member.ty, out)?;
            out.write_i16(if member.public { PUBLIC } else { 0 });
        }
        Ok(())
    }
}

fn names(id: &str, name: &str, out: &mut Encoder) -> Result<(), CdrError> {
    let id = if id.starts_with(UNNAMED) { "" } else { id };
    RepositoryId::from(id.to_owned()).encode(out)?;
    out.write_string_octets(name.as_bytes())
}

fn state(kind: ValueKind, out: &mut Encoder) {
    out.write_i16(match kind {
        ValueKind::Plain => 0,
        ValueKind::Custom => 1,
        ValueKind::Abstract => 2,
        ValueKind::Truncatable => 3,
    });
}
