//! Calls to a servant in the same process, with nothing encoded: for methods that neither wait nor take streams.
//!
//! What a `&mut` parameter comes back with is the caller's only if the call ends well, so that such methods would need a
//! copy of it; they go the general way, as all others.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::proxy::{LINTED_PARAMETERS_MIN, arguments, result_type};
use super::skeleton::{call, outcome};
use super::{Names, values};
use crate::interface::model::{Execution, Interface, Operation, Outcome, Parameter, Passing, Receiver};

/// Whether a proxy may call the method itself.
pub(super) fn is_direct(operation: &Operation) -> bool {
    operation.execution == Execution::Immediate
        && !operation.has_stream()
        && operation.inouts().next().is_none()
}

/// What proxies know of a servant: its methods, whatever its type.
fn view() -> Ident {
    format_ident!("__Direct")
}

/// The trait that proxies call, its implementation for every servant, and the way from a servant to it.
pub(super) fn implementations(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, .. } = names;
    let (private, visibility, contract) =
        (interface.runtime.private(), &interface.visibility, &interface.ident);
    let operations: Vec<&Operation> =
        interface.operations.iter().filter(|operation| is_direct(operation)).collect();
    let bases = interface.bases.iter().map(|base| &base.proxy);
    let own = (!operations.is_empty()).then(|| {
        let view = view();
        quote! {
            if __of == ::core::any::TypeId::of::<dyn #view>() {
                let __servant: ::std::sync::Arc<dyn #view> = ::core::clone::Clone::clone(__cell) as _;
                return ::core::option::Option::Some(::std::boxed::Box::new(::std::sync::Arc::downgrade(&__servant)));
            }
        }
    });
    let traits = (!operations.is_empty()).then(|| traits(interface, &operations));
    let writers = operations.iter().map(|operation| values::reply_writer(operation, &private));
    quote! {
        #traits
        #(#writers)*
        impl #proxy {
            #[doc(hidden)]
            #[allow(unused_variables)]
            #visibility fn __facet<__T: #contract>(
                __cell: &::std::sync::Arc<#private::ServantCell<__T>>,
                __of: ::core::any::TypeId,
            ) -> ::core::option::Option<#private::Facet> {
                #own
                #(
                    if let ::core::option::Option::Some(__facet) = #bases::__facet(__cell, __of) {
                        return ::core::option::Option::Some(__facet);
                    }
                )*
                ::core::option::Option::None
            }
        }
    }
}

fn traits(interface: &Interface, operations: &[&Operation]) -> TokenStream {
    let (private, view, contract) = (interface.runtime.private(), view(), &interface.ident);
    let signatures: Vec<TokenStream> =
        operations.iter().map(|operation| signature(interface, operation)).collect();
    let bodies = operations.iter().map(|operation| body(operation, contract, &private));
    quote! {
        #[allow(dead_code)]
        trait #view: #private::Guarded {
            #(#signatures;)*
        }
        impl<__T: #contract> #view for #private::ServantCell<__T> {
            #(#signatures { #bodies })*
        }
    }
}

fn signature(interface: &Interface, operation: &Operation) -> TokenStream {
    let (ident, arguments, result) =
        (&operation.ident, arguments(operation), result_type(interface, operation));
    let many = (operation.parameters.len() >= LINTED_PARAMETERS_MIN)
        .then(|| quote!(#[allow(clippy::too_many_arguments)]));
    let deprecated = operation.is_deprecated().then(|| quote!(#[allow(deprecated)]));
    quote!(#many #deprecated fn #ident(&self, #arguments) -> #result)
}

fn body(operation: &Operation, contract: &Ident, private: &TokenStream) -> TokenStream {
    let (enter, servant) = match operation.receiver {
        Receiver::Shared => (quote!(directly), quote!(&__T)),
        Receiver::Exclusive => (quote!(directly_alone), quote!(&mut __T)),
    };
    let context = operation.context.iter().map(|_| quote!(let __cx = &#private::executed_here();));
    let arguments = operation.parameters.iter().map(|Parameter { ident, .. }| quote!(#ident));
    let call = call(operation, contract, quote!(__servant), quote!(__cx), arguments);
    let outcome = outcome(operation, call, private);
    quote! {
        #(#context)*
        #private::ServantCell::#enter(self, |__servant: #servant| { #outcome })
    }
}

/// What stands in front of the general way in a method of a proxy: the direct call, where there is a way to it.
pub(super) fn attempt(
    operation: &Operation,
    target: &TokenStream,
    entry: &TokenStream,
    read: Option<&TokenStream>,
    private: &TokenStream,
) -> Option<TokenStream> {
    if !is_direct(operation) {
        return None;
    }
    let (view, ident) = (view(), &operation.ident);
    let plain = operation.parameters.iter().map(|parameter| is_plain_argument(parameter, private));
    let plain = if operation.parameters.is_empty() { quote!(true) } else { quote!(#(#plain)&&*) };
    let arguments = operation.parameters.iter().map(|Parameter { ident, .. }| ident);
    let run = quote!(|__servant: &dyn #view| __servant.#ident(#(#arguments),*));
    let end = match read {
        None => quote! {
            __direct.tell(#run);
            return ::core::result::Result::Ok(());
        },
        Some(read) => {
            let (is_plain, writer) = (is_plain_outcome(operation, private), values::writer_name(operation));
            quote!(return __direct.call(#run, #is_plain, #writer, #read);)
        }
    };
    Some(quote! {
        if let ::core::option::Option::Some(__direct) = #target.direct::<dyn #view>(#entry, || #plain) {
            #end
        }
    })
}

fn is_plain_argument(parameter: &Parameter, private: &TokenStream) -> TokenStream {
    let (ident, ty) = (&parameter.ident, &parameter.owned);
    match &parameter.passing {
        Passing::Owned => quote!(#private::is_plain::<#ty>(&#ident)),
        Passing::Text => quote!(#private::is_plain_text(#ident)),
        Passing::Slice(element) => quote!(#private::is_plain_slice::<#element>(#ident)),
        Passing::Borrowed | Passing::InOut => quote!(#private::is_plain::<#ty>(#ident)),
    }
}

fn is_plain_outcome(operation: &Operation, private: &TokenStream) -> TokenStream {
    let check = |ty: &Type, value: TokenStream| quote!(#private::is_plain::<#ty>(#value));
    let checks: Vec<TokenStream> = match &operation.returns.outcome {
        Outcome::Nothing => Vec::new(),
        Outcome::Single(ty) => vec![check(ty, quote!(__value))],
        Outcome::WithOuts(result, outs) => {
            let result = result.iter().map(|ty| check(ty, quote!(&__value.0)));
            let outs = outs.iter().enumerate().map(|(place, ty)| {
                let place = syn::Index::from(place + 1);
                check(ty, quote!(&__value.#place))
            });
            result.chain(outs).collect()
        }
    };
    match checks.as_slice() {
        [] => quote!(|_| true),
        checks => quote!(|__value| #(#checks)&&*),
    }
}
