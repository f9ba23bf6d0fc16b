//! An enum of exceptions: what an operation may raise.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::runtime::Runtime;
use crate::sink::Sink;

/// One of several exceptions.
pub(super) struct Alternative {
    ident: Ident,
    exception: Type,
}

/// Reads the variants, each of which holds one exception.
pub(super) fn exceptions(input: &DeriveInput, sink: &mut Sink) -> Vec<Alternative> {
    let Data::Enum(data) = &input.data else { return Vec::new() };
    if data.variants.is_empty() {
        sink.at(&input.ident, "an enum of exceptions names at least one; an operation that raises none returns its result alone");
    }
    let mut alternatives: Vec<Alternative> = Vec::new();
    for variant in &data.variants {
        if let Some(idl) = variant.attrs.iter().find(|attribute| attribute.path().is_ident("idl")) {
            sink.at(
                idl,
                "the variants of an enum of exceptions have no settings: put them on the exceptions",
            );
        }
        let exception = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed[0].ty.clone(),
            _ => {
                let ident = &variant.ident;
                sink.at(variant, format_args!("each variant holds one exception: write `{ident}({ident})`, and `{ident}` as a struct with `#[derive(Exception)]`"));
                continue;
            }
        };
        let is_same = |earlier: &&Alternative| same(&earlier.exception, &exception);
        match alternatives.iter().find(is_same) {
            Some(earlier) => sink.at(
                &exception,
                format_args!("`{}` holds this exception already: leave one of them out", earlier.ident),
            ),
            None => alternatives.push(Alternative { ident: variant.ident.clone(), exception }),
        }
    }
    alternatives
}

fn same(left: &Type, right: &Type) -> bool {
    left.to_token_stream().to_string() == right.to_token_stream().to_string()
}

/// `Raises`, `Error`, `From` for each exception, and `Display` unless the user has his own.
pub(super) fn implementations(
    runtime: &Runtime,
    ident: &Ident,
    alternatives: &[Alternative],
    with_display: bool,
) -> TokenStream {
    let private = runtime.private();
    let raises = raises(&private, ident, alternatives);
    let variants: Vec<&Ident> = alternatives.iter().map(|alternative| &alternative.ident).collect();
    let exceptions: Vec<&Type> = alternatives.iter().map(|alternative| &alternative.exception).collect();
    let display = with_display.then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    match self {
                        #(Self::#variants(__exception) => ::core::fmt::Display::fmt(__exception, __f),)*
                    }
                }
            }
        }
    });
    quote! {
        const _: () = {
            #display
            #[automatically_derived]
            impl ::core::error::Error for #ident {
                fn source(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
                    match self {
                        #(Self::#variants(__exception) => ::core::option::Option::Some(__exception),)*
                    }
                }
            }
            #(
                #[automatically_derived]
                impl ::core::convert::From<#exceptions> for #ident {
                    fn from(__exception: #exceptions) -> Self {
                        Self::#variants(__exception)
                    }
                }
            )*
            #raises
        };
    }
}

fn raises(private: &TokenStream, ident: &Ident, alternatives: &[Alternative]) -> TokenStream {
    let variants: Vec<&Ident> = alternatives.iter().map(|alternative| &alternative.ident).collect();
    let exceptions: Vec<&Type> = alternatives.iter().map(|alternative| &alternative.exception).collect();
    quote! {
        #[automatically_derived]
        impl #private::Raises for #ident {
            fn repository_id(&self) -> &'static str {
                match self {
                    #(Self::#variants(_) => <#exceptions as #private::UserException>::REPOSITORY_ID,)*
                }
            }
            fn is_plain(&self) -> bool {
                match self {
                    #(Self::#variants(__exception) => #private::is_plain(__exception),)*
                }
            }
            fn write_members(
                &self,
                __body: &mut #private::BodyWriter,
            ) -> ::core::result::Result<(), #private::BodyError> {
                match self {
                    #(Self::#variants(__exception) => __body.put(__exception),)*
                }
            }
            fn read_members(
                __id: &str,
                __body: &mut #private::BodyReader<'_>,
            ) -> ::core::option::Option<::core::result::Result<Self, #private::BodyError>> {
                #(
                    if let ::core::option::Option::Some(__read) = <#exceptions as #private::Raises>::read_members(__id, __body) {
                        return ::core::option::Option::Some(__read.map(Self::#variants));
                    }
                )*
                ::core::option::Option::None
            }
            fn describe(__types: &mut #private::TypeCatalogue) -> ::std::vec::Vec<#private::TypeDesc> {
                ::std::vec![#(<#exceptions as #private::IdlType>::describe(__types)),*]
            }
        }
    }
}

/// What stands in for an enum of exceptions with mistakes.
pub(super) fn fallback(runtime: &Runtime, ident: &Ident) -> TokenStream {
    let private = runtime.private();
    quote! {
        const _: () = {
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::unreachable!()
                }
            }
            impl ::core::error::Error for #ident {}
            impl #private::Raises for #ident {
                fn repository_id(&self) -> &'static str {
                    ::core::unreachable!()
                }
                fn write_members(&self, _: &mut #private::BodyWriter) -> ::core::result::Result<(), #private::BodyError> {
                    ::core::unreachable!()
                }
                fn read_members(
                    _: &str,
                    _: &mut #private::BodyReader<'_>,
                ) -> ::core::option::Option<::core::result::Result<Self, #private::BodyError>> {
                    ::core::unreachable!()
                }
                fn describe(_: &mut #private::TypeCatalogue) -> ::std::vec::Vec<#private::TypeDesc> {
                    ::core::unreachable!()
                }
            }
        };
    }
}
