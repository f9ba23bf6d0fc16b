//! Interfaces.

use super::words::escaped;
use super::{NoIdl, Progress, Stop, Writer};

impl Writer<'_> {
    /// Writes an interface, its bases first.
    pub(super) fn interface(&mut self, id: &str) -> Result<(), Stop> {
        if self.progress.contains_key(id) {
            return Ok(());
        }
        let Some(described) = self.interfaces.get(id).copied() else {
            return Err(NoIdl::Undescribed { id: id.to_owned() }.into());
        };
        for base in described.bases {
            self.interface(base)?;
            if self.progress.get(base) != Some(&Progress::Done) {
                // What stands in this interface is needed by its base.
                return Err(Stop::Nested);
            }
        }
        self.progress.insert(id.to_owned(), Progress::Begun);
        let outer = self.around.replace(id.to_owned());
        let written = self.operations(id, described.operations);
        self.around = outer;
        let (operations, remarks) = written?;
        let name = self.ident(id)?;
        let bases: Vec<String> =
            described.bases.iter().map(|base| self.absolute(base)).collect::<Result<_, Stop>>()?;
        let bases = if bases.is_empty() { String::new() } else { format!(" : {}", bases.join(", ")) };
        let flavour = self.flavour(id);
        let mut lines = vec![format!("{flavour}interface {name}{bases} {{")];
        let body = self.bodies.remove(id).unwrap_or_default();
        lines.extend(body.into_iter().chain(operations).map(indented));
        lines.push("};".to_owned());
        if !self.declared.contains(id) {
            lines.extend(self.given_id(id));
        }
        lines.extend(self.given_name(id));
        lines.extend(remarks);
        self.progress.insert(id.to_owned(), Progress::Done);
        self.put(id, lines);
        Ok(())
    }

    /// What stands in front of `interface`.
    fn flavour(&self, id: &str) -> &'static str {
        if self.abstracts.contains(id) { "abstract " } else { "" }
    }

    /// `interface X;`, once, unless it is written.
    pub(super) fn declare_interface(&mut self, id: &str) {
        if self.progress.get(id) == Some(&Progress::Done) || !self.declared.insert(id.to_owned()) {
            return;
        }
        if let Some(place) = self.names.place(id) {
            let flavour = self.flavour(id);
            let mut lines = vec![format!("{flavour}interface {};", escaped(&place.ident))];
            lines.extend(self.given_id(id));
            self.put(id, lines);
        }
    }
}

/// A line one scope further inside; directives stay where they are.
fn indented(line: String) -> String {
    if line.starts_with('#') { line } else { format!("  {line}") }
}
