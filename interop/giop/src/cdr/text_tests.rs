//! Text in every code set, version and byte order.

use super::{CdrError, CdrProfile, CharSet, Decoder, Encoder, Endian, GiopVersion, WcharSet};

fn profile(version: GiopVersion, char_set: CharSet, endian: Endian) -> CdrProfile {
    CdrProfile { endian, version, char_set, wchar_set: Some(WcharSet::Utf16) }
}

fn written(
    profile: CdrProfile,
    write: impl FnOnce(&mut Encoder) -> Result<(), CdrError>,
) -> Result<Vec<u8>, CdrError> {
    let mut out = Encoder::with_buffer(Vec::new(), 0, profile);
    write(&mut out)?;
    Ok(out.into_bytes())
}

#[test]
fn strings_in_both_code_sets() {
    let utf8 = profile(GiopVersion::V1_2, CharSet::Utf8, Endian::Big);
    let latin1 = profile(GiopVersion::V1_2, CharSet::Latin1, Endian::Big);
    let octets = written(utf8, |out| out.write_string("né€")).unwrap();
    assert_eq!(octets, b"\0\0\0\x07n\xc3\xa9\xe2\x82\xac\0");
    assert_eq!(Decoder::with_profile(&octets, 0, utf8).read_string().unwrap(), "né€");
    let octets = written(latin1, |out| out.write_string("né")).unwrap();
    assert_eq!(octets, b"\0\0\0\x03n\xe9\0");
    assert_eq!(Decoder::with_profile(&octets, 0, latin1).read_string().unwrap(), "né");
    assert_eq!(Decoder::with_profile(&octets, 0, utf8).read_string(), Err(CdrError::InvalidUtf8));
    let error = written(latin1, |out| out.write_string("€")).unwrap_err();
    assert_eq!(error, CdrError::CharNotRepresentable { character: '€' });
}

#[test]
fn strings_end_in_their_only_nul() {
    let read = |octets: &[u8]| Decoder::new(octets, Endian::Big).read_string();
    assert_eq!(read(b"\0\0\0\x01\0").unwrap(), "");
    assert_eq!(read(b"\0\0\0\0").unwrap(), "", "a length of 0 is forgiven");
    assert_eq!(read(b"\0\0\0\x02ab"), Err(CdrError::StringNotTerminated));
    assert_eq!(read(b"\0\0\0\x03a\0\0"), Err(CdrError::NulInString));
    assert_eq!(read(b"\0\0\0\x03a\0"), Err(CdrError::LengthExceedsInput { length: 3, left: 2 }));
    assert_eq!(Encoder::new(Endian::Big).write_string("a\0b"), Err(CdrError::NulInString));
}

#[test]
fn a_char_is_one_octet() {
    let utf8 = profile(GiopVersion::V1_0, CharSet::Utf8, Endian::Big);
    let latin1 = profile(GiopVersion::V1_0, CharSet::Latin1, Endian::Big);
    assert_eq!(written(utf8, |out| out.write_char('a')).unwrap(), b"a");
    assert_eq!(written(latin1, |out| out.write_char('é')).unwrap(), b"\xe9");
    let error = written(utf8, |out| out.write_char('é')).unwrap_err();
    assert_eq!(error, CdrError::CharNotRepresentable { character: 'é' });
    assert_eq!(Decoder::with_profile(b"\xe9", 0, latin1).read_char(), Ok('é'));
    let error = Decoder::with_profile(b"\xe9", 0, utf8).read_char().unwrap_err();
    assert_eq!(error, CdrError::CharNotValid { octet: 0xe9 });
}

#[test]
fn wide_text_of_giop_1_2_is_big_endian_without_mark() {
    for endian in [Endian::Big, Endian::Little] {
        let rules = profile(GiopVersion::V1_2, CharSet::Latin1, endian);
        let octets = written(rules, |out| out.write_wstring("€x")).unwrap();
        assert_eq!(octets[4..], [0x20, 0xac, 0, b'x']);
        assert_eq!(Decoder::with_profile(&octets, 0, rules).read_wstring().unwrap(), "€x");
        let octets = written(rules, |out| out.write_wchar('€')).unwrap();
        assert_eq!(octets, [2, 0x20, 0xac]);
        assert_eq!(Decoder::with_profile(&octets, 0, rules).read_wchar(), Ok('€'));
    }
}

#[test]
fn marks_decide_the_order_of_wide_text() {
    let wstring = |octets: &[u8]| Decoder::new(octets, Endian::Big).read_wstring();
    let wchar = |octets: &[u8]| Decoder::new(octets, Endian::Little).read_wchar();
    assert_eq!(wstring(b"\0\0\0\x06\xff\xfe\xac\x20x\0").unwrap(), "€x");
    assert_eq!(wstring(b"\0\0\0\x04\xfe\xff\x20\xac").unwrap(), "€");
    assert_eq!(wstring(b"\0\0\0\0").unwrap(), "");
    assert_eq!(wchar(b"\x04\xff\xfe\xac\x20"), Ok('€'));
    assert_eq!(wchar(b"\x04\xfe\xff\x20\xac"), Ok('€'));
    assert_eq!(wchar(b"\x04\xd8\x3d\xde\x00"), Ok('😀'));
    assert_eq!(wchar(b"\x02\xfe\xff"), Ok('\u{feff}'));
}

#[test]
fn text_that_starts_with_a_mark_survives() {
    for text in ["\u{feff}a", "\u{feff}", "\u{fffe}b", "😀", ""] {
        let octets = written(CdrProfile::native(Endian::Little), |out| out.write_wstring(text)).unwrap();
        assert_eq!(Decoder::new(&octets, Endian::Little).read_wstring().unwrap(), text);
    }
    for character in ['\u{feff}', '\u{fffe}', '😀', 'a', '\0'] {
        let octets = written(CdrProfile::native(Endian::Big), |out| out.write_wchar(character)).unwrap();
        assert_eq!(Decoder::new(&octets, Endian::Big).read_wchar(), Ok(character));
    }
}

#[test]
fn wide_text_of_giop_1_1_has_fixed_width() {
    let rules = profile(GiopVersion::V1_1, CharSet::Latin1, Endian::Little);
    let octets = written(rules, |out| {
        out.write_u8(7);
        out.write_wchar('€')?;
        out.write_wstring("x😀")
    })
    .unwrap();
    let expected = [7, 0, 0xac, 0x20, 4, 0, 0, 0, b'x', 0, 0x3d, 0xd8, 0, 0xde, 0, 0];
    assert_eq!(octets, expected);
    let mut input = Decoder::with_profile(&octets, 0, rules);
    assert_eq!(input.read_u8(), Ok(7));
    assert_eq!(input.read_wchar(), Ok('€'));
    assert_eq!(input.read_wstring().unwrap(), "x😀");
    let error = written(rules, |out| out.write_wchar('😀')).unwrap_err();
    assert_eq!(error, CdrError::CharNotRepresentable { character: '😀' });
}

#[test]
fn broken_wide_text_is_refused() {
    let wstring = |octets: &[u8]| Decoder::new(octets, Endian::Big).read_wstring();
    let wchar = |octets: &[u8]| Decoder::new(octets, Endian::Big).read_wchar();
    assert_eq!(wstring(b"\0\0\0\x01a"), Err(CdrError::InvalidUtf16), "half a unit");
    assert_eq!(wstring(b"\0\0\0\x02\xd8\x3d"), Err(CdrError::InvalidUtf16), "half a pair");
    assert_eq!(wstring(b"\0\0\0\x02\0\0"), Err(CdrError::NulInString));
    assert_eq!(wchar(b"\0"), Err(CdrError::InvalidUtf16), "no character");
    assert_eq!(wchar(b"\x04\0a\0b"), Err(CdrError::InvalidUtf16), "two characters");
    assert_eq!(wchar(b"\x04\0a"), Err(CdrError::Truncated { needed: 4, left: 2 }));
    let old = profile(GiopVersion::V1_1, CharSet::Utf8, Endian::Big);
    let mut input = Decoder::with_profile(b"\0\0\0\x01\0a", 0, old);
    assert_eq!(input.read_wstring(), Err(CdrError::StringNotTerminated));
}

#[test]
fn wide_text_needs_a_version_and_a_code_set() {
    let unnegotiated = CdrProfile::unnegotiated(Endian::Big, GiopVersion::V1_2);
    let old = profile(GiopVersion::V1_0, CharSet::Latin1, Endian::Big);
    for rules in [unnegotiated, old] {
        let version = rules.version;
        let expected = CdrError::WcharNotAvailable { version };
        assert_eq!(written(rules, |out| out.write_wchar('a')), Err(expected.clone()));
        assert_eq!(written(rules, |out| out.write_wstring("a")), Err(expected.clone()));
        let mut input = Decoder::with_profile(&[0; 8], 0, rules);
        assert_eq!(input.read_wchar(), Err(expected.clone()));
        assert_eq!(input.read_wstring(), Err(expected));
    }
}
