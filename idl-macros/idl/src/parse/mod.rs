//! The parser: tokens in, a syntax tree out (IDL 4.2, 7.4).
//!
//! Recursive descent, one file per building block of the grammar. A construct that is malformed is reported and passed
//! over up to its end, so that the rest of the file is still read.

mod annotations;
mod constants;
mod interfaces;
mod modules;
mod types;
mod unsupported;
mod values;

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Report, Reported};
use crate::lex::{CORBA2_LATER, Token, TokenKind, collides};
use crate::limits::Limits;
use crate::preprocess::{Event, Preprocessed};
use crate::source::Span;
use crate::syntax::{Declaration, DeclarationKind, Name, ScopedName};

type Parsed<T> = Result<T, Reported>;

pub(crate) struct Parser<'a> {
    tokens: Vec<Token>,
    events: std::iter::Peekable<std::vec::IntoIter<Event>>,
    at: usize,
    depth: usize,
    operators: usize,
    limits: &'a Limits,
    report: &'a mut Report,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(input: Preprocessed, limits: &'a Limits, report: &'a mut Report) -> Parser<'a> {
        let events = input.events.into_iter().peekable();
        Parser { tokens: input.tokens, events, at: 0, depth: 0, operators: 0, limits, report }
    }

    /// Reads everything. What is malformed is not in the tree.
    pub(crate) fn run(mut self) -> Vec<Declaration> {
        let mut declarations = self.body(Self::definition);
        while !self.at_end() && !self.report.is_full() {
            let token = self.token().span;
            self.report.error(Code::Syntax, token, "there is no scope for this } to close");
            self.at += 1;
            self.eat(";");
            declarations.extend(self.body(Self::definition));
        }
        declarations
    }

    /// Declarations up to a `}` or the end, each read by `element`, with what pragmas say between them.
    fn body(&mut self, element: fn(&mut Self, &mut Vec<Declaration>) -> Parsed<()>) -> Vec<Declaration> {
        let mut declarations = Vec::new();
        loop {
            while let Some(event) = self.events.next_if(|event| event.before <= self.at) {
                let kind = DeclarationKind::Event { kind: event.kind, span: event.span };
                declarations.push(Declaration { annotations: Vec::new(), kind });
            }
            if self.is("}") || self.at_end() || self.report.is_full() {
                return declarations;
            }
            let begin = self.at;
            if element(self, &mut declarations).is_err() {
                self.recover(begin);
            }
        }
    }

    /// `{ body }`. `what` names the construct for the message about an empty one.
    fn braces(
        &mut self,
        element: fn(&mut Self, &mut Vec<Declaration>) -> Parsed<()>,
    ) -> Parsed<Vec<Declaration>> {
        let open = self.expect("{")?;
        self.deeper(open, |this| {
            let body = this.body(element);
            if this.eat("}") {
                return Ok(body);
            }
            let fault = Diagnostic::error(Code::Syntax, this.token().span, "expected } to close this scope");
            Err(this.report.push(fault.related(open, "opened here")))
        })
    }

    /// Runs a reader one level further in.
    fn deeper<T>(&mut self, at: Span, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= self.limits.nesting_depth_max {
            let message = format!(
                "scopes, types and parentheses are nested deeper than {}",
                self.limits.nesting_depth_max
            );
            return Err(self.report.error(Code::Limit, at, message));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Passes over a malformed construct: up to its `;`, or the `}` that closes the scope it stands in.
    fn recover(&mut self, begin: usize) {
        // What was read of it may have opened braces.
        let mut depth = 0_usize;
        for token in &self.tokens[begin..self.at] {
            match token.kind {
                TokenKind::Punctuation("{") => depth += 1,
                TokenKind::Punctuation("}") => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        loop {
            match self.token().kind {
                TokenKind::End => return,
                TokenKind::Punctuation("{") => depth += 1,
                TokenKind::Punctuation("}") if depth == 0 && self.at > begin => return,
                TokenKind::Punctuation("}") => depth = depth.saturating_sub(1),
                TokenKind::Punctuation(";") if depth == 0 => {
                    self.at += 1;
                    return;
                }
                TokenKind::Keyword("module" | "interface" | "struct" | "typedef" | "exception" | "const")
                    if depth == 0 && self.at > begin && self.follows_end() =>
                {
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether the token before this one may have ended a construct whose `;` was forgotten.
    fn follows_end(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| {
            matches!(token.kind, TokenKind::Punctuation("}" | ")" | "]") | TokenKind::Name { .. })
        })
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn ahead(&self, by: usize) -> &TokenKind {
        &self.tokens[(self.at + by).min(self.tokens.len() - 1)].kind
    }

    fn at_end(&self) -> bool {
        self.token().kind == TokenKind::End
    }

    fn bump(&mut self) -> Span {
        let span = self.token().span;
        if !self.at_end() {
            self.at += 1;
        }
        span
    }

    fn is(&self, punctuation: &str) -> bool {
        matches!(self.token().kind, TokenKind::Punctuation(text) if text == punctuation)
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.token().kind, TokenKind::Keyword(text) if text == keyword)
    }

    fn eat(&mut self, punctuation: &str) -> bool {
        let found = self.is(punctuation);
        self.at += usize::from(found);
        found
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, punctuation: &str) -> Parsed<Span> {
        if self.is(punctuation) { Ok(self.bump()) } else { Err(self.unexpected(punctuation)) }
    }

    /// `>`, which may be half of a `>>`.
    fn expect_angle(&mut self) -> Parsed<Span> {
        if self.is(">>") {
            let at = self.at;
            self.tokens[at].kind = TokenKind::Punctuation(">");
            return Ok(self.token().span);
        }
        self.expect(">")
    }

    fn unexpected(&mut self, wanted: &str) -> Reported {
        let token = self.token();
        let span = token.span;
        let found = match &token.kind {
            TokenKind::Name { text, .. } => text.to_string(),
            TokenKind::Keyword(text) | TokenKind::Punctuation(text) => format!("`{text}`"),
            TokenKind::End => "the end of the file".to_owned(),
            // Reported by the lexer, with the better reason.
            TokenKind::Broken => return Reported,
            _ => "a literal".to_owned(),
        };
        self.report.error(Code::Syntax, span, format!("expected {wanted}, found {found}"))
    }

    /// An identifier that is declared here.
    fn name(&mut self) -> Parsed<Name> {
        if let TokenKind::Name { text, escaped: false } = &self.token().kind
            && let Some(keyword) = collides(text)
        {
            let message = format!("{text} collides with the keyword {keyword}; escape it as _{text}");
            return Err(self.report.error(Code::Keyword, self.token().span, message));
        }
        self.used_name()
    }

    /// An identifier that is used: it may have been escaped where it was declared.
    fn used_name(&mut self) -> Parsed<Name> {
        let span = self.token().span;
        match self.token().kind.clone() {
            TokenKind::Name { text, .. } => {
                self.at += 1;
                self.check_spelling(&text, span)?;
                Ok(Name { text, span })
            }
            TokenKind::Keyword(word) if CORBA2_LATER.contains(&word) => {
                self.at += 1;
                self.report.warning(
                    Code::Keyword,
                    span,
                    format!("{word} is a keyword since CORBA 3; better escape it as _{word}"),
                );
                Ok(Name { text: word.into(), span })
            }
            TokenKind::Keyword(word) => {
                let message = format!("expected a name, found the keyword {word}");
                Err(self.report.error(Code::Keyword, span, message))
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// An identifier begins with a letter (IDL 4.2, 7.2.3).
    fn check_spelling(&mut self, text: &Arc<str>, span: Span) -> Parsed<()> {
        if text.len() > self.limits.name_bytes_max {
            let message = format!("a name of more than {} octets", self.limits.name_bytes_max);
            return Err(self.report.error(Code::Limit, span, message));
        }
        if text.starts_with(|char: char| char.is_ascii_alphabetic()) {
            return Ok(());
        }
        Err(self.report.error(
            Code::Syntax,
            span,
            "an identifier begins with a letter, behind the underscore that may escape it",
        ))
    }

    fn scoped_name(&mut self) -> Parsed<ScopedName> {
        let absolute = self.eat("::");
        let mut parts = vec![self.used_name()?];
        while self.is("::") {
            self.at += 1;
            match self.token().kind {
                // The ORB's module has these names (CORBA 3.3 Part 1, 8.3), although they are keywords.
                TokenKind::Keyword(word @ ("Object" | "ValueBase"))
                    if parts.len() == 1 && &*parts[0].text == "CORBA" =>
                {
                    parts.push(Name { text: word.into(), span: self.bump() });
                }
                _ => parts.push(self.used_name()?),
            }
        }
        Ok(ScopedName { absolute, parts })
    }

    /// One or more, with commas between.
    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut elements = vec![element(self)?];
        while self.eat(",") {
            elements.push(element(self)?);
        }
        Ok(elements)
    }

    fn string(&mut self) -> Parsed<(String, Span)> {
        let begin = self.token().span;
        let mut text = None::<String>;
        while let TokenKind::String(part) = &self.token().kind {
            text.get_or_insert_default().push_str(part);
            self.at += 1;
        }
        match text {
            Some(text) => Ok((text, begin)),
            None => Err(self.unexpected("a string")),
        }
    }
}
