//! The procedural macros of Quorb.

mod exception;
mod interface;
mod repository_id;
mod runtime;
mod setting;
mod sink;
mod spelling;
mod value;
mod wire_type;

use proc_macro::TokenStream;

/// d
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let (items, errors) = interface::expand(arguments.into(), item.into(), &crate_name());
    with_errors(items, errors)
}

/// d
#[proc_macro_derive(IdlType, attributes(idl, switch, label, default))]
pub fn idl_type(input: TokenStream) -> TokenStream {
    let (items, errors) = value::expand(input.into(), &crate_name());
    with_errors(items, errors)
}

/// d
#[proc_macro_derive(Exception, attributes(idl))]
pub fn exception(input: TokenStream) -> TokenStream {
    let (items, errors) = exception::expand(input.into(), &crate_name());
    with_errors(items, errors)
}

/// The name of the crate that is being compiled; empty where the compiler was not started by cargo.
fn crate_name() -> String {
    std::env::var("CARGO_CRATE_NAME").unwrap_or_default()
}

fn with_errors(mut items: proc_macro2::TokenStream, errors: Vec<syn::Error>) -> TokenStream {
    items.extend(errors.iter().map(syn::Error::to_compile_error));
    items.into()
}

#[cfg(test)]
mod tests;
