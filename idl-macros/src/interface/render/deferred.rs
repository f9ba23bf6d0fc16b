//! The proxy whose calls are sent now and collected later.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::Names;
use super::proxy::attributes;
use crate::interface::model::{Interface, Operation, Parameter, Passing, Raised};

/// The type; its methods take what they are given along, and answer at once.
pub(super) fn deferred(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, deferred, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let headline = format!("A [`{proxy}`] whose calls are sent at once and collected later.");
    let base = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote!(base: <#base as #private::Facade>::Deferred,)
    });
    quote! {
        #[doc = #headline]
        #[doc = ""]
        #[doc = "Arguments are taken by value; what comes back in `&mut` parameters stands behind the result."]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #deferred {
            proxy: #proxy,
            #base
        }
    }
}

/// The implementations of the type.
pub(super) fn implementations(interface: &Interface, names: &Names) -> TokenStream {
    let Names { deferred, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let operations = interface.operations.iter().map(|operation| method(interface, names, operation));
    let casts = interface.bases.iter().map(|base| {
        let (cast, proxy) = (&base.cast, &base.proxy);
        let text = format!("The same object by the base interface that [`{cast}`](Self::{cast}) names.");
        quote! {
            #[doc = #text]
            #[must_use]
            #visibility fn #cast(&self) -> <#proxy as #private::Facade>::Deferred {
                <#proxy as #private::Facade>::deferred_facade(&self.proxy.#cast())
            }
        }
    });
    let deref = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote! {
            #[automatically_derived]
            impl ::core::ops::Deref for #deferred {
                type Target = <#base as #private::Facade>::Deferred;
                fn deref(&self) -> &Self::Target {
                    &self.base
                }
            }
        }
    });
    quote! {
        impl #deferred {
            #(#operations)*
            #(#casts)*
        }
        #deref
    }
}

/// How the type is made of a proxy.
pub(super) fn form(interface: &Interface, names: &Names) -> TokenStream {
    let Names { deferred, .. } = names;
    let private = interface.runtime.private();
    let base = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote!(base: <#base as #private::Facade>::deferred_facade(&self.base),)
    });
    quote! {
        type Deferred = #deferred;
        fn deferred_facade(&self) -> #deferred {
            #deferred { #base proxy: ::core::clone::Clone::clone(self) }
        }
    }
}

fn method(interface: &Interface, names: &Names, operation: &Operation) -> TokenStream {
    let Names { proxy, .. } = names;
    let (private, visibility, ident) = (interface.runtime.private(), &interface.visibility, &operation.ident);
    let attributes = attributes(operation);
    let parameters = operation.parameters.iter().map(parameter);
    let owned = operation.parameters.iter().filter_map(own);
    let values = operation.parameters.iter().map(value);
    let answer = answer(interface, operation);
    let returned: Vec<&Ident> = operation.inouts().map(|parameter| &parameter.ident).collect();
    let call = quote!(#proxy::#ident(&__proxy, #(#values),*).await);
    let call = if returned.is_empty() {
        call
    } else {
        quote! {
            match #call {
                ::core::result::Result::Ok(__value) => ::core::result::Result::Ok((__value, #(#returned),*)),
                ::core::result::Result::Err(__fault) => ::core::result::Result::Err(__fault),
            }
        }
    };
    let allow = operation.is_deprecated().then(|| quote!(#[allow(deprecated)]));
    quote! {
        #attributes
        #allow
        #visibility fn #ident(&self, #(#parameters),*) -> #answer {
            #(#owned)*
            let __proxy = ::core::clone::Clone::clone(&self.proxy);
            <#proxy as #private::Proxy>::object(&self.proxy).defer(async move { #call })
        }
    }
}

/// A parameter, taken by value; a text is copied instead.
fn parameter(parameter: &Parameter) -> TokenStream {
    let (ident, owned) = (&parameter.ident, &parameter.owned);
    match parameter.passing {
        Passing::Text => quote!(#ident: &::core::primitive::str),
        Passing::InOut => quote!(mut #ident: #owned),
        Passing::Owned | Passing::Slice(_) | Passing::Borrowed => quote!(#ident: #owned),
    }
}

/// What makes the call own a parameter that is borrowed.
fn own(parameter: &Parameter) -> Option<TokenStream> {
    let ident = &parameter.ident;
    matches!(parameter.passing, Passing::Text)
        .then(|| quote!(let #ident = <::std::string::String as ::core::convert::From<_>>::from(#ident);))
}

/// A parameter as the proxy takes it.
fn value(parameter: &Parameter) -> TokenStream {
    let ident = &parameter.ident;
    match parameter.passing {
        Passing::Owned => quote!(#ident),
        Passing::InOut => quote!(&mut #ident),
        Passing::Text | Passing::Slice(_) | Passing::Borrowed => quote!(&#ident),
    }
}

/// `Deferred<T, E>`; with inouts, `Deferred<(T, inouts), E>`.
fn answer(interface: &Interface, operation: &Operation) -> TokenStream {
    let (private, written) = (interface.runtime.private(), &operation.returns.written);
    let returned: Vec<_> = operation.inouts().map(|parameter| &parameter.owned).collect();
    let value = if returned.is_empty() { quote!(#written) } else { quote!((#written, #(#returned),*)) };
    match &operation.returns.raised {
        Raised::Exception(error) | Raised::Fault(error) => quote!(#private::Deferred<#value, #error>),
        Raised::Nothing | Raised::SystemOnly => quote!(#private::Deferred<#value>),
    }
}
