//! Dynamic values are the octets that the generated types write, and the other way round.

use std::fmt::Debug;

use ciborium::Value;
use quorb::IdlType;
use quorb::value::BodyError;
use quorb::value::dynamic::{DynamicError, Types};

use crate::types::{
    Answer, Bench, Colour, FORMATS, Rejected, containers, map, numbers, reader, text, texts, writer,
};

fn assert_same<T: IdlType + PartialEq + Debug>((typed, value): (T, Value)) {
    let bench = Bench::of::<T>();
    let types = Types::new(&bench.definitions);
    for format in FORMATS {
        let mut out = writer(format);
        out.put(&typed).unwrap();
        let octets = out.into_bytes();
        let mut input = reader(format, &octets);
        assert_eq!(input.next_dynamic("value", &bench.ty, types), Ok(sorted(&value)), "{format:?}");
        input.end().unwrap();
        let mut out = writer(format);
        out.put_dynamic(&value, &bench.ty, types).unwrap();
        let ours = out.into_bytes();
        if format.is_some() {
            assert_eq!(ours, octets, "{format:?}");
        }
        assert_eq!(reader(format, &ours).next::<T>("value"), Ok(typed_again(&octets, format)), "{format:?}");
    }
}

/// The value that the generated type reads: a float that is not finite would not equal itself otherwise.
fn typed_again<T: IdlType>(octets: &[u8], format: Option<quorb_giop::cdr::Endian>) -> T {
    reader(format, octets).next("value").unwrap()
}

/// Maps come back in the order of their keys on the wire, shorter keys first in these tests.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            let is_names = entries.iter().any(|(key, _)| *key == text("aa"));
            let mut entries: Vec<_> = entries.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            if is_names {
                entries.sort_by_key(|(key, _)| key.as_text().map(str::len));
            }
            Value::Map(entries)
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[test]
fn every_type_is_the_same_in_both_worlds() {
    assert_same(numbers());
    assert_same(texts());
    assert_same(containers());
    let rejected = Rejected { why: "no".into(), whom: vec![Colour::Green] };
    assert_same((rejected, map(&[("why", text("no")), ("whom", Value::Array(vec![text("Green")]))])));
    assert_same((None::<Vec<u16>>, Value::Null));
    assert_same((Some(vec![1u16, 65535]), Value::Array(vec![1.into(), 65535.into()])));
}

#[test]
fn what_may_be_null_itself_stands_alone_in_an_array() {
    let alone = |value| Value::Array(vec![value]);
    assert_same((Some(Some(5u8)), alone(5.into())));
    assert_same((Some(None::<u8>), alone(Value::Null)));
    assert_same((None::<Option<u8>>, Value::Null));
    for wrong in [Value::from(5), Value::Array(vec![]), Value::Array(vec![5.into(), 5.into()])] {
        assert!(matches!(refused::<Option<Option<u8>>>(&wrong), DynamicError::Mismatch { .. }));
    }
}

fn refused<T: IdlType>(value: &Value) -> DynamicError {
    let bench = Bench::of::<T>();
    let refusals = FORMATS.map(|format| {
        match writer(format).put_dynamic(value, &bench.ty, Types::new(&bench.definitions)) {
            Err(BodyError::Dynamic(cause)) => cause,
            other => panic!("{other:?}"),
        }
    });
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    refusals[0].clone()
}

#[test]
fn what_does_not_fit_is_refused_in_every_format_with_its_place() {
    let words = |error: DynamicError| error.to_string();
    assert_eq!(words(refused::<i16>(&40_000.into())), "40000 does not fit into `short`");
    assert_eq!(words(refused::<u8>(&(-1).into())), "-1 does not fit into `octet`");
    assert_eq!(words(refused::<f32>(&1e300.into())), format!("{} does not fit into `float`", 1e300));
    assert_eq!(words(refused::<bool>(&1.into())), "expected boolean, found an integer");
    assert_eq!(words(refused::<char>(&text("ab"))), "expected char, found text of another length");
    assert_eq!(words(refused::<Colour>(&text("Blue"))), "`Blue` is no enumerator of `Colour`");
    let numbers = Value::Array(vec![1.into(), text("x")]);
    assert_eq!(words(refused::<Vec<i32>>(&numbers)), "at `[1]`: expected long, found text");
    assert_eq!(words(refused::<[i32; 3]>(&Value::Array(vec![1.into()]))), "1 elements where the array has 3");
    assert_eq!(words(refused::<quorb::BString<2>>(&text("abc"))), "a length of 3 exceeds the bound of 2");
    let twice = Value::Map(vec![(1.into(), 1.into()), (1.into(), 2.into())]);
    assert_eq!(refused::<std::collections::BTreeMap<u8, u8>>(&twice), DynamicError::DuplicateKey);
    let union = |label: Value, value: Value| Value::Array(vec![label, value]);
    assert_eq!(
        words(refused::<Answer>(&union(1.into(), 1.into()))),
        "at `.One`: expected string, found an integer"
    );
    assert_eq!(
        words(refused::<Answer>(&union(5.into(), 1.into()))),
        "expected nothing in case `Other`, found an integer"
    );
    let rejected = |entries: &[(&str, Value)]| words(refused::<Rejected>(&map(entries)));
    assert_eq!(rejected(&[("why", text(""))]), "member `whom` of `Rejected` is missing");
    assert_eq!(rejected(&[("who", text(""))]), "`Rejected` has no member `who`");
    assert_eq!(rejected(&[("why", text("")), ("why", text(""))]), "member `why` is there twice");
    let deep = rejected(&[("why", text("")), ("whom", Value::Array(vec![text("Red"), 3.into()]))]);
    assert_eq!(deep, "at `.whom[1]`: expected `Colour`, found an integer");
}

#[test]
fn newer_peers_may_say_more_and_older_ones_less() {
    let bench = Bench::of::<Rejected>();
    let types = Types::new(&bench.definitions);
    let newer = map(&[("whom", Value::Array(vec![])), ("when", 3.into()), ("why", text("x"))]);
    let mut octets = Vec::new();
    ciborium::into_writer(&newer, &mut octets).unwrap();
    let read = reader(None, &octets).next_dynamic("value", &bench.ty, types);
    assert_eq!(read, Ok(map(&[("why", text("x")), ("whom", Value::Array(vec![]))])));
    let (_, Value::Map(mut entries)) = containers() else { panic!("a map") };
    entries.retain(|(key, _)| *key != text("later") && *key != text("maybe"));
    let bench = Bench::of::<crate::types::Containers>();
    let mut out = writer(None);
    out.put_dynamic(&Value::Map(entries), &bench.ty, Types::new(&bench.definitions)).unwrap();
    let read: crate::types::Containers = reader(None, &out.into_bytes()).next("value").unwrap();
    assert_eq!((read.later, read.maybe), (7, None));
}
