//! The resolved model: what a code generator, a tool or an interface repository needs to know of a translation.
//!
//! Everything in it is resolved: types name definitions by [`DefinitionId`], bounds and labels are values, every
//! definition has its repository id. A model exists only of sources without errors.

mod definition;
mod fixed;
mod types;

pub use definition::{
    Annotation, Attribute, Constant, Definition, DefinitionKind, Direction, Enum, Factory, Interface,
    InterfaceFlavour, Member, Operation, Parameter, StateMember, Union, UnionCase, Value, ValueFlavour,
};
pub use fixed::Fixed;
pub use types::{Literal, Primitive, Type};

/// A definition of a [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionId(pub(crate) u32);

/// Something that stands in a file or a module, in the order of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A module is opened, for the first time or again.
    Module(DefinitionId, Vec<Item>),
    /// A forward declaration of what is defined later, or never.
    Forward(DefinitionId),
    /// A definition.
    Definition(DefinitionId),
}

/// All definitions of a translation. Two models are equal if their sources say the same, wherever they say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) items: Vec<Item>,
}

impl Model {
    /// A definition.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0 as usize]
    }

    /// What stands outside of all modules, in the order of the source. Included files are part of it.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every definition, in the order of the source; an inner one follows the one it stands in.
    pub fn definitions(&self) -> impl Iterator<Item = (DefinitionId, &Definition)> {
        self.definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| (DefinitionId(index as u32), definition))
    }

    /// The names from the outermost scope to the definition.
    pub fn path(&self, id: DefinitionId) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let definition = self.definition(id);
            path.push(&*definition.name);
            at = definition.parent;
        }
        path.reverse();
        path
    }

    /// The definition with this scoped name, written as `A::B`. Linear in the number of definitions.
    pub fn find(&self, scoped_name: &str) -> Option<DefinitionId> {
        let wanted: Vec<&str> = scoped_name.split("::").filter(|part| !part.is_empty()).collect();
        let last = *wanted.last()?;
        self.definitions()
            .find(|(id, definition)| &*definition.name == last && self.path(*id) == wanted)
            .map(|(id, _)| id)
    }

    /// The type behind all aliases.
    pub fn without_aliases<'a>(&'a self, ty: &'a Type) -> &'a Type {
        let mut ty = ty;
        while let Type::Named(id) = ty {
            match &self.definition(*id).kind {
                DefinitionKind::Alias(target) => ty = target,
                _ => break,
            }
        }
        ty
    }
}
