//! What is written is compared with the long way: ciborium's tree, its maps sorted, written by ciborium.

use super::*;
use crate::sim::random::Random;
use ciborium::Value;
use ciborium::tag::{Captured, Required};
use std::collections::{BTreeMap, HashMap};

fn written<V: Serialize>(value: &V) -> Vec<u8> {
    let mut out = Canonical::default();
    value.serialize(&mut out).unwrap();
    out.octets
}

/// The long way.
fn by_a_tree<V: Serialize>(value: &V) -> Vec<u8> {
    let mut octets = Vec::new();
    ciborium::into_writer(&sorted(Value::serialized(value).unwrap()), &mut octets).unwrap();
    octets
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Tag(tag, item) => Value::Tag(tag, Box::new(sorted(*item))),
        Value::Map(entries) => {
            let mut entries: Vec<_> =
                entries.into_iter().map(|(key, value)| (sorted(key), sorted(value))).collect();
            entries.sort_by_cached_key(|(key, _)| {
                let mut octets = Vec::new();
                ciborium::into_writer(key, &mut octets).unwrap();
                octets
            });
            Value::Map(entries)
        }
        other => other,
    }
}

#[track_caller]
fn agree<V: Serialize>(value: &V) {
    assert_eq!(written(value), by_a_tree(value));
}

#[derive(Serialize)]
struct Nothing;

#[derive(Serialize)]
struct Wrapped(u16);

#[derive(Serialize)]
struct Pair(i8, char);

#[derive(Serialize)]
struct Record {
    zulu: Option<u64>,
    alpha: Kind,
    much_longer_than_the_others: (Nothing, Wrapped, Pair),
}

#[derive(Serialize)]
enum Kind {
    Plain,
    New(f64),
    Tuple(f32, bool),
    Fields { last: i32, first: String },
}

/// Says that it does not know how many it has, or says something else.
struct Liar(Option<usize>);

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(self.0)?;
        (0..30u8).try_for_each(|number| ser::SerializeSeq::serialize_element(&mut list, &number))?;
        ser::SerializeSeq::end(list)
    }
}

struct Octets<'a>(&'a [u8]);

impl Serialize for Octets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[test]
fn everything_is_written_as_by_the_long_way() {
    for shift in 0..64 {
        let number = 1u64 << shift;
        for number in [number - 1, number, number + 1] {
            agree(&number);
            agree(&(number as i64));
            agree(&(number as i64).wrapping_neg());
            agree(&(number as u8, number as u16, number as u32, number as i8, number as i16, number as i32));
            agree(&(u128::from(number) << 40, (i128::from(number) << 40).wrapping_neg()));
        }
    }
    for number in [0.0, -0.0, 1.5, 0.1, 65504.0, 65505.0, 1e300, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
        agree(&number);
        agree(&(number as f32));
    }
    agree(&("", "text", 'c', '\u{1F600}', true, false, (), Option::<u8>::None, Octets(b"\x00octets")));
    let kinds = || {
        let fields = Kind::Fields { last: -1, first: "first".into() };
        [Kind::Plain, Kind::New(2.5), Kind::Tuple(0.1, true), fields]
    };
    for alpha in kinds() {
        let much_longer_than_the_others = (Nothing, Wrapped(300), Pair(-9, 'z'));
        agree(&Record { zulu: Some(7), alpha, much_longer_than_the_others });
    }
    for said in [None, Some(0), Some(23), Some(24), Some(30), Some(1000)] {
        agree(&(Liar(said), vec![Liar(said)]));
    }
    agree(&(Required::<_, 5>("tagged"), Captured(Some(70_000), 1), Captured(None, [2, 3])));
}

#[test]
fn maps_are_in_the_order_of_their_written_keys_however_they_are_walked() {
    let mut random = Random::new(11);
    for size in [0, 1, 2, 23, 24, 300] {
        let mut map = HashMap::new();
        while map.len() < size {
            let length = random.between(0, 40) as usize;
            let key: Vec<u8> = (0..length).map(|_| random.any() as u8).collect();
            let inner: HashMap<i64, u64> =
                (0..random.between(0, 5)).map(|_| (random.any() as i64, random.any())).collect();
            map.insert(key, inner);
        }
        agree(&map);
        let walked_otherwise: BTreeMap<_, _> = map.iter().collect();
        assert_eq!(written(&map), written(&walked_otherwise));
    }
}

#[test]
fn the_digest_tells_apart_what_differs() {
    let digest = |entries: [(&str, u8); 2]| digest(&vec![HashMap::from(entries)]).unwrap();
    let one = digest([("a", 1), ("b", 2)]);
    assert_eq!(one, digest([("b", 2), ("a", 1)]));
    assert_ne!(one, digest([("b", 1), ("a", 2)]));
    // As the members have always said it: they compare digests across versions of this library.
    assert_eq!(super::digest(&(1u8, "a")).unwrap(), fnv1a(&[0x82, 0x01, 0x61, b'a']));
    assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
}

#[test]
fn what_does_not_serialise_is_an_error() {
    struct Never;
    impl Serialize for Never {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom("not this one"))
        }
    }
    let error = digest(&vec![Never]).unwrap_err();
    assert!(matches!(&error, StateError::Unwritable(cause) if cause == "not this one"), "{error:?}");
}
