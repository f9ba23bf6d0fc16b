//! Pragmas, and what else the parser must know beside the tokens.

use super::Preprocessor;
use super::scan::{Piece, PieceKind};
use crate::diagnostic::Code;
use crate::lex::{self, TokenKind};
use crate::model::Annotation;
use crate::source::Span;

/// Something that happens between two tokens.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The index of the token it happens before.
    pub(crate) before: usize,
    pub(crate) kind: EventKind,
    pub(crate) span: Span,
}

/// What happens (CORBA 3.3 Part 1, 14.7.5: pragmas for repository ids).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EventKind {
    /// A file begins: prefixes of the including file do not hold in it.
    Enter,
    /// A file ends, and the prefixes it set.
    Leave,
    Prefix(String),
    Id {
        name: PragmaName,
        id: String,
    },
    Version {
        name: PragmaName,
        version: String,
    },
    /// What `#pragma quorb NAME word(arguments)...` says of a definition, a member or a parameter: annotations for those
    /// whose other compilers take none.
    Annotate {
        name: PragmaName,
        annotations: Vec<Annotation>,
    },
}

/// The scoped name in a pragma.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PragmaName {
    pub(crate) absolute: bool,
    pub(crate) parts: Vec<String>,
}

impl Preprocessor<'_> {
    pub(super) fn event(&mut self, kind: EventKind, span: Span) {
        self.events.push(Event { before: self.tokens.len(), kind, span });
    }

    /// Obeys a pragma of OMG IDL; others are for other compilers.
    pub(super) fn pragma(&mut self, line: &[Piece], at: Span) {
        let Some((word, line)) = line.split_first() else { return };
        let kind = match &*word.text {
            "prefix" => string(line).map(EventKind::Prefix),
            "ID" => name(line).and_then(|(name, rest)| Some(EventKind::Id { name, id: string(rest)? })),
            "version" => name(line).map(|(name, rest)| EventKind::Version {
                name,
                version: rest.iter().map(|piece| &*piece.text).collect(),
            }),
            "quorb" => name(line)
                .and_then(|(name, rest)| Some(EventKind::Annotate { name, annotations: annotations(rest)? })),
            _ => return,
        };
        match kind {
            Some(kind) => self.event(kind, word.span),
            None => {
                let usage = match &*word.text {
                    "prefix" => "#pragma prefix \"PREFIX\"",
                    "ID" => "#pragma ID NAME \"FORMAT:ID\"",
                    "quorb" => "#pragma quorb NAME annotation...",
                    _ => "#pragma version NAME MAJOR.MINOR",
                };
                self.report.error(Code::Pragma, at, format!("expected {usage}"));
            }
        }
    }
}

fn string(line: &[Piece]) -> Option<String> {
    let [piece] = line else { return None };
    match lex::token(piece).ok()?.kind {
        TokenKind::String(text) => Some(text),
        _ => None,
    }
}

/// Words, each perhaps with one argument in parentheses.
fn annotations(mut line: &[Piece]) -> Option<Vec<Annotation>> {
    let mut found = Vec::new();
    while let Some((word, rest)) = line.split_first() {
        if word.kind != PieceKind::Name {
            return None;
        }
        let (arguments, rest) = match rest {
            [open, argument, close, rest @ ..] if &*open.text == "(" && &*close.text == ")" => {
                (Some(argument.text.to_string()), rest)
            }
            rest => (None, rest),
        };
        found.push(Annotation { name: word.text.to_string(), arguments });
        line = rest;
    }
    (!found.is_empty()).then_some(found)
}

/// A scoped name, and the pieces behind it.
fn name(line: &[Piece]) -> Option<(PragmaName, &[Piece])> {
    let mut rest = line;
    let absolute = rest.first()?.text.as_ref() == "::";
    if absolute {
        rest = &rest[1..];
    }
    let mut parts = Vec::new();
    loop {
        let (part, behind) = rest.split_first()?;
        if part.kind != PieceKind::Name {
            return None;
        }
        parts.push(part.text.strip_prefix('_').unwrap_or(&part.text).to_owned());
        rest = behind;
        match rest.split_first() {
            Some((colons, behind)) if &*colons.text == "::" => rest = behind,
            _ => return Some((PragmaName { absolute, parts }, rest)),
        }
    }
}

/// The pieces as one text, as `#error` shows them.
pub(super) fn text(line: &[Piece]) -> String {
    let mut text = String::new();
    for piece in line {
        if piece.spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    text
}
