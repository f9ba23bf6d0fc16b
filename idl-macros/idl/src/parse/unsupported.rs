//! What is recognised and not supported: template modules (IDL 4.2, 7.4.12) are read without effect; components,
//! homes and event types (7.4.8 to 7.4.11) are reported.

use super::{Parsed, Parser};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex::TokenKind;
use crate::syntax::{Declaration, DeclarationKind};

impl Parser<'_> {
    /// A component, a home or an event type: reported, its name declared so that uses are not reported again.
    pub(super) fn unsupported(&mut self, into: &mut Vec<Declaration>) -> Parsed<()> {
        if self.is_keyword("custom") {
            self.at += 1;
        }
        let span = self.token().span;
        let what = match self.token().kind {
            TokenKind::Keyword("component") => "components",
            TokenKind::Keyword("home") => "homes of components",
            TokenKind::Keyword("eventtype") => "event types",
            _ => return Err(self.unexpected("valuetype or eventtype")),
        };
        self.at += 1;
        let name = self.name()?;
        self.report.error(Code::Unsupported, span, format!("{what} are not supported"));
        into.push(Declaration { annotations: Vec::new(), kind: DeclarationKind::Unsupported(name) });
        while !self.is(";") && !self.is("}") && !self.at_end() {
            if self.is("{") {
                self.skip_braces()?;
            } else {
                self.at += 1;
            }
        }
        self.expect(";").map(|_| ())
    }

    /// Reads a template module, or an instance of one; `module` was read. False if it is an ordinary module.
    pub(super) fn template_module(&mut self) -> Parsed<bool> {
        let mut at = 0;
        while matches!(self.ahead(at), TokenKind::Name { .. } | TokenKind::Punctuation("::")) {
            at += 1;
        }
        if *self.ahead(at) != TokenKind::Punctuation("<") {
            return Ok(false);
        }
        let name = self.scoped_name()?;
        self.skip_angles()?;
        if self.is("{") {
            self.skip_braces()?;
            self.expect(";")?;
            let message = "a template module: it has no effect, its instances are not supported";
            self.report.warning(Code::Ignored, name.span(), message);
            return Ok(true);
        }
        self.name()?;
        self.expect(";")?;
        Err(self.report.error(
            Code::Unsupported,
            name.span(),
            "instances of template modules are not supported",
        ))
    }

    /// Passes over `{ ... }`.
    pub(super) fn skip_braces(&mut self) -> Parsed<()> {
        let open = self.expect("{")?;
        let mut depth = 1_usize;
        while depth > 0 {
            match self.token().kind {
                TokenKind::End => {
                    let fault =
                        Diagnostic::error(Code::Syntax, self.token().span, "expected } to close this scope");
                    return Err(self.report.push(fault.related(open, "opened here")));
                }
                TokenKind::Punctuation("{") => depth += 1,
                TokenKind::Punctuation("}") => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Ok(())
    }

    fn skip_angles(&mut self) -> Parsed<()> {
        let mut depth = 0_isize;
        loop {
            match self.token().kind {
                TokenKind::Punctuation("<") => depth += 1,
                TokenKind::Punctuation(">") => depth -= 1,
                TokenKind::Punctuation(">>") => depth -= 2,
                TokenKind::Punctuation(";" | "{" | "}") | TokenKind::End => return Err(self.unexpected(">")),
                _ => {}
            }
            self.at += 1;
            if depth <= 0 {
                return Ok(());
            }
        }
    }
}
