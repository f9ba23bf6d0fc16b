//! The printer: canonical OMG IDL of a model.
//!
//! Reading the text back gives an equal model. Includes and macros are gone: the text stands for itself. A name is printed
//! without its scope where that means the same, else from the outermost scope on.

mod definitions;
mod names;
mod values;

pub(crate) use values::literal;

use crate::model::{Definition, DefinitionId, DefinitionKind, Item, Model};

/// The canonical text of a model.
pub fn print(model: &Model) -> String {
    let mut printer =
        Printer { model, text: String::new(), indent: 0, scope: None, prefixes: vec![String::new()] };
    printer.items(model.items());
    printer.text
}

pub(crate) struct Printer<'a> {
    model: &'a Model,
    text: String,
    indent: usize,
    /// What is being printed around the present place.
    scope: Option<DefinitionId>,
    /// The prefixes of repository ids in force, as a reader of the text sees them.
    prefixes: Vec<String>,
}

impl Printer<'_> {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Module(id, items) => self.module(*id, items),
                Item::Forward(id) => {
                    self.prefix_for(*id);
                    let text = format!("{} {};", self.head(*id), self.own_name(*id));
                    self.line(&text);
                    self.check_id(*id);
                }
                Item::Definition(id) => self.definition(*id),
            }
        }
    }

    fn module(&mut self, id: DefinitionId, items: &[Item]) {
        self.prefix_for(id);
        self.annotations(id);
        let text = format!("module {} {{", self.own_name(id));
        self.line(&text);
        self.inside(id, |this| this.items(items));
        self.line("};");
        self.check_id(id);
    }

    /// Prints what stands in a definition.
    fn inside(&mut self, id: DefinitionId, print: impl FnOnce(&mut Self)) {
        let outer = self.scope.replace(id);
        self.indent += 1;
        self.prefixes.push(self.prefix().to_owned());
        print(self);
        self.prefixes.pop();
        self.indent -= 1;
        self.scope = outer;
    }

    fn prefix(&self) -> &str {
        self.prefixes.last().map_or("", String::as_str)
    }

    /// Changes the prefix if the definition's id was made with another one.
    fn prefix_for(&mut self, id: DefinitionId) {
        let wanted = self.model.definition(id).repository_id.as_str();
        let Some(prefix) = self.prefix_in(id, wanted).filter(|prefix| *prefix != self.prefix()) else {
            return;
        };
        let prefix = prefix.to_owned();
        self.line(&format!("#pragma prefix \"{prefix}\""));
        if let Some(last) = self.prefixes.last_mut() {
            *last = prefix;
        }
    }

    /// The prefix in an id that is made of one and the names of the definition.
    fn prefix_in<'b>(&self, id: DefinitionId, repository_id: &'b str) -> Option<&'b str> {
        let (stem, _) = repository_id.strip_prefix("IDL:")?.rsplit_once(':')?;
        let prefix = stem.strip_suffix(&self.model.path(id).join("/"))?;
        let prefix = if prefix.is_empty() { "" } else { prefix.strip_suffix('/')? };
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | '/');
        let valid =
            prefix.chars().all(plain) && !prefix.starts_with(['_', '-', '.', '/']) && !prefix.ends_with('/');
        valid.then_some(prefix)
    }

    /// Says the id of a definition where its names and the prefix do not give it.
    fn check_id(&mut self, id: DefinitionId) {
        let definition = self.model.definition(id);
        let slash = if self.prefix().is_empty() { "" } else { "/" };
        let default = format!("IDL:{}{slash}{}:1.0", self.prefix(), self.model.path(id).join("/"));
        if definition.repository_id != default && !definition.repository_id.is_empty() {
            let text = format!(
                "#pragma ID {} {}",
                self.own_name(id),
                values::quoted(&definition.repository_id, '"')
            );
            self.line(&text);
        }
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn annotations(&mut self, id: DefinitionId) {
        for annotation in &self.model.definition(id).annotations {
            self.line(&names::annotation(annotation));
        }
    }

    fn get(&self, id: DefinitionId) -> &Definition {
        self.model.definition(id)
    }

    /// The words before the name of an interface, a valuetype, a struct or a union.
    fn head(&self, id: DefinitionId) -> &'static str {
        use crate::model::{InterfaceFlavour, ValueFlavour};
        match &self.get(id).kind {
            DefinitionKind::Interface(interface) => match interface.flavour {
                InterfaceFlavour::Unconstrained => "interface",
                InterfaceFlavour::Abstract => "abstract interface",
                InterfaceFlavour::Local => "local interface",
            },
            DefinitionKind::Value(value) if value.flavour == ValueFlavour::Abstract => "abstract valuetype",
            DefinitionKind::Value(_) => "valuetype",
            DefinitionKind::Struct(_) => "struct",
            _ => "union",
        }
    }
}
