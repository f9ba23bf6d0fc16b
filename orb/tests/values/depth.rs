//! Values that contain themselves, deeper than any stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use quorb::value::CborError;
use quorb::{BVec, IdlType};
use quorb_giop::cdr::{CdrError, Endian};

use crate::rig::{cbor, cdr, from_cbor, from_cdr, hex};

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Listed {
    #[idl(n = 1)]
    inner: Vec<Listed>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Bounded {
    #[idl(n = 1)]
    inner: BVec<Bounded, 3>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Boxed {
    #[idl(n = 1)]
    inner: Option<Box<Boxed>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Shared {
    #[idl(n = 1)]
    inner: Option<Arc<Shared>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Mapped {
    #[idl(n = 1)]
    inner: BTreeMap<u8, Mapped>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
enum Union {
    #[allow(dead_code)]
    End,
    Again(Box<Union>),
}

/// Octets that go on for ever, as far as a stack is concerned.
fn endless(level: &str) -> Vec<u8> {
    hex(level).repeat(200_000)
}

fn check<T: IdlType + std::fmt::Debug>(in_cdr: &str, in_cbor: &str) {
    let refused = from_cdr::<T>(&endless(in_cdr), Endian::Big).expect_err("it has no end");
    assert!(matches!(refused, CdrError::TooDeep { .. }), "{refused}");
    let refused = from_cbor::<T>(&endless(in_cbor)).expect_err("it has no end");
    assert!(matches!(refused, CborError::TooDeep { .. }), "{refused}");
}

#[test]
fn every_way_to_contain_oneself_has_a_limit() {
    check::<Listed>("00000001", "a1 01 81");
    check::<Boxed>("01", "a1 01");
    check::<Shared>("01", "a1 01");
    check::<Mapped>("00000001 00 000000", "a1 01 a1 00");
    check::<Union>("00000001", "82 65 416761696e");
}

/// Bounded sequences once counted as no level.
#[test]
fn bounded_sequences_are_levels_too() {
    check::<Bounded>("00000001", "a1 01 81");
}

#[test]
fn what_nobody_reads_has_the_same_limit() {
    let unknown = [&hex("a1 09")[..], &endless("81")].concat();
    assert!(matches!(from_cbor::<Boxed>(&unknown), Err(CborError::TooDeep { .. })));
    let tagged = [&hex("a1 09")[..], &endless("c1")].concat();
    assert!(matches!(from_cbor::<Boxed>(&tagged), Err(CborError::TooDeep { .. })));
}

#[test]
fn sixty_levels_are_read_in_both_formats() {
    let mut value = Listed { inner: vec![] };
    for _ in 0..60 {
        value = Listed { inner: vec![value] };
    }
    assert_eq!(from_cbor(&cbor(&value)).as_ref(), Ok(&value));
    assert_eq!(from_cdr(&cdr(&value, Endian::Little), Endian::Little).as_ref(), Ok(&value));
}
