//! Valuetypes: their state. Their operations and factories are methods that Rust knows by itself.

use proc_macro2::TokenStream;
use quorb_idl::model::{Definition, DefinitionId, DefinitionKind, Type, Value, ValueFlavour};
use quote::quote;

use crate::Mapper;
use crate::annotations::simple_name;
use crate::spelling::{Taken, ident, snake_case};

impl Mapper<'_> {
    /// A valuetype with state: a struct, the state of its base as the first field.
    pub(crate) fn value_type(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        value: &Value,
    ) -> TokenStream {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        let is_concrete = |base: &&DefinitionId| {
            let kind = &self.model.definition(**base).kind;
            matches!(kind, DefinitionKind::Value(base) if base.flavour != ValueFlavour::Abstract)
        };
        let base = value.bases.iter().find(is_concrete).copied();
        if let Some(base) = base {
            let (name, text) =
                (ident(&taken.free("base", &[])), format!(" The state of `{}`.", self.scoped(base)));
            let path = self.names.path(base, "", definition.parent);
            fields.push(quote!(#[doc = #text] #[idl(base)] pub #name: #path,));
        }
        for state in &value.state {
            let member = &state.member;
            let name = taken.free(&snake_case(&member.name), &[]);
            let ty = self.ty(&member.ty, definition.parent, member.place);
            let text = format!(" `{} {}`", self.type_text(&member.ty), member.name);
            let written = &*member.name;
            let setting = (name != written).then(|| quote!(#[idl(name = #written)]));
            let private = (!state.public).then(|| quote!(#[idl(private)]));
            let name = ident(&name);
            fields.push(quote!(#[doc = #text] #setting #private pub #name: #ty,));
        }
        let custom = (value.flavour == ValueFlavour::Custom).then(|| quote!(custom,));
        let truncatable = value.truncatable.then(|| quote!(truncatable,));
        let body = if fields.is_empty() { quote!(;) } else { quote!({ #(#fields)* }) };
        self.with_state(id, definition, quote!(value, #custom #truncatable), body)
    }

    /// A boxed valuetype: a struct around its content.
    pub(crate) fn value_box(&mut self, id: DefinitionId, definition: &Definition, ty: &Type) -> TokenStream {
        let ty = self.ty(ty, definition.parent, definition.place);
        self.with_state(id, definition, quote!(value,), quote!((pub #ty);))
    }

    fn with_state(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        settings: TokenStream,
        body: TokenStream,
    ) -> TokenStream {
        let derives = self.chosen.runtime.derives(&["Debug", "Clone", "PartialEq"], "IdlType");
        let (name, identity) = (ident(self.names.own(id)), self.identity(id, definition));
        let text = format!(" `valuetype {}`", simple_name(definition));
        quote! {
            #[doc = #text]
            #derives
            #[idl(#settings #identity)]
            pub struct #name #body
        }
    }
}
