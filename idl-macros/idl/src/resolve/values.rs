//! Valuetypes (IDL 4.2, 7.4.5 and 7.4.7).

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    DefinitionId, DefinitionKind, Factory, InterfaceFlavour, Item, StateMember, Type, Value, ValueFlavour,
};
use crate::syntax::{Declaration, DeclarationKind, Name, ScopedName, TypeSpec, ValueSyntax};

impl Resolver<'_> {
    pub(super) fn value(&mut self, mut syntax: ValueSyntax) -> Resolved<DefinitionId> {
        let id = self.declared_value(&syntax)?;
        let Some(body) = syntax.body.take() else { return Ok(id) };
        let bases = self.value_bases(&syntax);
        let bases = self.limited(bases, syntax.name.span);
        let supports = self.supported(&syntax);
        let supports = self.limited(supports, syntax.name.span);
        self.list(id);
        let scope = self.scope_of(id);
        let inherited: Vec<DefinitionId> = bases.iter().chain(&supports).copied().collect();
        self.scopes[scope].bases = inherited.clone();
        self.check_inherited_clash(syntax.name.span, &inherited);
        let truncatable = syntax.truncatable.is_some();
        let flavour = syntax.flavour;
        let value = Value { flavour, defined: true, truncatable, bases, supports, ..Value::default() };
        *self.kind_mut(id) = DefinitionKind::Value(value);
        self.enter(id);
        let (state, factories) = self.value_body(flavour, body);
        let listed = self.leave_body();
        if let DefinitionKind::Value(value) = self.kind_mut(id) {
            value.body = listed;
            value.state = state;
            value.factories = factories;
        }
        self.states[id.0 as usize].complete = true;
        Ok(id)
    }

    fn declared_value(&mut self, syntax: &ValueSyntax) -> Resolved<DefinitionId> {
        let (name, defines) = (&syntax.name, syntax.body.is_some());
        let own = self.own_definition(name).filter(|id| matches!(self.kind(*id), DefinitionKind::Value(_)));
        let Some(id) = own.filter(|id| !defines || !self.state(*id).complete) else {
            let value = Value { flavour: syntax.flavour, ..Value::default() };
            let id = self.add_here(name, DefinitionKind::Value(value))?;
            if !defines {
                self.scopes[self.current].items.push(Item::Forward(id));
            }
            return Ok(id);
        };
        if self.model.definition(id).name != name.text {
            return Err(self.case_mismatch(name, id));
        }
        let abstract_now = syntax.flavour == ValueFlavour::Abstract;
        if !matches!(self.kind(id), DefinitionKind::Value(value) if (value.flavour == ValueFlavour::Abstract) == abstract_now)
        {
            let message = format!("{} was declared as another kind of valuetype", name.text);
            let fault = Diagnostic::error(Code::Mismatch, name.span, message);
            let fault = self.with_place(fault, id, "first declared here");
            return Err(self.report.push(fault));
        }
        Ok(id)
    }

    fn value_bases(&mut self, syntax: &ValueSyntax) -> Vec<DefinitionId> {
        let mut bases = Vec::new();
        let mut stateful = false;
        for (index, name) in syntax.bases.iter().take(self.limits.ancestors_max + 1).enumerate() {
            let Ok(id) = self.lookup_definition(name) else { continue };
            let id = self.without_alias(id);
            let DefinitionKind::Value(base) = self.kind(id) else {
                self.wrong_kind(name, "a valuetype with members");
                continue;
            };
            let has_state = base.flavour != ValueFlavour::Abstract;
            let reason = if !self.state(id).complete {
                Some("it is not defined yet")
            } else if bases.contains(&id) {
                Some("it is inherited already")
            } else if has_state && syntax.flavour == ValueFlavour::Abstract {
                Some("an abstract valuetype inherits abstract ones only")
            } else if has_state && index > 0 {
                Some("the valuetype with state is the first one, and the only one")
            } else {
                None
            };
            if let Some(reason) = reason {
                self.inheritance_fault(name, id, reason);
            } else {
                stateful |= has_state;
                bases.push(id);
            }
        }
        if let Some(span) = syntax.truncatable {
            if syntax.flavour == ValueFlavour::Custom {
                self.report.error(Code::Value, span, "a custom valuetype is not truncatable");
            } else if !stateful && bases.len() == syntax.bases.len() {
                self.report.error(Code::Value, span, "only a valuetype with state can be truncated to");
            }
        }
        bases
    }

    fn supported(&mut self, syntax: &ValueSyntax) -> Vec<DefinitionId> {
        let supports = self.interface_bases(&syntax.supports, None);
        let concrete = |this: &Self, id: DefinitionId| matches!(this.kind(id), DefinitionKind::Interface(interface) if interface.flavour != InterfaceFlavour::Abstract);
        let names: Vec<&ScopedName> = syntax.supports.iter().collect();
        let surplus = supports.iter().filter(|id| concrete(self, **id)).count() > 1;
        if surplus && let Some(name) = names.last() {
            self.report.error(
                Code::Value,
                name.span(),
                "a valuetype supports one interface that is not abstract",
            );
        }
        supports
    }

    fn value_body(
        &mut self,
        flavour: ValueFlavour,
        body: Vec<Declaration>,
    ) -> (Vec<StateMember>, Vec<Factory>) {
        let (mut state, mut factories) = (Vec::new(), Vec::new());
        for declaration in body {
            match declaration.kind {
                DeclarationKind::State { member, .. } if flavour == ValueFlavour::Abstract => {
                    self.report.error(Code::Value, member.ty.span, "an abstract valuetype has no state");
                }
                DeclarationKind::State { public, mut member } => {
                    let annotations = declaration.annotations;
                    member.annotations.splice(0..0, annotations);
                    let mut members = Vec::new();
                    // What is wrong was reported; the elements after it may be right.
                    let _ = self.member(&member, &mut members);
                    state.extend(members.into_iter().map(|member| StateMember { public, member }));
                }
                DeclarationKind::Factory { name, .. } if flavour == ValueFlavour::Abstract => {
                    self.report.error(Code::Value, name.span, "an abstract valuetype has no factory");
                }
                DeclarationKind::Factory { name, parameters, raises } => {
                    if self.declare(&name, Meaning::Part).is_err() {
                        continue;
                    }
                    let scope = self.scopes.len();
                    self.scopes.push(super::scope::Scope::new(None, Some(self.current)));
                    let outer = std::mem::replace(&mut self.current, scope);
                    let parameters = self.parameters(&parameters);
                    self.current = outer;
                    factories.push(Factory { name: name.text, parameters, raises: self.raises(&raises) });
                }
                _ => {
                    let _ = self.declaration(declaration);
                }
            }
        }
        (state, factories)
    }

    /// `valuetype NAME type`: a box (IDL 4.2, 7.4.7.4).
    pub(super) fn value_box(&mut self, name: &Name, spec: &TypeSpec) -> Resolved<DefinitionId> {
        let ty = self.type_spec(spec)?;
        self.check_complete(&ty, spec.span, false)?;
        let boxed = self.model.without_aliases(&ty);
        let is_value = match boxed {
            Type::Named(id) => {
                matches!(self.kind(*id), DefinitionKind::Value(_) | DefinitionKind::ValueBox(_))
            }
            Type::Primitive(primitive) => *primitive == crate::model::Primitive::ValueBase,
            _ => false,
        };
        if is_value {
            return Err(self.report.error(Code::Value, spec.span, "a box holds what is no value itself"));
        }
        self.define(name, DefinitionKind::ValueBox(ty))
    }
}
