//! The path of the broker crate, through which generated code names everything.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

/// The crate path: `::quorb`, or what `crate = path` gives.
///
/// Architecture invariant: generated code names nothing of the broker but through this path, and nothing of the standard
/// library but through `::core` and `::std`.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    root: Path,
}

impl Runtime {
    /// The broker under another path.
    pub(crate) fn at(root: Path) -> Runtime {
        Runtime { root }
    }

    /// The module of what only generated code names.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.root;
        quote!(#root::__private)
    }
}

impl Default for Runtime {
    fn default() -> Runtime {
        Runtime { root: syn::parse_quote!(::quorb) }
    }
}

/// The crate path itself, for public names.
impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.root.to_tokens(tokens);
    }
}
