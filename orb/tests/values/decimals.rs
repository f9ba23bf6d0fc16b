//! Decimal numbers and long doubles, to the octet.

use quorb::value::DecimalError;
use quorb::{Fixed, LongDouble};
use quorb_giop::cdr::{Cdr, CdrError, Decoder, Endian};

use crate::rig::{check, check_idl, check_refused, from_cdr, hex};

#[test]
fn fixed_points() {
    check_idl::<Fixed<5, 2>>("fixed<5, 2>");
    // Two digits an octet; the sign in the last half.
    check(fixed::<5, 2>("123.45"), "12 34 5c", "12 34 5c", "66 3132332e3435");
    check(fixed::<5, 2>("-1.00"), "00 10 0d", "00 10 0d", "65 2d312e3030");
    // An even number of digits begins with half an octet that is not used.
    check(fixed::<4, 0>("9876"), "09 87 6c", "09 87 6c", "64 39383736");
    check(
        Fixed::<31, 0>::MIN,
        &("99".repeat(15) + "9d"),
        &("99".repeat(15) + "9d"),
        &format!("7820 2d{}", "39".repeat(31)),
    );
    check_refused::<Fixed<5, 2>>(&["65 312e323334", "64 31303030", "01", "61 78", "60"]);
}

fn fixed<const D: u16, const S: i16>(text: &str) -> Fixed<D, S> {
    text.parse().expect("it fits")
}

#[test]
fn what_is_no_decimal_number_is_refused() {
    for octets in ["1a 34 5c", "12 34 5b", "12 34 55", "12 34 c5", "1d 34 5c"] {
        let refused = from_cdr::<Fixed<5, 2>>(&hex(octets), Endian::Big);
        assert_eq!(refused, Err(CdrError::InvalidValue { type_name: "fixed" }), "{octets}");
    }
    let refused = from_cdr::<Fixed<4, 0>>(&hex("19 87 6c"), Endian::Big);
    assert_eq!(refused, Err(CdrError::InvalidValue { type_name: "fixed" }), "a digit too many");
    assert_eq!(from_cdr(&hex("00 00 0d"), Endian::Big), Ok(Fixed::<5, 2>::default()), "minus zero is zero");
    assert_eq!("1000".parse::<Fixed<5, 2>>(), Err(DecimalError::TooLarge { digits: 5, scale: 2 }));
    assert_eq!("0.001".parse::<Fixed<5, 2>>(), Err(DecimalError::Inexact { scale: 2 }));
}

#[test]
fn long_doubles() {
    check_idl::<LongDouble>("long double");
    check(
        LongDouble::from(-1.5),
        "bfff8000 00000000 00000000 00000000",
        "00000000 00000000 00000000 0080ffbf",
        "50 bfff8000 00000000 00000000 00000000",
    );
    let octets = hex("01 00000000000000 3fff0000000000000000000000000000");
    let read = <(u8, LongDouble)>::decode(&mut Decoder::new(&octets, Endian::Big));
    assert_eq!(read, Ok((1, LongDouble::from(1.0))), "it stands at a multiple of eight");
}
