//! Items in their modules.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quorb_idl::model::{DefinitionId, DefinitionKind};
use quote::quote;

use crate::Mapper;
use crate::names::Scope;
use crate::spelling::ident;

/// The items of every scope.
#[derive(Default)]
pub(crate) struct Modules {
    items: BTreeMap<Scope, Vec<TokenStream>>,
}

impl Modules {
    /// Adds an item to the module of a scope.
    pub(crate) fn add(&mut self, scope: Scope, item: TokenStream) {
        self.items.entry(scope).or_default().push(item);
    }

    /// All items, in their modules.
    pub(crate) fn render(mut self, mapper: &Mapper<'_>) -> TokenStream {
        // Every scope with items stands in scopes that have to be there too.
        let scopes: Vec<Scope> = self.items.keys().copied().collect();
        let mut inner: BTreeMap<Scope, Vec<DefinitionId>> = BTreeMap::new();
        for scope in scopes {
            let mut at = scope;
            while let Some(id) = at {
                let parent = mapper.model.definition(id).parent;
                let siblings = inner.entry(parent).or_default();
                if !siblings.contains(&id) {
                    siblings.push(id);
                }
                at = parent;
            }
        }
        self.module(None, &inner, mapper)
    }

    fn module(
        &mut self,
        scope: Scope,
        inner: &BTreeMap<Scope, Vec<DefinitionId>>,
        mapper: &Mapper<'_>,
    ) -> TokenStream {
        let items = self.items.remove(&scope).unwrap_or_default();
        let modules = inner.get(&scope).into_iter().flatten().map(|id| {
            let name = ident(mapper.names.module(*id));
            let text = match mapper.model.definition(*id).kind {
                DefinitionKind::Interface(_) => {
                    format!(" What the interface `{}` defines and raises.", mapper.scoped(*id))
                }
                DefinitionKind::Value(_) => format!(" What the valuetype `{}` defines.", mapper.scoped(*id)),
                _ => format!(" The module `{}`.", mapper.scoped(*id)),
            };
            let content = self.module(Some(*id), inner, mapper);
            quote! {
                #[doc = #text]
                pub mod #name { #content }
            }
        });
        let modules: Vec<TokenStream> = modules.collect();
        quote!(#(#items)* #(#modules)*)
    }
}
