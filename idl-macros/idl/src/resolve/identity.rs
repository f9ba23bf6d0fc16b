//! Repository ids (CORBA 3.3 Part 1, 14.7): made of names and prefixes, or given.

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Annotation, DefinitionId, DefinitionKind};
use crate::preprocess::{EventKind, PragmaName};
use crate::source::Span;
use crate::syntax::ScopedName;

impl Resolver<'_> {
    /// The id that the name and the prefix in force give.
    pub(super) fn default_id(&self, id: DefinitionId) -> String {
        if matches!(self.kind(id), DefinitionKind::Enumerator(..)) {
            return String::new();
        }
        let prefix = self.prefixes.last().map_or("", String::as_str);
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("IDL:{prefix}{slash}{}:1.0", self.model.path(id).join("/"))
    }

    pub(super) fn event(&mut self, kind: EventKind, span: Span) -> Resolved<()> {
        match kind {
            EventKind::Enter => self.prefixes.push(String::new()),
            EventKind::Leave if self.prefixes.len() > 1 => {
                self.prefixes.pop();
            }
            EventKind::Leave => {}
            EventKind::Prefix(prefix) => {
                self.check_prefix(&prefix, span)?;
                if let Some(last) = self.prefixes.last_mut() {
                    *last = prefix;
                }
            }
            EventKind::Id { name, id } => {
                let target = self.pragma_target(&name, span)?;
                self.give_id(target, id, span, true)?;
            }
            EventKind::Version { name, version } => {
                let target = self.pragma_target(&name, span)?;
                self.give_version(target, &version, span)?;
            }
            EventKind::Annotate { name, annotations } => self.remark(&name, annotations, span)?,
        }
        Ok(())
    }

    /// Adds annotations to a definition, to a member of a structure or exception, or to a parameter of an operation.
    fn remark(&mut self, name: &PragmaName, annotations: Vec<Annotation>, span: Span) -> Resolved<()> {
        let inner = name.parts.split_last().filter(|(_, outer)| !outer.is_empty());
        if let Some((part, outer)) = inner {
            let outer = PragmaName { absolute: name.absolute, parts: outer.to_vec() };
            let owner = self.pragma_target(&outer, span)?;
            let of_part = |own: &str| own == part;
            let list = match self.kind_mut(owner) {
                DefinitionKind::Struct(members) | DefinitionKind::Exception(members) => members
                    .iter_mut()
                    .find(|member| of_part(&member.name))
                    .map(|member| &mut member.annotations),
                DefinitionKind::Operation(operation) => operation
                    .parameters
                    .iter_mut()
                    .find(|parameter| of_part(&parameter.name))
                    .map(|parameter| &mut parameter.annotations),
                _ => None,
            };
            if let Some(list) = list {
                list.extend(annotations);
                return Ok(());
            }
        }
        let target = self.pragma_target(name, span)?;
        self.model.definitions[target.0 as usize].annotations.extend(annotations);
        Ok(())
    }

    pub(super) fn type_id(&mut self, name: &ScopedName, id: String, span: Span) -> Resolved<()> {
        let target = self.lookup_definition(name)?;
        if matches!(self.kind(target), DefinitionKind::Enumerator(..)) {
            return Err(self.wrong_kind(name, "something with a repository id"));
        }
        self.give_id(target, id, span, false)
    }

    pub(super) fn type_prefix(&mut self, name: &ScopedName, prefix: &str, span: Span) -> Resolved<()> {
        let target = self.lookup_definition(name)?;
        self.check_prefix(prefix, span)?;
        let scoped = matches!(
            self.kind(target),
            DefinitionKind::Module
                | DefinitionKind::Interface(_)
                | DefinitionKind::Value(_)
                | DefinitionKind::Struct(_)
                | DefinitionKind::Union(_)
                | DefinitionKind::Exception(_)
        );
        if !scoped {
            return Err(self.wrong_kind(name, "a scope"));
        }
        let scope = self.scope_of(target);
        self.scopes[scope].type_prefix = Some(prefix.to_owned());
        self.prefixes.push(prefix.to_owned());
        if !self.given_ids.contains_key(&target) {
            let id = self.default_id(target);
            self.model.definitions[target.0 as usize].repository_id = id;
        }
        self.prefixes.pop();
        if self.current == scope
            && let Some(last) = self.prefixes.last_mut()
        {
            *last = prefix.to_owned();
        }
        Ok(())
    }

    /// A prefix is part of an id (CORBA 3.3 Part 1, 14.7.5.2).
    fn check_prefix(&mut self, prefix: &str, span: Span) -> Resolved<()> {
        if prefix.len() > self.limits.prefix_bytes_max {
            let message = format!("a prefix of more than {} octets", self.limits.prefix_bytes_max);
            return Err(self.report.error(Code::Limit, span, message));
        }
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | '/');
        if prefix.starts_with(['_', '-', '.', '/']) || prefix.ends_with('/') || !prefix.chars().all(plain) {
            return Err(self.report.error(
                Code::RepositoryId,
                span,
                "a prefix is names with slashes between them",
            ));
        }
        Ok(())
    }

    fn pragma_target(&mut self, name: &PragmaName, span: Span) -> Resolved<DefinitionId> {
        let Some((first, rest)) = name.parts.split_first() else {
            return Err(self.report.error(Code::Pragma, span, "this pragma names nothing"));
        };
        let mut at = if name.absolute { 0 } else { self.current };
        let mut found = self.find_in(at, first).ok().flatten();
        while let (None, Some(parent)) = (&found, self.scopes[at].parent) {
            at = parent;
            found = self.find_in(at, first).ok().flatten();
        }
        for part in rest {
            let Some(Meaning::Definition(id)) = found.as_ref().map(|entry| entry.meaning) else { break };
            let scope = self.scope_of(id);
            found = self.find_in(scope, part).ok().flatten();
        }
        match found.map(|entry| entry.meaning) {
            Some(Meaning::Definition(id)) if !matches!(self.kind(id), DefinitionKind::Enumerator(..)) => {
                Ok(id)
            }
            _ => {
                let message = format!("the pragma names {}, which is not declared", name.parts.join("::"));
                Err(self.report.error(Code::NotFound, span, message))
            }
        }
    }

    /// Sets an id. A pragma may say the same twice; nothing may say two different things.
    fn give_id(&mut self, target: DefinitionId, id: String, span: Span, repeatable: bool) -> Resolved<()> {
        let (format, body) = id.split_once(':').unwrap_or((&id, ""));
        let valid = !format.is_empty() && !body.is_empty() && !id.chars().any(|char| char.is_whitespace());
        let versioned =
            format != "IDL" || body.rsplit_once(':').is_some_and(|(_, version)| is_version(version));
        if !valid || !versioned {
            let message = "a repository id is FORMAT:NAME, and one of OMG IDL IDL:NAME:MAJOR.MINOR";
            return Err(self.report.error(Code::RepositoryId, span, message));
        }
        let definition = &mut self.model.definitions[target.0 as usize];
        if let Some(before) = self.given_ids.get(&target)
            && (!repeatable || definition.repository_id != id)
        {
            let message = format!("the repository id of {} was given before", definition.name);
            let fault = Diagnostic::error(Code::RepositoryId, span, message);
            return Err(self.report.push(fault.related(*before, "given here")));
        }
        definition.repository_id = id;
        self.given_ids.insert(target, span);
        Ok(())
    }

    fn give_version(&mut self, target: DefinitionId, version: &str, span: Span) -> Resolved<()> {
        if !is_version(version) {
            return Err(self.report.error(Code::Pragma, span, "a version is MAJOR.MINOR"));
        }
        let id = self.model.definition(target).repository_id.clone();
        let stem = id.rsplit_once(':').map_or(id.as_str(), |(stem, _)| stem).to_owned();
        self.give_id(target, format!("{stem}:{version}"), span, true)
    }
}

fn is_version(version: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().is_ok() && text.chars().all(|char| char.is_ascii_digit());
    version.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}
