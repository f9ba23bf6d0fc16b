//! Unions (IDL 4.2, 7.4.1.4.4.4.2).

use std::collections::HashMap;

use super::aggregates::is_union;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DefinitionId, DefinitionKind, Literal, Primitive, Type, Union, UnionCase};
use crate::source::Span;
use crate::syntax::{CaseSyntax, Name, TypeSpec};

impl Union {
    /// As it is while only declared.
    pub(super) fn undefined() -> Union {
        Union { defined: false, discriminator: Type::Primitive(Primitive::Boolean), cases: Vec::new() }
    }
}

/// The labels of a union that were read.
#[derive(Default)]
struct Labels {
    seen: HashMap<i128, Span>,
    default: Option<Span>,
}

impl Resolver<'_> {
    pub(super) fn union(
        &mut self,
        name: &Name,
        discriminator: &TypeSpec,
        cases: &[CaseSyntax],
    ) -> Resolved<DefinitionId> {
        let id = match self.forward_of(name, is_union)? {
            Some(id) => id,
            None => self.add_here(name, DefinitionKind::Union(Union::undefined()))?,
        };
        self.list(id);
        self.enter(id);
        let union = self.union_body(discriminator, cases);
        self.leave();
        // Complete even if malformed: the fault was reported, its uses need not be.
        self.states[id.0 as usize].complete = true;
        let union = union?;
        self.states[id.0 as usize].local = union.cases.iter().any(|case| self.is_local(&case.member.ty));
        *self.kind_mut(id) = DefinitionKind::Union(union);
        Ok(id)
    }

    fn union_body(&mut self, spec: &TypeSpec, syntax: &[CaseSyntax]) -> Resolved<Union> {
        let discriminator = self.type_spec(spec)?;
        let Some(values) = self.discriminator_values(&discriminator) else {
            let message = "a union is switched by an integer, char, wchar, boolean, octet or enum type";
            return Err(self.report.error(Code::Discriminator, spec.span, message));
        };
        let mut labels = Labels::default();
        let mut cases = Vec::new();
        for case in syntax {
            // What is wrong was reported; the other cases may be right.
            let _ = self.case(case, &discriminator, &mut labels, &mut cases);
        }
        if let Some(default) = labels.default
            && labels.seen.len() as u64 >= values
        {
            self.report.error(Code::Label, default, "every value has its case: nothing is left for default");
        }
        Ok(Union { defined: true, discriminator, cases })
    }

    fn case(
        &mut self,
        syntax: &CaseSyntax,
        discriminator: &Type,
        labels: &mut Labels,
        into: &mut Vec<UnionCase>,
    ) -> Resolved<()> {
        let mut values = Vec::new();
        let mut is_default = false;
        for (label, span) in &syntax.labels {
            let Some(label) = label else {
                is_default = true;
                if let Some(before) = labels.default.replace(*span) {
                    let fault = Diagnostic::error(Code::Label, *span, "a union has one default");
                    self.report.push(fault.related(before, "the first one"));
                }
                continue;
            };
            let Ok(value) = self.evaluate(label, discriminator) else { continue };
            if let Some(before) = labels.seen.insert(self.ordinal(&value), *span) {
                let fault = Diagnostic::error(Code::Label, *span, "this label is there twice");
                self.report.push(fault.related(before, "the first one"));
            }
            values.push(value);
        }
        let mut members = Vec::new();
        self.member(&syntax.member, &mut members)?;
        into.extend(members.pop().map(|member| UnionCase { labels: values, is_default, member }));
        Ok(())
    }

    /// How many values a discriminator of this type has; none if there is no such discriminator.
    fn discriminator_values(&self, ty: &Type) -> Option<u64> {
        match self.model.without_aliases(ty) {
            Type::Primitive(primitive) => match primitive {
                Primitive::Boolean => Some(2),
                Primitive::Char => Some(256),
                Primitive::WChar => Some(u64::MAX),
                other => other
                    .integer_range()
                    .map(|(least, greatest)| u64::try_from(greatest - least + 1).unwrap_or(u64::MAX)),
            },
            Type::Named(id) => match self.kind(*id) {
                DefinitionKind::Enum(definition) => Some(definition.enumerators.len() as u64),
                _ => None,
            },
            _ => None,
        }
    }

    fn ordinal(&self, value: &Literal) -> i128 {
        match value {
            Literal::Integer(value) => *value,
            Literal::Char(char) | Literal::WChar(char) => u32::from(*char).into(),
            Literal::Boolean(value) => i128::from(*value),
            Literal::Enumerator(id) => id.0.into(),
            _ => -1,
        }
    }
}
