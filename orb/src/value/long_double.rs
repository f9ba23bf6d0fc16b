//! `long double`: 128 bits by IEEE 754, carried faithfully.

mod extended;

use quorb_giop::cdr::{Cdr, CdrError, Decoder, Encoder, Endian};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::IdlType;
use crate::model::{TypeCatalogue, TypeDesc};

/// A `long double`: an IEEE 754 number of 128 bits, which Rust cannot reckon with, but carry and convert.
///
/// Equality is that of the bits: zeros of different signs differ, and a NaN is equal to itself.
///
/// ```
/// use quorb::LongDouble;
///
/// let half = LongDouble::from(0.5);
/// assert_eq!(half.to_f64(), (0.5, true));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LongDouble(u128);

const FRACTION_BITS: u32 = 112;
const FRACTION_MASK: u128 = (1 << FRACTION_BITS) - 1;
const EXPONENT_MAX: u128 = 0x7fff;
const BIAS: i32 = 16383;

impl LongDouble {
    /// The number with these bits: sign, 15 of exponent, 112 of fraction.
    pub const fn from_bits(bits: u128) -> LongDouble {
        LongDouble(bits)
    }

    /// The bits: sign, 15 of exponent, 112 of fraction.
    pub const fn to_bits(self) -> u128 {
        self.0
    }

    /// The nearest `double`, and whether it is the same number. Of a NaN the foremost bits are kept.
    pub fn to_f64(self) -> (f64, bool) {
        let sign = ((self.0 >> 127) as u64) << 63;
        let exponent = (self.0 >> FRACTION_BITS) & EXPONENT_MAX;
        let fraction = self.0 & FRACTION_MASK;
        let (bits, exact) = match (exponent, fraction) {
            (EXPONENT_MAX, 0) => (0x7ff << 52, true),
            (EXPONENT_MAX, _) => {
                let kept = (fraction >> 60) as u64;
                // Something of it must be left, else it would be an infinity.
                (0x7ff << 52 | kept | u64::from(kept == 0), fraction & ((1 << 60) - 1) == 0)
            }
            (0, 0) => (0, true),
            // What is subnormal here is far below the least double.
            (0, _) => (0, false),
            (_, _) => finite(exponent as i32 - BIAS, 1 << FRACTION_BITS | fraction),
        };
        (f64::from_bits(sign | bits), exact)
    }

    fn octets(self, endian: Endian) -> [u8; 16] {
        match endian {
            Endian::Big => self.0.to_be_bytes(),
            Endian::Little => self.0.to_le_bytes(),
        }
    }
}

/// The bits of the double nearest to `significand` (1 and 112 bits) times two to the `exponent`, ties to even.
fn finite(exponent: i32, significand: u128) -> (u64, bool) {
    if exponent > 1023 {
        return (0x7ff << 52, false);
    }
    // Below the normal doubles, bits are lost one by one.
    let shift = 60 + if exponent < -1022 { (-1022 - exponent) as u32 } else { 0 };
    if shift > FRACTION_BITS + 1 {
        return (0, false);
    }
    let (kept, lost) = ((significand >> shift) as u64, significand & ((1 << shift) - 1));
    let half = 1u128 << (shift - 1);
    let up = lost > half || (lost == half && kept & 1 == 1);
    // Adding to the bits carries into the exponent where it must, up to infinity.
    let base = if exponent < -1022 { 0 } else { ((exponent + 1023) as u64) << 52 };
    let bits = if exponent < -1022 { kept } else { base | (kept & ((1 << 52) - 1)) };
    (bits + u64::from(up), lost == 0)
}

/// Every `double` is a `long double`.
impl From<f64> for LongDouble {
    fn from(number: f64) -> LongDouble {
        let bits = number.to_bits();
        let sign = u128::from(bits >> 63) << 127;
        let exponent = (bits >> 52 & 0x7ff) as i32;
        let fraction = u128::from(bits & ((1 << 52) - 1));
        LongDouble(
            sign | match (exponent, fraction) {
                (0, 0) => 0,
                (0, _) => {
                    // A subnormal double is a normal number here.
                    let top = 127 - fraction.leading_zeros();
                    let exponent = (top as i32 - 1074 + BIAS) as u128;
                    exponent << FRACTION_BITS | (fraction << (FRACTION_BITS - top) & FRACTION_MASK)
                }
                (0x7ff, _) => EXPONENT_MAX << FRACTION_BITS | fraction << 60,
                _ => ((exponent - 1023 + BIAS) as u128) << FRACTION_BITS | fraction << 60,
            },
        )
    }
}

/// As the nearest `double`, behind `~` if that is another number.
impl std::fmt::Display for LongDouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (number, exact) = self.to_f64();
        write!(f, "{}{number:?}", if exact { "" } else { "~" })
    }
}

impl std::fmt::Debug for LongDouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LongDouble({self}, {:#034x})", self.0)
    }
}

/// Sixteen octets in the order of the stream, aligned like a `double` (CORBA 3.3 Part 2, table 9.1).
impl Cdr for LongDouble {
    const SIZE_MIN: usize = 16;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.align(8);
        out.write_octets(&self.octets(out.profile().endian));
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.align(8)?;
        let octets =
            input.read_octets(16)?.try_into().map_err(|_| CdrError::Truncated { needed: 16, left: 0 })?;
        Ok(LongDouble(match input.profile().endian {
            Endian::Big => u128::from_be_bytes(octets),
            Endian::Little => u128::from_le_bytes(octets),
        }))
    }
}

impl IdlType for LongDouble {
    fn describe(_: &mut TypeCatalogue) -> TypeDesc {
        TypeDesc::LongDouble
    }

    fn write_cbor<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read_cbor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// A byte string, the most significant octet first; in formats for people a list of the octets.
impl Serialize for LongDouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0.to_be_bytes())
    }
}

impl<'de> Deserialize<'de> for LongDouble {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(SixteenOctets)
    }
}

struct SixteenOctets;

impl<'de> Visitor<'de> for SixteenOctets {
    type Value = LongDouble;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("16 octets")
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<LongDouble, E> {
        let octets = octets.try_into().map_err(|_| E::invalid_length(octets.len(), &self))?;
        Ok(LongDouble(u128::from_be_bytes(octets)))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<LongDouble, A::Error> {
        let mut octets = Vec::with_capacity(16);
        while let Some(octet) = items.next_element::<u8>()? {
            if octets.len() == 16 {
                return Err(de::Error::invalid_length(17, &self));
            }
            octets.push(octet);
        }
        self.visit_bytes(&octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_double_comes_back() {
        let edges =
            [0.0, -0.0, 1.0, -1.5, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), f64::INFINITY, 5e-320];
        let mut bits = 1u64;
        let random = (0..2000).map(|_| {
            bits = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(7);
            f64::from_bits(bits)
        });
        for number in edges.into_iter().chain(random) {
            let (back, exact) = LongDouble::from(number).to_f64();
            assert_eq!((back.to_bits(), exact), (number.to_bits(), true), "{number:?}");
        }
        assert_eq!(LongDouble::from(1.0).to_bits(), 0x3fff << 112);
        assert_eq!(LongDouble::from(-2.0).to_bits(), 0xc000 << 112);
    }

    #[test]
    fn what_a_double_lacks_is_rounded_and_said() {
        let one = LongDouble::from(1.0).to_bits();
        assert_eq!(LongDouble(one + 1).to_f64(), (1.0, false));
        let tie = one | 1 << 59;
        assert_eq!(LongDouble(tie).to_f64(), (1.0, false));
        assert_eq!(LongDouble(tie + 1).to_f64(), (1.0 + f64::EPSILON, false));
        assert_eq!(LongDouble(one | FRACTION_MASK).to_f64(), (2.0, false));
        assert_eq!(LongDouble(0x7ffe << 112).to_f64(), (f64::INFINITY, false));
        assert_eq!(LongDouble(1).to_f64(), (0.0, false));
        // Half of the least double, and a little more.
        let half = LongDouble::from(f64::from_bits(1)).to_bits() - (1 << 112);
        assert_eq!(LongDouble(half).to_f64(), (0.0, false));
        assert_eq!(LongDouble(half + 1).to_f64(), (f64::from_bits(1), false));
        let (nan, exact) = LongDouble(0x7fff << 112 | 1).to_f64();
        assert!(nan.is_nan() && !exact);
    }
}
