//! Finding names (IDL 4.2, 7.5.2 and 7.5.3).

use super::scope::{Entry, Meaning};
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic, Reported};
use crate::model::{DefinitionId, DefinitionKind};
use crate::syntax::{Name, ScopedName};

/// A name that several bases give different meanings.
pub(super) struct Clash(Entry, Entry);

impl Resolver<'_> {
    /// What a scoped name means here. Its first part is kept from being declared anew in the scopes it was used in.
    pub(super) fn lookup(&mut self, name: &ScopedName) -> Resolved<Meaning> {
        let (first, rest) = name.parts.split_first().expect("a scoped name has a part");
        let mut entry = if name.absolute { self.part(0, first)? } else { self.unqualified(first)? };
        for part in rest {
            let Meaning::Definition(id) = entry.meaning else {
                return self.no_scope(first, &entry);
            };
            if !self.is_scope(id) {
                return self.no_scope(part, &entry);
            }
            let scope = self.scope_of(id);
            entry = self.part(scope, part)?;
        }
        Ok(entry.meaning)
    }

    /// The definition a scoped name means; [`Reported`] if it means none.
    pub(super) fn lookup_definition(&mut self, name: &ScopedName) -> Resolved<DefinitionId> {
        match self.lookup(name)? {
            Meaning::Definition(id) => Ok(id),
            Meaning::Unsupported => Err(Reported),
            Meaning::Primitive(_) | Meaning::Part => Err(self.wrong_kind(name, "a definition")),
        }
    }

    pub(super) fn wrong_kind(&mut self, name: &ScopedName, wanted: &str) -> Reported {
        let text = spelled(name);
        self.report.error(Code::WrongKind, name.span(), format!("{text} is not {wanted}"))
    }

    fn no_scope(&mut self, name: &Name, entry: &Entry) -> Resolved<Meaning> {
        if entry.meaning == Meaning::Unsupported {
            return Err(Reported);
        }
        let message = format!("{} is not a scope that holds names", entry.name);
        Err(self.report.error(Code::WrongKind, name.span, message))
    }

    fn is_scope(&self, id: DefinitionId) -> bool {
        matches!(
            self.kind(id),
            DefinitionKind::Module
                | DefinitionKind::Interface(_)
                | DefinitionKind::Value(_)
                | DefinitionKind::Struct(_)
                | DefinitionKind::Union(_)
                | DefinitionKind::Exception(_)
        )
    }

    /// A part of a scoped name, in the scope the parts before it mean.
    fn part(&mut self, scope: usize, name: &Name) -> Resolved<Entry> {
        match self.find_in(scope, &name.text) {
            Ok(Some(entry)) => self.checked_case(name, entry),
            Ok(None) => Err(self.not_found(name)),
            Err(clash) => Err(self.ambiguous(name, &clash)),
        }
    }

    fn unqualified(&mut self, name: &Name) -> Resolved<Entry> {
        let mut passed = Vec::new();
        let mut at = Some(self.current);
        while let Some(scope) = at {
            match self.find_in(scope, &name.text) {
                Ok(Some(entry)) => {
                    let entry = self.checked_case(name, entry)?;
                    self.mark_used(name, &entry, scope, &passed);
                    return Ok(entry);
                }
                Ok(None) => {}
                Err(clash) => return Err(self.ambiguous(name, &clash)),
            }
            passed.push(scope);
            at = self.scopes[scope].parent;
        }
        Err(self.not_found(name))
    }

    /// Introduces a name into the scopes between its use and its declaration, up to the innermost module.
    fn mark_used(&mut self, name: &Name, entry: &Entry, found_in: usize, passed: &[usize]) {
        let key = name.text.to_ascii_lowercase();
        let inherited = !self.scopes[found_in].entries.contains_key(&key);
        for scope in passed.iter().copied().chain(inherited.then_some(found_in)) {
            let used = Entry { span: Some(name.span), used: true, ..entry.clone() };
            self.scopes[scope].entries.entry(key.clone()).or_insert(used);
            let owner = self.scopes[scope].owner;
            if owner.is_none_or(|owner| matches!(self.kind(owner), DefinitionKind::Module)) {
                return;
            }
        }
    }

    /// What a name means in a scope itself or in what the scope inherits.
    pub(super) fn find_in(&mut self, scope: usize, name: &str) -> Result<Option<Entry>, Clash> {
        let key = name.to_ascii_lowercase();
        let mut visited = vec![scope];
        let mut found: Option<Entry> = None;
        let mut next = 0;
        while let Some(&scope) = visited.get(next) {
            next += 1;
            if let Some(entry) = self.scopes[scope].entries.get(&key).filter(|entry| !entry.used) {
                match &found {
                    Some(other) if other.meaning != entry.meaning => {
                        return Err(Clash(other.clone(), entry.clone()));
                    }
                    _ => found = Some(entry.clone()),
                }
                if next == 1 {
                    break;
                }
                // What a base declares hides what it inherits.
                continue;
            }
            for base in self.scopes[scope].bases.clone() {
                let base = self.scope_of(base);
                if !visited.contains(&base) {
                    visited.push(base);
                }
            }
        }
        Ok(found)
    }

    fn checked_case(&mut self, name: &Name, entry: Entry) -> Resolved<Entry> {
        if entry.name == name.text {
            return Ok(entry);
        }
        let fault = Diagnostic::error(
            Code::CaseMismatch,
            name.span,
            format!("{} is declared as {}", name.text, entry.name),
        );
        let fault = match entry.span {
            Some(span) => fault.related(span, "declared here"),
            None => fault,
        };
        Err(self.report.push(fault))
    }

    fn not_found(&mut self, name: &Name) -> Reported {
        self.report.error(Code::NotFound, name.span, format!("{} is not declared", name.text))
    }

    fn ambiguous(&mut self, name: &Name, clash: &Clash) -> Reported {
        let mut fault = Diagnostic::error(
            Code::Ambiguous,
            name.span,
            format!("{} is inherited with several meanings", name.text),
        );
        for entry in [&clash.0, &clash.1] {
            if let Some(span) = entry.span {
                fault = fault.related(span, "one of them");
            }
        }
        self.report.push(fault)
    }
}

/// A scoped name as it is written.
pub(super) fn spelled(name: &ScopedName) -> String {
    let parts: Vec<&str> = name.parts.iter().map(|part| &*part.text).collect();
    format!("{}{}", if name.absolute { "::" } else { "" }, parts.join("::"))
}
