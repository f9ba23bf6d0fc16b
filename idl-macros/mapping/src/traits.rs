//! Which traits of the standard library a generated type can have.

use quorb_idl::model::{DefinitionId, DefinitionKind, InterfaceFlavour, Primitive, Type};

use crate::Mapper;
use crate::annotations::has;

/// The most elements of an array for which the standard library has `Default`.
const DEFAULT_ARRAY_ELEMENTS_MAX: u32 = 32;

/// How deep types are followed; deeper ones are taken to lack the trait.
const DEPTH_MAX: usize = 64;

/// A trait that depends on the parts of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ability {
    /// `Eq` and `Hash`.
    Compare,
    /// `Default`.
    Default,
}

impl Mapper<'_> {
    /// Whether the values of a type have a trait.
    pub(crate) fn can(&self, ty: &Type, ability: Ability) -> bool {
        self.can_within(ty, ability, &mut Vec::new())
    }

    /// Whether every one of the types has a trait.
    pub(crate) fn all_can<'t>(&self, mut types: impl Iterator<Item = &'t Type>, ability: Ability) -> bool {
        types.all(|ty| self.can(ty, ability))
    }

    fn can_within(&self, ty: &Type, ability: Ability, around: &mut Vec<DefinitionId>) -> bool {
        let by_default = ability == Ability::Default;
        match ty {
            Type::Primitive(primitive) => match primitive {
                Primitive::Float | Primitive::Double | Primitive::Any => by_default,
                // It may be null.
                Primitive::ValueBase | Primitive::AbstractBase => by_default,
                Primitive::TypeCode => false,
                Primitive::WChar | Primitive::Object => !by_default,
                _ => true,
            },
            Type::String(_) | Type::WString(Some(_)) | Type::Fixed { .. } => true,
            Type::WString(None) => !by_default,
            Type::Sequence(element, _) => by_default || self.can_within(element, ability, around),
            Type::Array(element, dimensions) => {
                (!by_default || dimensions.iter().all(|length| *length <= DEFAULT_ARRAY_ELEMENTS_MAX))
                    && self.can_within(element, ability, around)
            }
            Type::Named(id) => {
                // A type that is being looked at has the trait if its other parts do.
                if around.contains(id) {
                    return true;
                }
                if around.len() >= DEPTH_MAX || self.chosen.excludes(self.model, *id) {
                    return false;
                }
                around.push(*id);
                let can = self.definition_can(*id, ability, around);
                around.pop();
                can
            }
        }
    }

    fn definition_can(&self, id: DefinitionId, ability: Ability, around: &mut Vec<DefinitionId>) -> bool {
        let definition = self.model.definition(id);
        match &definition.kind {
            DefinitionKind::Enum(_) => true,
            DefinitionKind::Struct(members) => {
                members.iter().all(|member| self.can_within(&member.ty, ability, around))
            }
            DefinitionKind::Union(union) => {
                let optional = has(&definition.annotations, "optional");
                match ability {
                    Ability::Default => optional,
                    Ability::Compare => {
                        union.cases.iter().all(|case| self.can_within(&case.member.ty, ability, around))
                    }
                }
            }
            DefinitionKind::Alias(ty) => self.can_within(ty, ability, around),
            DefinitionKind::Interface(interface) if interface.flavour == InterfaceFlavour::Abstract => {
                ability == Ability::Default
            }
            // A reference to a local object may be nil, and its trait says nothing of what objects are equal.
            DefinitionKind::Interface(interface) if interface.flavour == InterfaceFlavour::Local => {
                ability == Ability::Default
            }
            DefinitionKind::Interface(_) => ability == Ability::Compare,
            // It may be null.
            DefinitionKind::Value(_) | DefinitionKind::ValueBox(_) => ability == Ability::Default,
            _ => false,
        }
    }
}
