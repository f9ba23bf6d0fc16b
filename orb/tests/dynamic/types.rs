//! Types of every kind, and their values in both worlds.

use std::collections::{BTreeMap, HashMap};

use ciborium::Value;
use quorb::model::{TypeCatalogue, TypeDef, TypeDesc};
use quorb::value::{BodyReader, BodyWriter};
use quorb::{BString, BVec, Exception, IdlType, ObjectRef, WChar, WString};
use quorb_giop::cdr::{Decoder, Encoder, Endian};

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Numbers {
    pub(crate) boolean: bool,
    pub(crate) octet: u8,
    pub(crate) int8: i8,
    pub(crate) short: i16,
    pub(crate) long: i32,
    pub(crate) longlong: i64,
    pub(crate) ushort: u16,
    pub(crate) ulong: u32,
    pub(crate) ulonglong: u64,
    pub(crate) float: f32,
    pub(crate) double: f64,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Texts {
    #[idl(n = 1)]
    pub(crate) letter: char,
    #[idl(n = 2)]
    pub(crate) wide: WChar,
    #[idl(n = 5)]
    pub(crate) text: String,
    #[idl(n = 6)]
    pub(crate) wides: WString,
    #[idl(n = 7)]
    pub(crate) short: BString<8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IdlType)]
pub(crate) enum Colour {
    Red,
    Green,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) enum Shape {
    Circle(f64),
    Nothing,
    Group(Vec<Shape>),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
pub(crate) enum Answer {
    #[label(1)]
    One(String),
    #[label(-2, 3)]
    Few(i32, bool),
    #[default]
    Other(i32),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(char)]
pub(crate) enum Letter {
    #[label('\'')]
    Quote(i16),
    #[label('\n', 'z')]
    Last(char, Colour),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(bool)]
pub(crate) enum Perhaps {
    #[label(true)]
    Yes(u64),
    #[label(false)]
    No,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Containers {
    pub(crate) octets: Vec<u8>,
    pub(crate) key: [u8; 4],
    pub(crate) bounded: BVec<i32, 3>,
    pub(crate) rows: Vec<Vec<i16>>,
    pub(crate) table: [[f32; 2]; 2],
    pub(crate) maybe: Option<Colour>,
    pub(crate) names: BTreeMap<String, u32>,
    pub(crate) shades: HashMap<Colour, Vec<f64>>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) perhaps: [Perhaps; 2],
    pub(crate) reference: ObjectRef,
    #[idl(default = 7)]
    pub(crate) later: u8,
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) struct Rejected {
    pub(crate) why: String,
    pub(crate) whom: Vec<Colour>,
}

/// Writes and reads values of one type in all formats.
pub(crate) struct Bench {
    pub(crate) ty: TypeDesc,
    pub(crate) definitions: BTreeMap<String, TypeDef>,
}

/// The formats of a body.
pub(crate) const FORMATS: [Option<Endian>; 3] = [None, Some(Endian::Little), Some(Endian::Big)];

pub(crate) fn writer(format: Option<Endian>) -> BodyWriter {
    match format {
        None => BodyWriter::Cbor(Vec::new()),
        Some(endian) => BodyWriter::Cdr(Encoder::new(endian)),
    }
}

pub(crate) fn reader(format: Option<Endian>, octets: &[u8]) -> BodyReader<'_> {
    match format {
        None => BodyReader::Cbor { input: octets, left: 1 },
        Some(endian) => BodyReader::Cdr(Decoder::new(octets, endian)),
    }
}

impl Bench {
    pub(crate) fn of<T: IdlType>() -> Bench {
        let mut catalogue = TypeCatalogue::new();
        let ty = T::describe(&mut catalogue);
        Bench { ty, definitions: catalogue.into_definitions() }
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| (text(key), value.clone())).collect())
}

pub(crate) fn numbers() -> (Numbers, Value) {
    let typed = Numbers {
        boolean: true,
        octet: 255,
        int8: -128,
        short: i16::MIN,
        long: i32::MAX,
        longlong: i64::MIN,
        ushort: u16::MAX,
        ulong: u32::MAX,
        ulonglong: u64::MAX,
        float: 0.1,
        double: -1e300,
    };
    let value = map(&[
        ("boolean", true.into()),
        ("octet", 255.into()),
        ("int8", (-128).into()),
        ("short", i16::MIN.into()),
        ("long", i32::MAX.into()),
        ("longlong", i64::MIN.into()),
        ("ushort", u16::MAX.into()),
        ("ulong", u32::MAX.into()),
        ("ulonglong", u64::MAX.into()),
        ("float", f64::from(0.1f32).into()),
        ("double", (-1e300).into()),
    ]);
    (typed, value)
}

pub(crate) fn texts() -> (Texts, Value) {
    let typed = Texts {
        letter: 'q',
        wide: WChar('ж'),
        text: "grün \"zitiert\"".to_owned(),
        wides: WString("日本".to_owned()),
        short: BString::new("12345678").unwrap(),
    };
    let value = map(&[
        ("letter", text("q")),
        ("wide", text("ж")),
        ("text", text("grün \"zitiert\"")),
        ("wides", text("日本")),
        ("short", text("12345678")),
    ]);
    (typed, value)
}

const REFERENCE: &str = "IOR:000000000000000a49444c3a413a312e3000000000000001000000000000001100010000000000026800000100000001\
                         6b";

pub(crate) fn containers() -> (Containers, Value) {
    let typed = Containers {
        octets: vec![0, 1, 255],
        key: *b"key\0",
        bounded: BVec::new(vec![1, -1]).unwrap(),
        rows: vec![vec![1, 2], vec![], vec![-3]],
        table: [[0.5, 1.5], [2.5, -0.0]],
        maybe: Some(Colour::Green),
        names: BTreeMap::from([("b".to_owned(), 2), ("aa".to_owned(), 1)]),
        shades: HashMap::from([(Colour::Red, vec![0.25])]),
        shapes: vec![Shape::Circle(1.0), Shape::Group(vec![Shape::Nothing])],
        answers: vec![Answer::One("x".into()), Answer::Few(3, true), Answer::Other(99)],
        letters: vec![Letter::Quote(5), Letter::Last('\n', Colour::Red)],
        perhaps: [Perhaps::Yes(u64::MAX), Perhaps::No],
        reference: REFERENCE.parse::<quorb_giop::ior::Ior>().map(unbound).unwrap(),
        later: 9,
    };
    let list = |items: &[Value]| Value::Array(items.to_vec());
    let union = |label: Value, value: Value| Value::Array(vec![label, value]);
    let (circle, none) = (union(text("Circle"), 1.0.into()), union(text("Nothing"), Value::Null));
    let value = map(&[
        ("octets", Value::Bytes(vec![0, 1, 255])),
        ("key", Value::Bytes(b"key\0".to_vec())),
        ("bounded", list(&[1.into(), (-1).into()])),
        ("rows", list(&[list(&[1.into(), 2.into()]), list(&[]), list(&[(-3).into()])])),
        ("table", list(&[list(&[0.5.into(), 1.5.into()]), list(&[2.5.into(), (-0.0).into()])])),
        ("maybe", text("Green")),
        ("names", map(&[("b", 2.into()), ("aa", 1.into())])),
        ("shades", map(&[("Red", list(&[0.25.into()]))])),
        ("shapes", list(&[circle, union(text("Group"), list(&[none]))])),
        (
            "answers",
            list(&[union(1.into(), text("x")), union(3.into(), true.into()), union(99.into(), Value::Null)]),
        ),
        ("letters", list(&[union(text("'"), 5.into()), union(text("\n"), text("Red"))])),
        ("perhaps", list(&[union(true.into(), u64::MAX.into()), union(false.into(), Value::Null)])),
        ("reference", text(REFERENCE)),
        ("later", 9.into()),
    ]);
    (typed, value)
}

/// A reference outside of any broker: only its value matters here.
fn unbound(ior: quorb_giop::ior::Ior) -> ObjectRef {
    let mut octets = Vec::new();
    ciborium::into_writer(&ior.to_string(), &mut octets).unwrap();
    ciborium::from_reader(&octets[..]).unwrap()
}
