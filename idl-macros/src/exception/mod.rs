//! `#[derive(Exception)]`: a struct becomes an exception, an enum of exceptions becomes what an operation may raise.

mod render;
mod several;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

pub(crate) use self::render::fallback;
use crate::sink::Sink;
use crate::value::parse::{self, Purpose, header};
use crate::value::render as value_render;

/// The implementations for an exception or an enum of exceptions, and the mistakes in it.
pub(crate) fn expand(input: TokenStream, crate_name: &str) -> (TokenStream, Vec<syn::Error>) {
    let mut sink = Sink::default();
    let Some(input) = sink.take(syn::parse2::<DeriveInput>(input)) else {
        return (TokenStream::new(), sink.into_errors());
    };
    let implementations = match &input.data {
        Data::Enum(_) => several(input, crate_name, &mut sink),
        _ => single(input, crate_name, &mut sink),
    };
    (implementations, sink.into_errors())
}

fn single(input: DeriveInput, crate_name: &str, sink: &mut Sink) -> TokenStream {
    let Some(definition) = parse::definition(input.clone(), Purpose::Exception, crate_name, sink) else {
        return value_render::fallback(&input, Purpose::Exception);
    };
    let value = value_render::implementations(&definition, Purpose::Exception);
    let exception = render::exception(&definition);
    let guard = definition.id.clash_guard(&definition.name, &definition.ident);
    quote!(#value #exception #guard)
}

fn several(mut input: DeriveInput, crate_name: &str, sink: &mut Sink) -> TokenStream {
    let before = sink.count();
    let header = header(&mut input, &["crate", "display"], crate_name, sink);
    let exceptions = several::exceptions(&input, sink);
    if sink.count() > before {
        return if input.generics.params.is_empty() {
            several::fallback(&header.runtime, &input.ident)
        } else {
            TokenStream::new()
        };
    }
    several::implementations(&header.runtime, &input.ident, &exceptions, header.display)
}
