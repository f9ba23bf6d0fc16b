//! An entry of the library: a definition, where it stands, and what stands in it.

use super::records::DefinitionKind;
use crate::model::{OpaqueKind, Parameter, TypeDef, TypeDesc};
use crate::value::Any;

/// A definition that has a repository id.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    /// The simple name.
    pub(super) name: String,
    /// The name from the outermost scope on: `::Bank::Teller`.
    pub(super) absolute_name: String,
    /// What it stands in, by its id; nothing for what stands in the repository itself.
    pub(super) container: Option<String>,
    /// What stands in it, by ids.
    pub(super) contents: Vec<String>,
    pub(super) item: Item,
}

/// What an entry is.
#[derive(Debug)]
pub(super) enum Item {
    Module,
    Interface {
        /// The direct bases, by ids.
        bases: Vec<String>,
        /// It stands for objects or values somewhere.
        is_abstract: bool,
    },
    Operation {
        oneway: bool,
        parameters: Vec<Parameter>,
        result: Option<TypeDesc>,
        /// The exceptions, by ids.
        raises: Vec<String>,
    },
    Attribute {
        ty: TypeDesc,
        writable: bool,
    },
    Constant {
        ty: TypeDesc,
        value: Any,
    },
    Type(TypeDef),
    ValueMember {
        ty: TypeDesc,
        public: bool,
    },
}

impl Entry {
    pub(super) fn new(id: String, name: String, item: Item) -> Entry {
        Entry { id, name, absolute_name: String::new(), container: None, contents: Vec::new(), item }
    }

    /// The kind, as the repository's interfaces call it.
    pub(super) fn kind(&self) -> DefinitionKind {
        match &self.item {
            Item::Module => DefinitionKind::Module,
            Item::Interface { is_abstract: true, .. } => DefinitionKind::AbstractInterface,
            Item::Interface { .. } => DefinitionKind::Interface,
            Item::Operation { .. } => DefinitionKind::Operation,
            Item::Attribute { .. } => DefinitionKind::Attribute,
            Item::Constant { .. } => DefinitionKind::Constant,
            Item::ValueMember { .. } => DefinitionKind::ValueMember,
            Item::Type(definition) => kind_of(definition),
        }
    }

    /// Whether other definitions may stand in it by the names in their ids.
    pub(super) fn is_scope(&self) -> bool {
        let named = |definition: &TypeDef| {
            matches!(
                definition,
                TypeDef::Struct { .. }
                    | TypeDef::Union { .. }
                    | TypeDef::Exception { .. }
                    | TypeDef::Value { .. }
            )
        };
        match &self.item {
            Item::Module | Item::Interface { .. } => true,
            Item::Type(definition) => named(definition),
            _ => false,
        }
    }
}

fn kind_of(definition: &TypeDef) -> DefinitionKind {
    match definition {
        TypeDef::Struct { .. } => DefinitionKind::Struct,
        TypeDef::Enum { .. } => DefinitionKind::Enum,
        TypeDef::Union { .. } => DefinitionKind::Union,
        TypeDef::Exception { .. } => DefinitionKind::Exception,
        TypeDef::Alias { .. } => DefinitionKind::Alias,
        TypeDef::Value { .. } => DefinitionKind::Value,
        TypeDef::ValueBox { .. } => DefinitionKind::ValueBox,
        TypeDef::Interface { .. } | TypeDef::Opaque { kind: OpaqueKind::LocalInterface, .. } => {
            DefinitionKind::Interface
        }
        TypeDef::Opaque { .. } => DefinitionKind::Native,
    }
}
