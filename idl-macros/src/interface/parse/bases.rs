//! Base interfaces: the supertraits that are not the compiler's.

use quote::ToTokens;
use syn::{ItemTrait, Path, PathArguments, TraitBound, TraitBoundModifier, TypeParamBound};

use crate::interface::model::Base;
use crate::sink::Sink;
use crate::spelling::{joined, plain, snake_case};

/// Supertraits that ask something of the servant and are no interfaces.
const PLAIN_TRAITS: [&str; 16] = [
    "Any",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "RefUnwindSafe",
    "Send",
    "Sized",
    "Sync",
    "Unpin",
];

pub(super) fn bases(contract: &ItemTrait, sink: &mut Sink) -> Vec<Base> {
    let mut bases: Vec<Base> = Vec::new();
    for bound in &contract.supertraits {
        match bound {
            TypeParamBound::Trait(bound) => {
                let Some(base) = base(bound, sink) else { continue };
                if bases.iter().any(|earlier| earlier.cast == base.cast) {
                    sink.at(
                        bound,
                        "two bases of this name: name each base once, and rename one that has another's name",
                    );
                } else {
                    bases.push(base);
                }
            }
            TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static" => {}
            other => {
                sink.at(other, "an interface lives as long as its servant: only `'static` can stand here")
            }
        }
    }
    bases
}

fn base(bound: &TraitBound, sink: &mut Sink) -> Option<Base> {
    let last = bound.path.segments.last()?;
    if PLAIN_TRAITS.contains(&last.ident.to_string().as_str()) || last.ident == "UnwindSafe" {
        return None;
    }
    if !matches!(last.arguments, PathArguments::None)
        || bound.lifetimes.is_some()
        || !matches!(bound.modifier, TraitBoundModifier::None)
    {
        sink.at(
            bound,
            format_args!(
                "`{}` is no interface: a base is a plain `#[interface]` trait; ask other traits of the servant's own type",
                bound.to_token_stream()
            ),
        );
        return None;
    }
    let cast = joined("as_", &syn::Ident::new(&snake_case(&plain(&last.ident)), last.ident.span()), "");
    Some(Base { path: bound.path.clone(), proxy: with_suffix(&bound.path, "Proxy"), cast })
}

fn with_suffix(path: &Path, suffix: &str) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.ident = joined("", &last.ident, suffix);
    }
    path
}
