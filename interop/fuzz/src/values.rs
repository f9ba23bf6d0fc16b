//! Bodies as values of derived types and as dynamic values, in both formats.

use std::collections::BTreeMap;

use quorb::model::{TypeCatalogue, TypeDef, TypeDesc};
use quorb::value::dynamic::Types;
use quorb::value::{BodyReader, BodyWriter};
use quorb::{Any, BString, BVec, Exception, IdlType, ObjectRef, TypeCode, ValueRef, WChar, WString};
use quorb_giop::cdr::{Decoder, Encoder, Endian};

use crate::script::Script;

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Scalars {
    boolean: bool,
    octet: u8,
    short: i16,
    longlong: i64,
    ulong: u32,
    double: f64,
    letter: char,
    wide: WChar,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Texts {
    #[idl(n = 1)]
    text: String,
    #[idl(n = 5)]
    wide: WString,
    #[idl(n = 7)]
    bounded: BString<8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
enum Shape {
    Circle(f64),
    Nothing,
    Group(Vec<Shape>),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
enum Answer {
    #[label(1)]
    One(String),
    #[label(-2, 3)]
    Few(i32, bool),
    #[default]
    Other(i32),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Containers {
    octets: Vec<u8>,
    key: [u8; 4],
    bounded: BVec<i32, 3>,
    rows: Vec<Vec<i16>>,
    maybe: Option<Colour>,
    names: BTreeMap<String, u32>,
    shapes: Vec<Shape>,
    answers: Vec<Answer>,
    reference: ObjectRef,
    #[idl(default = 7)]
    later: u8,
}

#[derive(Debug, Clone, PartialEq, Exception)]
struct Rejected {
    why: String,
    whom: Vec<Colour>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:fuzz/Link:1.0")]
struct Link {
    label: String,
    next: Option<ValueRef<Link>>,
    twin: Option<ValueRef<Link>>,
}

/// The formats of a body; none is CBOR.
const FORMATS: [Option<Endian>; 3] = [None, Some(Endian::Little), Some(Endian::Big)];

fn writer(format: Option<Endian>) -> BodyWriter {
    match format {
        None => BodyWriter::Cbor(Vec::new()),
        Some(endian) => BodyWriter::Cdr(Encoder::new(endian)),
    }
}

fn reader(format: Option<Endian>, octets: &[u8]) -> BodyReader<'_> {
    match format {
        None => BodyReader::Cbor { input: octets, left: 1 },
        Some(endian) => BodyReader::Cdr(Decoder::new(octets, endian)),
    }
}

/// Octets as a value of one of the types, in one of the formats: what is read can be written, and is read as the same.
///
/// # Panics
/// If an invariant is broken.
pub fn values(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (which, format) = (script.octet(), FORMATS[script.below(3)]);
    let octets = script.rest();
    match which % 10 {
        0 => typed::<Scalars>(format, octets),
        1 => typed::<Texts>(format, octets),
        2 => typed::<Shape>(format, octets),
        3 => typed::<Answer>(format, octets),
        4 => typed::<Containers>(format, octets),
        5 => typed::<Rejected>(format, octets),
        6 => typed::<Any>(format, octets),
        7 => typed::<TypeCode>(format, octets),
        8 => typed::<Vec<Option<ValueRef<Link>>>>(format, octets),
        _ => typed::<Vec<BTreeMap<u16, String>>>(format, octets),
    }
}

fn typed<T: IdlType>(format: Option<Endian>, octets: &[u8]) {
    let Ok(value) = reader(format, octets).next::<T>("value") else {
        return;
    };
    let mut out = writer(format);
    if out.put(&value).is_err() {
        return;
    }
    let written = out.into_bytes();
    let again = reader(format, &written).next::<T>("value").expect("what is written is read");
    let mut out = writer(format);
    out.put(&again).expect("what was written can be written again");
    assert!(out.into_bytes() == written, "what is written is read as the same");
}

/// Octets as a value whose type is known only at run time: as [`values`], and in the other formats where they can say it.
///
/// # Panics
/// If an invariant is broken.
pub fn dynamic_values(octets: &[u8]) {
    let mut script = Script::new(octets);
    let (which, format) = (script.octet(), FORMATS[script.below(3)]);
    let octets = script.rest();
    let mut catalogue = TypeCatalogue::new();
    let ty = match which % 6 {
        0 => Scalars::describe(&mut catalogue),
        1 => Texts::describe(&mut catalogue),
        2 => Shape::describe(&mut catalogue),
        3 => Answer::describe(&mut catalogue),
        4 => Containers::describe(&mut catalogue),
        _ => Vec::<Vec<Colour>>::describe(&mut catalogue),
    };
    untyped(format, octets, &ty, &catalogue.into_definitions());
}

fn untyped(format: Option<Endian>, octets: &[u8], ty: &TypeDesc, definitions: &BTreeMap<String, TypeDef>) {
    let types = Types::new(definitions);
    let Ok(value) = reader(format, octets).next_dynamic("value", ty, types) else {
        return;
    };
    for other in FORMATS {
        let mut out = writer(other);
        match out.put_dynamic(&value, ty, types) {
            Ok(()) => {}
            // CDR has no U+0000 inside a text, for one.
            Err(_) if other != format => continue,
            Err(error) => panic!("what is read can be written: {error}"),
        }
        let written = out.into_bytes();
        let again =
            reader(other, &written).next_dynamic("value", ty, types).expect("what is written is read");
        let mut out = writer(other);
        out.put_dynamic(&again, ty, types).expect("what was written can be written again");
        assert!(out.into_bytes() == written, "what is written is read as the same");
    }
}

/// A value of each type in each format, as the targets read them.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    let scalars = Scalars {
        boolean: true,
        octet: 1,
        short: -2,
        longlong: 1 << 40,
        ulong: 7,
        double: 0.5,
        letter: 'a',
        wide: WChar::from('w'),
    };
    let texts = Texts {
        text: "grid".into(),
        wide: WString::from("wide"),
        bounded: BString::try_from("short").expect("it fits"),
    };
    let shape = Shape::Group(vec![Shape::Circle(1.0), Shape::Nothing]);
    let containers = Containers {
        octets: vec![1, 2, 3],
        key: [1, 2, 3, 4],
        bounded: BVec::try_from(vec![1, 2]).expect("it fits"),
        rows: vec![vec![1], vec![]],
        maybe: Some(Colour::Green),
        names: BTreeMap::from([("one".into(), 1)]),
        shapes: vec![shape.clone()],
        answers: vec![Answer::One("yes".into()), Answer::Few(3, true), Answer::Other(9)],
        reference: ObjectRef::nil(),
        later: 1,
    };
    let end = ValueRef::new(Link { label: "end".into(), next: None, twin: None });
    let link = ValueRef::new(Link { label: "link".into(), next: Some(end.clone()), twin: Some(end.clone()) });
    let links = vec![Some(end), None, Some(link)];
    let mut samples = Vec::new();
    for (at, format) in FORMATS.into_iter().enumerate() {
        let mut add = |which: u8, put: &dyn Fn(&mut BodyWriter)| {
            let mut out = writer(format);
            put(&mut out);
            samples.push([&[which, at as u8][..], &out.into_bytes()].concat());
        };
        add(0, &|out| out.put(&scalars).expect("it can be written"));
        add(1, &|out| out.put(&texts).expect("it can be written"));
        add(2, &|out| out.put(&shape).expect("it can be written"));
        add(3, &|out| out.put(&Answer::Few(3, true)).expect("it can be written"));
        add(4, &|out| out.put(&containers).expect("it can be written"));
        let any = Any::new(&containers).expect("it has a type code");
        add(6, &|out| out.put(&any).expect("it can be written"));
        add(7, &|out| out.put(any.type_code()).expect("it can be written"));
        add(8, &|out| out.put(&links).expect("it can be written"));
        add(5, &|out| {
            out.put(&Rejected { why: "no".into(), whom: vec![Colour::Red] }).expect("it can be written")
        });
    }
    samples
}
