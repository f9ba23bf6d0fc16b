//! Where mistakes are collected, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far, each at the user's own token.
///
/// Parsing goes on after a mistake: what cannot be understood is left out of the model.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    errors: Vec<syn::Error>,
}

impl Sink {
    /// Notes a mistake at `place`.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(place, message));
    }

    /// Notes a mistake at `span`.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// Takes the value out of `result`, or notes its mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// How many mistakes there are; to ask whether a step added any.
    pub(crate) fn count(&self) -> usize {
        self.errors.len()
    }

    /// All mistakes, in the order they were found.
    pub(crate) fn into_errors(self) -> Vec<syn::Error> {
        self.errors
    }
}
