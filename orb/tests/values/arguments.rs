//! Arguments and results: values in order.

use bytes::Bytes;
use quorb::value::{Body, BodyError, BodyWriter};
use quorb_giop::cdr::{CdrError, CdrProfile, Encoder, Endian};

use crate::rig::hex;

fn writers() -> [BodyWriter; 2] {
    let profile = CdrProfile::native(Endian::Big);
    [BodyWriter::Cdr(Encoder::with_buffer(Vec::new(), 0, profile)), BodyWriter::Cbor(Vec::new())]
}

fn bodies(octets: [Vec<u8>; 2]) -> [Body; 2] {
    let [in_cdr, in_cbor] = octets;
    [Body::native_cdr(Bytes::from(in_cdr), Endian::Big), Body::Cbor(Bytes::from(in_cbor))]
}

#[test]
fn arguments() {
    let octets = writers().map(|mut out| {
        out.items(3);
        out.put(&1i16).unwrap();
        out.put_str("a").unwrap();
        out.put_slice(&[1u8, 2]).unwrap();
        out.into_bytes()
    });
    assert_eq!(octets, [hex("0001 0000 00000002 6100 0000 00000002 0102"), hex("83 01 6161 42 0102")]);
    for body in bodies(octets) {
        let mut input = body.reader();
        input.items().unwrap();
        assert_eq!(input.next::<i16>("a"), Ok(1));
        assert_eq!(input.next::<String>("b"), Ok("a".to_owned()));
        assert_eq!(input.next::<Vec<u8>>("c"), Ok(vec![1, 2]));
        assert_eq!(input.end(), Ok(()));
    }
}

#[test]
fn a_trailing_argument_that_is_missing_takes_its_default() {
    let body = Body::Cbor(Bytes::from(hex("81 01")));
    let mut input = body.reader();
    input.items().unwrap();
    assert_eq!(input.next_or("a", || Some(9i16)), Ok(1));
    assert_eq!(input.next_or("b", || Some(9i16)), Ok(9));
    assert_eq!(input.next::<i16>("c"), Err(BodyError::Missing("c".to_owned())));
    assert_eq!(input.end(), Ok(()));
}

#[test]
fn newer_arguments_are_skipped_and_octets_behind_them_are_not() {
    for (sample, expected) in
        [("82 01 a1 6161 d85648000000000000f83f", Ok(())), ("81 01 00", Err(BodyError::Surplus(1)))]
    {
        let body = Body::Cbor(Bytes::from(hex(sample)));
        let mut input = body.reader();
        input.items().unwrap();
        input.next::<i16>("a").unwrap();
        assert_eq!(input.end(), expected, "{sample}");
    }
}

#[test]
fn what_is_no_list_of_arguments_is_refused() {
    for sample in ["", "a0", "01", "9f 01 ff", "99", "9b 0000000000000000"] {
        let body = Body::Cbor(Bytes::from(hex(sample)));
        assert_eq!(body.reader().items(), Err(BodyError::NotAList), "{sample}");
    }
}

#[test]
fn errors_name_the_argument() {
    for (body, truncated) in bodies([hex("00"), hex("81 19")]).into_iter().zip([
        BodyError::Cdr(CdrError::Truncated { needed: 2, left: 1 }),
        BodyError::Cbor(quorb::value::CborError::Truncated),
    ]) {
        let mut input = body.reader();
        input.items().unwrap();
        let expected = BodyError::Value { name: "n".to_owned(), cause: Box::new(truncated) };
        assert_eq!(input.next::<i16>("n"), Err(expected));
    }
}
