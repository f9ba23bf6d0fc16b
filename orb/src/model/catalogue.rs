//! The catalogue: every defined type that an interface reaches, once.

use std::collections::BTreeMap;

use super::{TypeDef, TypeDesc};

/// The defined types that an interface reaches, by repository id.
///
/// Types describe themselves into it through [`IdlType::describe`](crate::value::IdlType::describe); a type that reaches
/// itself is entered once, so that recursion ends.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TypeCatalogue {
    definitions: BTreeMap<String, Option<TypeDef>>,
}

impl TypeCatalogue {
    /// An empty catalogue.
    pub fn new() -> TypeCatalogue {
        TypeCatalogue::default()
    }

    /// Enters the type with this repository id unless it is there already, and returns a use of it.
    ///
    /// `definition` may describe further types, also the same one.
    pub fn define(&mut self, id: &str, definition: impl FnOnce(&mut TypeCatalogue) -> TypeDef) -> TypeDesc {
        if !self.definitions.contains_key(id) {
            self.definitions.insert(id.to_owned(), None);
            let definition = definition(self);
            self.definitions.insert(id.to_owned(), Some(definition));
        }
        TypeDesc::Named(id.to_owned())
    }

    /// The definitions, by repository id.
    pub fn into_definitions(self) -> BTreeMap<String, TypeDef> {
        self.definitions.into_iter().filter_map(|(id, definition)| Some((id, definition?))).collect()
    }
}
