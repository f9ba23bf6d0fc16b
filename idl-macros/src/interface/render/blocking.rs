//! The proxy for threads without an asynchronous runtime.

use proc_macro2::TokenStream;
use quote::quote;

use super::proxy::{arguments, attributes, result_type};
use super::{Names, deferred, unfinished};
use crate::interface::model::{Interface, Operation};

/// The type; its methods wait for what the proxy's methods answer.
pub(super) fn blocking(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, blocking, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let headline = format!("A [`{proxy}`] whose calls block the thread until they end.");
    let base = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote!(base: <#base as #private::Facade>::Blocking,)
    });
    quote! {
        #[doc = #headline]
        #[doc = ""]
        #[doc = "For threads that no asynchronous runtime drives; inside of one, use the proxy itself."]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #blocking {
            proxy: #proxy,
            #base
        }
    }
}

/// The implementations of the type.
pub(super) fn implementations(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, blocking, deferred, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let operations = interface.operations.iter().map(|operation| method(interface, names, operation));
    let casts = interface.bases.iter().map(|base| cast(interface, base));
    let unfinished =
        interface.unfinished.iter().filter_map(|signature| unfinished::method(interface, signature, true));
    let deref = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote! {
            #[automatically_derived]
            impl ::core::ops::Deref for #blocking {
                type Target = <#base as #private::Facade>::Blocking;
                fn deref(&self) -> &Self::Target {
                    &self.base
                }
            }
        }
    });
    let base = interface.bases.first().map(|base| {
        let base = &base.proxy;
        quote!(base: <#base as #private::Facade>::facade(&self.base),)
    });
    let deferred_form = deferred::form(interface, names);
    quote! {
        impl #blocking {
            #(#operations)*
            #(#casts)*
            #(#unfinished)*

            /// The same proxy with methods that send now and answer later; `wait` collects the answer.
            #[must_use]
            #visibility fn deferred(&self) -> #deferred {
                <#proxy as #private::Facade>::deferred_facade(&self.proxy)
            }
        }
        #[automatically_derived]
        impl #private::Facade for #proxy {
            type Blocking = #blocking;
            fn facade(&self) -> #blocking {
                #blocking { #base proxy: ::core::clone::Clone::clone(self) }
            }
            #deferred_form
        }
        #deref
    }
}

fn cast(interface: &Interface, base: &crate::interface::model::Base) -> TokenStream {
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let (cast, proxy) = (&base.cast, &base.proxy);
    let text = format!("The same object by the base interface that [`{cast}`](Self::{cast}) names.");
    quote! {
        #[doc = #text]
        #[must_use]
        #visibility fn #cast(&self) -> <#proxy as #private::Facade>::Blocking {
            <#proxy as #private::Facade>::facade(&self.proxy.#cast())
        }
    }
}

fn method(interface: &Interface, names: &Names, operation: &Operation) -> TokenStream {
    let Names { proxy, .. } = names;
    let (private, visibility, ident) = (interface.runtime.private(), &interface.visibility, &operation.ident);
    let (attributes, arguments, result) =
        (attributes(operation), arguments(operation), result_type(interface, operation));
    let values = operation.parameters.iter().map(|parameter| &parameter.ident);
    let allow = operation.is_deprecated().then(|| quote!(#[allow(deprecated)]));
    quote! {
        #attributes
        #allow
        #visibility fn #ident(&self, #arguments) -> #result {
            <#proxy as #private::Proxy>::object(&self.proxy).block_on(#proxy::#ident(&self.proxy, #(#values),*))
        }
    }
}
