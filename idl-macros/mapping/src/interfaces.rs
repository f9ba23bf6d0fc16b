//! Interfaces: traits.

use proc_macro2::TokenStream;
use quorb_idl::model::{Definition, DefinitionId, DefinitionKind, Interface, InterfaceFlavour};
use quote::quote;

use crate::Mapper;
use crate::modules::Modules;
use crate::spelling::ident;

impl Mapper<'_> {
    pub(crate) fn interface(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        interface: &Interface,
        modules: &mut Modules,
    ) -> TokenStream {
        let mut bases = Vec::new();
        for base in &interface.bases {
            // The compiler of IDL lets only local interfaces inherit from local ones.
            if !self.chosen.omit.contains(self.model, *base) {
                bases.push(self.names.path(*base, "", definition.parent));
            } else {
                self.miss_base(definition, *base);
            }
        }
        let mut methods = Vec::new();
        let model = self.model;
        for inner in &interface.body {
            let member = model.definition(*inner);
            match &member.kind {
                DefinitionKind::Operation(operation) => {
                    methods.push(self.operation(*inner, member, operation, definition.parent, modules));
                }
                DefinitionKind::Attribute(attribute) => {
                    methods.push(self.attribute(*inner, member, attribute, definition.parent, modules));
                }
                _ => {}
            }
        }
        let (name, identity) = (ident(self.names.own(id)), self.identity(id, definition));
        let attribute = self.chosen.runtime.broker(quote!(interface));
        let flavour = if interface.flavour == InterfaceFlavour::Abstract { "abstract " } else { "" };
        let text = format!(" `{flavour}interface {}`", self.scoped(id));
        let declared = self.declared.as_ref().map(|name| {
            let path = self.names.path_in(None, name, definition.parent);
            quote!(, declarations = #path)
        });
        let colon = (!bases.is_empty()).then(|| quote!(:));
        quote! {
            #[doc = #text]
            #[#attribute(#identity #declared)]
            pub trait #name #colon #(#bases)+* { #(#methods)* }
        }
    }

    /// A base is left out, and nothing stands in for it.
    pub(crate) fn miss_base(&mut self, definition: &Definition, base: DefinitionId) {
        let message = format!(
            "the base {} has no Rust trait: name one in `external`, or this interface in `omit`",
            self.scoped(base)
        );
        self.fault(definition.place, message);
    }
}
