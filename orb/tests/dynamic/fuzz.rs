//! Whatever octets there are, reading a dynamic value ends, and costs at most an error.

use std::collections::BTreeMap;

use quorb::model::{Member, TypeDef, TypeDesc};
use quorb::value::dynamic::{DYNAMIC_VALUES_MAX, DynamicError, Types};
use quorb::value::{BodyError, IdlType};
use quorb_giop::cdr::Endian;

use crate::types::{Bench, Containers, FORMATS, Numbers, Shape, containers, numbers, reader, writer};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn mutate(octets: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(octets.len());
        match dice.below(4) {
            0 => octets[place] ^= 1 << dice.below(8),
            1 => octets[place] = [0, 0x7f, 0x80, 0xff][dice.below(4)],
            2 => octets.truncate(place.max(1)),
            _ => octets.insert(place, dice.next() as u8),
        }
    }
    octets
}

/// Reads mutations of a good value. What is read must be a value of the type: it can be written again.
fn survive<T: IdlType>(typed: &T, seed: u64) {
    let bench = Bench::of::<T>();
    let types = Types::new(&bench.definitions);
    let mut dice = Dice(seed);
    for format in FORMATS {
        let mut out = writer(format);
        out.put(typed).unwrap();
        let good = out.into_bytes();
        let mut read = 0;
        for _ in 0..4000 {
            let octets = mutate(&good, &mut dice);
            if let Ok(value) = reader(format, &octets).next_dynamic("value", &bench.ty, types) {
                writer(format).put_dynamic(&value, &bench.ty, types).expect("what is read can be written");
                read += 1;
            }
        }
        assert!(read > 0 && read < 4000, "{format:?}: {read} of the mutations were read");
    }
}

#[test]
fn mutations_of_good_values_are_read_or_refused() {
    survive::<Numbers>(&numbers().0, 0x1234_5678_9abc_def1);
    survive::<Containers>(&containers().0, 0x0f1e_2d3c_4b5a_6978);
    survive::<Shape>(&Shape::Group(vec![Shape::Group(vec![]), Shape::Circle(0.5)]), 0x5555_aaaa_1234_0001);
}

#[test]
fn random_octets_are_read_or_refused() {
    let bench = Bench::of::<Containers>();
    let types = Types::new(&bench.definitions);
    let mut dice = Dice(0xdead_beef_0000_0001);
    for round in 0..20_000 {
        let octets: Vec<u8> = (0..dice.below(200)).map(|_| dice.next() as u8).collect();
        // Ends without a panic; nearly everything is refused.
        let _ = reader(FORMATS[round % 3], &octets).next_dynamic("value", &bench.ty, types);
    }
}

fn cause(result: Result<ciborium::Value, BodyError>) -> DynamicError {
    match result {
        Err(BodyError::Value { cause, .. }) => match *cause {
            BodyError::Dynamic(cause) => cause.innermost().clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn types_without_size_and_without_end_have_limits() {
    // Metadata comes from outside, too: it may describe what no octets bound.
    let member = |ty| Member { name: "m".to_owned(), index: None, optional: false, ty };
    let record = |members| TypeDef::Struct { name: "S".to_owned(), members };
    let endless = TypeDesc::Named("endless".to_owned());
    let definitions = BTreeMap::from([
        ("empty".to_owned(), record(Vec::new())),
        ("endless".to_owned(), record(vec![member(endless.clone())])),
    ]);
    let types = Types::new(&definitions);
    let octets = [0xff; 8];
    let mut input = reader(Some(Endian::Big), &octets);
    assert!(matches!(cause(input.next_dynamic("value", &endless, types)), DynamicError::TooDeep { .. }));
    let empty = Box::new(TypeDesc::Named("empty".to_owned()));
    for ty in [
        TypeDesc::Sequence { element: empty.clone(), bound: None },
        TypeDesc::Array { element: empty, length: u32::MAX },
    ] {
        let mut input = reader(Some(Endian::Big), &octets);
        let expected = DynamicError::TooManyValues { limit: DYNAMIC_VALUES_MAX };
        assert_eq!(cause(input.next_dynamic("value", &ty, types)), expected);
    }
    let undefined = TypeDesc::Named("nowhere".to_owned());
    let mut input = reader(Some(Endian::Big), &octets);
    assert_eq!(
        cause(input.next_dynamic("value", &undefined, types)),
        DynamicError::UndefinedType("nowhere".to_owned())
    );
}

#[test]
fn very_many_values_are_refused_before_they_take_memory() {
    let mut octets = vec![0x9a, 0x7f, 0xff, 0xff, 0xff];
    octets.resize(DYNAMIC_VALUES_MAX + 10, 0xf5);
    let definitions = BTreeMap::new();
    let booleans = TypeDesc::Sequence { element: Box::new(TypeDesc::Boolean), bound: None };
    let read = reader(None, &octets).next_dynamic("value", &booleans, Types::new(&definitions));
    assert_eq!(cause(read), DynamicError::TooManyValues { limit: DYNAMIC_VALUES_MAX });
}

#[test]
fn deep_cbor_is_refused() {
    let shape = Bench::of::<Shape>();
    let mut octets = Vec::new();
    for _ in 0..1000 {
        octets.extend(b"\x82\x65Group\x81");
    }
    let read = reader(None, &octets).next_dynamic("value", &shape.ty, Types::new(&shape.definitions));
    assert!(matches!(cause(read), DynamicError::Cbor(_) | DynamicError::TooDeep { .. }));
}
