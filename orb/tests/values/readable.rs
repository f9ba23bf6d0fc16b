//! Formats for people: what is a block in CBOR is a plain list there.

use std::collections::{BTreeMap, HashMap};

use quorb::value::{AsCbor, FromCbor};
use quorb::{BVec, IdlType, WChar, WString};

fn check<T: IdlType + PartialEq + std::fmt::Debug>(value: T, json: &str) {
    assert_eq!(serde_json::to_string(&AsCbor(&value)).expect("it is plain data"), json);
    let FromCbor(read) = serde_json::from_str::<FromCbor<T>>(json).expect("what was written");
    assert_eq!(read, value);
}

#[derive(Debug, PartialEq, IdlType)]
struct Sample {
    octets: Vec<u8>,
    numbers: [f32; 2],
}

#[test]
fn numbers_are_plain_lists() {
    check(vec![1u8, 2, 3], "[1,2,3]");
    check(vec![1.5f64, -0.25], "[1.5,-0.25]");
    check([[1i32, 2], [3, 4]], "[[1,2],[3,4]]");
    check(vec![-1i64], "[-1]");
    check(BVec::<i16, 3>::new(vec![1, 2]).unwrap(), "[1,2]");
    check(Sample { octets: vec![1], numbers: [0.5, 1.0] }, r#"{"octets":[1],"numbers":[0.5,1.0]}"#);
}

#[test]
fn everything_else_is_what_it_looks_like() {
    check("text".to_owned(), r#""text""#);
    check('c', r#""c""#);
    check(WChar('€'), r#""€""#);
    check(WString::from("wide"), r#""wide""#);
    check(Some(true), "true");
    check(None::<bool>, "null");
    check(Some(None::<bool>), "[null]");
    check(BTreeMap::from([("b".to_owned(), 1u8), ("a".to_owned(), 2)]), r#"{"a":2,"b":1}"#);
    check(HashMap::from([(7i32, "x".to_owned())]), r#"{"7":"x"}"#);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |json: &str| serde_json::from_str::<FromCbor<Vec<u8>>>(json).is_err();
    assert!(refused("[256]") && refused("\"text\"") && refused("[-1]") && refused("{}"));
    assert!(serde_json::from_str::<FromCbor<f32>>("1e300").is_err());
}
