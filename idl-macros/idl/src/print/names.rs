//! Names and types as text.

use super::Printer;
use super::values;
use crate::lex;
use crate::model::{Annotation, DefinitionId, DefinitionKind, Literal, Type};

impl Printer<'_> {
    /// The last part of a definition's name.
    pub(super) fn own_name(&self, id: DefinitionId) -> String {
        escaped(&self.get(id).name)
    }

    /// A definition's name as it is found from the present scope.
    pub(super) fn name(&self, id: DefinitionId) -> String {
        if self.is_plain(id) {
            return self.own_name(id);
        }
        self.model.path(id).iter().map(|part| format!("::{}", escaped(part))).collect()
    }

    /// Whether the last part alone means the definition here: no scope between has the name too.
    fn is_plain(&self, id: DefinitionId) -> bool {
        let definition = self.get(id);
        let mut scope = self.scope;
        while scope != definition.parent {
            let Some(at) = scope else { return false };
            if self.holds(at, &definition.name, 0) {
                return false;
            }
            scope = self.get(at).parent;
        }
        true
    }

    /// Whether a scope declares or inherits a name, in any case of its letters.
    fn holds(&self, scope: DefinitionId, name: &str, depth: usize) -> bool {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        if depth > 300 {
            return true;
        }
        let named = |ids: &[DefinitionId]| {
            ids.iter().any(|id| match &self.get(*id).kind {
                DefinitionKind::Enum(definition) => {
                    same(&self.get(*id).name)
                        || definition.enumerators.iter().any(|id| same(&self.get(*id).name))
                }
                _ => same(&self.get(*id).name),
            })
        };
        let bases = |ids: &[DefinitionId]| ids.iter().any(|id| self.holds(*id, name, depth + 1));
        match &self.get(scope).kind {
            DefinitionKind::Interface(interface) => named(&interface.body) || bases(&interface.bases),
            DefinitionKind::Value(value) => {
                named(&value.body)
                    || bases(&value.bases)
                    || bases(&value.supports)
                    || value.state.iter().any(|state| same(&state.member.name))
                    || value.factories.iter().any(|factory| same(&factory.name))
            }
            DefinitionKind::Operation(operation) => {
                operation.parameters.iter().any(|parameter| same(&parameter.name))
            }
            DefinitionKind::Struct(members) | DefinitionKind::Exception(members) => {
                members.iter().any(|member| same(&member.name) || named(&self.inner_type(scope, &member.ty)))
            }
            DefinitionKind::Union(union) => {
                named(&self.inner_type(scope, &union.discriminator))
                    || union.cases.iter().any(|case| {
                        same(&case.member.name) || named(&self.inner_type(scope, &case.member.ty))
                    })
            }
            // Of a module the whole name is never wrong.
            _ => true,
        }
    }

    /// The definition of a type that is declared in the scope of a struct, a union or an exception, if it is.
    pub(super) fn inner_type(&self, scope: DefinitionId, ty: &Type) -> Vec<DefinitionId> {
        match ty {
            Type::Named(id) if self.get(*id).parent == Some(scope) => vec![*id],
            Type::Array(element, _) => self.inner_type(scope, element),
            _ => Vec::new(),
        }
    }

    pub(super) fn ty(&self, ty: &Type) -> String {
        let bound = |bound: &Option<u32>| bound.map_or(String::new(), |bound| format!("<{bound}>"));
        match ty {
            Type::Primitive(primitive) => primitive.as_str().to_owned(),
            Type::String(length) => format!("string{}", bound(length)),
            Type::WString(length) => format!("wstring{}", bound(length)),
            Type::Fixed { digits, scale } => format!("fixed<{digits}, {scale}>"),
            Type::Sequence(element, None) => format!("sequence<{}>", self.ty(element)),
            Type::Sequence(element, Some(bound)) => format!("sequence<{}, {bound}>", self.ty(element)),
            // The dimensions stand behind the name.
            Type::Array(element, _) => self.ty(element),
            Type::Named(id) => self.name(*id),
        }
    }

    pub(super) fn names(&self, ids: &[DefinitionId]) -> String {
        ids.iter().map(|id| self.name(*id)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn value(&self, value: &Literal) -> String {
        match value {
            Literal::Enumerator(id) => self.name(*id),
            other => values::literal(other),
        }
    }
}

/// A name with its dimensions, if the type is an array.
pub(super) fn declarator(name: &str, ty: &Type) -> String {
    let mut text = escaped(name);
    if let Type::Array(_, dimensions) = ty {
        for dimension in dimensions {
            text.push_str(&format!("[{dimension}]"));
        }
    }
    text
}

pub(super) fn escaped(name: &str) -> String {
    if lex::collides(name).is_some() || lex::CORBA2_LATER.contains(&name) {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

pub(super) fn annotation(annotation: &Annotation) -> String {
    match &annotation.arguments {
        Some(arguments) => format!("@{}({arguments})", annotation.name),
        None => format!("@{}", annotation.name),
    }
}

/// Annotations in front of a member or a parameter.
pub(super) fn annotations(list: &[Annotation]) -> String {
    list.iter().map(|one| annotation(one) + " ").collect()
}
