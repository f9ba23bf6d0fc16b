//! Macros: what a `#define` says, and what replacing one puts in.

use std::sync::Arc;

use super::scan::{Piece, PieceKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) parameters: Option<Vec<Arc<str>>>,
    pub(super) body: Arc<[Piece]>,
    pub(super) defined_at: Span,
}

/// Pieces to read before those of the file.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) pieces: std::vec::IntoIter<Piece>,
    /// The macro they come from: it is not expanded again inside of its own replacement.
    pub(super) of: Option<Arc<str>>,
}

impl Macro {
    /// Whether another definition of the same name says the same (ISO C++, cpp.replace/2).
    pub(super) fn same_as(&self, other: &Macro) -> bool {
        self.parameters == other.parameters
            && self.body.len() == other.body.len()
            && self.body.iter().zip(&*other.body).all(|(a, b)| a.text == b.text)
    }

    /// Reads the line behind `#define NAME`. `line` are the pieces behind the name.
    pub(super) fn parse(name: &Piece, line: &[Piece]) -> Result<Macro, Diagnostic> {
        let (parameters, body) = match line.first() {
            Some(open) if &*open.text == "(" && !open.spaced => {
                let (parameters, used) = parse_parameters(&line[1..], open.span)?;
                (Some(parameters), &line[1 + used..])
            }
            _ => (None, line),
        };
        for edge in [body.first(), body.last()].into_iter().flatten() {
            if &*edge.text == "##" {
                return Err(Diagnostic::error(
                    Code::Macro,
                    edge.span,
                    "## stands between two tokens, not at an end",
                ));
            }
        }
        Ok(Macro { parameters, body: body.into(), defined_at: name.span })
    }
}

/// The parameters up to the closing parenthesis, and how many pieces they and it take.
fn parse_parameters(line: &[Piece], open: Span) -> Result<(Vec<Arc<str>>, usize), Diagnostic> {
    let mut parameters = Vec::new();
    if line.first().is_some_and(|piece| &*piece.text == ")") {
        return Ok((parameters, 1));
    }
    for (index, pair) in line.chunks(2).enumerate() {
        let [name, behind] = pair else { break };
        if name.kind != PieceKind::Name {
            return Err(Diagnostic::error(Code::Macro, name.span, "a parameter of a macro is a name"));
        }
        if parameters.contains(&name.text) {
            return Err(Diagnostic::error(
                Code::Macro,
                name.span,
                format!("the parameter {} is there twice", name.text),
            ));
        }
        parameters.push(name.text.clone());
        match &*behind.text {
            "," => {}
            ")" => return Ok((parameters, 2 * index + 2)),
            _ => {
                return Err(Diagnostic::error(
                    Code::Macro,
                    behind.span,
                    "expected , or ) behind a macro's parameter",
                ));
            }
        }
    }
    Err(Diagnostic::error(Code::Macro, open, "the parameters of this macro do not end"))
}
