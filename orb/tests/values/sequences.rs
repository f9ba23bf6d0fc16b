//! Sequences, bounded sequences and arrays.

use quorb::BVec;
use quorb::value::CborError;
use quorb_giop::cdr::{CdrError, Endian};

use crate::rig::{check, check_idl, check_random, check_refused, from_cbor, from_cdr, hex};

#[test]
fn sequences() {
    check_idl::<Vec<String>>("sequence<string>");
    check(vec![true, false], "00000002 01 00", "02000000 01 00", "82 f5 f4");
    check(
        vec!["a".to_owned(), "b".to_owned()],
        "00000002 00000002 6100 0000 00000002 6200",
        "02000000 02000000 6100 0000 02000000 6200",
        "82 6161 6162",
    );
    check(Vec::<String>::new(), "00000000", "00000000", "80");
    check_random::<Vec<String>>();
    check_random::<Vec<Vec<bool>>>();
    check_refused::<Vec<String>>(&["a0", "f6", "81 01", "6161"]);
    assert_eq!(from_cbor(&hex("9f f5 f4 ff")), Ok(vec![true, false]), "a list without a length is a list");
}

#[test]
fn bounded_sequences() {
    check_idl::<BVec<bool, 2>>("sequence<boolean, 2>");
    let two = BVec::<bool, 2>::new(vec![true, false]).unwrap();
    check(two, "00000002 01 00", "02000000 01 00", "82 f5 f4");
    let block = BVec::<i16, 2>::new(vec![1, -2]).unwrap();
    check(block, "00000002 0001 fffe", "02000000 0100 feff", "d84d 44 0100 feff");
    check_random::<BVec<String, 3>>();
    check_random::<BVec<i32, 5>>();
    let refused = BVec::<u8, 2>::new(vec![0; 3]).unwrap_err();
    assert_eq!((refused.bound, refused.length), (2, 3));
    let long = from_cdr::<BVec<bool, 2>>(&hex("00000003 000000"), Endian::Big);
    assert_eq!(long, Err(CdrError::BoundExceeded { bound: 2, length: 3 }));
    check_refused::<BVec<bool, 2>>(&["83 f4f4f4"]);
    check_refused::<BVec<u8, 2>>(&["43 000000", "83 000000"]);
}

#[test]
fn arrays() {
    check_idl::<[String; 2]>("string[2]");
    check([true, false], "01 00", "01 00", "82 f5 f4");
    check([1i32, 2], "00000001 00000002", "01000000 02000000", "d84e 48 01000000 02000000");
    check(
        [[1i32, 2], [3, 4], [5, 6]],
        "00000001 00000002 00000003 00000004 00000005 00000006",
        "01000000 02000000 03000000 04000000 05000000 06000000",
        "83 d84e48 0100000002000000 d84e48 0300000004000000 d84e48 0500000006000000",
    );
    check_random::<[String; 3]>();
    check_random::<[[f64; 2]; 3]>();
    check_refused::<[bool; 2]>(&["81 f4", "83 f4f4f4", "80"]);
    check_refused::<[u8; 2]>(&["41 00", "43 000000"]);
}

#[test]
fn sequences_in_cdr_hold_nothing_that_is_not_there() {
    let length = |sample: &str| from_cdr::<Vec<u16>>(&hex(sample), Endian::Big);
    assert_eq!(length("00000003 0001 0002"), Err(CdrError::LengthExceedsInput { length: 3, left: 4 }));
    assert_eq!(length("00000001 0001 0002"), Err(CdrError::TrailingBytes { count: 2 }));
    assert_eq!(from_cbor::<Vec<u16>>(&hex("82 01")), Err(CborError::Truncated));
}
