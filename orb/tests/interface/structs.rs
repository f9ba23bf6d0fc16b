//! `#[derive(IdlType)]` on structs and on enums without values.

use std::collections::BTreeMap;

use ciborium::cbor;
use quorb::IdlType;
use quorb::model::{TypeDef, TypeDesc};
use quorb_giop::cdr::CdrError;

use crate::support::{assert_round_trip, cbor, cdr, description, from_cbor, from_cdr, raw_cbor};

#[derive(Debug, Clone, PartialEq, Default, IdlType)]
pub(crate) struct Point {
    pub(crate) x: i16,
    pub(crate) r#type: Option<String>,
    #[idl(name = "zValues", default)]
    pub(crate) z: Vec<i32>,
    #[idl(default = "none")]
    pub(crate) note: String,
    #[idl(default = 7)]
    pub(crate) weight: u8,
}

#[test]
fn members_follow_each_other_in_cdr_and_have_names_in_cbor() {
    let point = Point { x: 1, r#type: Some("a".into()), z: vec![2], note: "n".into(), weight: 3 };
    assert_eq!(
        cdr(&point),
        [0, 1, 1, 0, 0, 0, 0, 2, b'a', 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, b'n', 0, 3]
    );
    assert_round_trip(&point);
    let names: BTreeMap<String, ciborium::Value> = ciborium::from_reader(&cbor(&point)[..]).unwrap();
    assert_eq!(names.keys().collect::<Vec<_>>(), ["note", "type", "weight", "x", "zValues"]);
}

#[test]
fn missing_members_take_their_defaults_and_unknown_ones_are_skipped() {
    let sparse = raw_cbor(&cbor!({ "new" => [1, { "deep" => null }], "x" => 5 }).unwrap());
    let expected = Point { x: 5, note: "none".into(), weight: 7, ..Point::default() };
    assert_eq!(from_cbor::<Point>(&sparse), Ok(expected));
}

#[test]
fn a_member_that_is_needed_and_one_that_comes_twice_are_named() {
    let missing = from_cbor::<Point>(&raw_cbor(&cbor!({ "weight" => 1 }).unwrap())).unwrap_err();
    assert!(missing.contains("member `x` of `Point` is missing"), "{missing}");
    let twice = [0xa2, 0x61, b'x', 1, 0x61, b'x', 2];
    assert!(from_cbor::<Point>(&twice).unwrap_err().contains("duplicate field `x`"));
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Quotes/Quote:1.2", name = "Quote")]
struct PriceQuote {
    #[idl(n = 1)]
    symbol: String,
    #[idl(n = 300)]
    cents: u64,
}

#[test]
fn indices_stand_for_names_in_cbor() {
    let quote = PriceQuote { symbol: "Q".into(), cents: 9 };
    assert_eq!(cbor(&quote), [0xa2, 1, 0x61, b'Q', 0x19, 1, 44, 9]);
    assert_round_trip(&quote);
    let (desc, definition) = description::<PriceQuote>();
    assert_eq!(desc, TypeDesc::Named("IDL:Quotes/Quote:1.2".into()));
    let Some(TypeDef::Struct { name, members }) = definition else { panic!("a struct") };
    assert_eq!((name.as_str(), members[1].name.as_str(), members[1].index), ("Quote", "cents", Some(300)));
}

#[test]
fn default_ids_name_the_crate() {
    let (desc, definition) = description::<Point>();
    assert_eq!(desc, TypeDesc::Named(concat!("IDL:", env!("CARGO_CRATE_NAME"), "/Point:1.0").into()));
    let Some(TypeDef::Struct { members, .. }) = definition else { panic!("a struct") };
    let optional: Vec<bool> = members.iter().map(|member| member.optional).collect();
    assert_eq!(optional, [false, true, true, true, true]);
    assert_eq!(members[1].name, "type");
}

pub(crate) type Samples = Vec<i32>;

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Celsius(f64);

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Matrix(pub(crate) Vec<Samples>);

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Pair(i16, Celsius);

#[test]
fn a_struct_of_one_unnamed_field_is_that_field() {
    assert_eq!(cdr(&Celsius(1.5)), cdr(&1.5f64));
    assert_eq!(cbor(&Celsius(1.5)), cbor(&1.5f64));
    assert_eq!(description::<Celsius>().0, TypeDesc::Double);
    assert_round_trip(&vec![Celsius(1.0), Celsius(2.0)]);
    assert_round_trip(&[Celsius(1.0), Celsius(2.0)]);
    // A peer that does not know the alias sends a block.
    assert_eq!(from_cbor::<Vec<Celsius>>(&cbor(&vec![1.0f64, 2.0])), Ok(vec![Celsius(1.0), Celsius(2.0)]));
    assert_eq!(from_cdr::<Vec<Celsius>>(&cdr(&vec![1.0f64])), Ok(vec![Celsius(1.0)]));
}

#[test]
fn fields_without_names_are_counted() {
    assert_round_trip(&Pair(1, Celsius(2.0)));
    assert_eq!(cbor(&Pair(1, Celsius(2.0))), raw_cbor(&cbor!({ "field0" => 1, "field1" => 2.0 }).unwrap()));
}

#[test]
fn numbers_move_as_blocks_through_aliases_and_nesting() {
    let matrix = Matrix(vec![vec![1; 1000], vec![2; 1000]]);
    // A block is four octets an element and a few more; an array of small numbers would be one octet an element, an array
    // of CBOR numbers above 65535 five.
    let large = Matrix(vec![vec![70_000; 1000], vec![-70_000; 1000]]);
    assert_eq!(cbor(&matrix).len(), cbor(&large).len());
    assert!((8000..8020).contains(&cbor(&large).len()));
    assert_round_trip(&large);
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Tree {
    pub(crate) label: String,
    pub(crate) children: Vec<Self>,
    pub(crate) next: Option<Box<Tree>>,
}

#[test]
fn types_may_contain_themselves_down_to_a_limit() {
    let leaf = || Tree { label: "leaf".into(), children: vec![], next: None };
    assert_round_trip(&Tree { label: "root".into(), children: vec![leaf()], next: Some(Box::new(leaf())) });
    // Every level is an empty text, one child, and so on: far deeper than any stack.
    let level = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    let endless: Vec<u8> = level.into_iter().cycle().take(level.len() * 100_000).collect();
    assert!(matches!(from_cdr::<Tree>(&endless), Err(CdrError::TooDeep { .. })));
    let Some(TypeDef::Struct { members, .. }) = description::<Tree>().1 else { panic!("a struct") };
    assert_eq!(
        members[1].ty,
        TypeDesc::Sequence {
            element: Box::new(TypeDesc::Named(concat!("IDL:", env!("CARGO_CRATE_NAME"), "/Tree:1.0").into())),
            bound: None
        }
    );
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, IdlType)]
pub(crate) enum Colour {
    #[default]
    Red,
    #[idl(name = "GREEN")]
    Green,
    Blue,
}

#[test]
fn enums_are_ordinals_in_cdr_and_text_in_cbor() {
    assert_eq!(cdr(&Colour::Blue), [0, 0, 0, 2]);
    assert_eq!(cbor(&Colour::Green), cbor(&"GREEN".to_owned()));
    for colour in [Colour::Red, Colour::Green, Colour::Blue] {
        assert_round_trip(&colour);
    }
    assert_eq!(
        from_cdr::<Colour>(&[0, 0, 0, 3]),
        Err(CdrError::InvalidDiscriminant { type_name: "Colour", value: 3 })
    );
    let unknown = from_cbor::<Colour>(&cbor(&"Mauve".to_owned())).unwrap_err();
    assert!(unknown.contains("Mauve") && unknown.contains("GREEN"), "{unknown}");
    let Some(TypeDef::Enum { enumerators, .. }) = description::<Colour>().1 else { panic!("an enum") };
    assert_eq!(enumerators, ["Red", "GREEN", "Blue"]);
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, IdlType)]
#[idl(serde = false)]
struct OwnSerde {
    #[serde(rename = "other")]
    member: i32,
}

#[test]
fn a_type_may_have_its_own_serde() {
    assert_eq!(serde_json::to_string(&OwnSerde { member: 1 }).unwrap(), r#"{"other":1}"#);
    let names: BTreeMap<String, i32> = ciborium::from_reader(&cbor(&OwnSerde { member: 1 })[..]).unwrap();
    assert!(names.contains_key("member"));
}
