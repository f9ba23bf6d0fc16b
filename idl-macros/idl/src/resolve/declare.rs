//! Declaring names, and going into scopes and out of them.

use super::scope::{Entry, Meaning, Scope};
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic, Reported};
use crate::model::{DefinitionId, DefinitionKind, Item};
use crate::syntax::Name;

impl Resolver<'_> {
    /// Makes a name known in the present scope.
    pub(super) fn declare(&mut self, name: &Name, meaning: Meaning) -> Resolved<()> {
        self.check_scope_name(name)?;
        let key = name.text.to_ascii_lowercase();
        if let Some(entry) = self.scopes[self.current].entries.get(&key) {
            let (code, words) = if entry.used {
                (Code::RedefinedAfterUse, "used here with another meaning")
            } else if entry.name == name.text {
                (Code::Redefinition, "first declared here")
            } else {
                (Code::CaseCollision, "first declared here")
            };
            let message = match code {
                Code::RedefinedAfterUse => {
                    format!("{} cannot be declared in a scope that has used {}", name.text, entry.name)
                }
                Code::Redefinition => format!("{} is declared twice in this scope", name.text),
                _ => format!("{} differs from {} in case alone", name.text, entry.name),
            };
            let fault = Diagnostic::error(code, name.span, message);
            let fault = match entry.span {
                Some(span) => fault.related(span, words),
                None => fault,
            };
            return Err(self.report.push(fault));
        }
        self.check_inherited(name)?;
        let entry = Entry { name: name.text.clone(), span: Some(name.span), meaning, used: false };
        self.scopes[self.current].entries.insert(key, entry);
        Ok(())
    }

    /// The name of a scope is not declared anew just inside of it (IDL 4.2, 7.5.2).
    fn check_scope_name(&mut self, name: &Name) -> Resolved<()> {
        let Some(owner) = self.scopes[self.current].owner else { return Ok(()) };
        if matches!(self.kind(owner), DefinitionKind::Operation(_)) {
            return Ok(());
        }
        let scope_name = &self.model.definition(owner).name;
        if !scope_name.eq_ignore_ascii_case(&name.text) {
            return Ok(());
        }
        let message = format!("{} is the name of the scope it is declared in", scope_name);
        let fault = Diagnostic::error(Code::ScopeName, name.span, message);
        let fault = self.with_place(fault, owner, "the scope");
        Err(self.report.push(fault))
    }

    /// Inherited operations and attributes are not declared anew (IDL 4.2, 7.4.3.4.3.2).
    fn check_inherited(&mut self, name: &Name) -> Resolved<()> {
        for base in self.scopes[self.current].bases.clone() {
            let scope = self.scope_of(base);
            let Ok(Some(entry)) = self.find_in(scope, &name.text) else { continue };
            let Meaning::Definition(id) = entry.meaning else { continue };
            if matches!(self.kind(id), DefinitionKind::Operation(_) | DefinitionKind::Attribute(_)) {
                let message = format!("{} is inherited and cannot be declared anew", entry.name);
                let fault = Diagnostic::error(Code::InheritedClash, name.span, message);
                let fault = self.with_place(fault, id, "inherited from here");
                return Err(self.report.push(fault));
            }
        }
        Ok(())
    }

    /// A new definition in the present scope, not complete yet and not listed.
    pub(super) fn add_here(&mut self, name: &Name, kind: DefinitionKind) -> Resolved<DefinitionId> {
        let id = DefinitionId(self.model.definitions.len() as u32);
        self.declare(name, Meaning::Definition(id))?;
        let id = self.add(name.text.clone(), Some(name.span), kind);
        let repository_id = self.default_id(id);
        self.id_bytes += repository_id.len();
        if self.id_bytes > self.limits.repository_id_bytes_max {
            let message =
                format!("more than {} octets of repository ids", self.limits.repository_id_bytes_max);
            return Err(self.report.error(Code::Limit, name.span, message));
        }
        self.model.definitions[id.0 as usize].repository_id = repository_id;
        Ok(id)
    }

    /// A new definition in the present scope, complete and listed.
    pub(super) fn define(&mut self, name: &Name, kind: DefinitionKind) -> Resolved<DefinitionId> {
        let id = self.add_here(name, kind)?;
        self.states[id.0 as usize].complete = true;
        self.list(id);
        Ok(id)
    }

    pub(super) fn list(&mut self, id: DefinitionId) {
        self.scopes[self.current].items.push(Item::Definition(id));
    }

    /// What this name is declared as in the present scope itself.
    pub(super) fn own_definition(&self, name: &Name) -> Option<DefinitionId> {
        let entry = self.scopes[self.current].entries.get(&name.text.to_ascii_lowercase())?;
        match entry.meaning {
            Meaning::Definition(id) if !entry.used => Some(id),
            _ => None,
        }
    }

    /// The forward declaration that this definition completes.
    pub(super) fn forward_of(
        &mut self,
        name: &Name,
        same: fn(&DefinitionKind) -> bool,
    ) -> Resolved<Option<DefinitionId>> {
        let Some(id) = self.own_definition(name) else { return Ok(None) };
        if self.state(id).complete || !same(self.kind(id)) || self.is_open(id) {
            return Ok(None);
        }
        if self.model.definition(id).name != name.text {
            return Err(self.case_mismatch(name, id));
        }
        Ok(Some(id))
    }

    /// Whether the walk is inside of this definition.
    pub(super) fn is_open(&self, id: DefinitionId) -> bool {
        let mut at = Some(self.current);
        while let Some(scope) = at {
            if self.scopes[scope].owner == Some(id) {
                return true;
            }
            at = self.scopes[scope].parent;
        }
        false
    }

    pub(super) fn case_mismatch(&mut self, name: &Name, id: DefinitionId) -> Reported {
        let message = format!("{} is declared as {}", name.text, self.model.definition(id).name);
        let fault = Diagnostic::error(Code::CaseMismatch, name.span, message);
        let fault = self.with_place(fault, id, "declared here");
        self.report.push(fault)
    }

    /// The scope of a definition; made when first asked for.
    pub(super) fn scope_of(&mut self, id: DefinitionId) -> usize {
        if let Some(scope) = self.state(id).scope {
            return scope;
        }
        let scope = self.scopes.len();
        self.scopes.push(Scope::new(Some(id), Some(self.current)));
        self.states[id.0 as usize].scope = Some(scope);
        scope
    }

    pub(super) fn enter(&mut self, id: DefinitionId) {
        let scope = self.scope_of(id);
        self.current = scope;
        let inherited = self.prefixes.last().cloned().unwrap_or_default();
        self.prefixes.push(self.scopes[scope].type_prefix.clone().unwrap_or(inherited));
    }

    /// Back to the scope around; what was listed in the one left.
    pub(super) fn leave(&mut self) -> Vec<Item> {
        let scope = self.current;
        self.current = self.scopes[scope].parent.unwrap_or(0);
        if self.prefixes.len() > 1 {
            self.prefixes.pop();
        }
        std::mem::take(&mut self.scopes[scope].items)
    }

    /// As [`Resolver::leave`], for scopes that hold no modules and forward declarations.
    pub(super) fn leave_body(&mut self) -> Vec<DefinitionId> {
        let items = self.leave();
        items
            .into_iter()
            .filter_map(|item| match item {
                Item::Definition(id) => Some(id),
                Item::Module(..) | Item::Forward(_) => None,
            })
            .collect()
    }
}
