//! Every definition in its place: what it stands in, and what it is called from the outermost scope on.

use std::collections::BTreeMap;

use super::building::Building;
use super::entry::{Entry, Item};
use super::ids::{anatomy, around};
use crate::model::simple_name;

impl Building {
    /// Finds the container of every definition, makes the modules, and says what stands at the top.
    pub(super) fn place(&mut self) -> Vec<String> {
        let paths: BTreeMap<String, String> = self
            .entries
            .values()
            .filter(|entry| entry.is_scope())
            .filter_map(|entry| Some((anatomy(&entry.id)?.path.to_owned(), entry.id.clone())))
            .collect();
        let by_declaration: BTreeMap<String, String> = self
            .declared
            .iter()
            .flat_map(|(of, members)| members.iter().map(|member| (member.clone(), of.clone())))
            .collect();
        let mut top = Vec::new();
        let mut waiting: Vec<String> = self.entries.keys().rev().cloned().collect();
        while let Some(id) = waiting.pop() {
            let container = by_declaration.get(&id).cloned().or_else(|| {
                let scope = around(anatomy(&id)?.path)?;
                Some(paths.get(scope).cloned().unwrap_or_else(|| format!("IDL:{scope}:1.0")))
            });
            match &container {
                None => top.push(id.clone()),
                Some(container) => {
                    if !self.entries.contains_key(container) {
                        let module =
                            Entry::new(container.clone(), simple_name(container).to_owned(), Item::Module);
                        self.entries.insert(container.clone(), module);
                        waiting.push(container.clone());
                    }
                    if let (false, Some(outer)) =
                        (by_declaration.contains_key(&id), self.entries.get_mut(container))
                    {
                        outer.contents.push(id.clone());
                    }
                }
            }
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.container = container;
            }
        }
        for (of, members) in std::mem::take(&mut self.declared) {
            if let Some(entry) = self.entries.get_mut(&of) {
                entry.contents.extend(members);
            }
        }
        self.spell_names();
        top
    }

    /// The absolute name of every definition.
    fn spell_names(&mut self) {
        let names: Vec<(String, String)> =
            self.entries.keys().map(|id| (id.clone(), self.absolute_name(id))).collect();
        for (id, name) in names {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.absolute_name = name;
            }
        }
    }

    fn absolute_name(&self, id: &str) -> String {
        let (mut parts, mut next) = (Vec::new(), self.entries.get(id));
        while let Some(entry) = next {
            parts.push(entry.name.as_str());
            next = entry.container.as_ref().and_then(|container| self.entries.get(container));
        }
        parts.iter().rev().map(|part| format!("::{part}")).collect()
    }
}
