//! Characters and strings.

use quorb::{BString, BWString, IdlType, WChar, WString};
use quorb_giop::cdr::{CdrError, CdrProfile, CharSet, Endian, GiopVersion, WcharSet};

use crate::rig::{
    cdr_in, check, check_idl, check_random, check_refused, from_cbor, from_cdr, from_cdr_in, hex,
};

/// What a GIOP connection without code sets speaks.
fn latin1(version: GiopVersion) -> CdrProfile {
    CdrProfile::unnegotiated(Endian::Big, version)
}

fn unicode(version: GiopVersion) -> CdrProfile {
    CdrProfile { version, ..CdrProfile::native(Endian::Big) }
}

#[test]
fn chars() {
    check_idl::<char>("char");
    check('a', "61", "61", "61 61");
    check_random::<char>();
    check_refused::<char>(&["62 6162", "60", "18 61", "f6"]);
    // CBOR holds any character. CDR has one octet: ASCII where the code set is UTF-8, ISO 8859-1 where it is that.
    assert_eq!(from_cbor(&hex("62 c3a9")), Ok('é'));
    let refused = |character| Err(CdrError::CharNotRepresentable { character });
    assert_eq!(cdr_in(&'é', unicode(GiopVersion::V1_2)), refused('é'));
    assert_eq!(cdr_in(&'é', latin1(GiopVersion::V1_2)), Ok(vec![0xe9]));
    assert_eq!(cdr_in(&'€', latin1(GiopVersion::V1_2)), refused('€'));
    assert_eq!(from_cdr_in(&[0xe9], latin1(GiopVersion::V1_0)), Ok('é'));
    assert_eq!(from_cdr::<char>(&[0xe9], Endian::Big), Err(CdrError::CharNotValid { octet: 0xe9 }));
}

#[test]
fn wide_chars() {
    check_idl::<WChar>("wchar");
    check(WChar('€'), "02 20ac", "02 20ac", "63 e282ac");
    check(WChar('😀'), "04 d83dde00", "04 d83dde00", "64 f09f9880");
    check_random::<WChar>();
    // GIOP 1.1 has one unit of UTF-16 in the order of the stream, and GIOP 1.0 has none.
    assert_eq!(cdr_in(&WChar('€'), unicode(GiopVersion::V1_1)), Ok(hex("20ac")));
    let refused = Err(CdrError::CharNotRepresentable { character: '😀' });
    assert_eq!(cdr_in(&WChar('😀'), unicode(GiopVersion::V1_1)), refused);
    let missing = Err(CdrError::WcharNotAvailable { version: GiopVersion::V1_0 });
    assert_eq!(cdr_in(&WChar('a'), unicode(GiopVersion::V1_0)), missing);
    assert_eq!(from_cdr::<WChar>(&hex("02 d83d"), Endian::Big), Err(CdrError::InvalidUtf16));
}

#[test]
fn strings() {
    check_idl::<String>("string");
    check("hi".to_owned(), "00000003 686900", "03000000 686900", "62 6869");
    check(String::new(), "00000001 00", "01000000 00", "60");
    check("€".to_owned(), "00000004 e282ac00", "04000000 e282ac00", "63 e282ac");
    check_random::<String>();
    check_refused::<String>(&["42 6869", "82 6168 6169", "f6", "01"]);
    assert_eq!(cdr_in(&"é".to_owned(), latin1(GiopVersion::V1_2)), Ok(hex("00000002 e900")));
    let refused = Err(CdrError::CharNotRepresentable { character: '€' });
    assert_eq!(cdr_in(&"5 €".to_owned(), latin1(GiopVersion::V1_1)), refused);
    assert_eq!(cdr_in(&"a\0b".to_owned(), unicode(GiopVersion::V1_2)), Err(CdrError::NulInString));
    let read = |sample: &str| from_cdr::<String>(&hex(sample), Endian::Big);
    assert_eq!(read("00000000"), Ok(String::new()), "some brokers write this");
    assert_eq!(read("00000002 6869"), Err(CdrError::StringNotTerminated));
    assert_eq!(read("00000004 61006200"), Err(CdrError::NulInString));
    assert_eq!(read("00000003 ff6900"), Err(CdrError::InvalidUtf8));
    assert_eq!(
        read("ffffffff 6900"),
        Err(CdrError::LengthExceedsInput { length: u32::MAX as usize, left: 2 })
    );
    from_cbor::<String>(&hex("62 ff69")).expect_err("it is not UTF-8");
    assert_eq!(from_cbor(&hex("7f 6168 6169 ff")), Ok("hi".to_owned()), "text in pieces is text");
}

#[test]
fn wide_strings() {
    check_idl::<WString>("wstring");
    check(WString("h€".into()), "00000004 0068 20ac", "04000000 0068 20ac", "64 68e282ac");
    check_random::<WString>();
    let old = CdrProfile { endian: Endian::Little, ..unicode(GiopVersion::V1_1) };
    assert_eq!(cdr_in(&WString("h".into()), old), Ok(hex("02000000 6800 0000")));
    assert_eq!(from_cdr_in(&hex("02000000 6800 0000"), old), Ok(WString("h".into())));
    let missing = |version| Err(CdrError::WcharNotAvailable { version });
    for version in [GiopVersion::V1_0, GiopVersion::V1_2] {
        assert_eq!(cdr_in(&WString::from("h"), latin1(version)), missing(version));
    }
    // UTF-16 in GIOP 1.2 is big-endian unless a mark says otherwise (CORBA 3.3 Part 2, 9.3.1.6).
    let marked = from_cdr::<WString>(&hex("04000000 fffe 6800"), Endian::Little);
    assert_eq!(marked, Ok(WString("h".into())));
}

#[test]
fn bounded_strings() {
    check_idl::<BString<4>>("string<4>");
    check(BString::<4>::new("abcd").unwrap(), "00000005 6162636400", "05000000 6162636400", "64 61626364");
    check_random::<BString<9>>();
    let refused = BString::<4>::new("abcde").unwrap_err();
    assert_eq!((refused.bound, refused.length), (4, 5));
    BString::<4>::try_from("€€").expect_err("the bound counts octets of UTF-8");
    let long = from_cdr::<BString<4>>(&hex("00000006 616263646500"), Endian::Big);
    assert_eq!(long, Err(CdrError::BoundExceeded { bound: 4, length: 5 }));
    check_refused::<BString<4>>(&["65 6162636465", "01"]);
}

#[test]
fn bounded_wide_strings() {
    check_idl::<BWString<3>>("wstring<3>");
    check(BWString::<3>::new("h€").unwrap(), "00000004 0068 20ac", "04000000 0068 20ac", "64 68e282ac");
    check_random::<BWString<9>>();
    assert_eq!(BWString::<3>::default().into_string(), "");
    let refused = BWString::<3>::try_from("😀😀").expect_err("the bound counts units of UTF-16");
    assert_eq!((refused.bound, refused.length), (3, 4));
    let long = from_cdr::<BWString<3>>(&hex("00000008 0061 0062 0063 0064"), Endian::Big);
    assert_eq!(long, Err(CdrError::BoundExceeded { bound: 3, length: 4 }));
    check_refused::<BWString<3>>(&["64 61626364", "01"]);
}

#[test]
fn text_is_text_in_every_code_set() {
    let sets = [(CharSet::Latin1, None), (CharSet::Utf8, None), (CharSet::Utf8, Some(WcharSet::Utf16))];
    for version in [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2] {
        for (char_set, wchar_set) in sets {
            for endian in [Endian::Big, Endian::Little] {
                let profile = CdrProfile { endian, version, char_set, wchar_set };
                assert_comes_back(&"grün".to_owned(), profile);
                assert_comes_back(&'g', profile);
                if wchar_set.is_some() && version > GiopVersion::V1_0 {
                    assert_comes_back(&WString::from("grün"), profile);
                    assert_comes_back(&WChar('ü'), profile);
                }
            }
        }
    }
}

fn assert_comes_back<T: IdlType + PartialEq + std::fmt::Debug>(value: &T, profile: CdrProfile) {
    let octets = cdr_in(value, profile).expect("it is expressible");
    assert_eq!(from_cdr_in(&octets, profile).as_ref(), Ok(value), "{profile:?}");
}
