//! The description of an interface: static, read by dispatch, reflection and tools.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::operations_name;
use crate::interface::model::{Interface, Kind, Operation, Outcome, Parameter, Place, Raised, Replies};

pub(super) fn metadata(interface: &Interface) -> TokenStream {
    let private = interface.runtime.private();
    let operations = operations_name();
    let (id, name, count) = (&interface.id.text, &interface.name, interface.operations.len());
    let entries = interface.operations.iter().map(|operation| entry(operation, &private));
    let bases = interface.bases.iter().map(|base| &base.proxy);
    let declaring = interface.declarations.as_ref().map(|declarations| quote!(.declaring(#declarations)));
    quote! {
        static #operations: [#private::Operation; #count] = [#(#entries),*];
        static __INTERFACE: #private::Interface = #private::Interface::new(
            #id,
            #name,
            &[#(<#bases as #private::Proxy>::interface),*],
            &#operations,
        )#declaring;
    }
}

fn entry(operation: &Operation, private: &TokenStream) -> TokenStream {
    let Operation { wire, oneway, idempotent, cancellable, .. } = operation;
    let kind = match operation.kind {
        Kind::Query => quote!(Query),
        Kind::Update => quote!(Update),
        Kind::ConcurrentUpdate => quote!(ConcurrentUpdate),
    };
    let deadline = match operation.deadline {
        None => quote!(::core::option::Option::None),
        Some(limit) => {
            let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            quote!(::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds)))
        }
    };
    let replies = match operation.replies {
        Replies::First => quote!(First),
        Replies::Majority => quote!(Majority),
        Replies::All => quote!(All),
        Replies::AtLeast(count) => quote!(AtLeast(#count)),
    };
    let signature = signature(operation, private);
    quote! {
        #private::Operation {
            name: #wire,
            behaviour: #private::Behaviour {
                kind: #private::Kind::#kind,
                oneway: #oneway,
                idempotent: #idempotent,
                cancellable: #cancellable,
                deadline: #deadline,
                replies: #private::Replies::#replies,
            },
            signature: #signature,
        }
    }
}

/// The function that describes parameters, result and exceptions.
fn signature(operation: &Operation, private: &TokenStream) -> TokenStream {
    let parameters: Vec<TokenStream> = operation
        .order
        .iter()
        .map(|place| match place {
            Place::Parameter(index) => {
                let Parameter { wire, owned, default, .. } = &operation.parameters[*index];
                let direction =
                    if operation.parameters[*index].is_inout() { quote!(InOut) } else { quote!(In) };
                describe(wire, direction, owned, default.is_some(), private)
            }
            Place::Out { name, ty, .. } => describe(name, quote!(Out), ty, false, private),
        })
        .collect();
    let result = match &operation.returns.outcome {
        Outcome::Nothing => None,
        Outcome::Single(ty) => Some(ty),
        Outcome::WithOuts(result, _) => result.as_ref(),
    };
    let result = match result {
        Some(ty) => quote!(::core::option::Option::Some(<#ty as #private::IdlType>::describe(__types))),
        None => quote!(::core::option::Option::None),
    };
    let raises = match &operation.returns.raised {
        Raised::Exception(error) | Raised::Fault(error) => {
            quote!(<#error as #private::Raises>::describe(__types))
        }
        Raised::Nothing | Raised::SystemOnly => quote!(::std::vec::Vec::new()),
    };
    let describes_exceptions = matches!(operation.returns.raised, Raised::Exception(_) | Raised::Fault(_));
    let describes_result = !matches!(operation.returns.outcome, Outcome::Nothing);
    let is_used = !parameters.is_empty() || describes_result || describes_exceptions;
    let types = if is_used { quote!(__types) } else { quote!(_) };
    quote! {
        |#types: &mut #private::TypeCatalogue| #private::Signature {
            parameters: ::std::vec![#(#parameters),*],
            result: #result,
            raises: #raises,
        }
    }
}

fn describe(
    name: &str,
    direction: TokenStream,
    ty: &Type,
    optional: bool,
    private: &TokenStream,
) -> TokenStream {
    quote! {
        #private::Parameter {
            name: ::std::borrow::ToOwned::to_owned(#name),
            direction: #private::Direction::#direction,
            ty: <#ty as #private::IdlType>::describe(__types),
            optional: #optional,
        }
    }
}
