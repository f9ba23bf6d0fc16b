//! What operations raise: one exception, or an enum of several.

use proc_macro2::TokenStream;
use quorb_idl::Place;
use quorb_idl::model::DefinitionId;
use quote::quote;

use crate::Mapper;
use crate::modules::Modules;
use crate::names::Scope;
use crate::spelling::{Taken, ident};

/// A list of exceptions of an operation, or of reading or writing an attribute.
pub(crate) struct Raised<'r> {
    pub(crate) operation: DefinitionId,
    pub(crate) by_setter: bool,
    pub(crate) exceptions: &'r [DefinitionId],
    pub(crate) interface: DefinitionId,
    pub(crate) place: Place,
}

impl Mapper<'_> {
    /// The type that stands for the exceptions, seen from `from`; none if there are none. Several need an enum, which goes
    /// into the module of the interface.
    pub(crate) fn raised(
        &mut self,
        raised: &Raised<'_>,
        from: Scope,
        modules: &mut Modules,
    ) -> Option<TokenStream> {
        if raised.exceptions.len() > 1 {
            let item = self.several(raised);
            modules.add(Some(raised.interface), item);
        }
        self.raised_elsewhere(raised, from)
    }

    /// As [`raised`](Self::raised), of an operation whose own interface brings the enum.
    pub(crate) fn raised_elsewhere(&mut self, raised: &Raised<'_>, from: Scope) -> Option<TokenStream> {
        match raised.exceptions {
            [] => None,
            [only] => Some(self.exception(*only, from, raised.place)),
            _ => {
                let name = self.names.raised(raised.operation, raised.by_setter);
                Some(self.names.path_in(Some(raised.interface), name, from))
            }
        }
    }

    fn exception(&mut self, id: DefinitionId, from: Scope, at: Place) -> TokenStream {
        self.ty(&quorb_idl::model::Type::Named(id), from, at)
    }

    fn several(&mut self, raised: &Raised<'_>) -> TokenStream {
        let scope = Some(raised.interface);
        let mut taken = Taken::default();
        let mut variants = Vec::new();
        for (place, id) in raised.exceptions.iter().enumerate() {
            if raised.exceptions[..place].contains(id) {
                continue;
            }
            let text = format!(" `{}`", self.scoped(*id));
            let variant = ident(&taken.free(self.names.own(*id), &[]));
            let exception = self.exception(*id, scope, raised.place);
            variants.push(quote!(#[doc = #text] #variant(#exception),));
        }
        let name = ident(self.names.raised(raised.operation, raised.by_setter));
        let runtime = &self.chosen.runtime;
        let derives = runtime.derives(&["Debug", "Clone", "PartialEq"], "Exception");
        let at = runtime.crate_setting().map(|setting| {
            let setting = setting.into_iter().skip(1).collect::<TokenStream>();
            quote!(#[idl(#setting)])
        });
        let text = format!(" What `{}` raises.", self.scoped(raised.operation));
        quote! {
            #[doc = #text]
            #derives
            #at
            pub enum #name { #(#variants)* }
        }
    }
}
