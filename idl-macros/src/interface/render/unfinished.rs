//! Stand-ins for operations with mistakes, so that calls of them elsewhere in the crate add no messages of their own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, Ident, Pat, ReturnType, Signature, Type};

use crate::interface::model::Interface;
use crate::wire_type::{arguments_of_last, is_context, ungrouped};

/// A method of a proxy that looks as it probably will when the mistakes are mended; `None` where that cannot be guessed.
/// Nothing of it runs, since the crate does not compile.
pub(super) fn method(interface: &Interface, signature: &Signature, waits: bool) -> Option<TokenStream> {
    let is_known = interface.operations.iter().any(|operation| operation.ident == signature.ident);
    let is_guessable = signature.generics.params.is_empty() && signature.variadic.is_none();
    if is_known || !is_guessable || interface.errors_would_follow(signature) {
        return None;
    }
    let (visibility, name) = (&interface.visibility, &signature.ident);
    let parameters: Vec<(&Ident, &Type)> =
        signature.inputs.iter().filter_map(parameter).collect::<Option<_>>()?;
    let result = result(interface, &signature.output)?;
    let (names, types): (Vec<&Ident>, Vec<&Type>) = parameters.into_iter().unzip();
    let asyncness = (!waits).then(|| quote!(async));
    Some(quote! {
        #[doc(hidden)]
        #visibility #asyncness fn #name(&self, #(#names: #types),*) -> #result {
            #(let _ = #names;)*
            ::core::unreachable!()
        }
    })
}

/// A parameter on the wire; inner `None` where its name cannot be told, outer where it is not on the wire.
fn parameter(input: &FnArg) -> Option<Option<(&Ident, &Type)>> {
    let FnArg::Typed(typed) = input else { return None };
    if is_context(&typed.ty) {
        return None;
    }
    Some(match &*typed.pat {
        Pat::Ident(pattern) => Some((&pattern.ident, &*typed.ty)),
        _ => None,
    })
}

fn result(interface: &Interface, output: &ReturnType) -> Option<TokenStream> {
    let runtime = &interface.runtime;
    let written = match output {
        ReturnType::Default => return Some(quote!(::core::result::Result<(), #runtime::Fault>)),
        ReturnType::Type(_, written) => ungrouped(written),
    };
    let Some(arguments) = arguments_of_last(written, "Result") else {
        return Some(quote!(::core::result::Result<#written, #runtime::Fault>));
    };
    let [success, error] = arguments.as_slice() else { return None };
    let fault = match arguments_of_last(error, "Fault") {
        Some(_) => quote!(#error),
        None => quote!(#runtime::Fault<#error>),
    };
    Some(quote!(::core::result::Result<#success, #fault>))
}

impl Interface {
    /// Whether the types of a signature mean something else in a proxy, or nothing.
    fn errors_would_follow(&self, signature: &Signature) -> bool {
        const ELSEWHERE: [&str; 4] = ["Self", "impl", "dyn", "_"];
        let typed = signature.inputs.iter().filter(|input| matches!(input, FnArg::Typed(_)));
        let tokens = typed.map(ToTokens::to_token_stream).chain([signature.output.to_token_stream()]);
        let borrows = matches!(&signature.output, ReturnType::Type(_, ty) if ty.to_token_stream().to_string().contains('&'));
        let mentions = |tokens: TokenStream| {
            let text = tokens.to_string();
            let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            words.any(|word| ELSEWHERE.contains(&word))
        };
        borrows || tokens.into_iter().any(mentions)
    }
}
