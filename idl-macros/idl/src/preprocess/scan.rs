//! Preprocessing tokens out of the text of a file.

use std::sync::Arc;

use crate::source::{FileId, Span};

/// A preprocessing token (ISO C++, lex.pptoken).
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    /// As written, without line splices.
    pub(crate) text: Arc<str>,
    pub(crate) span: Span,
    /// The first one of its line.
    pub(crate) first: bool,
    /// White space stands before it.
    pub(crate) spaced: bool,
    /// The name of a macro that is not to be expanded any more.
    pub(crate) painted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Name,
    Number,
    /// A character or string literal, wide or not; with its quotes.
    Quoted,
    Punctuation,
    /// A character that means nothing in OMG IDL.
    Stray,
    /// A literal that does not end on its line.
    OpenLiteral,
    /// A comment that does not end in its file.
    OpenComment,
    Newline,
    End,
}

/// Reads a text piece by piece. It never fails: what is malformed is a piece of a kind of its own.
#[derive(Debug)]
pub(crate) struct Scanner {
    file: FileId,
    text: Arc<str>,
    at: usize,
    first: bool,
}

const PUNCTUATION: [&str; 10] = ["::", "<<", ">>", "##", "&&", "||", "==", "!=", "<=", ">="];

impl Scanner {
    pub(crate) fn new(file: FileId, text: Arc<str>) -> Scanner {
        Scanner { file, text, at: 0, first: true }
    }

    pub(crate) fn at(&self) -> u32 {
        self.at as u32
    }

    pub(crate) fn end_span(&self) -> Span {
        Span { file: self.file, start: self.at as u32, end: self.at as u32 }
    }

    /// The next piece; at the end [`PieceKind::End`], as often as asked.
    pub(crate) fn next(&mut self) -> Piece {
        let spaced = match self.skip_blanks() {
            Ok(spaced) => spaced,
            Err(start) => return self.piece(PieceKind::OpenComment, start, true),
        };
        let start = self.at;
        let Some(char) = self.peek() else { return self.piece(PieceKind::End, start, spaced) };
        let kind = match char {
            '\n' => {
                self.bump();
                let piece = self.piece(PieceKind::Newline, start, spaced);
                self.first = true;
                return piece;
            }
            'L' if matches!(self.second(), Some('"' | '\'')) => {
                self.bump();
                self.quoted()
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                self.bump_while(|char| char.is_ascii_alphanumeric() || char == '_');
                PieceKind::Name
            }
            '0'..='9' => self.number(),
            '.' if self.second().is_some_and(|char| char.is_ascii_digit()) => self.number(),
            '"' | '\'' => self.quoted(),
            char if char.is_ascii_punctuation() => self.punctuation(),
            _ => {
                self.bump();
                PieceKind::Stray
            }
        };
        self.piece(kind, start, spaced)
    }

    /// The rest of the line as a header name, `"x"` or `<x>`, if it begins as one.
    pub(crate) fn header(&mut self) -> Option<(bool, String, Span)> {
        self.skip_blanks().ok()?;
        let start = self.at;
        let (angled, close) = match self.peek()? {
            '<' => (true, '>'),
            '"' => (false, '"'),
            _ => return None,
        };
        let length = self.text[start + 1..]
            .find([close, '\n'])
            .filter(|at| self.text[start + 1 + at..].starts_with(close))?;
        let name = self.text[start + 1..start + 1 + length].to_owned();
        self.at = start + length + 2;
        Some((angled, name, Span { file: self.file, start: start as u32, end: self.at as u32 }))
    }

    fn piece(&mut self, kind: PieceKind, start: usize, spaced: bool) -> Piece {
        let written = &self.text[start..self.at];
        let text: Arc<str> = if written.contains('\\') && written.contains('\n') {
            written.replace("\\\r\n", "").replace("\\\n", "").into()
        } else {
            written.into()
        };
        let span = Span { file: self.file, start: start as u32, end: self.at as u32 };
        let first = std::mem::replace(&mut self.first, false);
        Piece { kind, text, span, first, spaced, painted: false }
    }

    /// Passes white space and comments; `Err` with its start if a comment does not end.
    fn skip_blanks(&mut self) -> Result<bool, usize> {
        let begin = self.at;
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r' | '\x0b' | '\x0c') => self.bump(),
                Some('/') if self.second() == Some('/') => self.bump_while(|char| char != '\n'),
                Some('/') if self.second() == Some('*') => {
                    let start = self.at;
                    self.bump();
                    self.bump();
                    match self.text[self.at..].find("*/") {
                        Some(length) => self.at += length + 2,
                        None => {
                            self.at = self.text.len();
                            return Err(start);
                        }
                    }
                }
                _ => return Ok(self.at > begin),
            }
        }
    }

    fn number(&mut self) -> PieceKind {
        let hexadecimal = self.peek() == Some('0') && matches!(self.second(), Some('x' | 'X'));
        let mut before = ' ';
        while let Some(char) = self.peek() {
            let sign = matches!(char, '+' | '-') && matches!(before, 'e' | 'E') && !hexadecimal;
            if !(char.is_ascii_alphanumeric() || char == '.' || char == '_' || sign) {
                break;
            }
            before = char;
            self.bump();
        }
        PieceKind::Number
    }

    fn quoted(&mut self) -> PieceKind {
        let quote = self.peek();
        self.bump();
        loop {
            match self.peek() {
                None | Some('\n') => return PieceKind::OpenLiteral,
                Some('\\') => {
                    self.bump();
                    if self.peek().is_some_and(|char| char != '\n') {
                        self.bump();
                    }
                }
                char => {
                    self.bump();
                    if char == quote {
                        return PieceKind::Quoted;
                    }
                }
            }
        }
    }

    fn punctuation(&mut self) -> PieceKind {
        let pair = [self.peek(), self.second()];
        let long = PUNCTUATION.iter().any(|text| text.chars().map(Some).eq(pair));
        let stray = matches!(pair[0], Some('\\' | '`' | '$'));
        self.bump();
        if long {
            self.bump();
        }
        if stray { PieceKind::Stray } else { PieceKind::Punctuation }
    }

    /// The next character. Passes line splices: a backslash at the end of a line and the line's end are as if not there.
    fn peek(&mut self) -> Option<char> {
        self.at += splices(&self.text[self.at..]);
        self.text[self.at..].chars().next()
    }

    fn second(&mut self) -> Option<char> {
        let behind = self.at + self.peek()?.len_utf8();
        let behind = behind + splices(&self.text[behind..]);
        self.text[behind..].chars().next()
    }

    fn bump(&mut self) {
        if let Some(char) = self.peek() {
            self.at += char.len_utf8();
        }
    }

    fn bump_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
    }
}

fn splices(text: &str) -> usize {
    let mut rest = text;
    while let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n")) {
        rest = after;
    }
    text.len() - rest.len()
}
