//! Enums with values: discriminator and value in both formats.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use super::enumeration::{definition_of, enumerators_item};
use super::{Bodies, define, members_are_plain, one_level, owned};
use crate::value::model::{
    Case, Definition, Label, LabelValue, Switch, SwitchKind, SwitchType, Union, switch_name,
};

pub(super) fn bodies(definition: &Definition, union: &Union) -> Bodies {
    let view = View { definition, union, private: definition.runtime.private() };
    let (private, label) = (&view.private, view.label_type());
    let names: Vec<&str> = union.cases.iter().map(|case| case.name.as_str()).collect();
    let enumerators = match union.switch {
        Switch::Generated => enumerators_item(&definition.name, &names, private),
        Switch::Typed(_) => TokenStream::new(),
    };
    let reader = view.reader();
    Bodies {
        // Not the values: a union that contains itself would never come to an end.
        size_min: quote!(<#label as #private::Cdr>::SIZE_MIN),
        encode: view.encode(),
        decode: view.decode(),
        describe: view.describe(),
        is_plain: view.is_plain(),
        write: view.write(),
        read: quote!(#private::read_union::<__Cases, __D>(__deserializer)),
        cdr_hooks: TokenStream::new(),
        cbor_hooks: TokenStream::new(),
        items: quote!(#enumerators #reader),
    }
}

struct View<'a> {
    definition: &'a Definition,
    union: &'a Union,
    private: TokenStream,
}

impl View<'_> {
    /// The discriminator in CDR.
    fn label_type(&self) -> TokenStream {
        match &self.union.switch {
            Switch::Generated => quote!(u32),
            Switch::Typed(SwitchType { path, .. }) => quote!(#path),
        }
    }

    fn cases(&self) -> impl Iterator<Item = (usize, &Case)> {
        self.union.cases.iter().enumerate()
    }

    /// The label of a case that has only one, in CDR.
    fn only_label(&self, place: usize, case: &Case) -> TokenStream {
        match case.labels.first() {
            Some(label) => label.tokens.clone(),
            None => Literal::usize_unsuffixed(place).to_token_stream(),
        }
    }

    /// What matches the variant, and binds `__label` and `__value` where it has them.
    fn pattern(case: &Case) -> TokenStream {
        let ident = &case.ident;
        match (case.keeps_label(), &case.value) {
            (true, Some(_)) => quote!(Self::#ident(__label, __value)),
            (true, None) => quote!(Self::#ident(__label)),
            (false, Some(_)) => quote!(Self::#ident(__value)),
            (false, None) => quote!(Self::#ident),
        }
    }

    /// Whether the label that a variant keeps is one of its own; `None` if every label is.
    fn label_fits(&self, case: &Case) -> Option<TokenStream> {
        if !case.is_default {
            let labels = case.labels.iter().map(|label| &label.tokens);
            return Some(quote!(::core::matches!(*__label, #(#labels)|*)));
        }
        let others: Vec<&TokenStream> = self
            .union
            .cases
            .iter()
            .filter(|other| !other.is_default)
            .flat_map(|other| &other.labels)
            .map(|label| &label.tokens)
            .collect();
        (!others.is_empty()).then(|| quote!(!::core::matches!(*__label, #(#others)|*)))
    }

    fn encode(&self) -> TokenStream {
        let (private, label) = (&self.private, self.label_type());
        let arms = self.cases().map(|(place, case)| {
            let pattern = View::pattern(case);
            let value = match &case.value {
                Some(ty) => quote!(<#ty as #private::Cdr>::encode(__value, __out)),
                None => quote!(::core::result::Result::Ok(())),
            };
            if !case.keeps_label() {
                let only = self.only_label(place, case);
                return quote! {
                    #pattern => {
                        <#label as #private::Cdr>::encode(&#only, __out)?;
                        #value
                    }
                };
            }
            let check = self.label_fits(case).map(|fits| {
                let error = self.invalid_discriminant(quote!(*__label));
                quote!(if !(#fits) { return #error; })
            });
            quote! {
                #pattern => {
                    #check
                    <#label as #private::Cdr>::encode(__label, __out)?;
                    #value
                }
            }
        });
        quote!(match self { #(#arms)* })
    }

    fn decode(&self) -> TokenStream {
        let (private, label) = (&self.private, self.label_type());
        let value = |case: &Case| case.value.as_ref().map(|ty| quote!(<#ty as #private::Cdr>::decode(__in)?));
        let arms = self.arms(value);
        let otherwise = self.otherwise(self.invalid_discriminant(quote!(__label)));
        quote! {
            let __label = <#label as #private::Cdr>::decode(__in)?;
            match __label {
                #(#arms)*
                #otherwise
            }
        }
    }

    /// The arms of a match on `__label` that build the variants, the default last.
    fn arms(&self, value: impl Fn(&Case) -> Option<TokenStream>) -> Vec<TokenStream> {
        let ident = &self.definition.ident;
        let arm = |(place, case): (usize, &Case)| {
            let variant = &case.ident;
            let kept = case.keeps_label().then(|| quote!(__label,));
            let value = value(case);
            let built = match (&kept, &value) {
                (None, None) => quote!(#ident::#variant),
                _ => quote!(#ident::#variant(#kept #value)),
            };
            let labels: Vec<TokenStream> = match case.labels.as_slice() {
                _ if case.is_default => vec![quote!(_)],
                [] => vec![self.only_label(place, case)],
                labels => labels.iter().map(|label| label.tokens.clone()).collect(),
            };
            quote!(#(#labels)|* => ::core::result::Result::Ok(#built),)
        };
        let (defaults, others): (Vec<_>, Vec<_>) = self.cases().partition(|(_, case)| case.is_default);
        others.into_iter().chain(defaults).map(arm).collect()
    }

    /// The arm for labels that no case has, where there can be any.
    fn otherwise(&self, error: TokenStream) -> Option<TokenStream> {
        let has_default = self.union.cases.iter().any(|case| case.is_default);
        let labels = self.union.cases.iter().map(|case| case.labels.len()).sum::<usize>();
        let is_boolean = matches!(&self.union.switch, Switch::Typed(ty) if ty.kind == SwitchKind::Boolean);
        let is_exhausted = has_default || (is_boolean && labels == 2);
        // Whether the labels are all that an enum has, only the compiler knows.
        (!is_exhausted).then(|| quote!(#[allow(unreachable_patterns)] _ => #error,))
    }

    fn invalid_discriminant(&self, label: TokenStream) -> TokenStream {
        let (private, name) = (&self.private, &self.definition.name);
        let number = match &self.union.switch {
            Switch::Generated => quote!(<i64 as ::core::convert::From<u32>>::from(#label)),
            Switch::Typed(ty) => match (ty.kind, ty.name.as_str()) {
                (_, "i64") => label,
                (_, "u64") => quote!(u64::cast_signed(#label)),
                (SwitchKind::Character, _) => {
                    quote!(<i64 as ::core::convert::From<u32>>::from(<u32 as ::core::convert::From<char>>::from(#label)))
                }
                (SwitchKind::Wide | SwitchKind::Enumeration, _) => quote!(#private::label_number(&#label)),
                _ => quote!(<i64 as ::core::convert::From<#ty>>::from(#label)),
            },
        };
        quote! {
            ::core::result::Result::Err(#private::CdrError::InvalidDiscriminant { type_name: #name, value: #number })
        }
    }

    /// A label that a variant keeps may be one that it must not have.
    fn is_plain(&self) -> TokenStream {
        let arms = self.cases().map(|(_, case)| {
            let ident = &case.ident;
            match &case.value {
                _ if case.keeps_label() => quote!(Self::#ident(..) => false,),
                Some(ty) => {
                    let value = members_are_plain(&self.private, [(ty, quote!(__value))].into_iter());
                    quote!(Self::#ident(__value) => #value,)
                }
                None => quote!(Self::#ident => true,),
            }
        });
        one_level(&quote!(match self { #(#arms)* }))
    }

    fn write(&self) -> TokenStream {
        let (private, name) = (&self.private, &self.definition.name);
        let label_type = match &self.union.switch {
            Switch::Generated => quote!(str),
            Switch::Typed(ty) => quote!(#private::AsCbor<'_, #ty>),
        };
        let arms = self.cases().map(|(place, case)| {
            let pattern = View::pattern(case);
            // The type of a value that is not there only has to be some IDL type.
            let (ty, value) = match &case.value {
                Some(ty) => (quote!(#ty), quote!(::core::option::Option::Some(__value))),
                None => (quote!(bool), quote!(::core::option::Option::None)),
            };
            let label = match (&self.union.switch, case.keeps_label()) {
                (_, true) => quote!(&#private::AsCbor(__label)),
                (Switch::Generated, false) => case.name.to_token_stream(),
                (Switch::Typed(_), false) => {
                    let only = self.only_label(place, case);
                    quote!(&#private::AsCbor(&#only))
                }
            };
            let write = quote!(#private::write_union::<__S, #label_type, #ty>(__serializer, #label, #value));
            let check = self.label_fits(case).filter(|_| case.keeps_label()).map(|fits| {
                let case = &case.name;
                quote!(if !(#fits) { return ::core::result::Result::Err(#private::wrong_label(__label, #name, #case)); })
            });
            quote!(#pattern => { #check #write })
        });
        quote!(match self { #(#arms)* })
    }

    fn reader(&self) -> TokenStream {
        let (private, ident, name) = (&self.private, &self.definition.ident, &self.definition.name);
        let (label, read) = match &self.union.switch {
            Switch::Generated => (
                quote!(usize),
                quote!(#private::serde::de::SeqAccess::next_element_seed(__parts, __ENUMERATORS)),
            ),
            Switch::Typed(ty) => (
                quote!(#ty),
                quote! {
                    ::core::result::Result::Ok(
                        #private::serde::de::SeqAccess::next_element::<#private::FromCbor<#ty>>(__parts)?
                            .map(|#private::FromCbor(__label)| __label),
                    )
                },
            ),
        };
        let value = |case: &Case| case.value.as_ref().map(|_| quote!(#private::read_value(__parts)?));
        let arms = self.arms(value);
        let otherwise =
            self.otherwise(quote!(::core::result::Result::Err(#private::unknown_label(__label, #name))));
        quote! {
            struct __Cases;

            impl #private::Cases for __Cases {
                type Union = #ident;
                type Label = #label;
                const NAME: &'static str = #name;
                fn read_label<'de, __A: #private::serde::de::SeqAccess<'de>>(
                    __parts: &mut __A,
                ) -> ::core::result::Result<::core::option::Option<#label>, __A::Error> {
                    #read
                }
                fn read_case<'de, __A: #private::serde::de::SeqAccess<'de>>(
                    __label: #label,
                    __parts: &mut __A,
                ) -> ::core::result::Result<#ident, __A::Error> {
                    match __label {
                        #(#arms)*
                        #otherwise
                    }
                }
            }
        }
    }

    fn describe(&self) -> TokenStream {
        let (private, definition) = (&self.private, self.definition);
        let names: Vec<&str> = self.union.cases.iter().map(|case| case.name.as_str()).collect();
        let discriminator = match &self.union.switch {
            Switch::Typed(ty) => quote!(<#ty as #private::IdlType>::describe(__types)),
            Switch::Generated => {
                let name = switch_name(&definition.name);
                let enumeration = definition_of(&name, &names, private);
                let id = switch_id(&definition.id.text);
                quote!(#private::TypeCatalogue::define(__types, #id, |_: &mut #private::TypeCatalogue| #enumeration))
            }
        };
        let cases = self.union.cases.iter().map(|case| {
            let labels: Vec<TokenStream> = match (&self.union.switch, case.is_default) {
                (_, true) => Vec::new(),
                (Switch::Generated, _) => vec![owned(&case.name)],
                (Switch::Typed(_), _) => case.labels.iter().map(|label| label_text(label, private)).collect(),
            };
            let name = owned(&case.name);
            let ty = match &case.value {
                Some(ty) => {
                    quote!(::core::option::Option::Some(<#ty as #private::IdlType>::describe(__types)))
                }
                None => quote!(::core::option::Option::None),
            };
            quote!(#private::Case { name: #name, labels: ::std::vec![#(#labels),*], ty: #ty })
        });
        let name = owned(&definition.name);
        let tokens = quote! {
            #private::TypeDef::Union {
                name: #name,
                discriminator: #discriminator,
                cases: ::std::vec![#(#cases),*],
            }
        };
        define(definition, &tokens, true)
    }
}

/// The text of a label in descriptions. An enumerator's is its name in IDL.
fn label_text(label: &Label, private: &TokenStream) -> TokenStream {
    let tokens = &label.tokens;
    match &label.value {
        LabelValue::Enumerator(_) => quote!(#private::label_name(&#tokens)),
        value => owned(&value.to_string()),
    }
}

/// The id of the generated enum: that of the union with `Switch` behind its name.
fn switch_id(id: &str) -> String {
    match id.rsplit_once(':') {
        Some((name, version)) => format!("{}:{version}", switch_name(name)),
        None => switch_name(id),
    }
}

impl ToTokens for SwitchType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}
