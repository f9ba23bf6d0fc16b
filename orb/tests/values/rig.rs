//! Values through both formats and back, samples in hexadecimal, and random values.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::Hash;

use quorb::model::TypeCatalogue;
use quorb::value::{BodyError, CborError, decode_cbor, encode_cbor};
use quorb::{BString, BVec, BWString, IdlType, WChar, WString};
use quorb_giop::cdr::{CdrError, CdrProfile, Decoder, Encoder, Endian};

/// The value in CDR, by the rules of native bodies.
pub(crate) fn cdr<T: IdlType>(value: &T, endian: Endian) -> Vec<u8> {
    cdr_in(value, CdrProfile::native(endian)).expect("the value is expressible")
}

pub(crate) fn cdr_in<T: IdlType>(value: &T, profile: CdrProfile) -> Result<Vec<u8>, CdrError> {
    let mut out = Encoder::with_buffer(Vec::new(), 0, profile);
    value.encode(&mut out)?;
    Ok(out.into_bytes())
}

/// A value out of CDR, of which nothing may be left.
pub(crate) fn from_cdr<T: IdlType>(octets: &[u8], endian: Endian) -> Result<T, CdrError> {
    from_cdr_in(octets, CdrProfile::native(endian))
}

pub(crate) fn from_cdr_in<T: IdlType>(octets: &[u8], profile: CdrProfile) -> Result<T, CdrError> {
    let mut input = Decoder::with_profile(octets, 0, profile);
    let value = T::decode(&mut input)?;
    input.finish()?;
    Ok(value)
}

pub(crate) fn cbor<T: IdlType>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode_cbor(value, &mut out).expect("the value is expressible");
    out
}

/// A value out of CBOR, of which nothing may be left.
pub(crate) fn from_cbor<T: IdlType>(mut octets: &[u8]) -> Result<T, CborError> {
    let value = decode_cbor(&mut octets).map_err(|error| match error {
        BodyError::Cbor(cause) => cause,
        other => panic!("not an error of CBOR: {other}"),
    })?;
    assert!(octets.is_empty(), "{} octets left", octets.len());
    Ok(value)
}

/// Octets from hexadecimal digits; anything else between them is for the eye.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    assert!(digits.len().is_multiple_of(2), "half an octet in {text:?}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Checks a sample in all three forms, and that nothing shorter is taken for it.
pub(crate) fn check<T: IdlType + PartialEq + Debug>(value: T, big: &str, little: &str, in_cbor: &str) {
    for (endian, octets) in [(Endian::Big, hex(big)), (Endian::Little, hex(little))] {
        assert_eq!(hexed(&cdr(&value, endian)), hexed(&octets), "{endian:?} CDR of {value:?}");
        assert_eq!(from_cdr(&octets, endian).as_ref(), Ok(&value));
        for end in 0..octets.len() {
            from_cdr::<T>(&octets[..end], endian).expect_err("the end is missing");
        }
    }
    let octets = hex(in_cbor);
    assert_eq!(hexed(&cbor(&value)), hexed(&octets), "CBOR of {value:?}");
    assert_eq!(from_cbor(&octets).as_ref(), Ok(&value));
    for end in 0..octets.len() {
        assert_eq!(from_cbor::<T>(&octets[..end]), Err(CborError::Truncated), "{end} octets of {in_cbor}");
    }
}

fn hexed(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x} ")).collect()
}

/// Sends many random values through both formats.
pub(crate) fn check_random<T: Random + IdlType + PartialEq + Debug>() {
    let mut dice = Dice::new(5);
    for _ in 0..200 {
        let value = T::random(&mut dice);
        for endian in [Endian::Big, Endian::Little] {
            assert_eq!(from_cdr(&cdr(&value, endian), endian).as_ref(), Ok(&value));
        }
        assert_eq!(from_cbor(&cbor(&value)).as_ref(), Ok(&value));
    }
}

/// Checks how the type is written in IDL.
pub(crate) fn check_idl<T: IdlType>(notation: &str) {
    assert_eq!(T::describe(&mut TypeCatalogue::new()).to_string(), notation);
}

/// Checks that a value of some other type is refused.
pub(crate) fn check_refused<T: IdlType + Debug>(in_cbor: &[&str]) {
    for sample in in_cbor {
        let refused = from_cbor::<T>(&hex(sample)).expect_err("it is of another type");
        assert!(matches!(refused, CborError::NotOfType { .. }), "{sample}: {refused:?}");
    }
}

/// Pseudo-random numbers (xorshift64*): the same seed, the same numbers.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Types that can be made at random.
pub(crate) trait Random {
    fn random(dice: &mut Dice) -> Self;
}

macro_rules! random {
    ($($ty:ty: $dice:ident => $make:expr;)*) => { $(
        impl Random for $ty {
            fn random($dice: &mut Dice) -> Self {
                $make
            }
        }
    )* };
}

random! {
    bool: dice => dice.below(2) == 0;
    u8: dice => dice.next() as u8;
    i8: dice => dice.next() as i8;
    // Numbers of every magnitude: CBOR writes them in different widths.
    u16: dice => (dice.next() >> (48 + dice.below(16))) as u16;
    i16: dice => u16::random(dice).cast_signed();
    u32: dice => (dice.next() >> (32 + dice.below(32))) as u32;
    i32: dice => u32::random(dice).cast_signed();
    u64: dice => dice.next() >> dice.below(64);
    i64: dice => u64::random(dice).cast_signed();
    f32: dice => [0.0, 1.5, -1e30, f32::MIN_POSITIVE, dice.next() as f32][dice.below(5) as usize];
    f64: dice => [0.0, 1.5, 1e300, -f64::EPSILON, dice.next() as f64][dice.below(5) as usize];
    // CDR's narrow characters are ASCII where the code set is UTF-8.
    char: dice => char::from(dice.below(128) as u8);
    WChar: dice => WChar(any_char(dice));
    String: dice => any_text(dice);
    WString: dice => WString(any_text(dice));
    BString<9>: dice => {
        let mut text = any_text(dice);
        while text.len() > 9 {
            text.pop();
        }
        BString::new(text).expect("it is short")
    };
    BWString<9>: dice => {
        let mut text = any_text(dice);
        while text.encode_utf16().count() > 9 {
            text.pop();
        }
        BWString::new(text).expect("it is short")
    };
}

fn any_char(dice: &mut Dice) -> char {
    let kinds = [0x80, 0x100, 0xd7ff, 0x11_0000];
    let limit = kinds[dice.below(4) as usize];
    char::from_u32(1 + dice.below(limit - 1) as u32).unwrap_or('\u{1f600}')
}

fn any_text(dice: &mut Dice) -> String {
    (0..dice.below(12)).map(|_| any_char(dice)).collect()
}

impl<T: Random> Random for Vec<T> {
    fn random(dice: &mut Dice) -> Self {
        (0..dice.below(7)).map(|_| T::random(dice)).collect()
    }
}

impl<T: Random, const N: usize> Random for BVec<T, N> {
    fn random(dice: &mut Dice) -> Self {
        let items = (0..dice.below(N as u64 + 1)).map(|_| T::random(dice)).collect();
        BVec::new(items).expect("no more than may be")
    }
}

impl<T: Random, const N: usize> Random for [T; N] {
    fn random(dice: &mut Dice) -> Self {
        std::array::from_fn(|_| T::random(dice))
    }
}

impl<T: Random> Random for Option<T> {
    fn random(dice: &mut Dice) -> Self {
        (dice.below(2) == 0).then(|| T::random(dice))
    }
}

impl<K: Random + Ord, V: Random> Random for BTreeMap<K, V> {
    fn random(dice: &mut Dice) -> Self {
        (0..dice.below(7)).map(|_| (K::random(dice), V::random(dice))).collect()
    }
}

impl<K: Random + Eq + Hash, V: Random> Random for HashMap<K, V> {
    fn random(dice: &mut Dice) -> Self {
        (0..dice.below(7)).map(|_| (K::random(dice), V::random(dice))).collect()
    }
}
