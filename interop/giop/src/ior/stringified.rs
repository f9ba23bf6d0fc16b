//! The `IOR:` form: a reference as hexadecimal digits (CORBA 3.3 Part 2, 7.6.9).

use std::fmt;
use std::str::FromStr;

use super::Ior;
use crate::cdr::{Cdr, CdrError, Decoder, Encoder, Endian};
use crate::limits::REFERENCE_BYTES_MAX;

/// Prints `IOR:` and the digits of a big-endian encapsulation.
///
/// # Errors
/// [`fmt::Error`] only for a reference that has no encoding: a type id with NUL in it.
impl fmt::Display for Ior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = Encoder::encapsulate(Endian::Big, |out| self.encode(out)).map_err(|_| fmt::Error)?;
        f.write_str("IOR:")?;
        octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Reads what any broker prints: prefix and digits in either case, either byte order, white space around.
impl FromStr for Ior {
    type Err = IorTextError;

    fn from_str(text: &str) -> Result<Self, IorTextError> {
        let text = text.trim();
        let digits = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("IOR:") => &text.as_bytes()[4..],
            _ => return Err(IorTextError::NoPrefix),
        };
        if digits.len() > 2 * REFERENCE_BYTES_MAX {
            return Err(IorTextError::TooLong { limit: REFERENCE_BYTES_MAX });
        }
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(IorTextError::OddDigits { count: digits.len() });
        }
        let octets: Vec<u8> = pairs
            .iter()
            .enumerate()
            .map(|(index, pair)| octet(*pair).ok_or(IorTextError::NotHexadecimal { offset: 4 + 2 * index }))
            .collect::<Result<_, _>>()?;
        Ok(Self::decode(&mut Decoder::of_encapsulation(&octets)?)?)
    }
}

/// Why text is no stringified reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IorTextError {
    /// The text does not start with `IOR:`.
    #[error("a stringified reference starts with IOR:")]
    NoPrefix,
    /// The reference is longer than any real one.
    #[error("a stringified reference of more than {limit} octets")]
    TooLong {
        /// The most octets accepted.
        limit: usize,
    },
    /// A digit is missing or too much; most often the text was cut off.
    #[error("{count} hexadecimal digits, which is odd: was the reference cut off?")]
    OddDigits {
        /// The number of digits.
        count: usize,
    },
    /// Something else than hexadecimal digits.
    #[error("no hexadecimal digits at offset {offset}")]
    NotHexadecimal {
        /// Where, counted in octets of the text without leading white space.
        offset: usize,
    },
    /// The octets are no reference.
    #[error("the digits are no object reference: {0}")]
    NotAReference(#[from] CdrError),
}

fn octet(pair: [u8; 2]) -> Option<u8> {
    let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::GiopVersion;
    use crate::ior::IiopProfile;
    use crate::names::{ObjectKey, RepositoryId};

    #[test]
    fn text_and_back() {
        let profile = IiopProfile::new(GiopVersion::V1_0, "h".into(), 1, ObjectKey::from_static(b"k"));
        let ior = Ior::with_iiop(RepositoryId::from_static("IDL:A:1.0"), &profile).unwrap();
        let text = ior.to_string();
        let expected = concat!(
            "IOR:000000000000000a49444c3a413a312e30000000",
            "00000001000000000000001100010000000000026800000100000001",
            "6b"
        );
        assert_eq!(text, expected);
        assert_eq!(text.parse(), Ok(ior.clone()));
        assert_eq!(format!(" {}\n", text.to_uppercase()).parse(), Ok(ior));
    }

    #[test]
    fn nil_and_little_endian() {
        assert_eq!(Ior::nil().to_string(), "IOR:00000000000000010000000000000000");
        assert_eq!("IOR:01000000010000000000000000000000".parse(), Ok(Ior::nil()));
        assert_eq!("IOR:010000000000000000000000".parse(), Ok(Ior::nil()), "an empty type id without NUL");
    }

    #[test]
    fn every_defect_has_its_name() {
        let error = |text: &str| text.parse::<Ior>().unwrap_err();
        assert_eq!(error("corbaloc:"), IorTextError::NoPrefix);
        assert_eq!(error("IO"), IorTextError::NoPrefix);
        assert_eq!(error("IOR:0"), IorTextError::OddDigits { count: 1 });
        assert_eq!(error("IOR:000g"), IorTextError::NotHexadecimal { offset: 6 });
        assert_eq!(error("IOR:00é"), IorTextError::NotHexadecimal { offset: 6 });
        let truncated = CdrError::Truncated { needed: 1, left: 0 };
        assert_eq!(error("IOR:"), IorTextError::NotAReference(truncated));
        let long = format!("IOR:{}", "00".repeat(REFERENCE_BYTES_MAX + 1));
        assert_eq!(error(&long), IorTextError::TooLong { limit: REFERENCE_BYTES_MAX });
    }
}
