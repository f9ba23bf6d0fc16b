//! The extended form of x86: 80 bits, in which C and C++ keep a `long double` there.

use super::{EXPONENT_MAX, FRACTION_BITS, FRACTION_MASK, LongDouble};

/// The significand of the extended form: one bit before the point, which is written, and 63 behind it.
const INTEGER_BIT: u64 = 1 << 63;
/// What the fraction is longer by here.
const LONGER_BY: u32 = FRACTION_BITS - 63;
/// The fraction of a NaN that signals nothing.
const QUIET: u128 = 1 << (FRACTION_BITS - 1);

impl LongDouble {
    /// The number whose extended form stands in the low 80 bits: sign, 15 of exponent, 64 of significand. The 48 above are
    /// padding in memory, and passed over.
    ///
    /// Every such number is a `LongDouble`. What the processor takes for no number, since its significand does not begin with
    /// a one, is a NaN.
    ///
    /// omniORB on x86 sends its memory instead of the standard's form. What such a program has sent is
    /// `LongDouble::from_extended(received.to_bits())`, and what it will read is made by [`to_extended`](Self::to_extended):
    ///
    /// ```
    /// use quorb::LongDouble;
    ///
    /// let received = LongDouble::from_bits(0xbfff_c000_0000_0000_0000);
    /// assert_eq!(LongDouble::from_extended(received.to_bits()), LongDouble::from(-1.5));
    /// let (bits, exact) = LongDouble::from(-1.5).to_extended();
    /// assert_eq!((LongDouble::from_bits(bits), exact), (received, true));
    /// ```
    pub fn from_extended(bits: u128) -> LongDouble {
        let significand = bits as u64;
        let head = bits >> 64 & 0xffff;
        let (sign, exponent) = (head >> 15 << 127, head & EXPONENT_MAX);
        let fraction = u128::from(significand & !INTEGER_BIT) << LONGER_BY;
        let whole = significand & INTEGER_BIT != 0;
        LongDouble(
            sign | match (exponent, whole) {
                // Exponents 0 and 1 mean the same power; the integer bit says which it is here.
                (0, _) => u128::from(whole) << FRACTION_BITS | fraction,
                (_, true) => exponent << FRACTION_BITS | fraction,
                (_, false) => EXPONENT_MAX << FRACTION_BITS | QUIET | fraction,
            },
        )
    }

    /// The nearest number of the extended form, ties to even, in the low 80 bits, and whether it is the same number. Of a NaN
    /// the foremost bits are kept.
    pub fn to_extended(self) -> (u128, bool) {
        let sign = self.0 >> 127 << 79;
        let exponent = self.0 >> FRACTION_BITS & EXPONENT_MAX;
        let fraction = self.0 & FRACTION_MASK;
        let (kept, lost) = (fraction >> LONGER_BY, fraction & ((1 << LONGER_BY) - 1));
        let number = match exponent {
            EXPONENT_MAX => {
                // Something of a NaN must be left, else it would be an infinity.
                let kept = kept | u128::from(kept == 0 && lost != 0);
                EXPONENT_MAX << 64 | u128::from(INTEGER_BIT) | kept
            }
            _ => {
                let half = 1 << (LONGER_BY - 1);
                let up = u128::from(lost > half || (lost == half && kept & 1 == 1));
                // Without the integer bit the parts lie side by side: adding carries into the exponent, up to infinity.
                let rounded = (exponent << 63 | kept) + up;
                let (exponent, kept) = (rounded >> 63, rounded & u128::from(!INTEGER_BIT));
                exponent << 64 | u128::from(exponent != 0) << 63 | kept
            }
        };
        (sign | number, lost == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sign, exponent and significand of the extended form.
    fn extended(negative: bool, exponent: u128, significand: u64) -> u128 {
        u128::from(negative) << 79 | exponent << 64 | u128::from(significand)
    }

    #[test]
    fn every_extended_number_comes_back() {
        let mut random = 1u64;
        for round in 0..4000u128 {
            random = random.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(7);
            let exponent = [0, 1, 0x3fff, 0x7ffe, 0x7fff, round * 8 + 3][round as usize % 6];
            let significand = match exponent {
                0 => random & !INTEGER_BIT,
                _ => random | INTEGER_BIT,
            };
            let bits = extended(random & 2 == 0, exponent, significand);
            let number = LongDouble::from_extended(bits);
            assert_eq!(number.to_extended(), (bits, true), "{bits:#x}");
            // Padding is passed over.
            assert_eq!(LongDouble::from_extended(bits | u128::from(random) << 80), number);
        }
        for number in [0.0, -0.0, 1.0, -1.5, f64::MAX, f64::from_bits(1), f64::INFINITY, 1.0 / 3.0] {
            let (bits, exact) = LongDouble::from(number).to_extended();
            assert_eq!((LongDouble::from_extended(bits), exact), (LongDouble::from(number), true));
        }
        assert_eq!(LongDouble::from(-2.0).to_extended().0, extended(true, 0x4000, 1 << 63));
    }

    #[test]
    fn what_the_extended_form_lacks_is_rounded_and_said() {
        let one = LongDouble::from(1.0).to_bits();
        let of = |bits| LongDouble(bits).to_extended();
        let tie = 1 << (LONGER_BY - 1);
        assert_eq!(of(one | tie), (extended(false, 0x3fff, 1 << 63), false));
        assert_eq!(of(one | tie | 1), (extended(false, 0x3fff, 1 << 63 | 1), false));
        assert_eq!(of(one | (3 * tie)), (extended(false, 0x3fff, 1 << 63 | 2), false));
        assert_eq!(of(one | FRACTION_MASK), (extended(false, 0x4000, 1 << 63), false));
        assert_eq!(of(0x7ffe << 112 | FRACTION_MASK), (extended(false, 0x7fff, 1 << 63), false));
        // The least normal number from just below it.
        assert_eq!(of(FRACTION_MASK), (extended(false, 1, 1 << 63), false));
        assert_eq!(of(0x7fff << 112 | 1), (extended(false, 0x7fff, 1 << 63 | 1), false));
    }

    #[test]
    fn what_is_no_number_to_the_processor_is_nan() {
        let unnormal = LongDouble::from_extended(extended(true, 0x3fff, 5));
        assert!(unnormal.to_f64().0.is_nan());
        let infinity_without_its_one = LongDouble::from_extended(extended(false, 0x7fff, 0));
        assert!(infinity_without_its_one.to_f64().0.is_nan());
        // With exponent 0 and a one it is the least normal number.
        let least = LongDouble::from_extended(extended(false, 0, 1 << 63));
        assert_eq!(least.to_extended(), (extended(false, 1, 1 << 63), true));
    }
}
