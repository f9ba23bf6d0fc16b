//! Maps: entries in the order of their encoded keys, no key twice.

use std::collections::{BTreeMap, HashMap};

use quorb_giop::cdr::{CdrError, Endian};

use crate::rig::{cbor, cdr, check, check_idl, check_random, check_refused, from_cbor, from_cdr, hex};

#[test]
fn maps() {
    check_idl::<BTreeMap<i16, String>>("map<short, string>");
    check(
        BTreeMap::from([(-1i16, true), (1, false)]),
        "00000002 0001 00 00 ffff 01",
        "02000000 0100 00 00 ffff 01",
        "a2 01 f4 20 f5",
    );
    check(
        HashMap::from([("b".to_owned(), 2u8), ("a".to_owned(), 1)]),
        "00000002 00000002 6100 01 00 00000002 6200 02",
        "02000000 02000000 6100 01 00 02000000 6200 02",
        "a2 6161 01 6162 02",
    );
    check_random::<BTreeMap<i32, String>>();
    check_random::<HashMap<String, Vec<u8>>>();
    check_random::<BTreeMap<Vec<bool>, Option<f64>>>();
    check_refused::<BTreeMap<u8, u8>>(&["82 01 02", "f6", "a1 20 01"]);
}

#[test]
fn equal_maps_have_equal_octets() {
    let pairs: Vec<(String, i32)> = (0..100).map(|n| (format!("{}", n * 7919 % 1009), n)).collect();
    let hashed: HashMap<_, _> = pairs.iter().cloned().collect();
    let again: HashMap<_, _> = pairs.iter().rev().cloned().collect();
    let sorted: BTreeMap<_, _> = pairs.into_iter().collect();
    assert_eq!((cbor(&hashed), cbor(&again)), (cbor(&sorted), cbor(&sorted)));
    for endian in [Endian::Big, Endian::Little] {
        assert_eq!((cdr(&hashed, endian), cdr(&again, endian)), (cdr(&sorted, endian), cdr(&sorted, endian)));
    }
}

/// By their values -1 comes before 1, and 256 before 1000; by their octets they do not all.
#[test]
fn entries_are_sorted_by_encoded_key() {
    let map: BTreeMap<i64, bool> = [-1, 0, 10, 24, 256, -300].map(|key| (key, true)).into();
    let expected = hex("a6 00 f5 0a f5 1818 f5 190100 f5 20 f5 39012b f5");
    assert_eq!(cbor(&map), expected);
    let names: BTreeMap<String, bool> = ["b", "aa", "c"].map(|key| (key.to_owned(), true)).into();
    assert_eq!(cbor(&names), hex("a3 6162 f5 6163 f5 626161 f5"), "shorter text first");
}

#[test]
fn a_key_twice_is_refused_and_any_order_is_read() {
    let map = BTreeMap::from([(1u8, 2u8), (3, 4)]);
    assert_eq!(from_cbor(&hex("a2 03 04 01 02")).as_ref(), Ok(&map));
    assert_eq!(from_cbor(&hex("bf 03 04 01 02 ff")).as_ref(), Ok(&map), "a map without a length");
    assert_eq!(from_cdr(&hex("00000002 0304 0102"), Endian::Big).as_ref(), Ok(&map));
    check_refused::<BTreeMap<u8, u8>>(&["a2 01 02 01 03"]);
    check_refused::<HashMap<u8, u8>>(&["a2 01 02 1801 03"]);
    let twice = from_cdr::<HashMap<u8, u8>>(&hex("00000002 0102 0103"), Endian::Big);
    assert_eq!(twice, Err(CdrError::DuplicateKey));
}
