//! The implementations that make a struct an exception.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::runtime::Runtime;
use crate::value::model::{Definition, Shape};

/// `UserException`, `Raises`, `Error`, and `Display` unless the user has his own.
pub(super) fn exception(definition: &Definition) -> TokenStream {
    let (private, ident, id) = (definition.runtime.private(), &definition.ident, &definition.id.text);
    let display = definition.display.then(|| display(definition));
    let raises = raises(&private, ident);
    quote! {
        const _: () = {
            #display
            #[automatically_derived]
            impl ::core::error::Error for #ident {}
            #[automatically_derived]
            impl #private::UserException for #ident {
                const REPOSITORY_ID: &'static str = #id;
            }
            #raises
        };
    }
}

fn raises(private: &TokenStream, ident: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #private::Raises for #ident {
            fn repository_id(&self) -> &'static str {
                <Self as #private::UserException>::REPOSITORY_ID
            }
            fn is_plain(&self) -> bool {
                #private::is_plain(self)
            }
            fn write_members(
                &self,
                __body: &mut #private::BodyWriter,
            ) -> ::core::result::Result<(), #private::BodyError> {
                __body.put(self)
            }
            fn read_members(
                __id: &str,
                __body: &mut #private::BodyReader<'_>,
            ) -> ::core::option::Option<::core::result::Result<Self, #private::BodyError>> {
                if __id == <Self as #private::UserException>::REPOSITORY_ID {
                    ::core::option::Option::Some(__body.next("exception"))
                } else {
                    ::core::option::Option::None
                }
            }
            fn describe(__types: &mut #private::TypeCatalogue) -> ::std::vec::Vec<#private::TypeDesc> {
                ::std::vec![<Self as #private::IdlType>::describe(__types)]
            }
        }
    }
}

/// Name and members, as `Debug` would show them: `OutOfRange { n: 5, m: 7 }`.
fn display(definition: &Definition) -> TokenStream {
    let (ident, name) = (&definition.ident, &definition.name);
    let Shape::Record(members) = &definition.shape else { return TokenStream::new() };
    let fields = members.iter().map(|member| {
        let (field, name) = (&member.field, &member.name);
        quote!(.field(#name, &self.#field))
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_struct(#name) #(#fields)* .finish()
            }
        }
    }
}

/// What stands in for an exception with mistakes.
pub(crate) fn fallback(runtime: &Runtime, ident: &Ident) -> TokenStream {
    let private = runtime.private();
    let raises = raises(&private, ident);
    quote! {
        const _: () = {
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::unreachable!()
                }
            }
            impl ::core::error::Error for #ident {}
            impl #private::UserException for #ident {
                const REPOSITORY_ID: &'static str = "";
            }
            #raises
        };
    }
}
