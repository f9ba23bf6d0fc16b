//! Numbers in bulk are one block of octets, wherever they stand: CBOR byte strings and the typed arrays of RFC 8746.

use quorb::IdlType;
use quorb_giop::cdr::Endian;

use crate::rig::{cbor, cdr, check, check_random, check_refused, from_cbor, hex};

#[test]
fn octets_are_a_byte_string() {
    check(vec![1u8, 2, 3], "00000003 010203", "03000000 010203", "43 010203");
    check([1u8, 2], "0102", "0102", "42 0102");
    check_random::<Vec<u8>>();
    assert_eq!(from_cbor(&hex("83 01 02 03")), Ok(vec![1u8, 2, 3]), "a plain list is read too");
    assert_eq!(from_cbor(&hex("d840 42 0102")), Ok(vec![1u8, 2]), "the tag of RFC 8746 for octets");
    assert_eq!(from_cbor(&hex("5f 4101 420203 ff")), Ok(vec![1u8, 2, 3]), "octets in pieces");
    check_refused::<Vec<u8>>(&["d841 42 0102", "82 01 190100", "62 6162", "f6"]);
}

/// A sample of every type that has a typed array: one element, both orders on the wire, and a plain list of it.
macro_rules! typed_arrays {
    ($($name:ident: $value:expr, $tag:literal $little:literal, $tag_big:literal $big:literal, $plain:literal;)*) => { $(
        #[test]
        fn $name() {
            let value = vec![$value];
            let width = hex($little).len();
            let typed = |tag, octets: &str| [&hex(tag)[..], &[0x40 + width as u8], &hex(octets)].concat();
            assert_eq!(cbor(&value), typed($tag, $little));
            assert_eq!(from_cbor(&typed($tag, $little)).as_ref(), Ok(&value));
            assert_eq!(from_cbor(&typed($tag_big, $big)).as_ref(), Ok(&value), "the other order");
            assert_eq!(from_cbor(&hex($plain)).as_ref(), Ok(&value), "a plain list");
            let mut odd = typed($tag, $little);
            odd.pop();
            odd[hex($tag).len()] -= 1;
            if width > 1 {
                from_cbor_refused(&odd, &value);
            }
            let other_tag = [&hex("d87f")[..], &[0x40]].concat();
            from_cbor_refused(&other_tag, &value);
            check_many(value);
        }
    )* };
}

fn from_cbor_refused<T: IdlType + std::fmt::Debug>(octets: &[u8], _: &[T]) {
    from_cbor::<Vec<T>>(octets).expect_err("no typed array of this type");
}

/// Thousands of them are as many octets as they have, and a few more.
fn check_many<T: IdlType + Clone + PartialEq + std::fmt::Debug>(value: Vec<T>) {
    let many = vec![value[0].clone(); 10_000];
    let block = cbor(&many);
    let octets = size_of::<T>() * many.len();
    assert!((octets + 3..octets + 8).contains(&block.len()), "{} for {octets}", block.len());
    assert_eq!(from_cbor(&block).as_ref(), Ok(&many));
    assert!(cdr(&many, Endian::Little).len() <= octets + 8);
}

typed_arrays! {
    signed_octets: -2i8, "d848" "fe", "d848" "fe", "81 21";
    unsigned_shorts: 0x0102u16, "d845" "0201", "d841" "0102", "81 190102";
    unsigned_longs: 0x0102_0304u32, "d846" "04030201", "d842" "01020304", "81 1a01020304";
    unsigned_long_longs: 7u64, "d847" "0700000000000000", "d843" "0000000000000007", "81 07";
    shorts: -2i16, "d84d" "feff", "d849" "fffe", "81 21";
    longs: -2i32, "d84e" "feffffff", "d84a" "fffffffe", "81 21";
    long_longs: -2i64, "d84f" "feffffffffffffff", "d84b" "fffffffffffffffe", "81 21";
    floats: 1.5f32, "d855" "0000c03f", "d851" "3fc00000", "81 f93e00";
    doubles: 1.5f64, "d856" "000000000000f83f", "d852" "3ff8000000000000", "81 f93e00";
}

#[test]
fn a_byte_string_is_a_list_of_signed_octets_too() {
    // Who knows the type from IDL takes it for `octet`.
    assert_eq!(from_cbor(&hex("42 01fe")), Ok(vec![1i8, -2]));
}

#[test]
fn an_empty_list_of_numbers_is_an_empty_block() {
    check(Vec::<u8>::new(), "00000000", "00000000", "40");
    check(Vec::<f64>::new(), "00000000", "00000000", "d856 40");
    assert_eq!(from_cbor(&hex("80")), Ok(Vec::<f64>::new()));
}

type Row = Vec<i32>;
type Image = Vec<u8>;

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Scan {
    rows: Vec<Row>,
    image: Option<Image>,
    corners: [[i32; 2]; 3],
    points: Vec<[f64; 3]>,
}

#[test]
fn blocks_stay_blocks_through_aliases_nesting_and_members() {
    check(
        vec![vec![1i32], vec![2, 3]],
        "00000002 00000001 00000001 00000002 00000002 00000003",
        "02000000 01000000 01000000 02000000 02000000 03000000",
        "82 d84e44 01000000 d84e48 02000000 03000000",
    );
    check(Some(vec![1u8, 2]), "01 000000 00000002 0102", "01 000000 02000000 0102", "42 0102");
    check(
        vec![[1.5f64; 2]],
        "00000001 00000000 3ff8000000000000 3ff8000000000000",
        "01000000 00000000 000000000000f83f 000000000000f83f",
        "81 d85650 000000000000f83f 000000000000f83f",
    );
    let scan = Scan {
        rows: vec![vec![70_000; 1000]; 3],
        image: Some(vec![9; 5000]),
        corners: [[1, 2], [3, 4], [5, 6]],
        points: vec![[0.1, 0.2, 0.3]],
    };
    let octets = cbor(&scan);
    assert_eq!(from_cbor(&octets).as_ref(), Ok(&scan));
    let row = [&hex("d84e 59 0fa0")[..], &70_000i32.to_le_bytes().repeat(1000)].concat();
    let rows = [&hex("64 726f7773 83")[..], &row, &row, &row].concat();
    let image = [&hex("65 696d616765 59 1388")[..], &[9; 5000]].concat();
    let corners = hex("67 636f726e657273 83
        d84e48 0100000002000000 d84e48 0300000004000000 d84e48 0500000006000000");
    let point: Vec<u8> = [0.1f64, 0.2, 0.3].iter().flat_map(|number| number.to_le_bytes()).collect();
    let points = [&hex("66 706f696e7473 81 d856 5818")[..], &point].concat();
    assert!(octets == [&hex("a4")[..], &rows, &image, &corners, &points].concat());
}

#[test]
fn numbers_of_any_alignment_are_read() {
    for before in 0..8 {
        let text = "x".repeat(before);
        let octets = [&cbor(&text)[..], &cbor(&vec![1.5f64; 100])].concat();
        assert_eq!(from_cbor(&octets[cbor(&text).len()..]), Ok(vec![1.5f64; 100]));
    }
}
