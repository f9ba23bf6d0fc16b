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
        let behaviour = self.behaviour(value);
        self.with_state(id, definition, quote!(value, #custom #truncatable), body, &behaviour)
    }

    /// An abstract valuetype: it has no state, so what it stands for is a value of any type, and the receiver looks which.
    pub(crate) fn abstract_value(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        value: &Value,
    ) -> TokenStream {
        let name = ident(self.names.own(id));
        let any = self.chosen.runtime.broker(quote!(value::valuetype::ValueBase));
        let text = format!(" `abstract valuetype {}`", simple_name(definition));
        let behaviour = self.behaviour(value);
        let more = (!behaviour.is_empty()).then(|| quote!(#[doc = ""] #(#[doc = #behaviour])*));
        quote! {
            #[doc = #text]
            #more
            pub type #name = #any;
        }
    }

    /// A boxed valuetype: a struct around its content.
    pub(crate) fn value_box(&mut self, id: DefinitionId, definition: &Definition, ty: &Type) -> TokenStream {
        let ty = self.ty(ty, definition.parent, definition.place);
        self.with_state(id, definition, quote!(value,), quote!((pub #ty);), &[])
    }

    /// What the valuetype declares beside its state, as documentation: it never crosses the wire, so nothing is generated
    /// for it, and whoever reads the struct must not have to look it up in the IDL.
    fn behaviour(&self, value: &Value) -> Vec<String> {
        let mut declared = Vec::new();
        for inner in &value.body {
            let member = self.model.definition(*inner);
            match &member.kind {
                DefinitionKind::Operation(operation) => {
                    declared.push(self.operation_text(&member.name, operation));
                }
                DefinitionKind::Attribute(attribute) => {
                    let readonly = if attribute.readonly { "readonly " } else { "" };
                    declared.push(format!(
                        "{readonly}attribute {} {}",
                        self.type_text(&attribute.ty),
                        member.name
                    ));
                }
                _ => {}
            }
        }
        declared.extend(value.factories.iter().map(|factory| {
            let parameters = factory
                .parameters
                .iter()
                .map(|parameter| format!("in {} {}", self.type_text(&parameter.ty), parameter.name));
            format!("factory {}({})", factory.name, parameters.collect::<Vec<_>>().join(", "))
        }));
        let mut lines = Vec::new();
        if !declared.is_empty() {
            lines.push(
                " The IDL declares these for it; they are no part of its state, and methods that you write:"
                    .to_owned(),
            );
            lines.extend(declared.into_iter().map(|text| format!(" * `{text}`")));
        }
        if !value.supports.is_empty() {
            if !lines.is_empty() {
                // Without it the sentence would belong to the last item of the list.
                lines.push(String::new());
            }
            let names: Vec<String> =
                value.supports.iter().map(|id| format!("`{}`", self.scoped(*id))).collect();
            lines.push(format!(
                " It supports {}: implement the trait to serve the value as an object.",
                names.join(", ")
            ));
        }
        lines
    }

    fn with_state(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        settings: TokenStream,
        body: TokenStream,
        behaviour: &[String],
    ) -> TokenStream {
        let derives = self.chosen.runtime.derives(&["Debug", "Clone", "PartialEq"], "IdlType");
        let (name, identity) = (ident(self.names.own(id)), self.identity(id, definition));
        let text = format!(" `valuetype {}`", simple_name(definition));
        let more = (!behaviour.is_empty()).then(|| quote!(#[doc = ""] #(#[doc = #behaviour])*));
        quote! {
            #[doc = #text]
            #more
            #derives
            #[idl(#settings #identity)]
            pub struct #name #body
        }
    }
}
