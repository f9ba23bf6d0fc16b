//! Operations and attributes (IDL 4.2, 7.4.3.4.3.3).

use std::collections::HashSet;

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Annotation, Attribute, DefinitionId, DefinitionKind, Direction, InterfaceFlavour, Operation, Parameter,
    Type,
};
use crate::source::{Place, Span};
use crate::syntax::{AttributeSyntax, OperationSyntax, ParameterSyntax, ScopedName, TypeSpec};

impl Resolver<'_> {
    pub(super) fn operation(&mut self, syntax: &OperationSyntax) -> Resolved<DefinitionId> {
        let empty = Operation {
            oneway: syntax.oneway.is_some(),
            returns: None,
            parameters: Vec::new(),
            raises: Vec::new(),
            context: Vec::new(),
        };
        let id = self.define(&syntax.name, DefinitionKind::Operation(empty.clone()))?;
        // The rest is looked at even if the result has no type.
        let returns = syntax.returns.as_ref().map(|spec| self.signature_type(spec));
        self.enter(id);
        let parameters = self.parameters(&syntax.parameters);
        self.leave();
        let raises = self.raises(&syntax.raises);
        self.check_oneway(syntax);
        let mut context = Vec::new();
        for (text, span) in &syntax.context {
            self.check_context(text, *span);
            context.push(text.clone());
        }
        let returns = returns.transpose()?;
        *self.kind_mut(id) =
            DefinitionKind::Operation(Operation { returns, parameters, raises, context, ..empty });
        Ok(id)
    }

    /// Parameters, each with its name declared in the present scope.
    pub(super) fn parameters(&mut self, syntax: &[ParameterSyntax]) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for parameter in syntax {
            let Ok(ty) = self.signature_type(&parameter.ty) else { continue };
            if self.declare(&parameter.name, Meaning::Part).is_err() {
                continue;
            }
            parameters.push(Parameter {
                direction: parameter.direction,
                name: parameter.name.text.clone(),
                ty,
                annotations: parameter.annotations.clone(),
                place: Place(parameter.name.span),
            });
        }
        parameters
    }

    pub(super) fn attribute(&mut self, syntax: &AttributeSyntax, annotations: &[Annotation]) -> Resolved<()> {
        let ty = self.signature_type(&syntax.ty)?;
        let get_raises = self.raises(&syntax.get_raises);
        let set_raises = self.raises(&syntax.set_raises);
        for name in &syntax.names {
            let attribute = Attribute {
                readonly: syntax.readonly,
                ty: ty.clone(),
                get_raises: get_raises.clone(),
                set_raises: set_raises.clone(),
            };
            let id = self.define(name, DefinitionKind::Attribute(attribute))?;
            self.annotate(id, annotations);
        }
        Ok(())
    }

    /// A type that crosses the interface: complete, and not local unless the interface is.
    fn signature_type(&mut self, spec: &TypeSpec) -> Resolved<Type> {
        let ty = self.type_spec(spec)?;
        self.check_complete(&ty, spec.span, true)?;
        if self.is_local(&ty) && !self.in_local_interface() {
            return Err(self.report.error(
                Code::Local,
                spec.span,
                "a local type stands in local interfaces only",
            ));
        }
        Ok(ty)
    }

    /// Whether what is declared here never leaves its process. Valuetypes may hold local types in their operations,
    /// which are local calls.
    fn in_local_interface(&self) -> bool {
        let mut at = Some(self.current);
        while let Some(scope) = at {
            match self.scopes[scope].owner.map(|owner| self.kind(owner)) {
                Some(DefinitionKind::Interface(interface)) => {
                    return interface.flavour == InterfaceFlavour::Local;
                }
                Some(DefinitionKind::Value(_)) => return true,
                _ => at = self.scopes[scope].parent,
            }
        }
        false
    }

    pub(super) fn raises(&mut self, names: &[ScopedName]) -> Vec<DefinitionId> {
        let mut raises = Vec::new();
        let mut seen = HashSet::new();
        for name in names {
            let Ok(id) = self.lookup_definition(name) else { continue };
            if !matches!(self.kind(id), DefinitionKind::Exception(_)) {
                self.wrong_kind(name, "an exception");
            } else if self.state(id).local && !self.in_local_interface() {
                self.report.error(
                    Code::Local,
                    name.span(),
                    "a local exception is raised by local interfaces only",
                );
            } else if seen.insert(id) {
                raises.push(id);
            }
        }
        raises
    }

    /// Nobody waits for a oneway: it answers nothing.
    fn check_oneway(&mut self, syntax: &OperationSyntax) {
        if syntax.oneway.is_none() {
            return;
        }
        let fault = |span: Span, message: &str| Diagnostic::error(Code::Oneway, span, message);
        if let Some(spec) = &syntax.returns {
            self.report.push(fault(spec.span, "a oneway operation returns void"));
        }
        for parameter in syntax.parameters.iter().filter(|parameter| parameter.direction != Direction::In) {
            self.report.push(fault(parameter.name.span, "a oneway operation has in parameters only"));
        }
        if let Some(name) = syntax.raises.first() {
            self.report.push(fault(name.span(), "a oneway operation raises nothing"));
        }
    }

    /// Letters, digits, periods and underscores, a letter first, perhaps an asterisk last (IDL 4.2, 7.4.6.3).
    fn check_context(&mut self, text: &str, span: Span) {
        let name = text.strip_suffix('*').unwrap_or(text);
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_');
        if !name.starts_with(|char: char| char.is_ascii_alphabetic()) || !name.chars().all(plain) {
            self.report.error(
                Code::Context,
                span,
                "a context is a name of letters, digits, . and _, perhaps with * last",
            );
        }
    }
}
