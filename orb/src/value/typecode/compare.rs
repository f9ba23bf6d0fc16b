//! When two type codes are the same type, and when values of one are values of the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lower;
use super::read::UNNAMED;
use super::{TypeCode, elements_of, parts_of};
use crate::model::{TypeDef, TypeDesc};

/// Whether both say the same, in the same words.
pub(super) fn equal(a: &TypeCode, b: &TypeCode) -> bool {
    if a.desc != b.desc {
        return false;
    }
    if Arc::ptr_eq(&a.definitions, &b.definitions) {
        return true;
    }
    // Both use the same ids: what is left is that each id means the same.
    let mut seen = BTreeSet::new();
    let mut open = vec![&a.desc];
    while let Some(desc) = open.pop() {
        match desc {
            TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => {
                if !seen.insert(id) {
                    continue;
                }
                match (a.definitions.get(id), b.definitions.get(id)) {
                    (None, None) => {}
                    (Some(one), Some(other)) if one == other => open.extend(parts_of(one)),
                    _ => return false,
                }
            }
            desc => open.extend(elements_of(desc)),
        }
    }
    true
}

/// Whether a value of one is a value of the other (CORBA 3.3 Part 1, 8.11.1).
pub(super) fn equivalent(a: &TypeCode, b: &TypeCode) -> bool {
    if Arc::ptr_eq(&a.definitions, &b.definitions) && a.desc == b.desc {
        return true;
    }
    let (a, b) = (lower::lowered(a), lower::lowered(b));
    Comparison { a: &a, b: &b, assumed: BTreeSet::new() }.types(&a.desc, &b.desc)
}

struct Comparison<'a> {
    a: &'a TypeCode,
    b: &'a TypeCode,
    /// Pairs of ids that are being compared, or have been: a type that contains itself is what it contains.
    assumed: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Comparison<'a> {
    fn types(&mut self, a: &'a TypeDesc, b: &'a TypeDesc) -> bool {
        let (a, b) = (behind(a, self.a), behind(b, self.b));
        match (a, b) {
            (
                TypeDesc::Sequence { element: a, bound: one },
                TypeDesc::Sequence { element: b, bound: other },
            ) => one == other && self.types(a, b),
            (TypeDesc::Array { element: a, length: one }, TypeDesc::Array { element: b, length: other }) => {
                one == other && self.types(a, b)
            }
            (TypeDesc::Named(a), TypeDesc::Named(b)) => self.named(a, b),
            _ => a == b,
        }
    }

    fn named(&mut self, a: &'a str, b: &'a str) -> bool {
        let (Some(one), Some(other)) = (self.a.definitions.get(a), self.b.definitions.get(b)) else {
            return a == b;
        };
        if std::mem::discriminant(one) != std::mem::discriminant(other) {
            return false;
        }
        // Types with ids are known by them; those without, and those that only exist on the wire, by what they are.
        let has_id = |id: &str| !id.starts_with(UNNAMED) && !is_generated(id);
        if has_id(a) && has_id(b) {
            return a == b;
        }
        if !self.assumed.insert((a, b)) {
            return true;
        }
        self.definitions(one, other)
    }

    fn definitions(&mut self, one: &'a TypeDef, other: &'a TypeDef) -> bool {
        match (one, other) {
            (TypeDef::Enum { enumerators: one, .. }, TypeDef::Enum { enumerators: other, .. }) => {
                one.len() == other.len()
            }
            (
                TypeDef::Union { discriminator: a, cases: one, .. },
                TypeDef::Union { discriminator: b, cases: other, .. },
            ) => {
                let valued = |cases: &'a [crate::model::Case]| {
                    cases
                        .iter()
                        .filter_map(|case| Some((&case.labels, case.ty.as_ref()?)))
                        .collect::<Vec<_>>()
                };
                let (one, other) = (valued(one), valued(other));
                self.types(a, b)
                    && one.len() == other.len()
                    && one
                        .iter()
                        .zip(&other)
                        .all(|((ours, a), (theirs, b))| ours == theirs && self.types(a, b))
            }
            (one, other) => {
                let (one, other) = (parts_of(one), parts_of(other));
                one.len() == other.len() && one.into_iter().zip(other).all(|(a, b)| self.types(a, b))
            }
        }
    }
}

/// Whether a type got its name from us alone: a foreign one of the same shape has another.
fn is_generated(id: &str) -> bool {
    id.starts_with("IDL:Optional") || id.starts_with("IDL:Entry")
}

fn behind<'a>(desc: &'a TypeDesc, code: &'a TypeCode) -> &'a TypeDesc {
    code.types().resolve(desc).map_or(desc, |(desc, _)| desc)
}
