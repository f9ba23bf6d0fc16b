//! Mistakes in the IDL as errors of the compiler.

use proc_macro2::Span;
use quorb_idl::{Limits, Outcome, Severity, render};
use quorb_mapping::Fault;

use super::options::Options;

/// Which token of the macro a place of the IDL is.
pub(super) struct Places {
    /// For everything whose own token is not known.
    whole: Span,
    /// Tokens by line and column; the first line is 1, the first column 0.
    tokens: Vec<((usize, usize), Span)>,
}

impl Places {
    /// Everything stands at one token.
    pub(super) fn one(whole: Span) -> Places {
        Places { whole, tokens: Vec::new() }
    }

    /// A token, and where it was put.
    pub(super) fn note(&mut self, line: usize, column: usize, span: Span) {
        self.tokens.push(((line, column), span));
    }

    /// Where everything stands.
    pub(super) fn span(&self) -> Span {
        self.whole
    }

    fn find(&self, diagnostic: &quorb_idl::Diagnostic, outcome: &Outcome) -> Span {
        let location = diagnostic.span.map(|span| outcome.sources.location(span));
        let Some(location) = location else { return self.whole };
        let wanted = (location.line as usize, (location.column as usize).saturating_sub(1));
        self.tokens.iter().find(|(at, _)| *at == wanted).map_or(self.whole, |(_, span)| *span)
    }
}

/// The errors of IDL that is not valid.
pub(super) fn invalid(outcome: &Outcome, places: &Places) -> Vec<syn::Error> {
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|diagnostic| error(diagnostic, outcome, places)).collect()
}

/// The errors of IDL that has no Rust form, and of options that name nothing.
pub(super) fn unmapped(
    faults: &[Fault],
    outcome: &Outcome,
    places: &Places,
    options: &Options,
) -> Vec<syn::Error> {
    let errors = faults.iter().map(|fault| match fault {
        Fault::Source(diagnostic) => error(diagnostic, outcome, places),
        Fault::Setting { name, reason } => {
            syn::Error::new(options.place_of(name).unwrap_or(places.whole), reason)
        }
    });
    errors.collect()
}

fn error(diagnostic: &quorb_idl::Diagnostic, outcome: &Outcome, places: &Places) -> syn::Error {
    let text = render(diagnostic, &outcome.sources, Limits::default().excerpt_chars_max);
    syn::Error::new(places.find(diagnostic, outcome), text.trim_end())
}
