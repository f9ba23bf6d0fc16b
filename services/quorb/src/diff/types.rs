//! The rules for types.

use quorb::model::{Case, Member, TypeDef, TypeDesc};

use super::change::Effect;
use super::compare::{Comparison, Sides};

use Effect::{Breaks, Fine, Partly};

impl Comparison {
    /// Two uses of types in the same place.
    pub(super) fn ty(&mut self, place: &str, old: &TypeDesc, new: &TypeDesc, sides: Sides<'_>) {
        match (old, new) {
            (TypeDesc::Named(before), TypeDesc::Named(after)) if before == after => {
                self.definition(before, sides)
            }
            (
                TypeDesc::Sequence { element: before, bound: least },
                TypeDesc::Sequence { element: after, bound: most },
            ) => {
                self.ty(place, before, after, sides);
                self.bound(place, *least, *most);
            }
            (TypeDesc::String { bound: before }, TypeDesc::String { bound: after })
            | (TypeDesc::WString { bound: before }, TypeDesc::WString { bound: after }) => {
                self.bound(place, *before, *after);
            }
            (TypeDesc::Optional(before), TypeDesc::Optional(after)) => self.ty(place, before, after, sides),
            (
                TypeDesc::Array { element: before, length: least },
                TypeDesc::Array { element: after, length: most },
            ) if least == most => self.ty(place, before, after, sides),
            (TypeDesc::Map { key: k, value: v }, TypeDesc::Map { key: other_k, value: other_v }) => {
                self.ty(place, k, other_k, sides);
                self.ty(place, v, other_v, sides);
            }
            (before, after) if before == after => {}
            (before, after) => {
                let what = format!("{before} has become {after}");
                let native = if are_numbers(before, after) { Partly } else { Breaks };
                let iiop = if is_reference(before) && is_reference(after) { Fine } else { Breaks };
                let native = if iiop == Fine { Fine } else { native };
                self.changes.note(place, what, native, iiop);
            }
        }
    }

    fn bound(&mut self, place: &str, old: Option<u32>, new: Option<u32>) {
        if old != new {
            let text = |bound: Option<u32>| {
                bound.map_or("no bound".to_owned(), |bound| format!("the bound {bound}"))
            };
            let what = format!("it had {}, and has {}", text(old), text(new));
            self.changes.note(place, what, Partly, Partly);
        }
    }

    /// A defined type, once.
    pub(super) fn definition(&mut self, id: &str, sides: Sides<'_>) {
        let (Some(old), Some(new)) = (sides.old.get(id), sides.new.get(id)) else { return };
        if !self.seen.insert(id.to_owned()) {
            return;
        }
        let place = old.name();
        match (old, new) {
            (TypeDef::Struct { members: before, .. }, TypeDef::Struct { members: after, .. })
            | (TypeDef::Exception { members: before, .. }, TypeDef::Exception { members: after, .. }) => {
                self.members(place, before, after, sides);
            }
            (TypeDef::Enum { enumerators: before, .. }, TypeDef::Enum { enumerators: after, .. }) => {
                self.enumerators(place, before, after);
            }
            (
                TypeDef::Union { discriminator: before, cases: old_cases, .. },
                TypeDef::Union { discriminator: after, cases: new_cases, .. },
            ) => {
                self.ty(&format!("{place} switch"), before, after, sides);
                self.cases(place, old_cases, new_cases, sides);
            }
            (before, after) if before == after => {}
            _ => self.changes.note(place, "it has become another kind of type", Breaks, Breaks),
        }
    }

    fn members(&mut self, place: &str, old: &[Member], new: &[Member], sides: Sides<'_>) {
        for (at, member) in old.iter().enumerate() {
            if let Some(other) = counterpart(member, new) {
                self.ty(&format!("{place}.{}", member.name), &member.ty, &other.ty, sides);
            } else if let Some(other) = new.get(at).filter(|other| is_renamed(member, other, old)) {
                let what = format!("the member `{}` is called `{}` now", member.name, other.name);
                self.changes.note(place, what, Breaks, Fine);
            } else {
                let native = if member.optional { Fine } else { Breaks };
                self.changes.note(place, format!("the member `{}` is gone", member.name), native, Breaks);
            }
        }
        for (at, member) in new.iter().enumerate() {
            let is_new = counterpart(member, old).is_none();
            let renames = old
                .get(at)
                .is_some_and(|other| is_renamed(other, member, old) && counterpart(other, new).is_none());
            if is_new && !renames {
                let (may_miss, native) =
                    if member.optional { (" and may be missing", Fine) } else { ("", Breaks) };
                let what = format!("the member `{}` is new{may_miss}", member.name);
                self.changes.note(place, what, native, Breaks);
            }
        }
        let order = |members: &[Member], others: &[Member]| -> Vec<String> {
            let common = members.iter().filter(|member| counterpart(member, others).is_some());
            common
                .map(|member| member.index.map_or_else(|| member.name.clone(), |index| index.to_string()))
                .collect()
        };
        if order(old, new) != order(new, old) {
            self.changes.note(place, "the members stand in another order", Fine, Breaks);
        }
    }

    fn enumerators(&mut self, place: &str, old: &[String], new: &[String]) {
        for name in old.iter().filter(|name| !new.contains(name)) {
            self.changes.note(place, format!("the enumerator `{name}` is gone"), Breaks, Breaks);
        }
        let common = |names: &[String], others: &[String]| -> Vec<(usize, String)> {
            let numbered = names.iter().cloned().enumerate();
            numbered.filter(|(_, name)| others.contains(name)).collect()
        };
        let keeps_numbers = common(old, new) == common(new, old);
        for name in new.iter().filter(|name| !old.contains(name)) {
            let what = format!("the enumerator `{name}` is new, and unknown to old peers");
            self.changes.note(place, what, Partly, Partly);
        }
        if !keeps_numbers {
            self.changes.note(place, "the enumerators have other numbers", Fine, Breaks);
        }
    }

    fn cases(&mut self, place: &str, old: &[Case], new: &[Case], sides: Sides<'_>) {
        for case in old {
            let Some(other) = new.iter().find(|other| other.labels == case.labels) else {
                if case.ty.is_some() {
                    let what = format!("the case `{}` is gone, or has other labels", case.name);
                    self.changes.note(place, what, Breaks, Breaks);
                }
                continue;
            };
            match (&case.ty, &other.ty) {
                (Some(before), Some(after)) => {
                    self.ty(&format!("{place}.{}", case.name), before, after, sides)
                }
                (None, None) => {}
                _ => self.changes.note(
                    place,
                    format!("the case `{}` has a value in one version only", other.name),
                    Partly,
                    Partly,
                ),
            }
        }
        for case in new
            .iter()
            .filter(|case| case.ty.is_some() && !old.iter().any(|other| other.labels == case.labels))
        {
            let what = format!("the case `{}` is new, and unknown to old peers", case.name);
            self.changes.note(place, what, Partly, Partly);
        }
    }
}

/// The same member among others: by index where there is one, else by name.
fn counterpart<'m>(member: &Member, others: &'m [Member]) -> Option<&'m Member> {
    others.iter().find(|other| match (member.index, other.index) {
        (Some(one), Some(another)) => one == another,
        _ => member.name == other.name,
    })
}

/// Whether a member has taken the place of another one of its type.
fn is_renamed(old: &Member, new: &Member, all_old: &[Member]) -> bool {
    old.ty == new.ty && counterpart(new, all_old).is_none()
}

fn are_numbers(old: &TypeDesc, new: &TypeDesc) -> bool {
    let is_integer = |ty: &TypeDesc| {
        matches!(
            ty,
            TypeDesc::Octet
                | TypeDesc::Int8
                | TypeDesc::Short
                | TypeDesc::Long
                | TypeDesc::LongLong
                | TypeDesc::UShort
                | TypeDesc::ULong
                | TypeDesc::ULongLong
        )
    };
    let is_float = |ty: &TypeDesc| matches!(ty, TypeDesc::Float | TypeDesc::Double);
    (is_integer(old) && is_integer(new)) || (is_float(old) && is_float(new))
}

fn is_reference(ty: &TypeDesc) -> bool {
    matches!(ty, TypeDesc::Object(_))
}
