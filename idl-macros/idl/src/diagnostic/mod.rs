//! Diagnostics: what is wrong, where, and which other place has to do with it.

mod code;
mod render;

pub use code::Code;
pub use render::render;

use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The source is valid; something in it deserves a look.
    Warning,
    /// The source is not valid OMG IDL, or asks for what is not supported.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// What kind of finding it is.
    pub code: Code,
    /// Where; without a place it concerns the translation as a whole.
    pub span: Option<Span>,
    /// The reason, for people.
    pub message: String,
    /// Places that have to do with it, each with a word on how.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    pub(crate) fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        let message = message.into();
        Diagnostic { severity: Severity::Error, code, span: Some(span), message, related: Vec::new() }
    }

    pub(crate) fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    #[must_use]
    pub(crate) fn related(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.related.push((span, message.into()));
        self
    }
}

/// A mark that a fault was reported; whoever holds it need not say more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reported;

/// The findings of a translation, up to a number of errors.
#[derive(Debug)]
pub(crate) struct Report {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    errors_max: usize,
}

impl Report {
    pub(crate) fn new(errors_max: usize) -> Report {
        Report { diagnostics: Vec::new(), errors: 0, errors_max }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) -> Reported {
        // As many warnings as errors at most: a hostile file may cause one per token.
        if self.diagnostics.len() >= 2 * self.errors_max || self.is_full() {
            self.errors += usize::from(diagnostic.severity == Severity::Error);
            return Reported;
        }
        let again = self
            .diagnostics
            .iter()
            .any(|said| said.code == diagnostic.code && said.span.is_some() && said.span == diagnostic.span);
        if again {
            return Reported;
        }
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        self.diagnostics.push(diagnostic);
        if self.is_full() {
            self.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                code: Code::TooManyErrors,
                span: None,
                message: format!("{} errors; the rest is left out", self.errors_max),
                related: Vec::new(),
            });
        }
        Reported
    }

    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> Reported {
        self.push(Diagnostic::error(code, span, message))
    }

    pub(crate) fn warning(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::warning(code, span, message));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.errors >= self.errors_max
    }

    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.errors == 0
    }

    /// File by file in the order of their first reading, each from top to bottom; what has no place comes last.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span));
        self.diagnostics
    }
}
