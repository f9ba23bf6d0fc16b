//! Decimal numbers of up to 31 digits, as `fixed` needs them: in text and in binary coded decimal.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use quorb_giop::cdr::{CdrError, Decoder, Encoder};

/// The digits that a `fixed` may have (CORBA 3.3 Part 1, 7.11.3.4).
pub const FIXED_DIGITS_MAX: u16 = 31;

/// How far from the digits the point may be. IDL needs no more than the digits; type codes from anywhere may say anything.
const SCALE_MAX: u16 = 64;

/// A decimal number: `units` times ten to the power of minus `scale`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    /// The digits and the sign.
    pub units: i128,
    /// How many of the digits stand behind the point; fewer than none where zeros follow.
    pub scale: i16,
}

/// Why a number is no `fixed` of some size, or a text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The text is no decimal number.
    #[error("no decimal number")]
    NotANumber,
    /// The number has more digits before the point than there is room for.
    #[error("the number needs more than {digits} digits with {scale} behind the point")]
    TooLarge {
        /// The digits there are.
        digits: u16,
        /// The digits behind the point.
        scale: i16,
    },
    /// Digits behind the point would be lost.
    #[error("the number has more than {scale} digits behind the point")]
    Inexact {
        /// The digits behind the point there are.
        scale: i16,
    },
}

/// Ten to the power of `exponent`, as far as 128 bits go.
pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

impl Decimal {
    /// The same number with another number of digits behind the point.
    ///
    /// # Errors
    /// It does not fit, or digits other than zero would be lost.
    pub fn rescaled(self, digits: u16, scale: i16) -> Result<Decimal, DecimalError> {
        let too_large = DecimalError::TooLarge { digits, scale };
        let shift = i32::from(scale) - i32::from(self.scale);
        let units = match (u32::try_from(shift), self.units) {
            (_, 0) => 0,
            (Ok(up), units) => power_of_ten(up).and_then(|p| units.checked_mul(p)).ok_or(too_large)?,
            (Err(_), units) => match power_of_ten(shift.unsigned_abs()) {
                Some(power) if units % power == 0 => units / power,
                _ => return Err(DecimalError::Inexact { scale }),
            },
        };
        let limit = power_of_ten(u32::from(digits.min(FIXED_DIGITS_MAX))).unwrap_or(i128::MAX);
        if units.abs() >= limit { Err(too_large) } else { Ok(Decimal { units, scale }) }
    }

    /// Reads a `fixed`: two digits an octet, the last half octet for the sign (CORBA 3.3 Part 2, 9.3.2.8).
    ///
    /// # Errors
    /// A half octet that is no digit or no sign, a type with more than [`FIXED_DIGITS_MAX`] digits, an early end.
    pub(crate) fn decode(digits: u16, scale: i16, input: &mut Decoder<'_>) -> Result<Decimal, CdrError> {
        check_type(digits, scale)?;
        let octets = input.read_octets(usize::from(digits) / 2 + 1)?;
        let mut units = 0i128;
        let halves = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
        let (last, count) = (octets.len() * 2 - 1, usize::from(digits));
        for (place, half) in halves.enumerate() {
            match half {
                // A type of an even number of digits begins with half an octet that is not used.
                0..=9 if place < last && (place + count >= last || half == 0) => {
                    units = units * 10 + i128::from(half)
                }
                0x0c if place == last => {}
                0x0d if place == last => units = -units,
                _ => return Err(CdrError::InvalidValue { type_name: "fixed" }),
            }
        }
        Ok(Decimal { units, scale })
    }

    /// Appends a `fixed` of so many digits; the scale is that of the type already.
    ///
    /// # Errors
    /// [`CdrError::InvalidValue`] if it does not fit.
    pub(crate) fn encode(self, digits: u16, scale: i16, out: &mut Encoder) -> Result<(), CdrError> {
        check_type(digits, scale)?;
        let not_of_type = |_| CdrError::InvalidValue { type_name: "fixed" };
        let units = self.rescaled(digits, scale).map_err(not_of_type)?.units;
        let mut octets = vec![0u8; usize::from(digits) / 2 + 1];
        let mut left = units.unsigned_abs();
        let sign = if units < 0 { 0x0d } else { 0x0c };
        for (place, octet) in octets.iter_mut().rev().enumerate() {
            let low = if place == 0 { sign } else { digit(&mut left) };
            *octet = low | digit(&mut left) << 4;
        }
        out.write_octets(&octets);
        Ok(())
    }
}

fn check_type(digits: u16, scale: i16) -> Result<(), CdrError> {
    if digits == 0 || digits > FIXED_DIGITS_MAX || scale.unsigned_abs() > SCALE_MAX {
        return Err(CdrError::InvalidValue { type_name: "fixed" });
    }
    Ok(())
}

fn digit(left: &mut u128) -> u8 {
    let digit = (*left % 10) as u8;
    *left /= 10;
    digit
}

/// With all digits behind the point that the scale says: `12.50`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = self.units.unsigned_abs().to_string();
        match u16::try_from(self.scale) {
            Err(_) if self.units == 0 => {}
            Err(_) => digits.extend(std::iter::repeat_n('0', usize::from(self.scale.unsigned_abs()))),
            Ok(0) => {}
            Ok(scale) => {
                let behind = usize::from(scale);
                if digits.len() <= behind {
                    digits.insert_str(0, &"0".repeat(behind + 1 - digits.len()));
                }
                digits.insert(digits.len() - behind, '.');
            }
        }
        f.pad_integral(self.units >= 0, "", &digits)
    }
}

/// Digits with at most one point among them, a sign before them, and the letter `d` behind them if one likes, as IDL writes
/// literals.
impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Decimal, DecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let plain = unsigned.strip_suffix(['d', 'D']).unwrap_or(unsigned);
        let (whole, behind) = plain.split_once('.').unwrap_or((plain, ""));
        let is_digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        if (whole.is_empty() && behind.is_empty()) || !is_digits(whole) || !is_digits(behind) {
            return Err(DecimalError::NotANumber);
        }
        // Zeros at the end say nothing, and might be many.
        let behind = behind.trim_end_matches('0');
        let scale = i16::try_from(behind.len()).ok().filter(|scale| *scale <= SCALE_MAX as i16);
        let scale = scale.ok_or(DecimalError::Inexact { scale: SCALE_MAX as i16 })?;
        let too_large = DecimalError::TooLarge { digits: FIXED_DIGITS_MAX, scale };
        let digits = format!("{whole}{behind}");
        let units: i128 = digits
            .trim_start_matches('0')
            .parse::<i128>()
            .or_else(|_| if digits.bytes().all(|octet| octet == b'0') { Ok(0) } else { Err(too_large) })?;
        Ok(Decimal { units: if negative { -units } else { units }, scale })
    }
}

/// Numbers are equal when they are the same, whatever zeros stand at their end.
impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let shift = i32::from(self.scale) - i32::from(other.scale);
        let widened =
            |units: i128| power_of_ten(shift.unsigned_abs()).and_then(|power| units.checked_mul(power));
        let (a, b) = if shift >= 0 {
            (Some(self.units), widened(other.units))
        } else {
            (widened(self.units), Some(other.units))
        };
        match (a, b) {
            (Some(a), Some(b)) => a.cmp(&b),
            // What no longer fits is the larger one, on the side of its sign.
            (None, _) => self.units.cmp(&0),
            (_, None) => 0.cmp(&other.units),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        for (text, shown) in
            [("0", "0"), ("-12.50", "-12.5"), ("+.25", "0.25"), ("7.", "7"), ("1.5d", "1.5"), ("000", "0")]
        {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), shown);
        }
        for wrong in ["", ".", "-", "1e5", "1.2.3", " 1", "--1", "d"] {
            assert_eq!(wrong.parse::<Decimal>(), Err(DecimalError::NotANumber), "{wrong}");
        }
        let digits = "9".repeat(40);
        assert!(matches!(digits.parse::<Decimal>(), Err(DecimalError::TooLarge { .. })));
        assert_eq!(Decimal { units: -5, scale: -3 }.to_string(), "-5000");
        assert_eq!(Decimal { units: 5, scale: 3 }.to_string(), "0.005");
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(of("1.5") < of("1.50001") && of("-2") < of("0.1") && of("10") > of("9.9"));
        assert_eq!(of("1.50"), of("1.5"));
        let huge = Decimal { units: i128::MAX, scale: -60 };
        assert!(huge > of("1") && of("-1") < huge && Decimal { units: -1, scale: -60 } < of("0.1"));
    }
}
