//! `#[interface]`: a trait becomes an interface, with its proxy, its servant and its description.
//!
//! A pipeline: [`parse`] reads the trait into the [`model`] and notes what it cannot accept, [`check`] looks at the whole,
//! [`render`] writes the items. Mistakes are collected on the way and reported together; what remains is rendered all
//! the same, so that one mistake gives one message.

mod check;
mod model;
mod parse;
mod render;

use proc_macro2::TokenStream;
use quote::quote;

use crate::sink::Sink;

/// The items for a trait, and the mistakes in it.
pub(crate) fn expand(
    arguments: TokenStream,
    item: TokenStream,
    crate_name: &str,
) -> (TokenStream, Vec<syn::Error>) {
    let mut sink = Sink::default();
    let Some(mut interface) = parse::interface(arguments, item.clone(), crate_name, &mut sink) else {
        // What does not even parse would be reported by the compiler a second time.
        let item = syn::parse2::<syn::Item>(item).map(|item| quote!(#item)).unwrap_or_default();
        return (item, sink.into_errors());
    };
    check::check(&mut interface, &mut sink);
    let errors = sink.into_errors();
    let items = if errors.is_empty() { render::items(&interface) } else { render::fallback(&interface) };
    (items, errors)
}
