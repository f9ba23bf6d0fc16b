//! What a value type has besides its state and its operations, which are definitions themselves.

use crate::model::{TypeDesc, ValueDeclaration};

/// What IDL declares of a value type that never crosses an interface.
#[derive(Debug)]
pub(super) struct Behaviour {
    /// The interfaces that its values support, by ids.
    pub(super) supports: Vec<String>,
    /// Its abstract bases, by ids.
    pub(super) abstract_bases: Vec<String>,
    pub(super) initializers: Vec<Factory>,
}

/// A factory.
#[derive(Debug)]
pub(super) struct Factory {
    pub(super) name: String,
    /// Names and types.
    pub(super) parameters: Vec<(String, TypeDesc)>,
}

impl Behaviour {
    /// What is declared, with its types as the library has them.
    pub(super) fn of(declared: &ValueDeclaration, mut used: impl FnMut(&TypeDesc) -> TypeDesc) -> Behaviour {
        let initializers = declared.initializers.iter().map(|(name, parameters)| Factory {
            name: name.clone(),
            parameters: parameters.iter().map(|(name, ty)| (name.clone(), used(ty))).collect(),
        });
        Behaviour {
            initializers: initializers.collect(),
            supports: declared.supports.clone(),
            abstract_bases: declared.abstract_bases.clone(),
        }
    }
}
