//! `#[derive(IdlType)]`: structs, enums and unions, in both formats.

mod labels;
pub(crate) mod model;
pub(crate) mod parse;
pub(crate) mod render;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::parse::Purpose;
use crate::sink::Sink;

/// The implementations for a type, and the mistakes in it.
pub(crate) fn expand(input: TokenStream, crate_name: &str) -> (TokenStream, Vec<syn::Error>) {
    let mut sink = Sink::default();
    let Some(input) = sink.take(syn::parse2::<DeriveInput>(input)) else {
        return (TokenStream::new(), sink.into_errors());
    };
    let ident = input.ident.clone();
    match parse::definition(input.clone(), Purpose::Type, crate_name, &mut sink) {
        Some(definition) => {
            let implementations = render::implementations(&definition, Purpose::Type);
            let guard = match definition.shape {
                model::Shape::Alias(_) => TokenStream::new(),
                _ => definition.id.clash_guard(&ident),
            };
            (quote!(#implementations #guard), sink.into_errors())
        }
        None => (render::fallback(&input, Purpose::Type), sink.into_errors()),
    }
}
