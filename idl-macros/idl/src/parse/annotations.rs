//! Annotations (IDL 4.2, 7.4.15): kept as they are written.

use super::{Parsed, Parser};
use crate::lex::TokenKind;
use crate::model::{Annotation, Literal};
use crate::print::literal;

impl Parser<'_> {
    /// The annotations that stand here; the definition of one does not count.
    pub(super) fn annotations(&mut self) -> Parsed<Vec<Annotation>> {
        let mut annotations = Vec::new();
        while self.is("@") && !self.is_annotation_type() {
            self.at += 1;
            let mut name = String::new();
            loop {
                match self.token().kind.clone() {
                    TokenKind::Name { text, .. } => name.push_str(&text),
                    TokenKind::Keyword(word) => name.push_str(word),
                    _ => return Err(self.unexpected("the name of an annotation")),
                }
                self.at += 1;
                if !self.eat("::") {
                    break;
                }
                name.push_str("::");
            }
            let arguments = if self.is("(") { Some(self.argument_text()?) } else { None };
            annotations.push(Annotation { name, arguments });
        }
        Ok(annotations)
    }

    /// `@annotation name { members };`: parsed, without effect.
    pub(super) fn annotation_type(&mut self) -> Parsed<()> {
        self.at += 2;
        self.name()?;
        self.skip_braces()?;
        self.expect(";").map(|_| ())
    }

    fn is_annotation_type(&self) -> bool {
        let named = |kind: &TokenKind, wanted: &str| matches!(kind, TokenKind::Name { text, .. } if &**text == wanted);
        named(self.ahead(1), "annotation") && matches!(self.ahead(2), TokenKind::Name { .. })
    }

    /// The tokens between parentheses, with blanks between them.
    fn argument_text(&mut self) -> Parsed<String> {
        let open = self.bump();
        let mut text = String::new();
        let mut depth = 0_usize;
        loop {
            let token = match self.token().kind.clone() {
                TokenKind::End => {
                    return Err(self.report.error(
                        crate::diagnostic::Code::Syntax,
                        open,
                        "these parentheses do not end",
                    ));
                }
                TokenKind::Punctuation(")") if depth == 0 => break,
                TokenKind::Broken => String::new(),
                TokenKind::Punctuation(mark) => {
                    depth = if mark == "(" { depth + 1 } else { depth - usize::from(mark == ")") };
                    mark.to_owned()
                }
                TokenKind::Name { text, escaped } => {
                    if escaped {
                        format!("_{text}")
                    } else {
                        text.to_string()
                    }
                }
                TokenKind::Keyword(word) => word.to_owned(),
                TokenKind::Integer(value) => value.to_string(),
                TokenKind::Float(value) => literal(&Literal::Float(value)),
                TokenKind::Fixed(value) => value.to_string(),
                TokenKind::Char(char) => literal(&Literal::Char(char)),
                TokenKind::WChar(char) => literal(&Literal::WChar(char)),
                TokenKind::String(text) => literal(&Literal::String(text)),
                TokenKind::WString(text) => literal(&Literal::WString(text)),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&token);
            self.at += 1;
        }
        self.at += 1;
        Ok(text)
    }
}
