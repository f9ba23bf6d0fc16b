//! Unions.

use proc_macro2::TokenStream;
use quorb_idl::model::{
    Definition, DefinitionId, DefinitionKind, Literal, Primitive, Type, Union, UnionCase,
};
use quote::quote;

use crate::Mapper;
use crate::spelling::{Taken, ident, type_name};
use crate::traits::Ability;

/// The variant for labels that no case of the IDL has.
const NOTHING: &str = "Nothing";

impl Mapper<'_> {
    pub(crate) fn union(&mut self, id: DefinitionId, definition: &Definition, union: &Union) -> TokenStream {
        let text = format!(" `union {}`", self.scoped(id));
        let name = ident(self.names.own(id));
        if let Some(inner) = self.optional(id) {
            let (option, ty) =
                (self.chosen.runtime.option(), self.ty(&inner, definition.parent, definition.place));
            return quote! {
                #[doc = #text]
                pub type #name = #option<#ty>;
            };
        }
        if let Some(enumerators) = self.own_switch(definition, union) {
            return self.over_names(id, definition, union, &enumerators);
        }
        let switch = self.ty(&union.discriminator, definition.parent, definition.place);
        let mut taken = Taken::default();
        let mut variants: Vec<TokenStream> =
            union.cases.iter().map(|case| self.case(definition, union, case, &switch, &mut taken)).collect();
        let said: Vec<Nothing> = self.said_nothing(definition, union);
        if said.is_empty() {
            variants.extend(self.uncovered(definition, union, &switch, &mut taken));
        }
        for nothing in said {
            let place = nothing.place.min(variants.len());
            variants.insert(place, self.nothing(definition, union, &nothing, &switch, &mut taken));
        }
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

    /// The enumerators, if the union is switched by an enum that is called after it and names its cases: that is what an
    /// enum with values becomes in IDL.
    fn own_switch(&self, definition: &Definition, union: &Union) -> Option<Vec<DefinitionId>> {
        let Type::Named(switch) = union.discriminator else { return None };
        let switch = self.model.definition(switch);
        let DefinitionKind::Enum(enumeration) = &switch.kind else { return None };
        let (name, version) = definition.repository_id.rsplit_once(':')?;
        let name_of = |id: &DefinitionId| self.model.definition(*id).name.clone();
        let names_its_label = |case: &UnionCase| match case.labels.as_slice() {
            [Literal::Enumerator(label)] if !case.is_default => name_of(label) == case.member.name,
            _ => false,
        };
        let is_own = switch.repository_id == format!("{name}Switch:{version}");
        (is_own && union.cases.iter().all(names_its_label)).then(|| enumeration.enumerators.clone())
    }

    /// An enum with values: a variant for each enumerator, in their order.
    fn over_names(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        union: &Union,
        enumerators: &[DefinitionId],
    ) -> TokenStream {
        let mut taken = Taken::default();
        let mut variants = Vec::new();
        for enumerator in enumerators {
            let written = self.model.definition(*enumerator).name.clone();
            let case = union.cases.iter().find(|case| case.member.name == written);
            let ty = case.map(|case| self.ty(&case.member.ty, definition.parent, case.member.place));
            let name = taken.free(&type_name(&written), &[]);
            let setting = (name != *written).then(|| {
                let written = &*written;
                quote!(#[idl(name = #written)])
            });
            let (text, variant) = (format!(" `{written}`"), ident(&name));
            let value = ty.map(|ty| quote!((#ty)));
            variants.push(quote!(#[doc = #text] #setting #variant #value,));
        }
        let mut derives = vec!["Debug", "Clone", "PartialEq"];
        if self.all_can(union.cases.iter().map(|case| &case.member.ty), Ability::Compare) {
            derives.extend(["Eq", "Hash"]);
        }
        let derives = self.chosen.runtime.derives(&derives, "IdlType");
        let (text, name) = (format!(" `union {}`", self.scoped(id)), ident(self.names.own(id)));
        let identity = self.identity(id, definition);
        quote! {
            #[doc = #text]
            #derives
            #[idl(#identity)]
            pub enum #name { #(#variants)* }
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

    /// The cases without a value that annotations tell of: place, name, labels.
    fn said_nothing(&self, definition: &Definition, union: &Union) -> Vec<Nothing> {
        let of_name = definition.annotations.iter().filter(|annotation| annotation.name == "nothing");
        let parsed = of_name.filter_map(|annotation| {
            let text = annotation.arguments.as_deref()?.trim_matches('"');
            let mut words = text.splitn(3, ' ');
            let (place, name) = (words.next()?.parse().ok()?, words.next()?.to_owned());
            let labels = words.next().filter(|labels| !labels.is_empty());
            let labels = labels.into_iter().flat_map(|labels| labels.split(','));
            let labels =
                labels.map(|label| self.label_of(label, &union.discriminator)).collect::<Option<_>>()?;
            Some(Nothing { place, name, labels })
        });
        parsed.collect()
    }

    /// A label from its text.
    fn label_of(&self, text: &str, discriminator: &Type) -> Option<Literal> {
        Some(match self.model.without_aliases(discriminator) {
            Type::Primitive(Primitive::Boolean) => Literal::Boolean(text.eq_ignore_ascii_case("true")),
            Type::Primitive(Primitive::Char | Primitive::WChar) => {
                Literal::Char(text.trim_matches('\'').chars().next()?)
            }
            Type::Named(of) => {
                let DefinitionKind::Enum(enumeration) = &self.model.definition(*of).kind else { return None };
                let named = |id: &&DefinitionId| &*self.model.definition(**id).name == text;
                Literal::Enumerator(*enumeration.enumerators.iter().find(named)?)
            }
            _ => Literal::Integer(text.parse().ok()?),
        })
    }

    fn nothing(
        &mut self,
        definition: &Definition,
        union: &Union,
        nothing: &Nothing,
        switch: &TokenStream,
        taken: &mut Taken,
    ) -> TokenStream {
        let name = taken.free(&type_name(&nothing.name), &[]);
        let written = &nothing.name;
        let setting = (name != *written).then(|| quote!(#[idl(name = #written)]));
        let variant = ident(&name);
        let labels: Vec<TokenStream> = nothing
            .labels
            .iter()
            .map(|label| self.value(label, &union.discriminator, definition.parent))
            .collect();
        match labels.as_slice() {
            [] => {
                quote!(#[doc = " Nothing, for every other label, which is kept."] #setting #[default] #variant(#switch),)
            }
            [label] => quote!(#[doc = " Nothing."] #setting #[label(#label)] #variant,),
            labels => quote!(#[doc = " Nothing."] #setting #[label(#(#labels),*)] #variant(#switch),),
        }
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

/// A case without a value.
struct Nothing {
    /// Which of the cases it is.
    place: usize,
    name: String,
    /// Its labels; none is every other.
    labels: Vec<Literal>,
}

/// Whether so many different labels are all that the discriminator can be.
fn covers_all(discriminator: &Type, labels: usize) -> bool {
    let Type::Primitive(primitive) = discriminator else { return false };
    primitive
        .integer_range()
        .and_then(|(least, most)| usize::try_from(most - least + 1).ok())
        .is_some_and(|all| labels >= all)
}
