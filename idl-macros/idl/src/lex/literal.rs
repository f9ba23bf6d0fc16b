//! Literals (IDL 4.2, 7.2.6).

use super::TokenKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Fixed;
use crate::preprocess::Piece;

/// Why a literal means nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Number,
    TooLarge,
    Digits,
    Escape,
    Empty,
    Long,
    Zero,
    Narrow,
}

impl Fault {
    pub(super) fn at(self, piece: &Piece) -> Diagnostic {
        let message = match self {
            Fault::Number => "this is no number of OMG IDL",
            Fault::TooLarge => "this number is larger than any type of OMG IDL holds",
            Fault::Digits => "a fixed-point literal has at most 31 digits",
            Fault::Escape => "this literal has an escape that means nothing",
            Fault::Empty => "a character literal holds one character",
            Fault::Long => "a character literal holds one character only",
            Fault::Zero => "a string does not hold the character with value 0",
            Fault::Narrow => "this character needs a wide literal: it is not in ISO Latin-1",
        };
        Diagnostic::error(Code::Literal, piece.span, message)
    }
}

pub(super) fn number(text: &str) -> Result<TokenKind, Fault> {
    let digits = |text: &str, radix| match u64::from_str_radix(text, radix) {
        Ok(value) => Ok(TokenKind::Integer(value)),
        Err(_) if !text.is_empty() && text.chars().all(|char| char.is_digit(radix)) => Err(Fault::TooLarge),
        Err(_) => Err(Fault::Number),
    };
    if let Some(hexadecimal) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return digits(hexadecimal, 16);
    }
    if let Some(fixed) = text.strip_suffix(['d', 'D']) {
        return fixed_point(fixed).map(TokenKind::Fixed);
    }
    if text.contains(['.', 'e', 'E']) {
        return float(text).map(TokenKind::Float);
    }
    if text.len() > 1 && text.starts_with('0') { digits(&text[1..], 8) } else { digits(text, 10) }
}

fn float(text: &str) -> Result<f64, Fault> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.chars().all(|char| char.is_ascii_digit());
    let exponent_valid = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 || !exponent_valid {
        return Err(Fault::Number);
    }
    let value: f64 = text.parse().map_err(|_| Fault::Number)?;
    if value.is_finite() { Ok(value) } else { Err(Fault::TooLarge) }
}

fn fixed_point(text: &str) -> Result<Fixed, Fault> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.chars().all(|char| char.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(Fault::Number);
    }
    Fixed::parse(whole, fraction).ok_or(Fault::Digits)
}

/// A character or string literal with its quotes, and the `L` of a wide one.
pub(super) fn quoted(text: &str) -> Result<TokenKind, Fault> {
    let (text, wide) = text.strip_prefix('L').map_or((text, false), |text| (text, true));
    let character = text.starts_with('\'');
    let inner = text.get(1..text.len() - 1).unwrap_or_default();
    let content = unescaped(inner, wide)?;
    if !wide && content.chars().any(|char| u32::from(char) > 0xff) {
        return Err(Fault::Narrow);
    }
    if !character {
        if content.contains('\0') {
            return Err(Fault::Zero);
        }
        return Ok(if wide { TokenKind::WString(content) } else { TokenKind::String(content) });
    }
    let mut chars = content.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Err(Fault::Empty),
        (Some(char), None) => Ok(if wide { TokenKind::WChar(char) } else { TokenKind::Char(char) }),
        _ => Err(Fault::Long),
    }
}

fn unescaped(text: &str, wide: bool) -> Result<String, Fault> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        if char != '\\' {
            result.push(char);
            continue;
        }
        let escape = rest.chars().next().ok_or(Fault::Escape)?;
        let plain = match escape {
            'n' => '\n',
            't' => '\t',
            'v' => '\x0b',
            'b' => '\x08',
            'r' => '\r',
            'f' => '\x0c',
            'a' => '\x07',
            '\\' | '?' | '\'' | '"' => escape,
            '0'..='7' => {
                result.push(numeric(&mut rest, 8, 3)?);
                continue;
            }
            'x' => {
                rest = &rest[1..];
                result.push(numeric(&mut rest, 16, 2)?);
                continue;
            }
            'u' if wide => {
                rest = &rest[1..];
                result.push(numeric(&mut rest, 16, 4)?);
                continue;
            }
            _ => return Err(Fault::Escape),
        };
        result.push(plain);
        rest = &rest[1..];
    }
    Ok(result)
}

fn numeric(rest: &mut &str, radix: u32, digits_max: usize) -> Result<char, Fault> {
    let length = rest.chars().take(digits_max).take_while(|char| char.is_digit(radix)).count();
    let value = u32::from_str_radix(&rest[..length], radix).map_err(|_| Fault::Escape)?;
    *rest = &rest[length..];
    if radix == 8 && value > 0xff {
        return Err(Fault::Escape);
    }
    char::from_u32(value).ok_or(Fault::Escape)
}
