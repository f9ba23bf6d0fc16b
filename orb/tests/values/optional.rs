//! Values that may be missing, and values behind pointers.

use std::sync::Arc;

use quorb::IdlType;

use crate::rig::{check, check_idl, check_random, check_refused, from_cbor, hex};

#[test]
fn options() {
    check_idl::<Option<i32>>("optional<long>");
    check(Some(5i32), "01 000000 00000005", "01 000000 05000000", "05");
    check(None::<i32>, "00", "00", "f6");
    check_random::<Option<String>>();
    check_random::<Vec<Option<Vec<u8>>>>();
    check_refused::<Option<i32>>(&["6161", "80"]);
    assert_eq!(from_cbor(&hex("f7")), Ok(None::<i32>), "undefined is none");
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Note(Option<u8>);

/// In CBOR some of what may be null itself stands alone in an array: else `Some(None)` would come back as `None`.
#[test]
fn options_of_options() {
    check_idl::<Option<Option<u8>>>("optional<optional<octet>>");
    check(Some(Some(5u8)), "01 01 05", "01 01 05", "81 05");
    check(Some(None::<u8>), "01 00", "01 00", "81 f6");
    check(None::<Option<u8>>, "00", "00", "f6");
    check(Some(Some(None::<u8>)), "01 01 00", "01 01 00", "81 81 f6");
    check(Some(Note(None)), "01 00", "01 00", "81 f6");
    check(Some(Box::new(None::<u8>)), "01 00", "01 00", "81 f6");
    check_random::<Vec<Option<Option<Vec<i32>>>>>();
    check_refused::<Option<Option<u8>>>(&["05", "82 05 05", "80"]);
}

#[test]
fn pointers() {
    check_idl::<Box<i32>>("long");
    check(Box::new(5i32), "00000005", "05000000", "05");
    check(Arc::new("a".to_owned()), "00000002 6100", "02000000 6100", "6161");
    check(vec![Arc::new(1i16), Arc::new(2)], "00000002 0001 0002", "02000000 0100 0200", "82 01 02");
}
