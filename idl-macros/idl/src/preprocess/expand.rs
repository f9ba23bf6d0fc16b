//! Macro expansion: a name becomes its replacement, which is read again.

use std::sync::Arc;

use super::Preprocessor;
use super::macros::{Frame, Macro};
use super::scan::{Piece, PieceKind, Scanner};
use crate::diagnostic::Code;
use crate::source::Span;

impl Preprocessor<'_> {
    /// The next piece of the replacements being read, or else of the file.
    pub(super) fn next_piece(&mut self) -> Piece {
        while let Some(frame) = self.frames.last_mut() {
            if let Some(piece) = frame.pieces.next() {
                return piece;
            }
            self.frames.pop();
        }
        let input = self.inputs.last_mut().expect("a file is being read");
        if self.isolated {
            let at = self.last.map_or_else(|| input.scanner.end_span(), Span::behind);
            return Piece {
                kind: PieceKind::End,
                text: "".into(),
                span: at,
                first: false,
                spaced: false,
                painted: false,
            };
        }
        input.scanner.next()
    }

    /// Replaces a name if it is a macro; gives it back if it stands for itself.
    pub(super) fn expand_name(&mut self, mut piece: Piece) -> Option<Piece> {
        if piece.painted {
            return Some(piece);
        }
        let Some(definition) = self.macros.get(&piece.text).cloned() else { return self.expand_place(piece) };
        if self.frames.iter().any(|frame| frame.of.as_ref() == Some(&piece.text)) {
            piece.painted = true;
            return Some(piece);
        }
        if self.frames.len() >= self.limits.expansion_depth_max {
            self.halt(
                piece.span,
                format!("macros inside one another deeper than {}", self.limits.expansion_depth_max),
            );
            return None;
        }
        let replacement = match &definition.parameters {
            None => self.substitute(&definition, &[], &piece)?,
            Some(parameters) => {
                if !self.opens_arguments() {
                    return Some(piece);
                }
                let arguments = self.arguments(&piece)?;
                let none = parameters.is_empty() && arguments.len() == 1 && arguments[0].is_empty();
                if arguments.len() != parameters.len() && !none {
                    let message = format!(
                        "the macro {} takes {} arguments, not {}",
                        piece.text,
                        parameters.len(),
                        arguments.len()
                    );
                    self.report.push(
                        crate::diagnostic::Diagnostic::error(Code::Macro, piece.span, message)
                            .related(definition.defined_at, "defined here"),
                    );
                    return None;
                }
                self.substitute(&definition, &arguments, &piece)?
            }
        };
        self.frames.push(Frame { pieces: replacement.into_iter(), of: Some(piece.text) });
        None
    }

    /// `__LINE__` and `__FILE__`.
    fn expand_place(&mut self, mut piece: Piece) -> Option<Piece> {
        match &*piece.text {
            "__LINE__" => {
                piece.kind = PieceKind::Number;
                piece.text = self.sources.line_and_file(piece.span).0.to_string().into();
            }
            "__FILE__" => {
                piece.kind = PieceKind::Quoted;
                piece.text = quote(self.sources.line_and_file(piece.span).1);
            }
            _ => {}
        }
        Some(piece)
    }

    /// Passes line ends up to a `(`; leaves anything else where it is.
    fn opens_arguments(&mut self) -> bool {
        loop {
            let next = self.next_piece();
            match next.kind {
                PieceKind::Newline => {}
                PieceKind::End => return false,
                PieceKind::Punctuation if &*next.text == "(" => return true,
                _ => {
                    self.frames.push(Frame { pieces: vec![next].into_iter(), of: None });
                    return false;
                }
            }
        }
    }

    /// The arguments behind an opening parenthesis, split at the commas that stand in no inner parentheses.
    fn arguments(&mut self, name: &Piece) -> Option<Vec<Vec<Piece>>> {
        let mut arguments = vec![Vec::new()];
        let mut depth = 0_usize;
        loop {
            let mut piece = self.next_piece();
            if !self.spend(1, name.span) {
                return None;
            }
            match (piece.kind, &*piece.text) {
                (PieceKind::End, _) => {
                    self.report.error(
                        Code::Macro,
                        name.span,
                        format!("the arguments of {} do not end", name.text),
                    );
                    return None;
                }
                (PieceKind::Newline, _) => continue,
                (PieceKind::Punctuation, ")") if depth == 0 => return Some(arguments),
                (PieceKind::Punctuation, ",") if depth == 0 => {
                    arguments.push(Vec::new());
                    continue;
                }
                (PieceKind::Punctuation, "(") => depth += 1,
                (PieceKind::Punctuation, ")") => depth -= 1,
                _ => {}
            }
            piece.spaced |= piece.first;
            piece.first = false;
            if let Some(argument) = arguments.last_mut() {
                argument.push(piece);
            }
        }
    }

    /// The body with arguments in place of parameters, `#` and `##` obeyed; every piece stands where the macro was called.
    fn substitute(
        &mut self,
        definition: &Macro,
        arguments: &[Vec<Piece>],
        call: &Piece,
    ) -> Option<Vec<Piece>> {
        let parameters = definition.parameters.as_deref().unwrap_or_default();
        let argument = |piece: &Piece| -> Option<&Vec<Piece>> {
            let index =
                parameters.iter().position(|name| piece.kind == PieceKind::Name && *name == piece.text)?;
            arguments.get(index)
        };
        let body = &definition.body;
        let mut result: Vec<Piece> = Vec::new();
        let mut at = 0;
        while let Some(piece) = body.get(at) {
            let pasted = at > 0 && &*body[at - 1].text == "##";
            let pastes = body.get(at + 1).is_some_and(|next| &*next.text == "##");
            let mut addition = match &*piece.text {
                "##" => {
                    at += 1;
                    continue;
                }
                "#" if definition.parameters.is_some() => {
                    at += 1;
                    let Some(raw) = body.get(at).and_then(&argument) else {
                        self.report.error(Code::Macro, piece.span, "# stands before a parameter");
                        return None;
                    };
                    vec![stringified(raw, call)]
                }
                _ => match argument(piece) {
                    Some(raw) if pasted || pastes => raw.clone(),
                    Some(raw) => self.expand_list(raw.clone(), call.span)?,
                    None => vec![piece.clone()],
                },
            };
            // Text counts too: stringifying and pasting may double it each time.
            let cost: usize = addition.iter().map(|piece| 1 + piece.text.len() / 16).sum();
            if !self.spend(cost + 1, call.span) {
                return None;
            }
            if pasted && !result.is_empty() && !addition.is_empty() {
                let right = addition.remove(0);
                let left = result.pop()?;
                result.push(self.paste(&left, &right, call)?);
            }
            for mut piece in addition {
                piece.span = call.span;
                piece.first = false;
                result.push(piece);
            }
            at += 1;
        }
        Some(result)
    }

    /// Expands a list by itself, as an argument is before it goes into a body.
    pub(super) fn expand_list(&mut self, pieces: Vec<Piece>, call: Span) -> Option<Vec<Piece>> {
        if self.argument_depth >= self.limits.nesting_depth_max {
            self.halt(
                call,
                format!("macro arguments inside one another deeper than {}", self.limits.nesting_depth_max),
            );
            return None;
        }
        self.argument_depth += 1;
        let outer = std::mem::take(&mut self.frames);
        let isolated = std::mem::replace(&mut self.isolated, true);
        // What is being replaced further out stays out of bounds in here.
        let bounds = outer.iter().map(|frame| Frame { pieces: Vec::new().into_iter(), of: frame.of.clone() });
        let active: Vec<_> = bounds.filter_map(|frame| frame.of).collect();
        self.frames.push(Frame { pieces: pieces.into_iter(), of: None });
        let mut result = Vec::new();
        while !self.halted {
            let mut piece = self.next_piece();
            match piece.kind {
                PieceKind::End => break,
                PieceKind::Name => {
                    piece.painted |= active.contains(&piece.text);
                    result.extend(self.expand_name(piece));
                }
                _ => result.push(piece),
            }
        }
        self.frames = outer;
        self.isolated = isolated;
        self.argument_depth -= 1;
        (!self.halted).then_some(result)
    }

    fn paste(&mut self, left: &Piece, right: &Piece, call: &Piece) -> Option<Piece> {
        let text = format!("{}{}", left.text, right.text);
        let mut scanner = Scanner::new(call.span.file, text.as_str().into());
        let mut piece = scanner.next();
        if scanner.next().kind != PieceKind::End
            || matches!(piece.kind, PieceKind::End | PieceKind::OpenComment)
        {
            let message = format!("## makes no token of {} and {}", left.text, right.text);
            self.report.error(Code::Macro, call.span, message);
            return None;
        }
        if !self.spend(text.len() / 16, call.span) {
            return None;
        }
        piece.span = call.span;
        piece.first = false;
        piece.spaced = left.spaced;
        Some(piece)
    }

    /// Counts what macros produce; false, and the translation ends, when it is too much.
    fn spend(&mut self, tokens: usize, call: Span) -> bool {
        self.expanded_tokens = self.expanded_tokens.saturating_add(tokens);
        if self.expanded_tokens > self.limits.expansion_tokens_max && !self.halted {
            self.halt(call, format!("macros produce more than {} tokens", self.limits.expansion_tokens_max));
        }
        !self.halted
    }
}

fn stringified(pieces: &[Piece], call: &Piece) -> Piece {
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if piece.spaced && index > 0 {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    Piece {
        kind: PieceKind::Quoted,
        text: quote(&text),
        span: call.span,
        first: false,
        spaced: true,
        painted: false,
    }
}

fn quote(text: &str) -> Arc<str> {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
}
