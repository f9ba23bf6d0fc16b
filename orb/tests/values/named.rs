//! Types with names: structs, enums, unions, exceptions.

use quorb::model::TypeDef;
use quorb::value::CborError;
use quorb::{Exception, IdlType, TypeCode, WChar};
use quorb_giop::cdr::{CdrError, CdrProfile, Endian};

use crate::rig::{cbor, check, check_idl, check_refused, from_cbor, from_cdr, hex};

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Order {
    symbol: String,
    quantity: u32,
    #[idl(default)]
    note: Option<String>,
}

fn order() -> Order {
    Order { symbol: "Q".into(), quantity: 7, note: None }
}

#[test]
fn structs() {
    check_idl::<Order>("Order");
    check(
        order(),
        "00000002 5100 0000 00000007 00",
        "02000000 5100 0000 07000000 00",
        "a3 66 73796d626f6c 6151 68 7175616e74697479 07 64 6e6f7465 f6",
    );
    let expected = Ok(order());
    let unknown = "a4 63 6e6577 82 d8564800000000000000f0 a1 01 f6
        64 6e6f7465 f6 68 7175616e74697479 07 66 73796d626f6c 6151";
    assert_eq!(from_cbor(&hex(unknown)), expected, "any order, and what is not known is skipped");
    let sparse = "a2 66 73796d626f6c 6151 68 7175616e74697479 07";
    assert_eq!(from_cbor(&hex(sparse)), expected, "a missing member takes its default");
    let reason = |sample: &str| match from_cbor::<Order>(&hex(sample)) {
        Err(CborError::NotOfType { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason("a1 66 73796d626f6c 6151").contains("`quantity`"));
    assert!(reason("a2 66 73796d626f6c 6151 66 73796d626f6c 6151").contains("`symbol`"));
    check_refused::<Order>(&["80", "f6", "83 6151 07 f6"]);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Tick {
    #[idl(n = 1)]
    symbol: String,
    #[idl(n = 30)]
    price: f64,
}

#[test]
fn structs_by_index() {
    let tick = Tick { symbol: "Q".into(), price: 1.5 };
    let big = "00000002 5100 0000 3ff8000000000000";
    check(tick.clone(), big, "02000000 5100 0000 000000000000f83f", "a2 01 6151 181e f93e00");
    assert_eq!(from_cbor(&hex("a3 02 f6 181e f93e00 01 6151")), Ok(tick), "unknown indices are skipped");
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Celsius(f64);

#[test]
fn aliases() {
    check_idl::<Celsius>("double");
    check(Celsius(1.5), "3ff8000000000000", "000000000000f83f", "f9 3e00");
    let both = Ok(vec![Celsius(1.5), Celsius(1.5)]);
    assert_eq!(from_cbor(&hex("d85650 000000000000f83f 000000000000f83f")), both, "a block is read");
}

#[derive(Debug, Clone, PartialEq, IdlType)]
enum Side {
    Buy,
    #[idl(name = "SELL")]
    Sell,
}

#[test]
fn enums() {
    check_idl::<Side>("Side");
    check(Side::Sell, "00000001", "01000000", "64 53454c4c");
    let refused = from_cdr::<Side>(&hex("00000002"), Endian::Big);
    assert_eq!(refused, Err(CdrError::InvalidDiscriminant { type_name: "Side", value: 2 }));
    check_refused::<Side>(&["64 53656c6c", "01", "f6"]);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
enum Shape {
    Circle(f64),
    Nothing,
    Path(Vec<i16>),
}

#[test]
fn unions_over_their_names() {
    check_idl::<Shape>("Shape");
    check(
        Shape::Circle(1.5),
        "00000000 00000000 3ff8000000000000",
        "00000000 00000000 000000000000f83f",
        "82 66 436972636c65 f93e00",
    );
    check(Shape::Nothing, "00000001", "01000000", "82 67 4e6f7468696e67 f6");
    check(
        Shape::Path(vec![1, 2]),
        "00000002 00000002 0001 0002",
        "02000000 02000000 0100 0200",
        "82 64 50617468 d84d44 0100 0200",
    );
    let refused = from_cdr::<Shape>(&hex("00000003"), Endian::Big);
    assert_eq!(refused, Err(CdrError::InvalidDiscriminant { type_name: "Shape", value: 3 }));
    check_refused::<Shape>(&["82 64 5371 7561 01", "81 66 436972636c65", "80", "66 436972636c65"]);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
enum Answer {
    #[label(1)]
    One(String),
    #[label(-2, 3)]
    Few(i32, bool),
    #[default]
    Other(i32, u8),
}

#[test]
fn unions_by_label() {
    check(Answer::One("x".into()), "00000001 00000002 7800", "01000000 02000000 7800", "82 01 6178");
    check(Answer::Few(3, true), "00000003 01", "03000000 01", "82 03 f5");
    check(Answer::Few(-2, true), "fffffffe 01", "feffffff 01", "82 21 f5");
    check(Answer::Other(99, 7), "00000063 07", "63000000 07", "82 1863 07");
    check_refused::<Answer>(&["82 01 02", "82 f4 02", "82 6131 6178"]);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(Side)]
enum Trade {
    #[label(Buy)]
    Bought(u8),
    #[label(Side::Sell)]
    Sold,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(WChar)]
enum Sign {
    #[label('ж', '\n')]
    Known(WChar, bool),
    #[default]
    Unknown(WChar),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(u64)]
enum Large {
    #[label(18446744073709551615)]
    Most(u8),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i8)]
enum Little {
    #[label(-128)]
    Least(u8),
}

#[test]
fn unions_by_enumerator() {
    check(Trade::Bought(7), "00000000 07", "00000000 07", "82 63 427579 07");
    check(Trade::Sold, "00000001", "01000000", "82 64 53454c4c f6");
    let code = TypeCode::of::<Trade>();
    let Some(TypeDef::Union { cases, discriminator, .. }) = code.definition() else { panic!("a union") };
    assert_eq!(discriminator, TypeCode::of::<Side>().desc());
    assert_eq!(
        (&cases[0].labels[..], &cases[1].labels[..]),
        (&["Buy".to_owned()][..], &["SELL".to_owned()][..])
    );
}

#[test]
fn unions_by_wide_and_large_and_little_labels() {
    check(Sign::Known(WChar('ж'), true), "02 0436 01", "02 0436 01", "82 62 d0b6 f5");
    check(Sign::Unknown(WChar('a')), "02 0061", "02 0061", "82 61 61 f6");
    assert!(crate::rig::cdr_in(&Sign::Unknown(WChar('ж')), CdrProfile::native(Endian::Big)).is_err());
    check(Large::Most(1), "ffffffffffffffff 01", "ffffffffffffffff 01", "82 1bffffffffffffffff 01");
    check(Little::Least(1), "80 01", "80 01", "82 387f 01");
    let refused = from_cdr::<Large>(&hex("0000000000000007"), Endian::Big);
    assert_eq!(refused, Err(CdrError::InvalidDiscriminant { type_name: "Large", value: 7 }));
}

#[derive(Debug, Clone, PartialEq, Exception)]
struct OutOfRange {
    n: i16,
    m: i16,
}

#[test]
fn exceptions() {
    check_idl::<OutOfRange>("OutOfRange");
    // In a reply its repository id stands in front; as a value it is its members.
    check(OutOfRange { n: 1, m: 2 }, "0001 0002", "0100 0200", "a2 616e 01 616d 02");
}

/// A literal that a macro by example passes on stands in an invisible group.
macro_rules! record {
    ($name:ident, $id:literal, $member:literal) => {
        #[derive(IdlType)]
        #[idl(id = $id)]
        struct $name {
            #[idl(name = $member)]
            x: i32,
        }
    };
}

record!(Made, "IDL:Zoo/Made:1.0", "abscissa");

#[test]
fn settings_come_from_macros_by_example() {
    assert_eq!(TypeCode::of::<Made>().id(), Some("IDL:Zoo/Made:1.0"));
    assert_eq!(cbor(&Made { x: 1 }), hex("a1 68 6162736369737361 01"));
}
