//! The tokens of OMG IDL out of preprocessing tokens (IDL 4.2, 7.2).

mod keyword;
mod literal;

pub use keyword::KEYWORDS;
pub(crate) use keyword::{CORBA2_LATER, collides};

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Fixed;
use crate::preprocess::{Piece, PieceKind};
use crate::source::Span;

/// A token, and where it stands. One that a macro produced stands where the macro was called.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// An identifier, without the underscore that escapes it.
    Name {
        text: Arc<str>,
        escaped: bool,
    },
    Keyword(&'static str),
    Punctuation(&'static str),
    Integer(u64),
    Float(f64),
    Fixed(Fixed),
    Char(char),
    WChar(char),
    String(String),
    WString(String),
    /// A token that is malformed, and was reported.
    Broken,
    End,
}

const PUNCTUATION: [&str; 26] = [
    "::", "<<", ">>", ";", "{", "}", "(", ")", "[", "]", "<", ">", ",", ":", "=", "+", "-", "*", "/", "%",
    "|", "^", "&", "~", "@", "?",
];

/// The token a piece is.
pub(crate) fn token(piece: &Piece) -> Result<Token, Diagnostic> {
    let kind = match piece.kind {
        PieceKind::Name => name(&piece.text),
        PieceKind::Number => literal::number(&piece.text).map_err(|fault| fault.at(piece))?,
        PieceKind::Quoted => literal::quoted(&piece.text).map_err(|fault| fault.at(piece))?,
        PieceKind::Punctuation => {
            let known = PUNCTUATION.into_iter().find(|text| *text == &*piece.text);
            TokenKind::Punctuation(known.ok_or_else(|| fault(piece))?)
        }
        _ => return Err(fault(piece)),
    };
    Ok(Token { kind, span: piece.span })
}

/// What is wrong with a piece that is no token.
pub(crate) fn fault(piece: &Piece) -> Diagnostic {
    match piece.kind {
        PieceKind::OpenLiteral => {
            Diagnostic::error(Code::Literal, piece.span, "this literal does not end on its line")
        }
        PieceKind::OpenComment => Diagnostic::error(Code::Literal, piece.span, "this comment does not end"),
        _ => {
            let shown: String = piece.text.chars().filter(|char| !char.is_control()).take(8).collect();
            Diagnostic::error(Code::Character, piece.span, format!("{shown:?} begins no token of OMG IDL"))
        }
    }
}

fn name(text: &Arc<str>) -> TokenKind {
    match text.strip_prefix('_') {
        Some(rest) => TokenKind::Name { text: rest.into(), escaped: true },
        None => match keyword::find(text) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None => TokenKind::Name { text: text.clone(), escaped: false },
        },
    }
}
