//! Interfaces and what they inherit (IDL 4.2, 7.4.3 and 7.4.6).

use std::collections::{HashMap, HashSet};

use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DefinitionId, DefinitionKind, Interface, InterfaceFlavour, Item};
use crate::source::Span;
use crate::syntax::{InterfaceSyntax, Name, ScopedName};

impl Resolver<'_> {
    pub(super) fn interface(&mut self, syntax: InterfaceSyntax) -> Resolved<DefinitionId> {
        let name = &syntax.name;
        let id = self.declared_interface(name, syntax.flavour, syntax.body.is_some())?;
        let Some(body) = syntax.body else { return Ok(id) };
        let bases = self.interface_bases(&syntax.bases, Some(syntax.flavour));
        let bases = self.limited(bases, name.span);
        self.list(id);
        let scope = self.scope_of(id);
        self.scopes[scope].bases = bases.clone();
        self.check_inherited_clash(name.span, &bases);
        *self.kind_mut(id) = DefinitionKind::Interface(Interface {
            flavour: syntax.flavour,
            defined: true,
            bases,
            body: Vec::new(),
        });
        self.enter(id);
        self.declarations(body);
        let listed = self.leave_body();
        if let DefinitionKind::Interface(interface) = self.kind_mut(id) {
            interface.body = listed;
        }
        self.states[id.0 as usize].complete = true;
        Ok(id)
    }

    /// The definition of this name: a new one, or the one that was declared before.
    fn declared_interface(
        &mut self,
        name: &Name,
        flavour: InterfaceFlavour,
        defines: bool,
    ) -> Resolved<DefinitionId> {
        let own =
            self.own_definition(name).filter(|id| matches!(self.kind(*id), DefinitionKind::Interface(_)));
        let Some(id) = own.filter(|id| !defines || !self.state(*id).complete) else {
            let kind = DefinitionKind::Interface(Interface { flavour, ..Interface::default() });
            let id = self.add_here(name, kind)?;
            if !defines {
                self.scopes[self.current].items.push(Item::Forward(id));
            }
            return Ok(id);
        };
        if self.model.definition(id).name != name.text {
            return Err(self.case_mismatch(name, id));
        }
        if !matches!(self.kind(id), DefinitionKind::Interface(interface) if interface.flavour == flavour) {
            let message = format!("{} was declared as another kind of interface", name.text);
            let fault = Diagnostic::error(Code::Mismatch, name.span, message);
            let fault = self.with_place(fault, id, "first declared here");
            return Err(self.report.push(fault));
        }
        Ok(id)
    }

    /// The interfaces that are inherited; `flavour` is that of the heir, none is a valuetype that supports them.
    pub(super) fn interface_bases(
        &mut self,
        names: &[ScopedName],
        flavour: Option<InterfaceFlavour>,
    ) -> Vec<DefinitionId> {
        let mut bases = Vec::new();
        for name in names.iter().take(self.limits.ancestors_max + 1) {
            let Ok(id) = self.lookup_definition(name) else { continue };
            let id = self.without_alias(id);
            let DefinitionKind::Interface(base) = self.kind(id) else {
                self.wrong_kind(name, "an interface");
                continue;
            };
            let reason = if !base.defined || !self.state(id).complete {
                Some("it is not defined yet")
            } else if bases.contains(&id) {
                Some("it is inherited already")
            } else if flavour == Some(InterfaceFlavour::Abstract)
                && base.flavour != InterfaceFlavour::Abstract
            {
                Some("an abstract interface inherits abstract ones only")
            } else if base.flavour == InterfaceFlavour::Local
                && matches!(flavour, Some(InterfaceFlavour::Unconstrained | InterfaceFlavour::Abstract))
            {
                Some("an interface that is not local inherits none that is")
            } else {
                None
            };
            if let Some(reason) = reason {
                self.inheritance_fault(name, id, reason);
                continue;
            }
            bases.push(id);
        }
        bases
    }

    pub(super) fn inheritance_fault(&mut self, name: &ScopedName, id: DefinitionId, reason: &str) {
        let message = format!("{} cannot be inherited here: {reason}", self.model.definition(id).name);
        let fault = Diagnostic::error(Code::Inheritance, name.span(), message);
        let fault = self.with_place(fault, id, "declared here");
        self.report.push(fault);
    }

    /// The bases, or as many of them as have no more ancestors than the limit: lookups visit all of them.
    pub(super) fn limited(&mut self, mut bases: Vec<DefinitionId>, span: Span) -> Vec<DefinitionId> {
        let max = self.limits.ancestors_max;
        let mut seen: HashSet<DefinitionId> = HashSet::new();
        let mut open = bases.clone();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.bases_of(id));
            }
            if seen.len() > max {
                self.report.error(
                    Code::Limit,
                    span,
                    format!("more than {max} bases, bases of bases counted"),
                );
                bases.clear();
                break;
            }
        }
        bases
    }

    fn bases_of(&self, id: DefinitionId) -> Vec<DefinitionId> {
        match self.kind(id) {
            DefinitionKind::Interface(interface) => interface.bases.clone(),
            DefinitionKind::Value(value) => value.bases.iter().chain(&value.supports).copied().collect(),
            _ => Vec::new(),
        }
    }

    /// The definition that a chain of aliases names.
    pub(super) fn without_alias(&self, id: DefinitionId) -> DefinitionId {
        match self.kind(id) {
            DefinitionKind::Alias(target) => match self.model.without_aliases(target) {
                crate::model::Type::Named(id) => *id,
                _ => id,
            },
            _ => id,
        }
    }

    /// Two operations or attributes of the same name are not inherited from two bases (IDL 4.2, 7.4.3.4.3.2).
    pub(super) fn check_inherited_clash(&mut self, span: Span, bases: &[DefinitionId]) {
        if bases.len() < 2 {
            return;
        }
        let mut seen: HashMap<String, DefinitionId> = HashMap::new();
        for id in self.inherited_operations(bases) {
            let name = self.model.definition(id).name.to_ascii_lowercase();
            let Some(other) = seen.insert(name, id).filter(|other| *other != id) else { continue };
            let message = format!("{} is inherited from two interfaces", self.model.definition(id).name);
            let fault = Diagnostic::error(Code::InheritedClash, span, message);
            let fault = self.with_place(fault, other, "from here");
            let fault = self.with_place(fault, id, "and from here");
            self.report.push(fault);
        }
    }

    /// The operations and attributes of these and all their ancestors.
    fn inherited_operations(&self, bases: &[DefinitionId]) -> Vec<DefinitionId> {
        let mut operations = Vec::new();
        let mut seen: HashSet<DefinitionId> = HashSet::new();
        let mut open = bases.to_vec();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let body = match self.kind(id) {
                DefinitionKind::Interface(interface) => {
                    open.extend(&interface.bases);
                    &interface.body
                }
                DefinitionKind::Value(value) => {
                    open.extend(value.bases.iter().chain(&value.supports));
                    &value.body
                }
                _ => continue,
            };
            operations.extend(body.iter().copied().filter(|id| {
                matches!(self.kind(*id), DefinitionKind::Operation(_) | DefinitionKind::Attribute(_))
            }));
        }
        operations
    }
}
