//! From OMG IDL to Rust: the traits and types that one would write by hand for an IDL file.
//!
//! [`rust`] takes a resolved [`Model`] and gives annotated items: `#[interface]` traits, `#[derive(IdlType)]` types,
//! `#[derive(Exception)]` exceptions, constants and aliases in modules. They go through the same macros as handwritten ones,
//! so that an interface is the same whichever way it came to be. `include_idl!` and `idl!` emit them, `quorb idl rust` prints
//! them.
//!
//! ```
//! use quorb_idl::{Compiler, Memory};
//! use quorb_mapping::{Settings, rust};
//!
//! let files = Memory::new().with("grid.idl", "interface Grid { long get(in short n); };");
//! let outcome = Compiler::new(&files).compile("grid.idl");
//! let model = outcome.model.expect("the file is valid");
//! let items = rust(&model, &outcome.sources, "grid.idl", &Settings::default()).expect("all of it has a Rust form");
//! assert!(items.to_string().contains("fn get"));
//! ```
//!
//! Architecture invariants:
//!
//! * What a definition is called in Rust depends on the model alone, not on what of it is generated: two translations
//!   that include the same file agree about its names.
//! * What has no Rust form is a [`Fault`] at its place; all faults are reported at once.
//! * Nothing here reads files or knows the compiler.

mod annotations;
mod constants;
mod declarations;
mod docs;
mod fault;
mod interfaces;
mod locals;
mod modules;
mod names;
mod operations;
mod raises;
mod reach;
mod scalars;
mod settings;
mod spelling;
mod traits;
mod types;
mod unions;
mod value_types;
mod values;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quorb_idl::model::DefinitionId;
use quorb_idl::{Model, SourceMap};

pub use fault::Fault;
pub use settings::{Runtime, Settings};
pub use spelling::{PROXY_METHODS, camel_case, snake_case};

use modules::Modules;
use names::Names;
use settings::Chosen;

/// The Rust items for what `main_file` defines, and for everything that this reaches in files it includes.
///
/// # Errors
/// Everything that has no Rust form, and settings that name nothing.
pub fn rust(
    model: &Model,
    sources: &SourceMap,
    main_file: &str,
    settings: &Settings,
) -> Result<TokenStream, Vec<Fault>> {
    let mut faults = Vec::new();
    let chosen = Chosen::of(model, settings, &mut faults);
    let names = Names::of(model, &chosen);
    let reached = reach::reached(model, sources, main_file, &chosen);
    let declared = declarations::name(model, &chosen, &reached);
    let mut mapper = Mapper { model, names, chosen, declared, locals: locals::locals(model), faults };
    let mut modules = Modules::default();
    for id in &reached {
        mapper.definition(*id, &mut modules);
    }
    mapper.declarations(&reached, &mut modules);
    if mapper.faults.is_empty() { Ok(modules.render(&mapper)) } else { Err(mapper.faults) }
}

/// The walk from definitions to items, and what went wrong on it.
struct Mapper<'a> {
    model: &'a Model,
    names: Names,
    chosen: Chosen,
    /// The function that answers what is declared beside the interfaces, if anything is.
    declared: Option<String>,
    /// What is local, or made of what is.
    locals: BTreeSet<DefinitionId>,
    faults: Vec<Fault>,
}
