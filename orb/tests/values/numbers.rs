//! Numbers and truth values.

use quorb_giop::cdr::Endian;

use crate::rig::{cbor, cdr, check, check_idl, check_random, check_refused, from_cbor, from_cdr, hex};

#[test]
fn booleans() {
    check_idl::<bool>("boolean");
    check(true, "01", "01", "f5");
    check(false, "00", "00", "f4");
    check_random::<bool>();
    assert_eq!(from_cdr(&[2], Endian::Big), Ok(true), "some brokers write any octet but 0 for it");
    check_refused::<bool>(&["01", "f6", "6474727565"]);
}

#[test]
fn octets() {
    check_idl::<u8>("octet");
    check(200u8, "c8", "c8", "18 c8");
    check(23u8, "17", "17", "17");
    check_random::<u8>();
    check_refused::<u8>(&["19 0100", "20", "f9 3c00", "61 31", "f5", "f6"]);
}

#[test]
fn signed_octets() {
    // IDL before version 4.2 has no other word for them than `octet`.
    check_idl::<i8>("int8");
    check(-2i8, "fe", "fe", "21");
    check(100i8, "64", "64", "18 64");
    check_random::<i8>();
    check_refused::<i8>(&["18 80", "38 80"]);
}

#[test]
fn shorts() {
    check_idl::<i16>("short");
    check(-2i16, "fffe", "feff", "21");
    check(258i16, "0102", "0201", "19 0102");
    check_random::<i16>();
    check_refused::<i16>(&["19 8000", "39 8000", "fa 3f800000"]);
}

#[test]
fn longs() {
    check_idl::<i32>("long");
    check(0x0102_0304i32, "01020304", "04030201", "1a 01020304");
    check(-1i32, "ffffffff", "ffffffff", "20");
    check_random::<i32>();
    check_refused::<i32>(&["1a 80000000", "3a 80000000", "1b 0000000100000000"]);
}

#[test]
fn long_longs() {
    check_idl::<i64>("long long");
    check(0x0102_0304_0506_0708i64, "0102030405060708", "0807060504030201", "1b 0102030405060708");
    check(i64::MIN, "8000000000000000", "0000000000000080", "3b 7fffffffffffffff");
    check_random::<i64>();
    check_refused::<i64>(&["1b 8000000000000000", "3b 8000000000000000", "c2 49 010000000000000000"]);
}

#[test]
fn unsigned_shorts() {
    check_idl::<u16>("unsigned short");
    check(0xfffeu16, "fffe", "feff", "19 fffe");
    check_random::<u16>();
    check_refused::<u16>(&["1a 00010000", "20"]);
}

#[test]
fn unsigned_longs() {
    check_idl::<u32>("unsigned long");
    check(0xffff_fffeu32, "fffffffe", "feffffff", "1a fffffffe");
    check_random::<u32>();
    check_refused::<u32>(&["1b 0000000100000000", "20"]);
}

#[test]
fn unsigned_long_longs() {
    check_idl::<u64>("unsigned long long");
    check(u64::MAX - 1, "fffffffffffffffe", "feffffffffffffff", "1b fffffffffffffffe");
    check_random::<u64>();
    check_refused::<u64>(&["20", "f9 3c00"]);
}

#[test]
fn floats() {
    check_idl::<f32>("float");
    check(1.5f32, "3fc00000", "0000c03f", "f9 3e00");
    check(0.1f32, "3dcccccd", "cdcccc3d", "fa 3dcccccd");
    check_random::<f32>();
    check_refused::<f32>(&["01", "61 31"]);
    assert_eq!(from_cbor(&hex("fb 3fb999999999999a")), Ok(0.1f32), "a wider one is rounded");
    check_refused::<f32>(&["fb 7e37e43c8800759c"]);
    assert_eq!(from_cbor(&hex("f9 7c00")), Ok(f32::INFINITY), "infinity is a value like others");
}

#[test]
fn doubles() {
    check_idl::<f64>("double");
    check(1.5f64, "3ff8000000000000", "000000000000f83f", "f9 3e00");
    check(100_000.0f64, "40f86a0000000000", "00000000006af840", "fa 47c35000");
    check(0.1f64, "3fb999999999999a", "9a9999999999b93f", "fb 3fb999999999999a");
    check_random::<f64>();
    check_refused::<f64>(&["01", "f6"]);
}

#[test]
fn the_sign_of_zero_and_the_bits_of_nan_survive() {
    for bits in
        [0x8000_0000_0000_0000u64, 0x7ff8_0000_0000_0001, 0xfff8_0000_0000_0000, 0x7ff8_dead_beef_0000]
    {
        let value = f64::from_bits(bits);
        assert_eq!(from_cdr::<f64>(&cdr(&value, Endian::Big), Endian::Big).unwrap().to_bits(), bits);
        assert_eq!(from_cbor::<f64>(&cbor(&value)).unwrap().to_bits(), bits);
        let many = from_cbor::<Vec<f64>>(&cbor(&vec![value])).unwrap();
        assert_eq!(many[0].to_bits(), bits);
    }
    for bits in [0x8000_0000u32, 0x7fc0_0001, 0xffc0_0000] {
        let value = f32::from_bits(bits);
        assert_eq!(from_cdr::<f32>(&cdr(&value, Endian::Little), Endian::Little).unwrap().to_bits(), bits);
        assert_eq!(from_cbor::<f32>(&cbor(&value)).unwrap().to_bits(), bits);
    }
    // A signalling NaN keeps all its bits in CDR and in blocks.
    let signalling = f32::from_bits(0x7fa0_0001);
    let many = from_cbor::<Vec<f32>>(&cbor(&vec![signalling])).unwrap();
    assert_eq!(many[0].to_bits(), 0x7fa0_0001);
}

#[test]
fn cbor_is_written_in_its_shortest_form_and_read_in_every_form() {
    for (number, shortest) in [
        (0u64, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65_535, "19ffff"),
        (65_536, "1a00010000"),
        (u64::from(u32::MAX), "1affffffff"),
        (1 << 32, "1b0000000100000000"),
    ] {
        assert_eq!(cbor(&number), hex(shortest));
    }
    for long in ["01", "1801", "190001", "1a00000001", "1b0000000000000001"] {
        assert_eq!(from_cbor(&hex(long)), Ok(1u8));
        assert_eq!(from_cbor(&hex(long)), Ok(1i64));
    }
    for long in ["f93c00", "fa3f800000", "fb3ff0000000000000"] {
        assert_eq!(from_cbor(&hex(long)), Ok(1.0f64));
    }
    assert_eq!(from_cbor(&hex("d9d9f7 05")), Ok(5i32), "a tag that says no more than CBOR is passed over");
}
