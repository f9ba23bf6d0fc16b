//! The expressions of `#if` and `#elif` (ISO C++, cpp.cond).

use std::sync::Arc;

use super::Preprocessor;
use super::scan::{Piece, PieceKind};
use crate::diagnostic::Code;
use crate::source::Span;

impl Preprocessor<'_> {
    /// Whether the condition on this line holds; one that is malformed is reported and does not.
    pub(super) fn condition(&mut self, line: &[Piece], at: Span) -> bool {
        let resolved = self.without_defined(line);
        let Some(pieces) = self.expand_list(resolved, at) else { return false };
        let depth_max = self.limits.nesting_depth_max;
        let mut expression = Expression { pieces: &pieces, at: 0, depth: 0, depth_max };
        let value = expression.choice(true);
        match value {
            Ok(value) if expression.at == pieces.len() => value != 0,
            Ok(_) => self.malformed(&pieces, expression.at, at, "nothing more is expected in this condition"),
            Err(Fault::Operand) => {
                self.malformed(&pieces, expression.at, at, "expected an operand of the condition")
            }
            Err(Fault::Parenthesis) => {
                self.malformed(&pieces, expression.at, at, "expected ) in this condition")
            }
            Err(Fault::Number) => self.malformed(&pieces, expression.at, at, "expected an integer"),
            Err(Fault::Zero) => self.malformed(&pieces, expression.at, at, "division by zero in a condition"),
            Err(Fault::Depth) => {
                self.malformed(&pieces, expression.at, at, "the condition is nested too deep")
            }
        }
    }

    fn malformed(&mut self, pieces: &[Piece], index: usize, at: Span, message: &str) -> bool {
        let behind = pieces.last().map_or(at, |piece| piece.span.behind());
        let at = pieces.get(index).map_or(behind, |piece| piece.span);
        self.report.error(Code::Condition, at, message);
        false
    }

    /// `defined X` and `defined(X)` become 1 or 0, before macros are expanded.
    fn without_defined(&self, line: &[Piece]) -> Vec<Piece> {
        let mut result = Vec::with_capacity(line.len());
        let mut rest = line;
        while let Some((piece, behind)) = rest.split_first() {
            let (name, after) = match behind {
                _ if &*piece.text != "defined" => (None, behind),
                [open, name, close, after @ ..] if &*open.text == "(" && &*close.text == ")" => {
                    (Some(name), after)
                }
                [name, after @ ..] if name.kind == PieceKind::Name => (Some(name), after),
                _ => (None, behind),
            };
            let mut piece = piece.clone();
            if let Some(name) = name {
                piece.kind = PieceKind::Number;
                piece.text = if self.macros.contains_key(&name.text) { "1".into() } else { "0".into() };
            }
            result.push(piece);
            rest = after;
        }
        result
    }
}

enum Fault {
    Operand,
    Parenthesis,
    Number,
    Zero,
    Depth,
}

struct Expression<'a> {
    pieces: &'a [Piece],
    at: usize,
    depth: usize,
    depth_max: usize,
}

/// Binary operators, the loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Expression<'_> {
    /// `a ? b : c`. An operand that is not `live` is read without being computed.
    fn choice(&mut self, live: bool) -> Result<i64, Fault> {
        self.depth += 1;
        if self.depth > self.depth_max {
            return Err(Fault::Depth);
        }
        let condition = self.binary(0, live)?;
        let value = if self.eat("?") {
            let first = self.choice(live && condition != 0)?;
            if !self.eat(":") {
                return Err(Fault::Operand);
            }
            let second = self.choice(live && condition == 0)?;
            if condition != 0 { first } else { second }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(value)
    }

    fn binary(&mut self, level: usize, live: bool) -> Result<i64, Fault> {
        let Some(operators) = LEVELS.get(level) else { return self.unary(live) };
        let mut left = self.binary(level + 1, live)?;
        while let Some(operator) = operators.iter().find(|operator| self.eat(operator)) {
            let needed = match *operator {
                "||" => left == 0,
                "&&" => left != 0,
                _ => true,
            };
            let right = self.binary(level + 1, live && needed)?;
            left = if live && needed { computed(operator, left, right)? } else { i64::from(left != 0) };
        }
        Ok(left)
    }

    fn unary(&mut self, live: bool) -> Result<i64, Fault> {
        let mut signs = Vec::new();
        while let Some(sign) = ["!", "~", "-", "+"].into_iter().find(|sign| self.eat(sign)) {
            signs.push(sign);
        }
        let value = self.primary(live)?;
        Ok(signs.into_iter().rev().fold(value, |value, sign| match sign {
            "!" => i64::from(value == 0),
            "~" => !value,
            "-" => value.wrapping_neg(),
            _ => value,
        }))
    }

    fn primary(&mut self, live: bool) -> Result<i64, Fault> {
        if self.eat("(") {
            let value = self.choice(live)?;
            return if self.eat(")") { Ok(value) } else { Err(Fault::Parenthesis) };
        }
        let piece = self.pieces.get(self.at).ok_or(Fault::Operand)?;
        let value = match piece.kind {
            // What is no macro counts as 0.
            PieceKind::Name => 0,
            PieceKind::Number => number(&piece.text).ok_or(Fault::Number)?,
            PieceKind::Quoted => character(&piece.text).ok_or(Fault::Operand)?,
            _ => return Err(Fault::Operand),
        };
        self.at += 1;
        Ok(value)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self
            .pieces
            .get(self.at)
            .is_some_and(|piece| piece.kind == PieceKind::Punctuation && *piece.text == *text);
        self.at += usize::from(found);
        found
    }
}

fn computed(operator: &str, left: i64, right: i64) -> Result<i64, Fault> {
    Ok(match operator {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.wrapping_shl(right as u32),
        ">>" => left.wrapping_shr(right as u32),
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        _ if right == 0 => return Err(Fault::Zero),
        "/" => left.wrapping_div(right),
        _ => left.wrapping_rem(right),
    })
}

fn number(text: &Arc<str>) -> Option<i64> {
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    u64::from_str_radix(digits, radix).ok().map(|value| value as i64)
}

fn character(text: &str) -> Option<i64> {
    let mut chars = text.strip_prefix('\'')?.chars();
    let value = chars.next().filter(|char| *char != '\\')?;
    (chars.next() == Some('\'')).then_some(i64::from(u32::from(value)))
}
