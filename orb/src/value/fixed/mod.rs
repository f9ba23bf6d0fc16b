//! `fixed<d, s>`: decimal numbers of a fixed number of digits.

mod arithmetic;
mod decimal;

use std::fmt;
use std::str::FromStr;

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder};
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::IdlType;
use crate::model::{TypeCatalogue, TypeDesc};
pub use decimal::{Decimal, DecimalError, FIXED_DIGITS_MAX};

/// A decimal number of `D` digits, of which `S` stand behind the point: `fixed<D, S>`.
///
/// It is exact: what does not fit is an error, never rounded unless [`rounded`](Self::rounded) is asked for. Equal numbers
/// are equal values. In text it has all its digits behind the point.
///
/// ```
/// use quorb::Fixed;
///
/// let price: Fixed<10, 2> = "19.95".parse()?;
/// assert_eq!((price * 3).unwrap().to_string(), "59.85");
/// assert!("0.001".parse::<Fixed<10, 2>>().is_err());
/// # Ok::<(), quorb::value::DecimalError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fixed<const D: u16, const S: i16>(i128);

impl<const D: u16, const S: i16> Fixed<D, S> {
    /// A type of no digits, or of more than IDL allows, is a mistake of the program.
    const IS_A_TYPE: () = assert!(
        D > 0 && D <= FIXED_DIGITS_MAX && S >= 0 && S <= D as i16,
        "`fixed<D, S>` has at most 31 digits, and not more of them behind the point than there are"
    );

    /// The largest number.
    pub const MAX: Self = {
        let () = Self::IS_A_TYPE;
        Fixed(10i128.pow(D as u32) - 1)
    };

    /// The least number.
    pub const MIN: Self = Fixed(-Self::MAX.0);

    /// The number of so many units of the last digit: `Fixed::<5, 2>::from_units(1250)` is 12.50.
    ///
    /// # Errors
    /// [`DecimalError::TooLarge`].
    pub fn from_units(units: i128) -> Result<Self, DecimalError> {
        if units > Self::MAX.0 || units < Self::MIN.0 {
            return Err(DecimalError::TooLarge { digits: D, scale: S });
        }
        Ok(Fixed(units))
    }

    /// The same for constants, where a number that does not fit is an error of the compiler:
    /// `const HALF: Fixed<2, 1> = Fixed::of_units(5);`.
    ///
    /// # Panics
    /// The number is too large.
    pub const fn of_units(units: i128) -> Self {
        assert!(units <= Self::MAX.0 && units >= Self::MIN.0, "the number has too many digits for its type");
        Fixed(units)
    }

    /// The number in units of the last digit.
    pub fn units(self) -> i128 {
        self.0
    }

    /// The number as one of any size.
    pub fn decimal(self) -> Decimal {
        Decimal { units: self.0, scale: S }
    }

    /// The nearest number to `number`; one in the middle goes to the even digit.
    ///
    /// # Errors
    /// [`DecimalError::TooLarge`], also for what is no number.
    pub fn rounded(number: f64) -> Result<Self, DecimalError> {
        let too_large = DecimalError::TooLarge { digits: D, scale: S };
        // The text of a double is exact enough to round from, and rounds to a given number of digits by itself.
        if !number.is_finite() || number.abs() >= 1e32 {
            return Err(too_large);
        }
        format!("{number:.*}", S as usize).parse()
    }

    /// The number as a `double`, which has about 16 digits.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

/// From a number of another size.
impl<const D: u16, const S: i16> TryFrom<Decimal> for Fixed<D, S> {
    type Error = DecimalError;

    fn try_from(number: Decimal) -> Result<Self, DecimalError> {
        Fixed::from_units(number.rescaled(D, S)?.units)
    }
}

impl<const D: u16, const S: i16> TryFrom<i64> for Fixed<D, S> {
    type Error = DecimalError;

    fn try_from(number: i64) -> Result<Self, DecimalError> {
        Decimal { units: number.into(), scale: 0 }.try_into()
    }
}

impl<const D: u16, const S: i16> FromStr for Fixed<D, S> {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        text.parse::<Decimal>()?.try_into()
    }
}

impl<const D: u16, const S: i16> fmt::Display for Fixed<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl<const D: u16, const S: i16> fmt::Debug for Fixed<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl<const D: u16, const S: i16> Cdr for Fixed<D, S> {
    const SIZE_MIN: usize = {
        let () = Self::IS_A_TYPE;
        D as usize / 2 + 1
    };

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.decimal().encode(D, S, out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Decimal::decode(D, S, input).map(|number| Fixed(number.units))
    }
}

impl<const D: u16, const S: i16> IdlType for Fixed<D, S> {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::Fixed { digits: D, scale: S }
    }

    fn write_cbor<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.serialize(serializer)
    }

    fn read_cbor<'de, Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
        Self::deserialize(deserializer)
    }
}

impl<const D: u16, const S: i16> Serialize for Fixed<D, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const D: u16, const S: i16> Deserialize<'de> for Fixed<D, S> {
    fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
