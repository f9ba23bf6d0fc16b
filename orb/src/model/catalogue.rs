//! The catalogue: every defined type that an interface reaches, once.

use std::collections::BTreeMap;

use super::{Interface, TypeDef, TypeDesc};

/// The defined types that an interface reaches, by repository id.
///
/// Types describe themselves into it through [`IdlType::describe`](crate::value::IdlType::describe); a type that reaches
/// itself is entered once, so that recursion ends.
#[derive(Debug, Default, Clone)]
pub struct TypeCatalogue {
    definitions: BTreeMap<String, Option<TypeDef>>,
    /// The interfaces of the references among them, by repository id.
    referred: BTreeMap<&'static str, &'static Interface>,
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

    /// Enters the interface of a reference, and returns the type of references to it.
    ///
    /// The interface is not described here: it may refer to what is being described.
    pub fn refer(&mut self, interface: &'static Interface) -> TypeDesc {
        self.referred.insert(interface.id(), interface);
        TypeDesc::Object(interface.id().to_owned())
    }

    /// The interfaces that were referred to.
    pub(super) fn referred(&self) -> Vec<&'static Interface> {
        self.referred.values().copied().collect()
    }

    /// The definitions, by repository id.
    pub fn into_definitions(self) -> BTreeMap<String, TypeDef> {
        self.definitions.into_iter().filter_map(|(id, definition)| Some((id, definition?))).collect()
    }
}
