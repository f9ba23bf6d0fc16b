//! Values that bring their type.

use std::collections::BTreeMap;

use ciborium::Value;
use quorb::value::AnyError;
use quorb::{Any, Exception, Fixed, IdlType, LongDouble, ObjectRef, TypeCode, WChar, WString};
use quorb_giop::cdr::{Cdr, CdrProfile, Decoder, Encoder, Endian, GiopVersion};

use crate::rig::{Dice, Random, cbor, cdr, check, check_idl, from_cbor, from_cdr, hex};

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:any/Everything:1.0")]
struct Everything {
    flag: bool,
    octets: Vec<u8>,
    shorts: Vec<i16>,
    doubles: Vec<f64>,
    truths: Vec<bool>,
    text: String,
    letter: char,
    wide: WString,
    wides: Vec<WChar>,
    price: Fixed<9, 3>,
    long: LongDouble,
    table: [[i32; 2]; 2],
    map: BTreeMap<String, u64>,
    maybe: Option<Shape>,
    shapes: Vec<Shape>,
    reference: ObjectRef,
    code: TypeCode,
    inner: Option<Any>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:any/Shape:1.0")]
enum Shape {
    Circle(f32),
    Nothing,
    Group(Vec<Shape>),
}

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:Broken:1.0")]
struct Broken {
    why: String,
}

impl Random for Everything {
    fn random(dice: &mut Dice) -> Everything {
        Everything {
            flag: Random::random(dice),
            octets: Random::random(dice),
            shorts: Random::random(dice),
            doubles: Random::random(dice),
            truths: Random::random(dice),
            text: Random::random(dice),
            letter: Random::random(dice),
            wide: Random::random(dice),
            wides: Random::random(dice),
            price: Fixed::from_units(i128::from(dice.below(2_000_000)) - 1_000_000).unwrap(),
            long: LongDouble::from_bits(u128::from(dice.next()) << 64 | u128::from(dice.next())),
            table: Random::random(dice),
            map: Random::random(dice),
            maybe: (dice.below(2) == 0).then_some(Shape::Circle(0.5)),
            shapes: vec![Shape::Group(vec![Shape::Nothing; dice.below(3) as usize]), Shape::Circle(1.5)],
            reference: ObjectRef::nil(),
            code: TypeCode::of::<Vec<[i16; 3]>>(),
            inner: (dice.below(2) == 0).then(|| any(&vec![i64::random(dice); 2])),
        }
    }
}

fn any<T: IdlType>(value: &T) -> Any {
    Any::new(value).expect("it has a form")
}

#[test]
fn anys() {
    check_idl::<Any>("any");
    check(any(&5i32), "00000003 00000005", "03000000 05000000", "82 a1 6474797065 644c6f6e67 05");
    check(Any::null(), "00000000", "00000000", "82 a1 6474797065 644e756c6c f6");
    check(
        any(&vec![1u8, 2]),
        "00000013 0000000c 00 000000 0000000a 00000000 00000002 0102",
        "13000000 0c000000 01 000000 0a000000 00000000 02000000 0102",
        "82 a1 6474797065 a1 6853657175656e6365 a2 67656c656d656e74 654f63746574 65626f756e64 f6 42 0102",
    );
}

#[test]
fn values_go_in_and_come_out_through_both_formats() {
    let mut dice = Dice::new(3);
    for _ in 0..60 {
        let value = Everything::random(&mut dice);
        let put = any(&value);
        assert_eq!(put.get::<Everything>().as_ref(), Ok(&value));
        for endian in [Endian::Big, Endian::Little] {
            let read: Any = from_cdr(&cdr(&put, endian), endian).unwrap();
            assert_eq!(read.get::<Everything>().as_ref(), Ok(&value));
            // On to a peer of the other byte order, still by the type code alone.
            let other = if endian == Endian::Big { Endian::Little } else { Endian::Big };
            let on: Any = from_cdr(&cdr(&read, other), other).unwrap();
            assert_eq!(on.get::<Everything>().as_ref(), Ok(&value));
            assert_eq!(on, read);
        }
        let read: Any = from_cbor(&cbor(&put)).unwrap();
        assert_eq!((read.get::<Everything>().as_ref(), &read), (Ok(&value), &put));
        let dynamic = put.to_dynamic().unwrap();
        assert_eq!(Any::from_dynamic(put.type_code().clone(), &dynamic), Ok(put));
    }
}

#[test]
fn every_alignment_is_the_same_value() {
    let value = any(&(0..5).map(f64::from).collect::<Vec<f64>>());
    for origin in 0..9 {
        for endian in [Endian::Big, Endian::Little] {
            let profile = CdrProfile::native(endian);
            let mut out = Encoder::with_buffer(Vec::new(), origin, profile);
            value.encode(&mut out).unwrap();
            7u8.encode(&mut out).unwrap();
            let octets = out.into_bytes();
            let mut input = Decoder::with_profile(&octets, origin, profile);
            assert_eq!(Any::decode(&mut input).as_ref(), Ok(&value));
            assert_eq!(u8::decode(&mut input), Ok(7));
        }
    }
}

#[test]
fn other_types_do_not_come_out() {
    let refused = any(&5i32).get::<u32>().unwrap_err();
    assert_eq!(refused.to_string(), "the value is a `long`, not a `unsigned long`");
    assert!(matches!(any(&"x".to_owned()).get::<Shape>(), Err(AnyError::OtherType { .. })));
    assert!(any(&5i32).is::<i32>() && !Any::null().is::<i32>());
    assert!(Any::from_dynamic(TypeCode::of::<i16>(), &Value::Integer(70_000.into())).is_err());
    assert!(Any::new(&"a\0b".to_owned()).is_err());
}

#[test]
fn an_exception_brings_its_id() {
    let broken = Broken { why: "x".into() };
    let octets = cdr(&any(&broken), Endian::Big);
    assert!(octets.ends_with(&hex("0000000f 49444c3a42726f6b656e3a312e3000 00 00000002 7800")));
    assert_eq!(from_cdr::<Any>(&octets, Endian::Big).unwrap().get::<Broken>(), Ok(broken));
}

#[test]
fn text_is_kept_in_the_code_set_that_it_came_in() {
    let latin1 = CdrProfile::unnegotiated(Endian::Big, GiopVersion::V1_2);
    let octets = hex("00000009 e9");
    let read = Any::decode(&mut Decoder::with_profile(&octets, 0, latin1)).unwrap();
    assert_eq!(read.get::<char>(), Ok('é'));
    let mut out = Encoder::with_buffer(Vec::new(), 0, latin1.with_endian(Endian::Little));
    read.encode(&mut out).unwrap();
    assert_eq!(out.into_bytes(), hex("09000000 e9"));
    // A char of one octet in UTF-8 is not for this character.
    assert!(read.encode(&mut Encoder::new(Endian::Big)).is_err());
}

#[test]
fn a_union_without_a_value_is_one() {
    let read: Any = from_cdr(&cdr(&any(&None::<i32>), Endian::Big), Endian::Big).unwrap();
    assert_eq!(read.to_dynamic(), Ok(Value::Array(vec![false.into(), Value::Null])));
    assert_eq!(read.get::<Option<i32>>(), Ok(None));
}

#[test]
fn anys_in_anys_have_an_end() {
    let mut nested = any(&1u8);
    for _ in 0..200 {
        match Any::new(&nested) {
            Ok(deeper) => nested = deeper,
            Err(_) => return,
        }
    }
    let octets = cdr_of(&nested);
    assert!(octets.is_none_or(|octets| from_cdr::<Any>(&octets, Endian::Big).is_err()));
}

fn cdr_of(any: &Any) -> Option<Vec<u8>> {
    let mut out = Encoder::new(Endian::Big);
    any.encode(&mut out).ok().map(|()| out.into_bytes())
}

#[test]
fn damaged_anys_are_anys_or_errors() {
    let mut dice = Dice::new(17);
    let (mut values, mut errors) = (0, 0);
    for _ in 0..40 {
        let put = any(&Everything::random(&mut dice));
        let formats = [cdr(&put, Endian::Big), cdr(&put, Endian::Little), cbor(&put)];
        for (format, good) in formats.iter().enumerate() {
            for _ in 0..25 {
                let mut octets = good.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(octets.len() as u64) as usize;
                    octets[at] ^= 1 << dice.below(8);
                }
                let read = match format {
                    0 => from_cdr::<Any>(&octets, Endian::Big).ok(),
                    1 => from_cdr::<Any>(&octets, Endian::Little).ok(),
                    _ => quorb::value::decode_cbor::<Any>(&mut &octets[..]).ok(),
                };
                match read {
                    None => errors += 1,
                    Some(read) => {
                        // It may be less than it says (text in another code set), but never a panic.
                        let _ = (read.to_dynamic(), read.get::<Everything>(), cdr_of(&read));
                        values += 1;
                    }
                }
            }
        }
    }
    assert!(values > 300 && errors > 300, "the fuzzer is blind: {values} values, {errors} errors");
}
