//! Octets from anybody, read as every kind of type: an error at most, and what is read can be written and read again.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use quorb::value::{decode_cbor, encode_cbor};
use quorb::{BString, BVec, IdlType, ObjectRef, WChar, WString};
use quorb_giop::cdr::{CdrProfile, Decoder, Encoder, Endian};

use crate::rig::{Dice, Random, cbor, cdr};

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Everything {
    #[idl(n = 1, default)]
    numbers: Vec<f64>,
    #[idl(n = 2, default)]
    octets: Vec<u8>,
    #[idl(n = 3, default)]
    text: String,
    #[idl(n = 4, default)]
    wide: Option<WString>,
    #[idl(n = 5, default)]
    more: Vec<Everything>,
    #[idl(n = 6, default)]
    map: BTreeMap<String, Vec<i32>>,
    #[idl(n = 7, default)]
    bounded: BVec<BString<5>, 4>,
    #[idl(n = 8, default)]
    choice: Option<Choice>,
    #[idl(n = 9, default)]
    reference: Option<ObjectRef>,
    #[idl(n = 10, default)]
    shared: Option<Arc<Everything>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
enum Choice {
    Nothing,
    Number(i64),
    Character(WChar),
    Again(Box<Choice>),
}

impl Random for Everything {
    fn random(dice: &mut Dice) -> Everything {
        let deeper = dice.below(3) == 0;
        Everything {
            numbers: Random::random(dice),
            octets: Random::random(dice),
            text: Random::random(dice),
            wide: Random::random(dice),
            more: if deeper {
                (0..dice.below(3)).map(|_| Everything::random(dice)).collect()
            } else {
                Vec::new()
            },
            map: Random::random(dice),
            bounded: BVec::new(vec![BString::new("abc").unwrap(); dice.below(5) as usize]).unwrap(),
            choice: match dice.below(4) {
                0 => None,
                1 => Some(Choice::Nothing),
                2 => Some(Choice::Number(Random::random(dice))),
                _ => Some(Choice::Again(Box::new(Choice::Character(Random::random(dice))))),
            },
            reference: (dice.below(2) == 0).then(ObjectRef::nil),
            shared: None,
        }
    }
}

/// Reads the octets in every form; whatever is a value must be one when it is written and read again.
fn read_everywhere<T: IdlType + Debug>(octets: &[u8]) -> usize {
    let mut values = 0;
    for endian in [Endian::Big, Endian::Little] {
        let profile = CdrProfile::native(endian);
        let mut input = Decoder::with_profile(octets, 0, profile);
        if let Ok(value) = T::decode(&mut input) {
            let mut out = Encoder::with_buffer(Vec::new(), 0, profile);
            value.encode(&mut out).expect("what was read can be written");
            let again = out.into_bytes();
            let read = T::decode(&mut Decoder::with_profile(&again, 0, profile)).expect("what was written");
            assert_eq!(format!("{read:?}"), format!("{value:?}"));
            values += 1;
        }
    }
    if let Ok(value) = decode_cbor::<T>(&mut &octets[..]) {
        let mut again = Vec::new();
        encode_cbor(&value, &mut again).expect("what was read can be written");
        let read = decode_cbor::<T>(&mut &again[..]).expect("what was written");
        assert_eq!(format!("{read:?}"), format!("{value:?}"));
        values += 1;
    }
    values
}

fn read_as_all_types(octets: &[u8]) -> usize {
    read_everywhere::<Everything>(octets)
        + read_everywhere::<Vec<u8>>(octets)
        + read_everywhere::<Vec<Vec<i16>>>(octets)
        + read_everywhere::<Vec<f32>>(octets)
        + read_everywhere::<[u64; 2]>(octets)
        + read_everywhere::<String>(octets)
        + read_everywhere::<WString>(octets)
        + read_everywhere::<WChar>(octets)
        + read_everywhere::<char>(octets)
        + read_everywhere::<Option<Option<bool>>>(octets)
        + read_everywhere::<BTreeMap<i32, String>>(octets)
        + read_everywhere::<HashMap<String, Option<f64>>>(octets)
        + read_everywhere::<ObjectRef>(octets)
        + read_everywhere::<BVec<BString<3>, 2>>(octets)
}

#[test]
fn noise_is_read_as_a_value_or_refused() {
    let mut dice = Dice::new(1);
    let mut values = 0;
    for _ in 0..4_000 {
        let bytes = dice.below(60);
        // Small numbers are lengths and headers that get further.
        let small = dice.below(2) == 0;
        let octets: Vec<u8> =
            (0..bytes).map(|_| if small { dice.below(5) as u8 } else { dice.next() as u8 }).collect();
        values += read_as_all_types(&octets);
    }
    assert!(values > 1_000, "the fuzzer is blind: {values} values");
}

#[test]
fn headers_of_cbor_in_any_order_are_read_as_a_value_or_refused() {
    let headers =
        [0x00, 0x18, 0x20, 0x38, 0x40, 0x42, 0x5f, 0x60, 0x62, 0x7f, 0x80, 0x82, 0x9f, 0xa0, 0xa1, 0xbf];
    let others =
        [0xc1, 0xd8, 0x40, 0x45, 0x4e, 0x56, 0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xfa, 0xfb, 0xff, 0x01, 0x61];
    let all = [headers, others].concat();
    let mut dice = Dice::new(2);
    let mut values = 0;
    for _ in 0..20_000 {
        let octets: Vec<u8> =
            (0..dice.below(24)).map(|_| all[dice.below(all.len() as u64) as usize]).collect();
        values += read_as_all_types(&octets);
    }
    assert!(values > 5_000, "the fuzzer is blind: {values} values");
}

#[test]
fn values_with_flipped_bits_are_values_or_errors() {
    let mut dice = Dice::new(3);
    let (mut values, mut errors) = (0, 0);
    for _ in 0..300 {
        let value = Everything::random(&mut dice);
        for good in [cdr(&value, Endian::Big), cdr(&value, Endian::Little), cbor(&value)] {
            assert!(read_everywhere::<Everything>(&good) >= 1, "without flips it is read");
            for _ in 0..8 {
                let mut octets = good.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(octets.len() as u64) as usize;
                    octets[at] ^= 1 << dice.below(8);
                }
                if dice.below(4) == 0 {
                    octets.truncate(dice.below(octets.len() as u64) as usize);
                }
                match read_everywhere::<Everything>(&octets) {
                    0 => errors += 1,
                    _ => values += 1,
                }
            }
        }
    }
    assert!(values > 500 && errors > 500, "the fuzzer is blind: {values} values, {errors} errors");
}
