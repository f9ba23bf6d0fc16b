//! The server side: from an invocation to the servant's method and back.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

use super::{Names, blocking, deferred, direct, operations_name, proxy, servant, values};
use crate::interface::model::{Execution, Interface, Operation, Outcome, Passing, Raised, Receiver};

/// All implementations of an interface, with a function for each of its operations.
pub(super) fn skeleton(interface: &Interface, names: &Names) -> TokenStream {
    let proxy = proxy::implementations(interface, names);
    let blocking = blocking::implementations(interface, names);
    let deferred = deferred::implementations(interface, names);
    let servant = servant::implementations(interface, names);
    let dispatch = dispatch(interface, names);
    let direct = direct::implementations(interface, names);
    let functions = interface
        .operations
        .iter()
        .enumerate()
        .map(|(place, operation)| function(interface, place, operation));
    quote! {
        #proxy
        #blocking
        #deferred
        #servant
        #dispatch
        #direct
        #(#functions)*
    }
}

/// Finds the function of an operation, here or in a base.
fn dispatch(interface: &Interface, names: &Names) -> TokenStream {
    let Names { proxy, .. } = names;
    let (private, visibility, contract) =
        (interface.runtime.private(), &interface.visibility, &interface.ident);
    let arms = interface.operations.iter().map(|operation| {
        let (wire, function) = (&operation.wire, function_name(operation));
        quote!(#wire => #function(__cell, __call),)
    });
    let mut bases: Vec<&syn::Path> = interface.bases.iter().map(|base| &base.proxy).collect();
    let (unused, last) = match bases.pop() {
        Some(last) => (quote!(), quote!(#last::__dispatch(__cell, __call))),
        None if interface.operations.is_empty() => {
            (quote!(let _ = __cell;), quote!(#private::Dispatch::Done(__call.unknown_operation())))
        }
        None => (quote!(), quote!(#private::Dispatch::Done(__call.unknown_operation()))),
    };
    let otherwise = quote! {
        #(
            if <#bases as #private::Proxy>::interface().operation(__call.operation()).is_some() {
                return #bases::__dispatch(__cell, __call);
            }
        )*
        #last
    };
    let body = if interface.operations.is_empty() {
        quote!(#unused #otherwise)
    } else {
        quote! {
            match __call.operation() {
                #(#arms)*
                _ => { #otherwise }
            }
        }
    };
    quote! {
        impl #proxy {
            #[doc(hidden)]
            #visibility fn __dispatch<__T: #contract>(
                __cell: &::std::sync::Arc<#private::ServantCell<__T>>,
                __call: #private::Invocation,
            ) -> #private::Dispatch {
                #body
            }
        }
    }
}

fn function_name(operation: &Operation) -> Ident {
    format_ident!("__call_{}", operation.ident)
}

/// Decodes the arguments of an operation, calls the method, encodes the outcome.
fn function(interface: &Interface, place: usize, operation: &Operation) -> TokenStream {
    let (private, contract) = (interface.runtime.private(), &interface.ident);
    let name = function_name(operation);
    let allow = operation.is_deprecated().then(|| quote!(#[allow(deprecated)]));
    let arguments = decode(operation, &private);
    let run = match operation.execution {
        Execution::Async => run_future(operation, place, contract, &private),
        _ => run_function(operation, place, contract, &private),
    };
    quote! {
        #allow
        fn #name<__T: #contract>(
            __cell: &::std::sync::Arc<#private::ServantCell<__T>>,
            __call: #private::Invocation,
        ) -> #private::Dispatch {
            #arguments
            #run
        }
    }
}

fn decode(operation: &Operation, private: &TokenStream) -> TokenStream {
    let read = values::read_request(operation, private);
    let refuse = quote! {
        ::core::result::Result::Err(__exception) => return #private::Dispatch::Done(__call.refuse(__exception)),
    };
    if operation.parameters.is_empty() {
        return quote! {
            match __call.read(#read) {
                ::core::result::Result::Ok(()) => {}
                #refuse
            }
        };
    }
    let variables = operation.parameters.iter().map(|parameter| {
        let ident = &parameter.ident;
        let mutable = parameter.is_inout().then(|| quote!(mut));
        quote!(#mutable #ident)
    });
    quote! {
        let (#(#variables,)*) = match __call.read(#read) {
            ::core::result::Result::Ok(__arguments) => __arguments,
            #refuse
        };
    }
}

/// A plain or blocking method: the cell runs it.
fn run_function(operation: &Operation, place: usize, contract: &Ident, private: &TokenStream) -> TokenStream {
    let operations = operations_name();
    let (runner, reference) = match operation.receiver {
        Receiver::Shared => (quote!(query), quote!(&__T)),
        Receiver::Exclusive => (quote!(update), quote!(&mut __T)),
    };
    let thread = match operation.execution {
        Execution::Blocking => quote!(OfThePool),
        _ => quote!(OfTheCall),
    };
    let context = if operation.context.is_some() { quote!(__cx) } else { quote!(_) };
    let call = call(operation, contract, quote!(__servant), quote!(__cx), decoded(operation));
    let outcome = outcome(operation, call, private);
    let exception = exception_type(operation);
    let write = match direct::is_direct(operation) {
        true => values::writer_name(operation).to_token_stream(),
        false => values::write_reply(operation, private),
    };
    quote! {
        __cell.#runner::<_, #exception>(
            __call,
            &#operations[#place],
            #private::Thread::#thread,
            move |__servant: #reference, #context: &#private::Context| -> ::core::result::Result<_, #private::Fault<#exception>> {
                #outcome
            },
            #write,
        )
    }
}

/// An asynchronous method: its future holds the servant's guard.
fn run_future(operation: &Operation, place: usize, contract: &Ident, private: &TokenStream) -> TokenStream {
    let operations = operations_name();
    let (acquire, binding, servant) = match operation.receiver {
        Receiver::Shared => (quote!(shared), quote!(__guard), quote!(&*__guard)),
        Receiver::Exclusive => (quote!(exclusive), quote!(mut __guard), quote!(&mut *__guard)),
    };
    let call = call(operation, contract, servant, quote!(__call.context()), decoded(operation));
    let outcome = outcome(operation, quote!(#call.await), private);
    let exception = exception_type(operation);
    let write = values::write_reply(operation, private);
    quote! {
        // Taken here, so that calls stand in the queue in the order in which they came.
        let __turn = __cell.#acquire(&__call, &#operations[#place]);
        #private::Dispatch::Pending(::std::boxed::Box::pin(async move {
            let #binding = match __turn.await {
                ::core::result::Result::Ok(__guard) => __guard,
                ::core::result::Result::Err(__exception) => return __call.refuse(__exception),
            };
            let __outcome: ::core::result::Result<_, #private::Fault<_>> = { #outcome };
            ::core::mem::drop(__guard);
            __call.finish::<_, #exception>(__outcome, #write)
        }))
    }
}

/// The decoded arguments, as the method takes them.
fn decoded(operation: &Operation) -> impl Iterator<Item = TokenStream> {
    operation.parameters.iter().map(|parameter| {
        let ident = &parameter.ident;
        match parameter.passing {
            Passing::Owned => quote!(#ident),
            Passing::Text | Passing::Slice(_) | Passing::Borrowed => quote!(&#ident),
            Passing::InOut => quote!(&mut #ident),
        }
    })
}

pub(super) fn call(
    operation: &Operation,
    contract: &Ident,
    servant: TokenStream,
    context: TokenStream,
    arguments: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let ident = &operation.ident;
    let context = operation.context.iter().map(|_| &context);
    quote!(<__T as #contract>::#ident(#servant, #(#context,)* #(#arguments),*))
}

/// Turns what the method returns into `Result<values, Fault<E>>`.
pub(super) fn outcome(operation: &Operation, call: TokenStream, private: &TokenStream) -> TokenStream {
    let returned: Vec<&Ident> = operation.inouts().map(|parameter| &parameter.ident).collect();
    let values = if returned.is_empty() { quote!(__value) } else { quote!((__value, #(#returned),*)) };
    let user = quote! {
        ::core::result::Result::Err(__exception) => ::core::result::Result::Err(#private::Fault::User(__exception)),
    };
    let system = quote! {
        ::core::result::Result::Err(__fault) => ::core::result::Result::Err(__fault),
    };
    let error = match &operation.returns.raised {
        Raised::Nothing if matches!(operation.returns.outcome, Outcome::Nothing) => {
            let values = if returned.is_empty() { quote!(()) } else { quote!(((), #(#returned),*)) };
            return quote!(#call; ::core::result::Result::Ok(#values));
        }
        Raised::Nothing if returned.is_empty() => return quote!(::core::result::Result::Ok(#call)),
        Raised::Nothing => return quote!(let __value = #call; ::core::result::Result::Ok(#values)),
        Raised::Exception(_) => user,
        Raised::Fault(_) | Raised::SystemOnly if returned.is_empty() => return call,
        Raised::Fault(_) | Raised::SystemOnly => system,
    };
    quote! {
        match #call {
            ::core::result::Result::Ok(__value) => ::core::result::Result::Ok(#values),
            #error
        }
    }
}

/// What an operation raises, written out so that the compiler complains about it where the user wrote it.
pub(super) fn exception_type(operation: &Operation) -> TokenStream {
    match &operation.returns.raised {
        Raised::Exception(error) | Raised::Fault(error) => quote!(#error),
        Raised::Nothing | Raised::SystemOnly => quote!(::core::convert::Infallible),
    }
}
