//! Structs, exceptions, enums and typedefs (IDL 4.2, 7.4.1.4).

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::Code;
use crate::model::{Annotation, DefinitionId, DefinitionKind, Enum, Item, Member, Type, Union};
use crate::source::{Place, Span};
use crate::syntax::{Declarator, MemberSyntax, Name, TypeDeclaration, TypeSpec};

impl Resolver<'_> {
    /// A struct, a union or an enum, wherever it is declared.
    pub(super) fn type_declaration(&mut self, declaration: &TypeDeclaration) -> Resolved<DefinitionId> {
        let name = declaration.name();
        match declaration {
            TypeDeclaration::Struct { members, .. } => self.structure(name, members),
            TypeDeclaration::Union { discriminator, cases, .. } => self.union(name, discriminator, cases),
            TypeDeclaration::Enum { enumerators, .. } => self.enumeration(name, enumerators),
        }
    }

    pub(super) fn forward(&mut self, name: &Name, structure: bool) -> Resolved<()> {
        let same = if structure { is_struct } else { is_union };
        if self
            .own_definition(name)
            .is_some_and(|id| same(self.kind(id)) && self.model.definition(id).name == name.text)
        {
            return Ok(());
        }
        let kind = if structure {
            DefinitionKind::Struct(Vec::new())
        } else {
            DefinitionKind::Union(Union::undefined())
        };
        let id = self.add_here(name, kind)?;
        self.scopes[self.current].items.push(Item::Forward(id));
        Ok(())
    }

    fn structure(&mut self, name: &Name, members: &[MemberSyntax]) -> Resolved<DefinitionId> {
        let id = match self.forward_of(name, is_struct)? {
            Some(id) => id,
            None => self.add_here(name, DefinitionKind::Struct(Vec::new()))?,
        };
        self.list(id);
        let members = self.members_of(id, members);
        *self.kind_mut(id) = DefinitionKind::Struct(members);
        self.states[id.0 as usize].complete = true;
        Ok(id)
    }

    pub(super) fn exception(&mut self, name: &Name, members: &[MemberSyntax]) -> Resolved<DefinitionId> {
        let id = self.add_here(name, DefinitionKind::Exception(Vec::new()))?;
        self.list(id);
        let members = self.members_of(id, members);
        *self.kind_mut(id) = DefinitionKind::Exception(members);
        self.states[id.0 as usize].complete = true;
        Ok(id)
    }

    fn members_of(&mut self, id: DefinitionId, syntax: &[MemberSyntax]) -> Vec<Member> {
        self.enter(id);
        let mut members = Vec::new();
        for member in syntax {
            // What is wrong was reported; the members after it may be right.
            let _ = self.member(member, &mut members);
        }
        self.leave();
        self.states[id.0 as usize].local = members.iter().any(|member| self.is_local(&member.ty));
        members
    }

    /// The members of one declaration, each with its name declared.
    pub(super) fn member(&mut self, syntax: &MemberSyntax, into: &mut Vec<Member>) -> Resolved<()> {
        let ty = self.type_spec(&syntax.ty)?;
        self.check_complete(&ty, syntax.ty.span, false)?;
        for declarator in &syntax.declarators {
            let ty = self.declared_type(&ty, declarator)?;
            self.declare(&declarator.name, Meaning::Part)?;
            into.push(Member {
                name: declarator.name.text.clone(),
                ty,
                annotations: syntax.annotations.clone(),
                place: Place(declarator.name.span),
            });
        }
        Ok(())
    }

    /// The type of a declarator, with its dimensions.
    pub(super) fn declared_type(&mut self, ty: &Type, declarator: &Declarator) -> Resolved<Type> {
        if declarator.dimensions.is_empty() {
            return Ok(ty.clone());
        }
        let mut dimensions = Vec::new();
        for dimension in &declarator.dimensions {
            dimensions.push(self.bound(dimension)?);
        }
        Ok(Type::Array(Box::new(ty.clone()), dimensions))
    }

    fn enumeration(&mut self, name: &Name, names: &[Name]) -> Resolved<DefinitionId> {
        let id = self.add_here(name, DefinitionKind::Enum(Enum { enumerators: Vec::new() }))?;
        let mut enumerators = Vec::new();
        for name in names {
            // Enumerators are names of the scope around the enum (IDL 4.2, 7.4.1.4.4.4.3).
            let kind = DefinitionKind::Enumerator(id, enumerators.len() as u32);
            if let Ok(enumerator) = self.add_here(name, kind) {
                self.states[enumerator.0 as usize].complete = true;
                enumerators.push(enumerator);
            }
        }
        *self.kind_mut(id) = DefinitionKind::Enum(Enum { enumerators });
        self.states[id.0 as usize].complete = true;
        self.list(id);
        Ok(id)
    }

    pub(super) fn typedef(&mut self, spec: &TypeSpec, declarators: &[Declarator]) -> Resolved<DefinitionId> {
        let ty = self.type_spec(spec)?;
        self.check_complete(&ty, spec.span, false)?;
        let mut last = None;
        for declarator in declarators {
            let ty = self.declared_type(&ty, declarator)?;
            let target = match &ty {
                Type::Named(target) if matches!(self.kind(*target), DefinitionKind::Alias(_)) => {
                    Some(*target)
                }
                _ => None,
            };
            let id = self.define(&declarator.name, DefinitionKind::Alias(ty))?;
            if let Some(target) = target {
                self.count_aliases(id, target, spec.span);
            }
            last = Some(id);
        }
        Ok(last.expect("a typedef has a declarator"))
    }

    /// Chains of aliases are bounded, since every look behind an alias walks one. One that is too long is cut.
    fn count_aliases(&mut self, id: DefinitionId, target: DefinitionId, span: Span) {
        let aliases = self.state(target).aliases + 1;
        self.states[id.0 as usize].aliases = aliases;
        if aliases > self.limits.alias_depth_max {
            let message = format!("more than {} aliases of aliases", self.limits.alias_depth_max);
            self.report.error(Code::Limit, span, message);
            *self.kind_mut(id) = DefinitionKind::Native;
            self.states[id.0 as usize].aliases = 0;
        }
    }

    pub(super) fn annotate(&mut self, id: DefinitionId, annotations: &[Annotation]) {
        self.model.definitions[id.0 as usize].annotations = annotations.to_vec();
    }
}

pub(super) fn is_struct(kind: &DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Struct(_))
}

pub(super) fn is_union(kind: &DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Union(_))
}
