//! Reckoning with `fixed`. A result that does not fit is an error; nothing is rounded on the way.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::decimal::power_of_ten;
use super::{DecimalError, Fixed};

impl<const D: u16, const S: i16> Fixed<D, S> {
    fn of(units: Option<i128>) -> Result<Self, DecimalError> {
        units.ok_or(DecimalError::TooLarge { digits: D, scale: S }).and_then(Fixed::from_units)
    }
}

/// # Errors
/// [`DecimalError::TooLarge`].
impl<const D: u16, const S: i16> Add for Fixed<D, S> {
    type Output = Result<Self, DecimalError>;

    fn add(self, other: Self) -> Self::Output {
        Self::of(self.0.checked_add(other.0))
    }
}

/// # Errors
/// [`DecimalError::TooLarge`].
impl<const D: u16, const S: i16> Sub for Fixed<D, S> {
    type Output = Result<Self, DecimalError>;

    fn sub(self, other: Self) -> Self::Output {
        Self::of(self.0.checked_sub(other.0))
    }
}

/// So many times the number.
///
/// # Errors
/// [`DecimalError::TooLarge`].
impl<const D: u16, const S: i16> Mul<i64> for Fixed<D, S> {
    type Output = Result<Self, DecimalError>;

    fn mul(self, factor: i64) -> Self::Output {
        Self::of(self.0.checked_mul(factor.into()))
    }
}

/// The product, as a number of the same size.
///
/// # Errors
/// [`DecimalError::TooLarge`], [`DecimalError::Inexact`].
impl<const D: u16, const S: i16> Mul for Fixed<D, S> {
    type Output = Result<Self, DecimalError>;

    fn mul(self, other: Self) -> Self::Output {
        let product = self.0.checked_mul(other.0).ok_or(DecimalError::TooLarge { digits: D, scale: S })?;
        let power = power_of_ten(S.unsigned_abs().into()).unwrap_or(i128::MAX);
        if product % power != 0 {
            return Err(DecimalError::Inexact { scale: S });
        }
        Self::of(Some(product / power))
    }
}

/// The part that is a whole number of units, towards zero; `None` where the divisor is zero.
impl<const D: u16, const S: i16> Div<i64> for Fixed<D, S> {
    type Output = Option<Self>;

    fn div(self, divisor: i64) -> Option<Self> {
        self.0.checked_div(divisor.into()).map(Fixed)
    }
}

impl<const D: u16, const S: i16> Neg for Fixed<D, S> {
    type Output = Self;

    fn neg(self) -> Self {
        Fixed(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Money = Fixed<6, 2>;

    #[test]
    fn results_are_exact_or_errors() {
        let of = |text: &str| text.parse::<Money>().unwrap();
        let too_large = DecimalError::TooLarge { digits: 6, scale: 2 };
        assert_eq!(of("1.25") + of("0.75"), Ok(of("2")));
        assert_eq!(Money::MAX + of("0.01"), Err(too_large));
        assert_eq!(Money::MIN - of("0.01"), Err(too_large));
        assert_eq!(of("1.50") * of("2.5"), Ok(of("3.75")));
        assert_eq!(of("0.01") * of("0.1"), Err(DecimalError::Inexact { scale: 2 }));
        assert_eq!(of("5000") * 2, Err(too_large));
        assert_eq!(of("-1.00") / 3, Some(of("-0.33")));
        assert_eq!(of("1") / 0, None);
        assert_eq!(-of("1.10"), of("-1.1"));
        assert_eq!(Money::rounded(0.126), Ok(of("0.13")));
        assert_eq!(Money::rounded(f64::NAN), Err(too_large));
        assert_eq!(of("12.34").to_f64(), 12.34);
        assert_eq!(Money::try_from(7), Ok(of("7.00")));
    }
}
