//! From the model to implementations: CDR, CBOR, description, serde.

mod alias;
mod enumeration;
mod record;
mod union;
mod value;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Expr, ExprLit, Lit, Type};

use super::model::{Definition, Shape};
use super::parse::Purpose;
use crate::runtime::Runtime;
use crate::setting::take_idl_settings;
use crate::sink::Sink;

/// The bodies of the methods that make a type an IDL type.
pub(super) struct Bodies {
    /// `Cdr::SIZE_MIN`.
    size_min: TokenStream,
    /// `Cdr::encode(&self, __out)`.
    encode: TokenStream,
    /// `Cdr::decode(__in)`.
    decode: TokenStream,
    /// `IdlType::describe(__types)`.
    describe: TokenStream,
    /// `IdlType::is_plain(&self, __levels)`.
    is_plain: TokenStream,
    /// `IdlType::write_cbor(&self, __serializer)`.
    write: TokenStream,
    /// `IdlType::read_cbor(__deserializer)`.
    read: TokenStream,
    /// Further methods of `Cdr`.
    cdr_hooks: TokenStream,
    /// Further methods of `IdlType`.
    cbor_hooks: TokenStream,
    /// Items that the bodies use.
    items: TokenStream,
}

/// `Cdr`, `IdlType` and serde's traits for a type or exception.
pub(crate) fn implementations(definition: &Definition, purpose: Purpose) -> TokenStream {
    let bodies = match &definition.shape {
        Shape::Alias(ty) => alias::bodies(definition, ty),
        Shape::Record(members) => record::bodies(definition, members, purpose),
        Shape::Enumeration(enumerators) => enumeration::bodies(definition, enumerators),
        Shape::Union(union) => union::bodies(definition, union),
        Shape::Value(value) => return value::implementation(definition, value),
    };
    assemble(&definition.runtime, &definition.ident, &bodies, definition.serde)
}

fn assemble(runtime: &Runtime, ident: &syn::Ident, bodies: &Bodies, with_serde: bool) -> TokenStream {
    let private = runtime.private();
    let Bodies { size_min, encode, decode, describe, is_plain, write, read, cdr_hooks, cbor_hooks, items } =
        bodies;
    let serde = with_serde.then(|| serde(&private, ident));
    quote! {
        const _: () = {
            #items
            #[automatically_derived]
            impl #private::Cdr for #ident {
                const SIZE_MIN: usize = #size_min;
                fn encode(&self, __out: &mut #private::Encoder) -> ::core::result::Result<(), #private::CdrError> {
                    #encode
                }
                fn decode(__in: &mut #private::Decoder<'_>) -> ::core::result::Result<Self, #private::CdrError> {
                    #decode
                }
                #cdr_hooks
            }
            #[automatically_derived]
            impl #private::IdlType for #ident {
                fn describe(__types: &mut #private::TypeCatalogue) -> #private::TypeDesc {
                    #describe
                }
                fn is_plain(&self, __levels: u32) -> bool {
                    #is_plain
                }
                fn write_cbor<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #write
                }
                fn read_cbor<'de, __D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #read
                }
                #cbor_hooks
            }
            #serde
        };
    }
}

fn serde(private: &TokenStream, ident: &syn::Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #private::serde::Serialize for #ident {
            fn serialize<__S: #private::serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                <Self as #private::IdlType>::write_cbor(self, __serializer)
            }
        }
        #[automatically_derived]
        impl<'de> #private::serde::Deserialize<'de> for #ident {
            fn deserialize<__D: #private::serde::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                <Self as #private::IdlType>::read_cbor(__deserializer)
            }
        }
    }
}

/// What stands in for the implementations of a type with mistakes, so that its uses add no messages of their own.
/// Nothing of it runs, since the crate does not compile.
pub(crate) fn fallback(input: &DeriveInput, purpose: Purpose) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let mut unheard = Sink::default();
    let known = ["id", "name", "crate", "serde", "switch", "display", "value", "truncatable", "custom"];
    let settings = take_idl_settings(&mut input.attrs.clone(), &known, &mut unheard);
    if settings.iter().any(|setting| setting.key == "value") {
        return value::fallback(&settings, &input.ident);
    }
    let (mut runtime, mut with_serde) = (Runtime::default(), true);
    for setting in settings {
        match setting.key.to_string().as_str() {
            "crate" => runtime = setting.path(&mut unheard).map_or(runtime, Runtime::at),
            "serde" => with_serde = setting.boolean(&mut unheard).unwrap_or(true),
            _ => {}
        }
    }
    let never = quote!(::core::unreachable!());
    let bodies = Bodies {
        size_min: quote!(0),
        encode: never.clone(),
        decode: never.clone(),
        describe: never.clone(),
        is_plain: never.clone(),
        write: never.clone(),
        read: never,
        cdr_hooks: TokenStream::new(),
        cbor_hooks: TokenStream::new(),
        items: TokenStream::new(),
    };
    let implementations = assemble(&runtime, &input.ident, &bodies, with_serde);
    let exception =
        (purpose == Purpose::Exception).then(|| crate::exception::fallback(&runtime, &input.ident));
    quote!(#implementations #exception)
}

/// An expression for a default; a text literal becomes what the type is.
fn default_expression(ty: &Type, value: &Expr) -> TokenStream {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => {
            quote!(<#ty as ::core::convert::From<_>>::from(#value))
        }
        value => quote!(#value),
    }
}

/// Whether members of these types, behind these references, are plain; to be used where `__inner` levels are left.
fn members_are_plain<'a>(
    private: &TokenStream,
    members: impl Iterator<Item = (&'a Type, TokenStream)>,
) -> TokenStream {
    let each = members.map(|(ty, value)| quote!(<#ty as #private::IdlType>::is_plain(#value, __inner)));
    quote!(#(#each)&&*)
}

/// The body of `is_plain` of a type that is one level around `members`.
fn one_level(members: &TokenStream) -> TokenStream {
    quote! {
        let ::core::option::Option::Some(__inner) = ::core::primitive::u32::checked_sub(__levels, 1) else {
            return false;
        };
        #members
    }
}

/// Enters a definition under its repository id.
fn define(definition: &Definition, ty: &TokenStream, uses_types: bool) -> TokenStream {
    let (private, id) = (definition.runtime.private(), &definition.id.text);
    let types = if uses_types { quote!(__types) } else { quote!(_) };
    quote! {
        #private::TypeCatalogue::define(__types, #id, |#types: &mut #private::TypeCatalogue| #ty)
    }
}

/// A text as an owned string.
fn owned(text: &str) -> TokenStream {
    quote!(::std::borrow::ToOwned::to_owned(#text))
}
