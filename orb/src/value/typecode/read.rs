//! Type codes out of CDR.
//!
//! Kinds with parameters carry them in encapsulations. An indirection, the number 0xffffffff and an offset, stands for a
//! type code that begins earlier in the same outermost one; the offset counts from itself to the kind there. It may point
//! into what is still being read, which is how types contain themselves.

use std::collections::BTreeMap;

use quorb_giop::cdr::{Cdr, CdrError, Decoder};

use super::kind::SIMPLE;
use super::{TYPECODE_TYPES_MAX, TcKind, TypeCode, VALUE_BASE_ID, label_text};
use crate::model::{Case, Member, OpaqueKind, StateMember, TypeDef, TypeDesc, ValueKind, simple_name};
use crate::value::dynamic::{DynamicError, Types, read_cdr};

/// What stands in place of a kind where an offset follows.
pub(super) const INDIRECTION: u32 = u32::MAX;

/// Reads a type code.
pub(super) fn read(input: &mut Decoder<'_>) -> Result<TypeCode, CdrError> {
    let mut reader = Reader::default();
    let desc = reader.type_code(0, input)?;
    let definitions = reader.definitions.into_iter().filter_map(|(id, definition)| Some((id, definition?)));
    TypeCode::new(desc, definitions.collect::<BTreeMap<_, _>>()).map_err(|_| malformed("TypeCode"))
}

fn malformed(what: &'static str) -> CdrError {
    CdrError::InvalidValue { type_name: what }
}

#[derive(Default)]
struct Reader {
    /// What begins at which octet of the outermost stream.
    seen: BTreeMap<usize, TypeDesc>,
    /// Definitions; `None` while their parameters are being read.
    definitions: BTreeMap<String, Option<TypeDef>>,
    types: usize,
    unnamed: usize,
}

impl Reader {
    /// Reads a type code from a decoder whose data begin at octet `base` of the outermost stream.
    fn type_code(&mut self, base: usize, input: &mut Decoder<'_>) -> Result<TypeDesc, CdrError> {
        let kind = input.read_u32()?;
        let place = base + input.offset() - 4;
        if kind == INDIRECTION {
            let offset = input.read_i32()?;
            // The offset counts from where it stands itself, four octets behind the marker.
            let target = (place + 4).checked_add_signed(offset as isize);
            let target = target.and_then(|target| self.seen.get(&target));
            return target.cloned().ok_or_else(|| malformed("TypeCode: an indirection to nowhere"));
        }
        self.types += 1;
        if self.types > TYPECODE_TYPES_MAX {
            return Err(malformed("TypeCode: too many types in one"));
        }
        let desc = match SIMPLE.iter().find(|(simple, _)| simple.0 == kind && *simple != TcKind::VALUE) {
            Some((_, desc)) => desc.clone(),
            None => self.with_parameters(TcKind(kind), place, base, input)?,
        };
        self.seen.insert(place, desc.clone());
        Ok(desc)
    }

    fn with_parameters(
        &mut self,
        kind: TcKind,
        place: usize,
        base: usize,
        input: &mut Decoder<'_>,
    ) -> Result<TypeDesc, CdrError> {
        match kind {
            TcKind::STRING => Ok(TypeDesc::String { bound: bound(input)? }),
            TcKind::WSTRING => Ok(TypeDesc::WString { bound: bound(input)? }),
            TcKind::FIXED => Ok(TypeDesc::Fixed { digits: input.read_u16()?, scale: input.read_i16()? }),
            _ => {
                let mut ahead = input.clone();
                ahead.read_u32()?;
                let base = base + ahead.offset();
                input.encapsulation(|input| self.parameters(kind, place, base, input))
            }
        }
    }

    fn parameters(
        &mut self,
        kind: TcKind,
        place: usize,
        base: usize,
        input: &mut Decoder<'_>,
    ) -> Result<TypeDesc, CdrError> {
        match kind {
            TcKind::SEQUENCE => {
                let element = Box::new(self.type_code(base, input)?);
                return Ok(TypeDesc::Sequence { element, bound: bound(input)? });
            }
            TcKind::ARRAY => {
                let element = Box::new(self.type_code(base, input)?);
                return Ok(TypeDesc::Array { element, length: input.read_u32()? });
            }
            _ => {}
        }
        let (id, name) = (self.id(kind, name(input)?), name(input)?);
        match kind {
            TcKind::OBJREF | TcKind::ABSTRACT_INTERFACE => {
                if name != simple_name(&id) && !name.is_empty() {
                    self.define(&id, TypeDef::Interface { name })?;
                }
                let is_object = kind == TcKind::OBJREF;
                return Ok(if is_object { TypeDesc::Object(id) } else { TypeDesc::Abstract(id) });
            }
            // Whoever says "any value" says it by this id.
            TcKind::VALUE if id == VALUE_BASE_ID => return Ok(TypeDesc::ValueBase),
            _ => {}
        }
        let desc = TypeDesc::Named(id.clone());
        // From here on the type may be meant by an indirection.
        self.seen.insert(place, desc.clone());
        self.definitions.entry(id.clone()).or_default();
        let definition = self.definition(kind, name, base, input)?;
        self.define(&id, definition)?;
        Ok(desc)
    }

    fn definition(
        &mut self,
        kind: TcKind,
        name: String,
        base: usize,
        input: &mut Decoder<'_>,
    ) -> Result<TypeDef, CdrError> {
        Ok(match kind {
            TcKind::STRUCT => TypeDef::Struct { name, members: self.members(base, input)? },
            TcKind::EXCEPT => TypeDef::Exception { name, members: self.members(base, input)? },
            TcKind::ENUM => TypeDef::Enum { name, enumerators: enumerators(input)? },
            TcKind::UNION => self.union(name, base, input)?,
            TcKind::ALIAS => TypeDef::Alias { name, ty: self.type_code(base, input)? },
            TcKind::VALUE | TcKind::EVENT => self.value(name, base, input)?,
            TcKind::VALUE_BOX => TypeDef::ValueBox { name, ty: self.type_code(base, input)? },
            TcKind::NATIVE => TypeDef::Opaque { name, kind: OpaqueKind::Native },
            TcKind::LOCAL_INTERFACE => TypeDef::Opaque { name, kind: OpaqueKind::LocalInterface },
            TcKind::COMPONENT => TypeDef::Opaque { name, kind: OpaqueKind::Component },
            TcKind::HOME => TypeDef::Opaque { name, kind: OpaqueKind::Home },
            TcKind(kind) => {
                return Err(CdrError::InvalidDiscriminant { type_name: "TCKind", value: kind.into() });
            }
        })
    }

    fn members(&mut self, base: usize, input: &mut Decoder<'_>) -> Result<Vec<Member>, CdrError> {
        let count = input.read_len(8)?;
        let mut members = Vec::new();
        for _ in 0..count {
            let name = name(input)?;
            members.push(Member { name, index: None, optional: false, ty: self.type_code(base, input)? });
        }
        Ok(members)
    }

    fn union(&mut self, name_: String, base: usize, input: &mut Decoder<'_>) -> Result<TypeDef, CdrError> {
        let discriminator = self.type_code(base, input)?;
        let default = usize::try_from(input.read_i32()?).ok();
        let count = input.read_len(9)?;
        let mut cases: Vec<Case> = Vec::new();
        for place in 0..count {
            let is_default = Some(place) == default;
            let label = self.label(&discriminator, is_default, input)?;
            let case =
                Case { name: name(input)?, labels: vec![label], ty: Some(self.type_code(base, input)?) };
            match cases.last_mut() {
                // The label of the default member means nothing.
                _ if is_default => cases.push(Case { labels: Vec::new(), ..case }),
                // A member has an entry for each of its labels.
                Some(last) if last.name == case.name && last.ty == case.ty && !last.labels.is_empty() => {
                    last.labels.extend(case.labels);
                }
                _ => cases.push(case),
            }
        }
        Ok(TypeDef::Union { name: name_, discriminator, cases })
    }

    /// Reads a label. That of the default member means nothing, and need not be a value of the switch: any octet, say, where
    /// the switch is a character.
    fn label(
        &self,
        discriminator: &TypeDesc,
        is_default: bool,
        input: &mut Decoder<'_>,
    ) -> Result<String, CdrError> {
        // The definition of an enum or alias is complete when a label of it is read.
        let mut needed = BTreeMap::new();
        let mut desc = discriminator;
        while let TypeDesc::Named(id) = desc {
            let Some(Some(definition)) = self.definitions.get(id) else { break };
            if needed.insert(id.clone(), definition.clone()).is_some() {
                break;
            }
            if let TypeDef::Alias { ty, .. } = definition {
                desc = ty;
            }
        }
        let types = Types::new(&needed);
        if is_default {
            match desc {
                TypeDesc::Char => return input.read_u8().map(|_| String::new()),
                TypeDesc::Named(_) => return input.read_u32().map(|_| String::new()),
                _ => {}
            }
        }
        let value = read_cdr(discriminator, types, input).map_err(|cause| match cause {
            DynamicError::Cdr(cause) => cause,
            _ => malformed("TypeCode: a label that the switch does not have"),
        })?;
        label_text(&value, discriminator, types)
            .ok_or_else(|| malformed("TypeCode: a type that nothing switches by"))
    }

    fn value(&mut self, name_: String, base: usize, input: &mut Decoder<'_>) -> Result<TypeDef, CdrError> {
        let kind = match input.read_i16()? {
            0 => ValueKind::Plain,
            1 => ValueKind::Custom,
            2 => ValueKind::Abstract,
            3 => ValueKind::Truncatable,
            other => {
                return Err(CdrError::InvalidDiscriminant {
                    type_name: "ValueModifier",
                    value: other.into(),
                });
            }
        };
        let concrete = match self.type_code(base, input)? {
            TypeDesc::Null | TypeDesc::ValueBase => None,
            base @ TypeDesc::Named(_) => Some(base),
            _ => return Err(malformed("TypeCode: a base that is no value type")),
        };
        let count = input.read_len(10)?;
        let mut members = Vec::new();
        for _ in 0..count {
            let name = name(input)?;
            let ty = self.type_code(base, input)?;
            members.push(StateMember { name, ty, public: input.read_i16()? == PUBLIC });
        }
        Ok(TypeDef::Value { name: name_, kind, base: concrete, members })
    }

    /// Enters a definition, which must be the same wherever it occurs.
    fn define(&mut self, id: &str, definition: TypeDef) -> Result<(), CdrError> {
        match self.definitions.insert(id.to_owned(), Some(definition)) {
            Some(Some(earlier)) if self.definitions[id].as_ref() != Some(&earlier) => {
                Err(malformed("TypeCode: one repository id for two types"))
            }
            _ => Ok(()),
        }
    }

    /// The id of a type; one of our own for a type without, since definitions go by it.
    fn id(&mut self, kind: TcKind, id: String) -> String {
        match kind {
            _ if !id.is_empty() => return id,
            // Some write so what every object, or everything that may be one, is.
            TcKind::OBJREF => return "IDL:omg.org/CORBA/Object:1.0".to_owned(),
            TcKind::ABSTRACT_INTERFACE => return "IDL:omg.org/CORBA/AbstractBase:1.0".to_owned(),
            _ => {}
        }
        self.unnamed += 1;
        format!("{UNNAMED}{}", self.unnamed)
    }
}

/// What the ids of types without a repository id begin with; it is not written.
pub(super) const UNNAMED: char = '#';

/// `PUBLIC_MEMBER`; `PRIVATE_MEMBER` is 0.
pub(super) const PUBLIC: i16 = 1;

/// A repository id or name: the same octets in every code set.
fn name(input: &mut Decoder<'_>) -> Result<String, CdrError> {
    quorb_giop::names::RepositoryId::decode(input).map(|text| text.as_str().to_owned())
}

/// A bound, of which 0 means that there is none.
fn bound(input: &mut Decoder<'_>) -> Result<Option<u32>, CdrError> {
    input.read_u32().map(|bound| Some(bound).filter(|bound| *bound > 0))
}

fn enumerators(input: &mut Decoder<'_>) -> Result<Vec<String>, CdrError> {
    let count = input.read_len(5)?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(name(input)?);
    }
    Ok(names)
}
