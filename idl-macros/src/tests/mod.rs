//! The macros outside of the compiler: what they say about mistakes, and where; what their output keeps to.

mod exceptions;
mod expansion;
mod idl;
mod interfaces;
mod methods;
mod parameters;
mod unions;
mod values;

use proc_macro2::TokenStream;

/// A mistake as the user sees it: the text it is shown at, and the message.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    at: String,
    says: String,
}

fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{error} in {source}"))
}

fn mistakes((items, errors): (TokenStream, Vec<syn::Error>)) -> Vec<Mistake> {
    if let Err(error) = syn::parse2::<syn::File>(items.clone()) {
        panic!("what is emitted beside mistakes is not well-formed: {error} in {items}");
    }
    let mistake = |error: syn::Error| Mistake {
        at: error.span().source_text().expect("a mistake is at the user's text"),
        says: error.to_string(),
    };
    errors.into_iter().map(mistake).collect()
}

/// The mistakes in `#[interface(arguments)] item`.
fn in_interface(arguments: &str, item: &str) -> Vec<Mistake> {
    mistakes(crate::interface::expand(tokens(arguments), tokens(item), "house"))
}

/// The mistakes in a trait with one method.
fn in_method(method: &str) -> Vec<Mistake> {
    in_interface("", &format!("trait Grid {{ {method} }}"))
}

/// The mistakes in a type under `#[derive(IdlType)]`.
fn in_type(item: &str) -> Vec<Mistake> {
    mistakes(crate::value::expand(tokens(item), "house"))
}

/// The mistakes in an exception.
fn in_exception(item: &str) -> Vec<Mistake> {
    mistakes(crate::exception::expand(tokens(item), "house"))
}

/// The mistakes in `idl! { source }`.
fn in_idl(source: &str) -> Vec<Mistake> {
    let root = crate::include::Root(String::new());
    mistakes((TokenStream::new(), crate::include::inline(tokens(source), &root).err().unwrap_or_default()))
}

/// The mistakes in `include_idl!(source)`.
fn in_include(source: &str) -> Vec<Mistake> {
    let root = crate::include::Root(env!("CARGO_MANIFEST_DIR").to_owned());
    mistakes((TokenStream::new(), crate::include::file(tokens(source), &root).err().unwrap_or_default()))
}

/// Checks that there is one mistake, shown at `at`, whose message holds `says`.
#[track_caller]
fn assert_one(mistakes: &[Mistake], at: &str, says: &str) {
    let [mistake] = mistakes else { panic!("{} mistakes instead of one: {mistakes:#?}", mistakes.len()) };
    assert_eq!(mistake.at, at, "{}", mistake.says);
    assert!(mistake.says.contains(says), "{:?} does not say {says:?}", mistake.says);
}

/// Tests that each have one mistake: `name: check("source"), "text it is shown at", "part of the message";`.
macro_rules! misuses {
    ($($name:ident: $check:ident($($source:expr),+), $at:expr, $says:expr;)+) => { $(
        #[test]
        fn $name() {
            crate::tests::assert_one(&crate::tests::$check($($source),+), $at, $says);
        }
    )+ };
}
use misuses;
