//! The typed client of an interface.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::contract::undocumented;
use super::skeleton::exception_type;
use super::values::{self, Reply};
use super::{Names, direct, operations_name, unfinished};
use crate::interface::model::{Interface, Operation, Raised};

/// The proxy type, its casts to bases, and its `blocking` method. The operations are in the anonymous constant.
pub(super) fn proxy(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, .. } = names;
    let (runtime, visibility) = (&interface.runtime, &interface.visibility);
    let headline = format!("A typed reference to an object of the interface [`{}`].", interface.ident);
    let (field, ty) = match interface.bases.first() {
        None => (format_ident!("object"), quote!(#runtime::ObjectRef)),
        Some(base) => {
            let ty = &base.proxy;
            (format_ident!("base"), quote!(#ty))
        }
    };
    quote! {
        #[doc = #headline]
        #[doc = ""]
        #[doc = "Cloning is cheap: clones share the reference. It can be sent between threads, passed as an argument, and \
                 stored. Every call returns a `Fault` where it does not end well; dropping the future of a call cancels it."]
        #[derive(::core::clone::Clone)]
        #visibility struct #proxy {
            #field: #ty,
        }
    }
}

/// The implementations of the proxy.
pub(super) fn implementations(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, blocking, deferred, .. } = names;
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let operations =
        interface.operations.iter().enumerate().map(|(place, operation)| method(interface, place, operation));
    let casts = interface.bases.iter().map(|base| {
        let (cast, base, text) = (&base.cast, &base.proxy, format!("The same object by its base interface `{}`.", last_name(&base.path)));
        quote! {
            #[doc = #text]
            #[must_use]
            #visibility fn #cast(&self) -> #base {
                <#base as #private::Proxy>::from_object(::core::clone::Clone::clone(<Self as #private::Proxy>::object(self)))
            }
        }
    });
    let unfinished =
        interface.unfinished.iter().filter_map(|signature| unfinished::method(interface, signature, false));
    let conversions = conversions(interface, names);
    quote! {
        impl #proxy {
            #(#operations)*
            #(#casts)*
            #(#unfinished)*

            /// The same proxy for threads without an asynchronous runtime: its methods wait.
            #[must_use]
            #visibility fn blocking(&self) -> #blocking {
                <Self as #private::Facade>::facade(self)
            }

            /// The same proxy with methods that send now and answer later.
            #[must_use]
            #visibility fn deferred(&self) -> #deferred {
                <Self as #private::Facade>::deferred_facade(self)
            }
        }
        #conversions
        #private::proxy_values!(#proxy);
    }
}

fn last_name(path: &syn::Path) -> String {
    path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

/// `Proxy` and `Deref`: down to the object, or to the proxy of the first base.
fn conversions(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, .. } = names;
    let (runtime, private) = (&interface.runtime, interface.runtime.private());
    let (target, inner, build, object) = match interface.bases.first() {
        None => (quote!(#runtime::ObjectRef), quote!(object), quote!(object: __object), quote!(&self.object)),
        Some(base) => {
            let base = &base.proxy;
            (
                quote!(#base),
                quote!(base),
                quote!(base: <#base as #private::Proxy>::from_object(__object)),
                quote!(<#base as #private::Proxy>::object(&self.base)),
            )
        }
    };
    quote! {
        #[automatically_derived]
        impl #private::Proxy for #proxy {
            fn interface() -> &'static #private::Interface {
                &__INTERFACE
            }
            fn from_object(__object: #private::ObjectRef) -> Self {
                #proxy { #build }
            }
            fn object(&self) -> &#private::ObjectRef {
                #object
            }
        }

        #[automatically_derived]
        impl ::core::ops::Deref for #proxy {
            type Target = #target;
            fn deref(&self) -> &Self::Target {
                &self.#inner
            }
        }
    }
}

/// One operation: encode, call, decode.
fn method(interface: &Interface, place: usize, operation: &Operation) -> TokenStream {
    let (private, visibility) = (interface.runtime.private(), &interface.visibility);
    let operations = operations_name();
    let Operation { ident, .. } = operation;
    let attributes = attributes(operation);
    let arguments = arguments(operation);
    let result = result_type(interface, operation);
    // The compiler finds an exception that is none in the call, and shall say so where it is declared.
    let declared = operation.returns.error.as_ref().unwrap_or(&operation.returns.written);
    let declared = declared.span().resolved_at(Span::call_site());
    let target = quote_spanned!(declared=> <Self as #private::Proxy>::object(self));
    let write = values::write_request(operation, &private);
    let entry = quote!(&#operations[#place]);
    let body = if operation.oneway {
        let direct = direct::attempt(operation, &target, &entry, None, &private);
        quote! {
            #direct
            #target.invoke_oneway(<Self as #private::Proxy>::interface(), #entry, &#write).await
        }
    } else {
        let Reply { read, pattern, assign, value } = values::read_reply(operation, &private);
        let direct = direct::attempt(operation, &target, &entry, Some(&quote!(__read)), &private);
        let (read, reader) = match &direct {
            Some(_) => (quote!(__read), Some(quote!(let __read = #read;))),
            None => (read, None),
        };
        let exception = exception_type(operation);
        let invoke = if operation.has_stream() { quote!(invoke_streaming) } else { quote!(invoke) };
        let call = quote_spanned! {declared=>
            #target.#invoke::<_, #exception>(<Self as #private::Proxy>::interface(), #entry, &#write, #read).await
        };
        match assign {
            None => quote!(#reader #direct #call),
            Some(assign) => quote! {
                let __reply: ::core::result::Result<_, #private::Fault<_>> = #call;
                match __reply {
                    ::core::result::Result::Ok(#pattern) => {
                        #assign
                        ::core::result::Result::Ok(#value)
                    }
                    ::core::result::Result::Err(__fault) => ::core::result::Result::Err(__fault),
                }
            },
        }
    };
    quote! {
        #attributes
        #visibility async fn #ident(&self, #arguments) -> #result {
            #body
        }
    }
}

/// The number of parameters from which a linter complains; it does so about the user's trait, which is enough.
pub(super) const LINTED_PARAMETERS_MIN: usize = 7;

/// The user's documentation and deprecation of an operation, or a line in its place.
pub(super) fn attributes(operation: &Operation) -> TokenStream {
    let attributes = &operation.attributes;
    let documentation = undocumented(attributes).then(|| {
        let text = format!("Calls `{}`.", operation.wire);
        quote!(#[doc = #text])
    });
    let allow = (operation.parameters.len() >= LINTED_PARAMETERS_MIN)
        .then(|| quote!(#[allow(clippy::too_many_arguments)]));
    quote!(#documentation #(#attributes)* #allow)
}

/// The parameters of an operation as the user writes them, without the context.
pub(super) fn arguments(operation: &Operation) -> TokenStream {
    let parameters = operation.parameters.iter().map(|parameter| {
        let (ident, ty) = (&parameter.ident, &parameter.written);
        quote!(#ident: #ty)
    });
    quote!(#(#parameters),*)
}

/// What a call returns: `Result<T, Fault<E>>`.
pub(super) fn result_type(interface: &Interface, operation: &Operation) -> TokenStream {
    let (runtime, written) = (&interface.runtime, &operation.returns.written);
    match &operation.returns.raised {
        Raised::Exception(error) | Raised::Fault(error) => {
            quote!(::core::result::Result<#written, #runtime::Fault<#error>>)
        }
        Raised::Nothing | Raised::SystemOnly => quote!(::core::result::Result<#written, #runtime::Fault>),
    }
}
