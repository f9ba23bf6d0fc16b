//! Scopes, and what names mean in them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{DefinitionId, Item, Primitive};
use crate::source::Span;

/// A naming scope (IDL 4.2, 7.5).
#[derive(Debug)]
pub(super) struct Scope {
    /// What opens it; none is the scope outside of all modules.
    pub(super) owner: Option<DefinitionId>,
    pub(super) parent: Option<usize>,
    /// By name in lower case: names that differ in case alone are the same name, and an error.
    pub(super) entries: HashMap<String, Entry>,
    /// Interfaces and valuetypes whose names are found in it as well.
    pub(super) bases: Vec<DefinitionId>,
    /// What a `typeprefix` says.
    pub(super) type_prefix: Option<String>,
    /// What was defined in it since it was opened.
    pub(super) items: Vec<Item>,
}

impl Scope {
    pub(super) fn new(owner: Option<DefinitionId>, parent: Option<usize>) -> Scope {
        Scope {
            owner,
            parent,
            entries: HashMap::new(),
            bases: Vec::new(),
            type_prefix: None,
            items: Vec::new(),
        }
    }
}

/// A name in a scope.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) span: Option<Span>,
    pub(super) meaning: Meaning,
    /// It is declared elsewhere and was used here, which keeps others from declaring it here (IDL 4.2, 7.5.3).
    pub(super) used: bool,
}

impl Entry {
    pub(super) fn predefined(name: &str, meaning: Meaning) -> Entry {
        Entry { name: name.into(), span: None, meaning, used: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Definition(DefinitionId),
    Primitive(Primitive),
    /// A member, a parameter or a factory: nothing refers to it by name.
    Part,
    /// A definition that was reported as not supported.
    Unsupported,
}
