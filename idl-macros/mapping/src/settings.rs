//! What the user of a file decides: what is left out, what exists elsewhere, how servants are written.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quorb_idl::Model;
use quorb_idl::model::{DefinitionId, DefinitionKind};

use crate::Fault;

/// The decisions. Names are scoped names of the IDL, `CosNaming::NamingContext::bind`; those in the lists about servants
/// mean an operation or attribute, or all of an interface or module.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How the generated code names the broker.
    pub runtime: Runtime,
    /// Operations that only read the object.
    pub query: Vec<String>,
    /// Operations and attributes whose servants may wait: `async fn`.
    pub asynchronous: Vec<String>,
    /// Operations and attributes whose servants block their thread.
    pub blocking: Vec<String>,
    /// Operations and attributes whose servants may raise system exceptions: `Result<T, Fault<E>>`.
    pub faults: Vec<String>,
    /// Definitions for which nothing is generated.
    pub omit: Vec<String>,
    /// Modules, interfaces and types whose Rust exists elsewhere, with its path.
    pub external: Vec<(String, TokenStream)>,
}

/// How the generated code names the broker and the standard library.
#[derive(Debug, Clone)]
pub enum Runtime {
    /// By absolute paths, so that no name around it matters; the broker at this path.
    Absolute(TokenStream),
    /// As a person writes it: `String`, `quorb::IdlType`.
    Plain,
}

impl Default for Runtime {
    fn default() -> Runtime {
        Runtime::Absolute(quote::quote!(::quorb))
    }
}

/// The settings, resolved.
pub(crate) struct Chosen {
    pub(crate) runtime: Runtime,
    pub(crate) query: Selection,
    pub(crate) asynchronous: Selection,
    pub(crate) blocking: Selection,
    pub(crate) faults: Selection,
    pub(crate) omit: Selection,
    pub(crate) external: BTreeMap<DefinitionId, TokenStream>,
}

impl Chosen {
    pub(crate) fn of(model: &Model, settings: &Settings, faults: &mut Vec<Fault>) -> Chosen {
        let is_callable = |kind: &DefinitionKind| {
            matches!(
                kind,
                DefinitionKind::Module
                    | DefinitionKind::Interface(_)
                    | DefinitionKind::Operation(_)
                    | DefinitionKind::Attribute(_)
            )
        };
        let is_located = |kind: &DefinitionKind| {
            !matches!(
                kind,
                DefinitionKind::Operation(_) | DefinitionKind::Attribute(_) | DefinitionKind::Enumerator(..)
            )
        };
        let mut find = |name: &str, fits: &dyn Fn(&DefinitionKind) -> bool, wanted: &str| {
            let reason = match model.find(name) {
                Some(id) if fits(&model.definition(id).kind) => return Some(id),
                Some(_) => format!("`{name}` is no {wanted}"),
                None => format!("the IDL defines no `{name}`"),
            };
            faults.push(Fault::Setting { name: name.to_owned(), reason });
            None
        };
        let mut select = |names: &[String], fits: &dyn Fn(&DefinitionKind) -> bool, wanted: &str| {
            Selection(names.iter().filter_map(|name| find(name, fits, wanted)).collect())
        };
        let callable = "operation, attribute, interface or module";
        Chosen {
            runtime: settings.runtime.clone(),
            query: select(&settings.query, &is_callable, callable),
            asynchronous: select(&settings.asynchronous, &is_callable, callable),
            blocking: select(&settings.blocking, &is_callable, callable),
            faults: select(&settings.faults, &is_callable, callable),
            omit: select(&settings.omit, &is_located, "module, interface, type or constant"),
            external: settings
                .external
                .iter()
                .filter_map(|(name, path)| {
                    let id = find(name, &is_located, "module, interface, type or constant")?;
                    Some((id, path.clone()))
                })
                .collect(),
        }
    }

    /// Whether nothing is generated for a definition, since it is left out or exists elsewhere.
    pub(crate) fn excludes(&self, model: &Model, id: DefinitionId) -> bool {
        self.omit.contains(model, id)
            || ancestry(model, id).any(|ancestor| self.external.contains_key(&ancestor))
    }
}

/// Definitions, each with all that stands in it.
pub(crate) struct Selection(BTreeSet<DefinitionId>);

impl Selection {
    pub(crate) fn contains(&self, model: &Model, id: DefinitionId) -> bool {
        !self.0.is_empty() && ancestry(model, id).any(|ancestor| self.0.contains(&ancestor))
    }
}

/// A definition and the scopes around it, outwards.
pub(crate) fn ancestry(model: &Model, id: DefinitionId) -> impl Iterator<Item = DefinitionId> {
    std::iter::successors(Some(id), |id| model.definition(*id).parent)
}
