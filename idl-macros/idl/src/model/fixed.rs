//! Fixed-point numbers (IDL 4.2, 7.4.1.4.3).

use std::fmt;

/// The most decimal digits of a fixed-point number.
const DIGITS_MAX: u32 = 31;

/// A decimal number of at most 31 digits, without zeros at the end of its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    mantissa: i128,
    scale: u8,
}

impl Fixed {
    /// From the digits before and behind the point; none if there are more than 31.
    pub(crate) fn parse(whole: &str, fraction: &str) -> Option<Fixed> {
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() > DIGITS_MAX as usize {
            return None;
        }
        let mantissa = if whole.is_empty() && fraction.is_empty() {
            0
        } else {
            format!("{whole}{fraction}").parse().ok()?
        };
        Some(Fixed { mantissa, scale: fraction.len() as u8 })
    }

    /// The digits in all, at least one.
    pub fn digits(self) -> u8 {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log as u8 + 1);
        digits.max(self.scale)
    }

    /// The digits behind the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The number without its point: the value is this divided by ten to the power of the scale.
    pub fn mantissa(self) -> i128 {
        self.mantissa
    }

    pub(crate) fn negated(self) -> Fixed {
        Fixed { mantissa: -self.mantissa, ..self }
    }

    pub(crate) fn plus(self, other: Fixed) -> Option<Fixed> {
        let scale = self.scale.max(other.scale);
        Fixed::fitted(self.scaled(scale)?.checked_add(other.scaled(scale)?)?, scale.into())
    }

    pub(crate) fn times(self, other: Fixed) -> Option<Fixed> {
        let scale = u32::from(self.scale) + u32::from(other.scale);
        Fixed::fitted(self.mantissa.checked_mul(other.mantissa)?, scale)
    }

    /// The quotient, its fraction cut behind 31 digits; none by zero.
    pub(crate) fn divided_by(self, other: Fixed) -> Option<Fixed> {
        let mut dividend = self.mantissa;
        let mut scale = i32::from(self.scale) - i32::from(other.scale);
        while (dividend.checked_rem(other.mantissa)? != 0 || scale < 0) && scale < DIGITS_MAX as i32 {
            let Some(larger) = dividend.checked_mul(10) else { break };
            dividend = larger;
            scale += 1;
        }
        Fixed::fitted(dividend.checked_div(other.mantissa)?, u32::try_from(scale).ok()?)
    }

    /// The number without the digits of its fraction behind `scale`.
    pub(crate) fn cut(self, scale: u8) -> Fixed {
        let surplus = u32::from(self.scale.saturating_sub(scale));
        let cut = self.mantissa / 10_i128.pow(surplus.min(38));
        Fixed::fitted(cut, u32::from(self.scale) - surplus).unwrap_or(self)
    }

    fn scaled(self, scale: u8) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale - self.scale))?)
    }

    /// Without zeros at the end, and without the digits of the fraction that are too many.
    fn fitted(mut mantissa: i128, mut scale: u32) -> Option<Fixed> {
        let limit = 10_i128.pow(DIGITS_MAX);
        while scale > 0 && (mantissa % 10 == 0 || mantissa.abs() >= limit || scale > DIGITS_MAX) {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa.abs() < limit).then_some(Fixed { mantissa, scale: scale as u8 })
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let width = usize::from(self.scale) + 1;
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.scale));
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}d")
    }
}
