//! The preprocessor: files in, tokens of OMG IDL out (IDL 4.2, 7.3, which is the preprocessor of ISO C++).
//!
//! It is a loop over the tokens of the file on top of a stack of files. A `#` that is first on its line is a
//! [`directive`]; anything else goes through macro expansion ([`expand`]) to the lexer.

mod condition;
mod directive;
mod expand;
mod include;
mod macros;
mod pragma;
mod scan;

pub(crate) use pragma::{Event, EventKind, PragmaName};
pub(crate) use scan::{Piece, PieceKind};

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::lex::{self, Token, TokenKind};
use crate::limits::Limits;
use crate::source::{Files, SourceMap, Span};
use directive::Group;
use macros::{Frame, Macro};
use scan::Scanner;

/// What the preprocessor makes of a file.
#[derive(Debug)]
pub(crate) struct Preprocessed {
    /// The tokens, with an [`TokenKind::End`] at the end.
    pub(crate) tokens: Vec<Token>,
    /// What pragmas and file boundaries say, each before the token of its index.
    pub(crate) events: Vec<Event>,
}

/// A file being read.
struct Input {
    scanner: Scanner,
    groups: Vec<Group>,
    /// Where `#include "..."` looks first.
    folder: Arc<str>,
    included_at: Option<Span>,
}

pub(crate) struct Preprocessor<'a> {
    files: &'a dyn Files,
    search_path: &'a [String],
    limits: &'a Limits,
    sources: &'a mut SourceMap,
    report: &'a mut Report,
    inputs: Vec<Input>,
    macros: HashMap<Arc<str>, Macro>,
    /// What macro expansion has put before the rest of the file.
    frames: Vec<Frame>,
    /// How many argument expansions are inside one another.
    argument_depth: usize,
    /// While set, reading does not go on into the file: a list is being expanded by itself.
    isolated: bool,
    expanded_tokens: usize,
    source_bytes: usize,
    halted: bool,
    tokens: Vec<Token>,
    events: Vec<Event>,
    last: Option<Span>,
}

impl<'a> Preprocessor<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        search_path: &'a [String],
        limits: &'a Limits,
        sources: &'a mut SourceMap,
        report: &'a mut Report,
    ) -> Preprocessor<'a> {
        Preprocessor {
            files,
            search_path,
            limits,
            sources,
            report,
            inputs: Vec::new(),
            macros: HashMap::new(),
            frames: Vec::new(),
            argument_depth: 0,
            isolated: false,
            expanded_tokens: 0,
            source_bytes: 0,
            halted: false,
            tokens: Vec::new(),
            events: Vec::new(),
            last: None,
        }
    }

    /// Reads the definitions of the command line, then the file and all it includes.
    pub(crate) fn run(mut self, path: &str, definitions: &[(String, String)]) -> Preprocessed {
        // The installed files of omniORB ask for the second one before they include all that they need.
        let mut prologue = "#define __QUORB_IDL__ 1\n#define __OMNIIDL__ 1\n".to_owned();
        for (name, value) in definitions {
            prologue.push_str(&format!("#define {name} {}\n", value.replace(['\n', '\r'], " ")));
        }
        self.push_text("<command line>", prologue.into_bytes(), None);
        self.drain();
        self.events.clear();
        self.push_main(path);
        self.drain();
        let end = self.last.unwrap_or_else(|| {
            let file = self.sources.find(path).or_else(|| self.sources.find("<command line>"));
            Span { file: file.expect("the prologue is a file"), start: 0, end: 0 }
        });
        self.tokens.push(Token { kind: TokenKind::End, span: end.behind() });
        Preprocessed { tokens: self.tokens, events: self.events }
    }

    fn drain(&mut self) {
        while !self.halted && !self.report.is_full() {
            let piece = self.next_piece();
            match piece.kind {
                PieceKind::End => {
                    if self.leave_file() {
                        return;
                    }
                }
                PieceKind::Newline => {}
                PieceKind::Punctuation if piece.first && &*piece.text == "#" => self.directive(&piece),
                _ if !self.is_active() => {}
                PieceKind::Name => self.name(piece),
                _ => self.emit(&piece),
            }
        }
    }

    /// Whether the text at this place counts, or an `#if` takes it out.
    fn is_active(&self) -> bool {
        self.inputs.last().is_none_or(|input| input.groups.iter().all(|group| group.active))
    }

    fn name(&mut self, piece: Piece) {
        let (span, errors) = (piece.span, self.report.errors());
        if let Some(piece) = self.expand_name(piece) {
            self.emit(&piece);
        } else if self.report.errors() > errors {
            // The parser sees that something stood here, so that one fault is one message.
            self.tokens.push(Token { kind: TokenKind::Broken, span });
        }
    }

    fn emit(&mut self, piece: &Piece) {
        self.last = Some(piece.span);
        if self.tokens.len() >= self.limits.tokens_max {
            self.halt(piece.span, format!("more than {} tokens", self.limits.tokens_max));
            return;
        }
        match lex::token(piece) {
            Ok(token) => self.tokens.push(token),
            Err(fault) => {
                self.report.push(fault);
                // The parser sees a literal where one stood, so that one fault is one message.
                self.tokens.push(Token { kind: TokenKind::Broken, span: piece.span });
            }
        }
    }

    /// Ends the whole translation: a limit is crossed that bounds time or memory.
    fn halt(&mut self, span: Span, message: String) {
        self.report.push(Diagnostic::error(Code::Limit, span, message));
        self.halted = true;
    }
}
