//! Enums without values: an ordinal in CDR, the name in CBOR.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use super::{Bodies, define, owned};
use crate::value::model::{Definition, Enumerator};

pub(super) fn bodies(definition: &Definition, enumerators: &[Enumerator]) -> Bodies {
    let (private, name) = (definition.runtime.private(), &definition.name);
    let variants: Vec<&Ident> = enumerators.iter().map(|enumerator| &enumerator.ident).collect();
    let names: Vec<&str> = enumerators.iter().map(|enumerator| enumerator.name.as_str()).collect();
    let ordinals: Vec<Literal> = (0..variants.len()).map(Literal::usize_unsuffixed).collect();
    let (last, others) = variants.split_last().expect("an enum has a variant");
    let other_ordinals = &ordinals[..others.len()];
    Bodies {
        size_min: quote!(<u32 as #private::Cdr>::SIZE_MIN),
        encode: quote! {
            let __ordinal: u32 = match self {
                #(Self::#variants => #ordinals,)*
            };
            <u32 as #private::Cdr>::encode(&__ordinal, __out)
        },
        decode: quote! {
            match <u32 as #private::Cdr>::decode(__in)? {
                #(#ordinals => ::core::result::Result::Ok(Self::#variants),)*
                __ordinal => ::core::result::Result::Err(#private::CdrError::InvalidDiscriminant {
                    type_name: #name,
                    value: <i64 as ::core::convert::From<u32>>::from(__ordinal),
                }),
            }
        },
        describe: describe(definition, &names, &private),
        is_plain: quote!(__levels > 0),
        write: quote! {
            #private::serde::Serializer::serialize_str(__serializer, match self {
                #(Self::#variants => #names,)*
            })
        },
        read: quote! {
            ::core::result::Result::Ok(match #private::read_enumerator(__ENUMERATORS, __deserializer)? {
                #(#other_ordinals => Self::#others,)*
                _ => Self::#last,
            })
        },
        cdr_hooks: TokenStream::new(),
        cbor_hooks: TokenStream::new(),
        items: enumerators_item(name, &names, &private),
    }
}

/// The names as the library reads them.
pub(super) fn enumerators_item(name: &str, names: &[&str], private: &TokenStream) -> TokenStream {
    quote! {
        const __ENUMERATORS: #private::Enumerators = #private::Enumerators { name: #name, names: &[#(#names),*] };
    }
}

/// The definition of an enum of these names.
pub(super) fn definition_of(name: &str, names: &[&str], private: &TokenStream) -> TokenStream {
    let (name, names) = (owned(name), names.iter().map(|name| owned(name)));
    quote! {
        #private::TypeDef::Enum { name: #name, enumerators: ::std::vec![#(#names),*] }
    }
}

fn describe(definition: &Definition, names: &[&str], private: &TokenStream) -> TokenStream {
    define(definition, &definition_of(&definition.name, names, private), false)
}
