//! What every definition is called in Rust, and the path to it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quorb_idl::Model;
use quorb_idl::model::{DefinitionId, DefinitionKind};
use quote::quote;

use crate::annotations::simple_name;
use crate::settings::Chosen;
use crate::spelling::{PROXY_METHODS, Taken, constant_name, ident, snake_case, type_name};

/// A scope of the IDL: outside of all modules, a module, or an interface, whose inner types get a module beside its trait.
pub(crate) type Scope = Option<DefinitionId>;

/// What an `#[interface]` called `X` generates beside the trait.
const COMPANY_OF_TRAIT: [&str; 3] = ["Proxy", "Blocking", "Servant"];

/// The names of all definitions.
pub(crate) struct Names {
    /// Modules by their module's name, types and constants by their own, operations by their method's.
    own: BTreeMap<DefinitionId, String>,
    /// The modules for what stands in interfaces.
    inner: BTreeMap<DefinitionId, String>,
    /// The enums of exceptions, by the operation or attribute; the second one is that of writing an attribute.
    raised: BTreeMap<DefinitionId, [String; 2]>,
    /// Where definitions from elsewhere are.
    external: BTreeMap<DefinitionId, TokenStream>,
    parents: BTreeMap<DefinitionId, Scope>,
}

impl Names {
    /// Names for a whole model, in the order of the source: an earlier definition keeps its name where two would be equal.
    pub(crate) fn of(model: &Model, chosen: &Chosen) -> Names {
        let mut names = Names {
            own: BTreeMap::new(),
            inner: BTreeMap::new(),
            raised: BTreeMap::new(),
            external: chosen.external.clone(),
            parents: BTreeMap::new(),
        };
        let mut types: BTreeMap<Scope, Taken> = BTreeMap::new();
        let mut methods: BTreeMap<DefinitionId, Taken> = BTreeMap::new();
        for (id, definition) in model.definitions() {
            let (parent, name) = (definition.parent, simple_name(definition));
            names.parents.insert(id, parent);
            let scope = types.entry(parent).or_default();
            let own = match &definition.kind {
                DefinitionKind::Module => scope.free(&snake_case(name), &[]),
                DefinitionKind::Interface(_) => {
                    names.inner.insert(id, scope.free(&snake_case(name), &[]));
                    scope.free(&type_name(name), &COMPANY_OF_TRAIT)
                }
                DefinitionKind::Value(_) => {
                    names.inner.insert(id, scope.free(&snake_case(name), &[]));
                    scope.free(&type_name(name), &[])
                }
                DefinitionKind::Constant(_) => scope.free(&constant_name(name), &[]),
                DefinitionKind::Operation(_) | DefinitionKind::Attribute(_) => {
                    let Some(interface) = parent else { continue };
                    let taken = methods.entry(interface).or_insert_with(|| {
                        let mut taken = Taken::default();
                        PROXY_METHODS.iter().for_each(|method| drop(taken.free(method, &[])));
                        taken
                    });
                    let method = taken.free(&snake_case(name), &[]);
                    if matches!(&definition.kind, DefinitionKind::Attribute(attribute) if !attribute.readonly)
                    {
                        taken.free(&format!("set_{method}"), &[]);
                    }
                    method
                }
                _ => scope.free(&type_name(name), &[]),
            };
            names.own.insert(id, own);
        }
        // Behind the types, whose names must not depend on what operations raise.
        for (id, definition) in model.definitions() {
            if matches!(definition.kind, DefinitionKind::Operation(_) | DefinitionKind::Attribute(_)) {
                let scope = types.entry(definition.parent).or_default();
                let name = type_name(simple_name(definition));
                let error = scope.free(&format!("{name}Error"), &[]);
                let setter = match definition.kind {
                    DefinitionKind::Attribute(_) => scope.free(&format!("Set{name}Error"), &[]),
                    _ => String::new(),
                };
                names.raised.insert(id, [error, setter]);
            }
        }
        names
    }

    /// A definition's own name.
    pub(crate) fn own(&self, id: DefinitionId) -> &str {
        self.own.get(&id).map_or("", String::as_str)
    }

    /// The name of the module for a scope.
    pub(crate) fn module(&self, scope: DefinitionId) -> &str {
        self.inner.get(&scope).or_else(|| self.own.get(&scope)).map_or("", String::as_str)
    }

    /// The enum of what an operation raises, or of what reading an attribute does; or of what writing it does.
    pub(crate) fn raised(&self, operation: DefinitionId, by_setter: bool) -> &str {
        self.raised.get(&operation).map_or("", |names| &names[usize::from(by_setter)])
    }

    /// The path from `from` to a definition, whose name ends in `suffix`.
    pub(crate) fn path(&self, id: DefinitionId, suffix: &str, from: Scope) -> TokenStream {
        if let Some(path) = self.external.get(&id) {
            return with_suffix(path, suffix);
        }
        let parent = self.parents.get(&id).copied().flatten();
        self.path_in(parent, &format!("{}{suffix}", self.own(id)), from)
    }

    /// The path from `from` to what is called `name` in the module of `scope`.
    pub(crate) fn path_in(&self, scope: Scope, name: &str, from: Scope) -> TokenStream {
        let name = ident(name);
        let (there, here) = (self.chain(scope), self.chain(from));
        if let Some(at) = there.iter().rposition(|id| self.external.contains_key(id)) {
            let start = self.external_module(there[at]);
            let between = there[at + 1..].iter().map(|id| ident(self.module(*id)));
            return quote!(#start::#(#between::)*#name);
        }
        let common = there.iter().zip(&here).take_while(|(there, here)| there == here).count();
        let up = here[common..].iter().map(|_| quote!(super::));
        let down = there[common..].iter().map(|id| ident(self.module(*id)));
        quote!(#(#up)*#(#down::)*#name)
    }

    /// The module of what stands in a module or interface from elsewhere.
    fn external_module(&self, id: DefinitionId) -> TokenStream {
        let path = &self.external[&id];
        match self.inner.get(&id) {
            None => path.clone(),
            Some(module) => {
                let mut tokens: Vec<_> = path.clone().into_iter().collect();
                tokens.pop();
                let (start, module) = (TokenStream::from_iter(tokens), ident(module));
                quote!(#start #module)
            }
        }
    }

    /// The scopes from the outermost to this one.
    fn chain(&self, scope: Scope) -> Vec<DefinitionId> {
        let mut chain: Vec<DefinitionId> =
            std::iter::successors(scope, |id| self.parents.get(id).copied().flatten()).collect();
        chain.reverse();
        chain
    }
}

/// A path whose last name ends in `suffix`.
fn with_suffix(path: &TokenStream, suffix: &str) -> TokenStream {
    if suffix.is_empty() {
        return path.clone();
    }
    let mut tokens: Vec<_> = path.clone().into_iter().collect();
    let last = tokens.pop().map(|last| last.to_string()).unwrap_or_default();
    let last = ident(&format!("{}{suffix}", last.trim_start_matches("r#")));
    let start = TokenStream::from_iter(tokens);
    quote!(#start #last)
}
