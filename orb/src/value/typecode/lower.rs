//! What IDL has no word for, as the IDL type that stands for it on the wire: optional values are unions, maps are sequences
//! of entries, signed octets are octets.

use std::collections::BTreeMap;

use super::{TypeCode, elements_of, parts_of};
use crate::model::{Case, Member, TypeDef, TypeDesc, idl_names};

/// The same type in words of IDL, with the definitions that it reaches and no others.
pub(super) fn lowered(code: &TypeCode) -> TypeCode {
    if is_plain(&code.desc) {
        return TypeCode::simple(code.desc.clone());
    }
    let mut lowering = Lowering { from: &code.definitions, to: BTreeMap::new(), open: Vec::new() };
    let desc = lowering.used(&code.desc);
    while let Some(id) = lowering.open.pop() {
        lowering.define(&id);
    }
    TypeCode::unchecked(desc, lowering.to)
}

/// Whether a type is the same in IDL and reaches nothing.
fn is_plain(desc: &TypeDesc) -> bool {
    !matches!(desc, TypeDesc::Int8 | TypeDesc::Named(_) | TypeDesc::Object(_) | TypeDesc::Abstract(_))
        && elements_of(desc).is_empty()
}

/// Whether a code says everything in words of IDL already.
pub(super) fn is_lowered(code: &TypeCode) -> bool {
    fn worded(desc: &TypeDesc) -> bool {
        !matches!(desc, TypeDesc::Int8 | TypeDesc::Map { .. } | TypeDesc::Optional(_))
            && elements_of(desc).into_iter().all(worded)
    }
    worded(&code.desc) && code.definitions.values().flat_map(parts_of).all(worded)
}

struct Lowering<'a> {
    from: &'a BTreeMap<String, TypeDef>,
    to: BTreeMap<String, TypeDef>,
    /// The ids that are used and not yet looked at.
    open: Vec<String>,
}

impl Lowering<'_> {
    fn used(&mut self, desc: &TypeDesc) -> TypeDesc {
        match desc {
            TypeDesc::Int8 => TypeDesc::Octet,
            TypeDesc::Sequence { element, bound } => {
                TypeDesc::Sequence { element: Box::new(self.used(element)), bound: *bound }
            }
            TypeDesc::Array { element, length } => {
                TypeDesc::Array { element: Box::new(self.used(element)), length: *length }
            }
            TypeDesc::Optional(inner) => self.optional(inner),
            TypeDesc::Map { key, value } => self.map(key, value),
            TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => {
                if !self.to.contains_key(id) {
                    self.open.push(id.clone());
                }
                desc.clone()
            }
            other => other.clone(),
        }
    }

    fn optional(&mut self, inner: &TypeDesc) -> TypeDesc {
        let name = idl_names::of_optional(inner);
        let id = idl_names::id_of(&name);
        if !self.to.contains_key(&id) {
            let value = self.used(inner);
            let cases =
                vec![Case { name: "value".to_owned(), labels: vec!["true".to_owned()], ty: Some(value) }];
            self.to.insert(id.clone(), TypeDef::Union { name, discriminator: TypeDesc::Boolean, cases });
        }
        TypeDesc::Named(id)
    }

    fn map(&mut self, key: &TypeDesc, value: &TypeDesc) -> TypeDesc {
        let name = idl_names::of_entry(key, value);
        let id = idl_names::id_of(&name);
        if !self.to.contains_key(&id) {
            let member = |name: &str, ty| Member { name: name.to_owned(), index: None, optional: false, ty };
            let members = vec![member("key", self.used(key)), member("value", self.used(value))];
            self.to.insert(id.clone(), TypeDef::Struct { name, members });
        }
        TypeDesc::Sequence { element: Box::new(TypeDesc::Named(id)), bound: None }
    }

    fn define(&mut self, id: &str) {
        let (false, Some(definition)) = (self.to.contains_key(id), self.from.get(id)) else { return };
        // Entered first, so that a type that contains itself is looked at once.
        self.to.insert(id.to_owned(), definition.clone());
        let mut lowered = definition.clone();
        match &mut lowered {
            TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
                for member in members {
                    member.ty = self.used(&member.ty);
                    (member.index, member.optional) = (None, false);
                }
            }
            TypeDef::Union { discriminator, cases, .. } => {
                *discriminator = self.used(discriminator);
                for ty in cases.iter_mut().filter_map(|case| case.ty.as_mut()) {
                    *ty = self.used(ty);
                }
            }
            TypeDef::Alias { ty, .. } | TypeDef::ValueBox { ty, .. } => *ty = self.used(ty),
            TypeDef::Value { base, members, .. } => {
                *base = base.as_ref().map(|base| self.used(base));
                members.iter_mut().for_each(|member| member.ty = self.used(&member.ty));
            }
            TypeDef::Enum { .. } | TypeDef::Interface { .. } | TypeDef::Opaque { .. } => {}
        }
        self.to.insert(id.to_owned(), lowered);
    }
}
