//! Constant expressions (IDL 4.2, 7.4.1.4.3).

use super::{Parsed, Parser};
use crate::diagnostic::Code;
use crate::lex::TokenKind;
use crate::syntax::{Expression, ExpressionKind};

/// Binary operators, the loosest first.
const LEVELS: [&[&str]; 6] = [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "%"]];

/// Below this level of operators stands what is allowed between angle brackets without parentheses.
const ABOVE_SHIFT: usize = 4;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.operators = 0;
        self.binary(0)
    }

    /// A bound between angle brackets: a `>>` there closes two brackets rather than shifting.
    pub(super) fn bound(&mut self) -> Parsed<Expression> {
        self.operators = 0;
        self.binary(ABOVE_SHIFT)
    }

    fn binary(&mut self, level: usize) -> Parsed<Expression> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let TokenKind::Punctuation(operator) = self.token().kind else { return Ok(left) };
            if !operators.contains(&operator) {
                return Ok(left);
            }
            let at = self.bump();
            self.operators += 1;
            if self.operators > self.limits.expression_operators_max {
                let message =
                    format!("an expression of more than {} operators", self.limits.expression_operators_max);
                return Err(self.report.error(Code::Limit, at, message));
            }
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            left =
                Expression { span, kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)) };
        }
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let begin = self.token().span;
        if let TokenKind::Punctuation(operator @ ("-" | "+" | "~")) = self.token().kind {
            self.at += 1;
            let operand = self.primary()?;
            let span = begin.to(operand.span);
            return Ok(Expression { span, kind: ExpressionKind::Unary(operator, Box::new(operand)) });
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let span = self.token().span;
        if self.eat("(") {
            return self.deeper(span, |this| {
                let inner = this.binary(0)?;
                let end = this.expect(")")?;
                Ok(Expression { span: span.to(end), kind: inner.kind })
            });
        }
        let kind = match self.token().kind.clone() {
            TokenKind::Keyword("TRUE") => ExpressionKind::Boolean(true),
            TokenKind::Keyword("FALSE") => ExpressionKind::Boolean(false),
            TokenKind::Name { .. } | TokenKind::Keyword(_) | TokenKind::Punctuation("::") => {
                let name = self.scoped_name()?;
                return Ok(Expression { span: name.span(), kind: ExpressionKind::Name(name) });
            }
            TokenKind::Punctuation(_) | TokenKind::End | TokenKind::Broken => {
                return Err(self.unexpected("a value"));
            }
            literal => ExpressionKind::Literal(literal),
        };
        self.at += 1;
        let ExpressionKind::Literal(literal) = kind else { return Ok(Expression { span, kind }) };
        let kind = ExpressionKind::Literal(self.with_following_strings(literal));
        Ok(Expression { span, kind })
    }

    /// String literals side by side are one (IDL 4.2, 7.2.6.3).
    fn with_following_strings(&mut self, mut literal: TokenKind) -> TokenKind {
        loop {
            match (&mut literal, &self.token().kind) {
                (TokenKind::String(text), TokenKind::String(more))
                | (TokenKind::WString(text), TokenKind::WString(more)) => text.push_str(more),
                _ => return literal,
            }
            self.at += 1;
        }
    }
}
