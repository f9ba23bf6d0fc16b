//! Types, and what may stand where.

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic, Reported};
use crate::model::{DefinitionId, DefinitionKind, InterfaceFlavour, Literal, Primitive, Type};
use crate::source::Span;
use crate::syntax::{Expression, ScopedName, TypeKind, TypeSpec};

impl Resolver<'_> {
    pub(super) fn type_spec(&mut self, spec: &TypeSpec) -> Resolved<Type> {
        match &spec.kind {
            TypeKind::Primitive(primitive) => Ok(Type::Primitive(*primitive)),
            TypeKind::String { wide, bound } => {
                let bound = bound.as_deref().map(|bound| self.bound(bound)).transpose()?;
                Ok(if *wide { Type::WString(bound) } else { Type::String(bound) })
            }
            TypeKind::Sequence { element, bound } => {
                let element = self.type_spec(element)?;
                let bound = bound.as_deref().map(|bound| self.bound(bound)).transpose()?;
                Ok(Type::Sequence(Box::new(element), bound))
            }
            TypeKind::Fixed(Some(sizes)) => self.fixed(&sizes.0, &sizes.1),
            TypeKind::Fixed(None) => {
                Err(self.report.error(Code::Bound, spec.span, "fixed without digits is for constants"))
            }
            TypeKind::Named(name) => self.named_type(name),
            TypeKind::Declared(declaration) => self.type_declaration(declaration).map(Type::Named),
        }
    }

    fn named_type(&mut self, name: &ScopedName) -> Resolved<Type> {
        let id = match self.lookup(name)? {
            Meaning::Primitive(primitive) => return Ok(Type::Primitive(primitive)),
            Meaning::Unsupported => return Err(Reported),
            Meaning::Part => return Err(self.wrong_kind(name, "a type")),
            Meaning::Definition(id) => id,
        };
        match self.kind(id) {
            DefinitionKind::Interface(_)
            | DefinitionKind::Value(_)
            | DefinitionKind::ValueBox(_)
            | DefinitionKind::Struct(_)
            | DefinitionKind::Union(_)
            | DefinitionKind::Enum(_)
            | DefinitionKind::Alias(_)
            | DefinitionKind::Native => Ok(Type::Named(id)),
            _ => {
                let fault = Diagnostic::error(
                    Code::WrongKind,
                    name.span(),
                    format!("{} is not a type", self.model.definition(id).name),
                );
                let fault = self.with_place(fault, id, "declared here");
                Err(self.report.push(fault))
            }
        }
    }

    /// The value of a bound or a dimension: a positive `unsigned long` (IDL 4.2, 7.4.1.4.4).
    pub(super) fn bound(&mut self, expression: &Expression) -> Resolved<u32> {
        match self.evaluate(expression, &Type::Primitive(Primitive::UnsignedLong))? {
            Literal::Integer(value) if value > 0 => Ok(value as u32),
            _ => Err(self.report.error(Code::Bound, expression.span, "a bound is at least 1")),
        }
    }

    fn fixed(&mut self, digits: &Expression, scale: &Expression) -> Resolved<Type> {
        let digits_value = self.bound(digits)?;
        let scale_value = match self.evaluate(scale, &Type::Primitive(Primitive::UnsignedLong))? {
            Literal::Integer(value) => value as u32,
            _ => 0,
        };
        if digits_value > 31 {
            return Err(self.report.error(Code::Bound, digits.span, "a fixed has at most 31 digits"));
        }
        if scale_value > digits_value {
            return Err(self.report.error(
                Code::Bound,
                scale.span,
                "the scale of a fixed is at most its digits",
            ));
        }
        Ok(Type::Fixed { digits: digits_value as u8, scale: scale_value as u8 })
    }

    /// A type whose size must be known: no struct or union that is not complete, outside of a sequence
    /// (IDL 4.2, 7.4.1.4.4.4.4).
    pub(super) fn check_complete(&mut self, ty: &Type, span: Span, through_sequences: bool) -> Resolved<()> {
        let Some(id) = self.incomplete(ty, through_sequences) else { return Ok(()) };
        let name = &self.model.definition(id).name;
        let message = if self.is_open(id) {
            format!("{name} contains itself")
        } else {
            format!("{name} is not complete here")
        };
        let fault = Diagnostic::error(Code::Recursion, span, message);
        let fault = self.with_place(fault, id, "declared here");
        Err(self.report.push(fault))
    }

    fn incomplete(&self, ty: &Type, through_sequences: bool) -> Option<DefinitionId> {
        let mut ty = ty;
        loop {
            match ty {
                Type::Array(element, _) => ty = element,
                Type::Sequence(element, _) if through_sequences => ty = element,
                Type::Named(id) => match self.kind(*id) {
                    DefinitionKind::Alias(target) => ty = target,
                    DefinitionKind::Struct(_) | DefinitionKind::Union(_) => {
                        return (!self.state(*id).complete).then_some(*id);
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// Whether values of the type never leave their process (IDL 4.2, 7.4.6.4).
    pub(super) fn is_local(&self, ty: &Type) -> bool {
        let mut ty = ty;
        loop {
            match ty {
                Type::Array(element, _) | Type::Sequence(element, _) => ty = element,
                Type::Named(id) => match self.kind(*id) {
                    DefinitionKind::Alias(target) => ty = target,
                    DefinitionKind::Interface(interface) => {
                        return interface.flavour == InterfaceFlavour::Local;
                    }
                    _ => return self.state(*id).local,
                },
                _ => return false,
            }
        }
    }
}
