//! `#[derive(IdlType)]`: structs, enums and unions, in both formats.

mod labels;
pub(crate) mod model;
pub(crate) mod parse;
pub(crate) mod render;
mod value_type;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::model::{Definition, Shape, Switch, Union, switch_name};
use self::parse::Purpose;
use crate::sink::Sink;

/// The implementations for a type, and the mistakes in it.
pub(crate) fn expand(input: TokenStream, crate_name: &str) -> (TokenStream, Vec<syn::Error>) {
    let mut sink = Sink::default();
    let Some(input) = sink.take(syn::parse2::<DeriveInput>(input)) else {
        return (TokenStream::new(), sink.into_errors());
    };
    match parse::definition(input.clone(), Purpose::Type, crate_name, &mut sink) {
        Some(definition) => {
            let implementations = render::implementations(&definition, Purpose::Type);
            let guards = guards(&definition);
            (quote!(#implementations #guards), sink.into_errors())
        }
        None => (render::fallback(&input, Purpose::Type), sink.into_errors()),
    }
}

/// The guards of the ids that a type takes: its own, and that of its generated switch.
fn guards(definition: &Definition) -> TokenStream {
    let Definition { id, name, ident, shape, .. } = definition;
    match shape {
        Shape::Alias(_) => TokenStream::new(),
        Shape::Union(Union { switch: Switch::Generated, .. }) => {
            let (own, switch) = (id.clash_guard(name, ident), id.clash_guard(&switch_name(name), ident));
            quote!(#own #switch)
        }
        _ => id.clash_guard(name, ident),
    }
}
