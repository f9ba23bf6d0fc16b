//! `#[derive(IdlType)]` on enums with values.

use ciborium::Value;
use quorb::IdlType;
use quorb::model::{TypeDef, TypeDesc};
use quorb::value::encode_cbor;
use quorb_giop::cdr::{Cdr, CdrError, Encoder, Endian};

use crate::support::{assert_round_trip, cbor, cdr, description, from_cbor, from_cdr, raw_cbor};

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) enum Shape {
    Circle(f64),
    Nothing,
    Group(Vec<Shape>),
    Inverse(Box<Self>),
}

#[test]
fn a_union_over_its_own_names() {
    for shape in [
        Shape::Circle(1.0),
        Shape::Nothing,
        Shape::Group(vec![Shape::Nothing]),
        Shape::Inverse(Box::new(Shape::Nothing)),
    ] {
        assert_round_trip(&shape);
    }
    assert_eq!(cdr(&Shape::Nothing), [0, 0, 0, 1]);
    assert_eq!(cdr(&Shape::Circle(0.0)), [0; 16]);
    let parts: Vec<Value> = ciborium::from_reader(&cbor(&Shape::Nothing)[..]).unwrap();
    assert_eq!(parts, [Value::Text("Nothing".into()), Value::Null]);
    assert_eq!(
        from_cdr::<Shape>(&[0, 0, 0, 9]),
        Err(CdrError::InvalidDiscriminant { type_name: "Shape", value: 9 })
    );
    let Some(TypeDef::Union { discriminator, cases, .. }) = description::<Shape>().1 else {
        panic!("a union")
    };
    assert_eq!(discriminator, TypeDesc::Named("IDL:interface/ShapeSwitch:1.0".into()));
    assert_eq!(
        (cases[0].labels.as_slice(), &cases[0].ty),
        (&["Circle".to_owned()][..], &Some(TypeDesc::Double))
    );
    assert_eq!(cases[1].ty, None);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
pub(crate) enum Answer {
    #[label(1)]
    One(String),
    #[label(-2, 3)]
    Few(i32, bool),
    #[label(4)]
    Four,
    #[label(5, 6)]
    Bare(i32),
    #[default]
    Other(i32, String),
}

#[test]
fn labels_that_a_variant_does_not_tell_are_kept() {
    for answer in [
        Answer::One("x".into()),
        Answer::Few(-2, true),
        Answer::Few(3, false),
        Answer::Four,
        Answer::Bare(6),
        Answer::Other(99, "y".into()),
    ] {
        assert_round_trip(&answer);
    }
    assert_eq!(cdr(&Answer::Few(-2, true)), [255, 255, 255, 254, 1]);
    assert_eq!(cbor(&Answer::Few(3, true)), raw_cbor(&(3, true)));
}

#[test]
fn a_label_of_another_case_is_not_written() {
    for (wrong, label) in
        [(Answer::Few(1, true), 1), (Answer::Other(4, String::new()), 4), (Answer::Bare(0), 0)]
    {
        let error = wrong.encode(&mut Encoder::new(Endian::Big)).unwrap_err();
        assert_eq!(error, CdrError::InvalidDiscriminant { type_name: "Answer", value: label });
        let error = encode_cbor(&wrong, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(&format!("label {label} does not belong to `Answer::")), "{error}");
    }
}

#[test]
fn what_is_no_union_is_refused_and_surplus_is_skipped() {
    assert_eq!(from_cbor::<Answer>(&raw_cbor(&(4, "surplus", 1))), Ok(Answer::Four));
    assert_eq!(from_cbor::<Answer>(&raw_cbor(&[4])), Ok(Answer::Four));
    for broken in [
        raw_cbor(&[1]),
        raw_cbor(&(1, 1)),
        raw_cbor(&Vec::<i32>::new()),
        raw_cbor(&"One"),
        raw_cbor(&("1", "x")),
    ] {
        from_cbor::<Answer>(&broken).unwrap_err();
    }
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(switch = bool)]
enum Perhaps {
    #[label(true)]
    Yes(u64),
    #[label(false)]
    No,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(char)]
enum Letter {
    #[label('a', 'b')]
    Early(char),
    #[label('z')]
    Last(i16),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(u64)]
enum Wide {
    #[label(18_446_744_073_709_551_615)]
    Most,
    #[default]
    Rest(u64),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(u8)]
enum Narrow {
    #[label(b'x')]
    Letter(char),
    #[label(0xffu8)]
    Most,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i64)]
enum Signed {
    #[label(-9_223_372_036_854_775_808)]
    Least(Samples),
    #[label(0)]
    Zero,
}

type Samples = Vec<i16>;

#[test]
fn every_kind_of_switch() {
    for perhaps in [Perhaps::Yes(1), Perhaps::No] {
        assert_round_trip(&perhaps);
    }
    assert_eq!(cdr(&Perhaps::No), [0]);
    for letter in [Letter::Early('b'), Letter::Last(1)] {
        assert_round_trip(&letter);
    }
    assert_eq!(
        from_cdr::<Letter>(b"c"),
        Err(CdrError::InvalidDiscriminant { type_name: "Letter", value: 99 })
    );
    for wide in [Wide::Most, Wide::Rest(0)] {
        assert_round_trip(&wide);
    }
    assert_eq!(
        Wide::Rest(u64::MAX).encode(&mut Encoder::new(Endian::Big)),
        Err(CdrError::InvalidDiscriminant { type_name: "Wide", value: -1 })
    );
    for narrow in [Narrow::Letter('q'), Narrow::Most] {
        assert_round_trip(&narrow);
    }
    for signed in [Signed::Least(vec![1]), Signed::Zero] {
        assert_round_trip(&signed);
    }
    let Some(TypeDef::Union { cases, discriminator, .. }) = description::<Letter>().1 else {
        panic!("a union")
    };
    assert_eq!(
        (discriminator, cases[0].labels.as_slice()),
        (TypeDesc::Char, &["'a'".to_owned(), "'b'".to_owned()][..])
    );
    let Some(TypeDef::Union { cases, .. }) = description::<Wide>().1 else { panic!("a union") };
    assert!(cases[1].labels.is_empty());
}
