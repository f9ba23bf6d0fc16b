//! Unions.

use proc_macro2::TokenStream;
use quorb_idl::model::{
    Definition, DefinitionId, DefinitionKind, Literal, Primitive, Type, Union, UnionCase,
};
use quote::quote;

use crate::Mapper;
use crate::annotations::has;
use crate::spelling::{Taken, ident, type_name};
use crate::traits::Ability;

/// The variant for labels that no case of the IDL has.
const NOTHING: &str = "Nothing";

impl Mapper<'_> {
    pub(crate) fn union(&mut self, id: DefinitionId, definition: &Definition, union: &Union) -> TokenStream {
        let text = format!(" `union {}`", self.scoped(id));
        let name = ident(self.names.own(id));
        if let [case] = union.cases.as_slice()
            && has(&definition.annotations, "optional")
            && case.labels == [Literal::Boolean(true)]
        {
            let (option, ty) = (
                self.chosen.runtime.option(),
                self.ty(&case.member.ty, definition.parent, case.member.place),
            );
            return quote! {
                #[doc = #text]
                pub type #name = #option<#ty>;
            };
        }
        let Some(switch) = self.switch(definition, union) else { return TokenStream::new() };
        let mut taken = Taken::default();
        let mut variants: Vec<TokenStream> =
            union.cases.iter().map(|case| self.case(definition, union, case, &switch, &mut taken)).collect();
        variants.extend(self.uncovered(definition, union, &switch, &mut taken));
        let mut derives = vec!["Debug", "Clone", "PartialEq"];
        if self.all_can(union.cases.iter().map(|case| &case.member.ty), Ability::Compare) {
            derives.extend(["Eq", "Hash"]);
        }
        let derives = self.chosen.runtime.derives(&derives, "IdlType");
        let identity = self.identity(id, definition);
        quote! {
            #[doc = #text]
            #derives
            #[idl(#identity)]
            #[switch(#switch)]
            pub enum #name { #(#variants)* }
        }
    }

    /// The type of the discriminator.
    fn switch(&mut self, definition: &Definition, union: &Union) -> Option<TokenStream> {
        match self.model.without_aliases(&union.discriminator).clone() {
            Type::Primitive(Primitive::WChar) => {
                self.fault(definition.place, "a union switched by wchar is not supported yet");
                None
            }
            Type::Named(_) => {
                self.fault(definition.place, "a union switched by an enum is not supported yet");
                None
            }
            ty => Some(self.ty(&ty, definition.parent, definition.place)),
        }
    }

    fn case(
        &mut self,
        definition: &Definition,
        union: &Union,
        case: &UnionCase,
        switch: &TokenStream,
        taken: &mut Taken,
    ) -> TokenStream {
        let name = taken.free(&type_name(&case.member.name), &[]);
        let ty = self.ty(&case.member.ty, definition.parent, case.member.place);
        let member = format!("{} {}", self.type_text(&case.member.ty), case.member.name);
        let written = &*case.member.name;
        let setting = (name != written).then(|| quote!(#[idl(name = #written)]));
        let variant = ident(&name);
        if case.is_default {
            let text = format!(" `default: {member}`");
            return quote!(#[doc = #text] #setting #[default] #variant(#switch, #ty),);
        }
        let labels: Vec<String> =
            case.labels.iter().map(|label| format!("case {}:", self.label_text(label))).collect();
        let text = format!(" `{} {member}`", labels.join(" "));
        let labels: Vec<TokenStream> = case
            .labels
            .iter()
            .map(|label| self.value(label, &union.discriminator, definition.parent))
            .collect();
        let kept = (labels.len() > 1).then(|| quote!(#switch,));
        quote!(#[doc = #text] #setting #[label(#(#labels),*)] #variant(#kept #ty),)
    }

    /// A variant for the labels that no case has: IDL lets a union hold such a label alone.
    fn uncovered(
        &mut self,
        definition: &Definition,
        union: &Union,
        switch: &TokenStream,
        taken: &mut Taken,
    ) -> Vec<TokenStream> {
        if union.cases.iter().any(|case| case.is_default) {
            return Vec::new();
        }
        let labels: Vec<&Literal> = union.cases.iter().flat_map(|case| &case.labels).collect();
        let discriminator = self.model.without_aliases(&union.discriminator).clone();
        match &discriminator {
            Type::Primitive(Primitive::Boolean) => {
                let missing =
                    [false, true].into_iter().filter(|truth| !labels.contains(&&Literal::Boolean(*truth)));
                let variants = missing.map(|truth| {
                    let name = ident(&taken.free(NOTHING, &[]));
                    quote!(#[doc = " Nothing."] #[label(#truth)] #name,)
                });
                variants.collect()
            }
            Type::Named(of) => {
                let DefinitionKind::Enum(enumeration) = &self.model.definition(*of).kind else {
                    return Vec::new();
                };
                let missing =
                    enumeration.enumerators.iter().filter(|id| !labels.contains(&&Literal::Enumerator(**id)));
                let variants = missing.map(|id| {
                    let written = &*self.model.definition(*id).name;
                    let name = taken.free(&type_name(written), &[]);
                    let setting = (name != written).then(|| quote!(#[idl(name = #written)]));
                    let (text, variant) = (format!(" Nothing, for `{written}`."), ident(&name));
                    let label = self.enumerator(*id, definition.parent);
                    quote!(#[doc = #text] #setting #[label(#label)] #variant,)
                });
                variants.collect()
            }
            _ if covers_all(&discriminator, labels.len()) => Vec::new(),
            _ => {
                let name = ident(&taken.free(NOTHING, &[]));
                vec![
                    quote!(#[doc = " Nothing, for every other label, which is kept."] #[default] #name(#switch),),
                ]
            }
        }
    }
}

/// Whether so many different labels are all that the discriminator can be.
fn covers_all(discriminator: &Type, labels: usize) -> bool {
    let Type::Primitive(primitive) = discriminator else { return false };
    primitive
        .integer_range()
        .and_then(|(least, most)| usize::try_from(most - least + 1).ok())
        .is_some_and(|all| labels >= all)
}
