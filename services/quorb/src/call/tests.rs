//! What is shown can be written, and what cannot be meant is refused with a reason.

use std::collections::BTreeMap;

use ciborium::Value;
use quorb::model::{TypeCatalogue, TypeDef, TypeDesc};
use quorb::value::dynamic::Types;
use quorb::value::valuetype::Custom;
use quorb::{Any, Fixed, IdlType, LongDouble, ObjectRef, TypeCode, ValueRef, WChar};

use quorb_giop::cdr::{CdrError, Decoder, Encoder};

use super::argument::value_of;
use super::json::Json;
use super::show;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IdlType)]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, IdlType)]
enum Shape {
    Circle(f64),
    Nothing,
    Group(Vec<Shape>),
}

#[derive(Debug, IdlType)]
#[switch(i32)]
enum Answer {
    #[label(-1)]
    One(String),
    #[label(2, 3)]
    Few(i32, Colour),
    #[default]
    Other(i32),
}

#[derive(Debug, IdlType)]
#[switch(char)]
enum Letter {
    #[label('\'')]
    Quote(i16),
    #[label('\n')]
    Line,
}

#[derive(Debug, IdlType)]
struct Point {
    x: i32,
    y: Option<f32>,
    #[idl(default = 3)]
    z: u8,
}

struct Typed {
    ty: TypeDesc,
    definitions: BTreeMap<String, TypeDef>,
}

impl Typed {
    fn of<T: IdlType>() -> Typed {
        let mut catalogue = TypeCatalogue::new();
        let ty = T::describe(&mut catalogue);
        Typed { ty, definitions: catalogue.into_definitions() }
    }

    fn read(&self, text: &str) -> Result<Value, String> {
        value_of(text, &self.ty, Types::new(&self.definitions)).map_err(|unfit| unfit.to_string())
    }

    fn show(&self, value: &Value) -> String {
        show::spread(value, &self.ty, Types::new(&self.definitions), 0)
    }

    fn json(&self, value: &Value) -> String {
        let types = Types::new(&self.definitions);
        serde_json::to_string(&Json { value, ty: &self.ty, types }).unwrap()
    }
}

/// The text means a value that is shown as `shown` and as `json`, both of which mean the same value again.
fn means<T: IdlType>(text: &str, shown: &str, json: &str) {
    let typed = Typed::of::<T>();
    let value = typed.read(text).unwrap();
    assert_eq!(typed.show(&value), shown);
    assert_eq!(typed.json(&value), json);
    // Text and references need quotes only inside of other values.
    assert_eq!(typed.read(shown).as_ref(), Ok(&value), "{shown}");
    assert_eq!(typed.read(json).as_ref(), Ok(&value), "{json}");
}

#[test]
fn numbers_and_words() {
    means::<i16>("-0x10", "-16", "-16");
    means::<u64>("18_446_744_073_709_551_615", "18446744073709551615", "18446744073709551615");
    means::<u8>("0b11", "3", "3");
    means::<bool>(" true", "true", "true");
    means::<f64>("1e300", "1e300", "1e+300");
    means::<f32>("0.1", "0.1", "0.1");
    means::<f64>("3", "3.0", "3.0");
    means::<f64>("-inf", "-inf", "\"-Infinity\"");
    means::<Colour>("Green", "Green", "\"Green\"");
    means::<Option<Colour>>("none", "null", "null");
    means::<Option<Colour>>("Red", "Red", "\"Red\"");
    let nan = Typed::of::<f32>();
    let value = nan.read("\"NaN\"").unwrap();
    assert_eq!((nan.show(&value).as_str(), nan.json(&value).as_str()), ("NaN", "\"NaN\""));
}

#[test]
fn text() {
    means::<String>("two words", "\"two words\"", "\"two words\"");
    means::<String>(r#""a\"b\\\n\u0007é""#, "\"a\\\"b\\\\\\n\\u{7}é\"", r#""a\"b\\\n\u0007é""#);
    means::<String>("", "\"\"", "\"\"");
    means::<char>("c", "'c'", "\"c\"");
    means::<char>("'\\''", "'\\''", "\"'\"");
    means::<WChar>("ж", "'ж'", "\"ж\"");
    means::<Option<String>>("null and void", "\"null and void\"", "\"null and void\"");
    let string = Typed::of::<String>();
    let alone = |value: &str| show::alone(&value.into(), &string.ty, Types::new(&string.definitions));
    assert_eq!(alone("one\ntwo"), "one\ntwo");
    assert_eq!(alone("\u{1b}[31mred"), "\\u{1b}[31mred");
}

#[test]
fn lists_maps_and_octets() {
    means::<Vec<i32>>("[1,-2,]", "[1, -2]", "[1,-2]");
    means::<[[u8; 2]; 2]>("[hex\"0a0B\", [1, 2]]", "[hex\"0a0b\", hex\"0102\"]", r#"["Cgs=","AQI="]"#);
    means::<Vec<u8>>("base64\"Cgs\"", "hex\"0a0b\"", "\"Cgs=\"");
    means::<Vec<String>>("[a, \"b c\"]", "[\"a\", \"b c\"]", "[\"a\",\"b c\"]");
    means::<BTreeMap<String, i32>>("{b: 2, \"a c\": 1}", "{\"b\": 2, \"a c\": 1}", r#"{"b":2,"a c":1}"#);
    means::<BTreeMap<i16, bool>>("{1: true}", "{1: true}", r#"{"1":true}"#);
    means::<BTreeMap<Colour, i16>>("[[Red, 1]]", "{Red: 1}", r#"{"Red":1}"#);
}

#[test]
fn records_and_unions() {
    means::<Point>("{x: 1}", "{x: 1}", r#"{"x":1}"#);
    means::<Point>("{\"y\": 2.5, x: 1, z: 9}", "{y: 2.5, x: 1, z: 9}", r#"{"y":2.5,"x":1,"z":9}"#);
    means::<Shape>("Circle(2)", "Circle(2.0)", r#"{"Circle":2.0}"#);
    means::<Shape>("Nothing", "Nothing", "\"Nothing\"");
    means::<Shape>(
        "Group([Nothing, Circle(1)])",
        "Group([Nothing, Circle(1.0)])",
        r#"{"Group":["Nothing",{"Circle":1.0}]}"#,
    );
    means::<Answer>("One(x)", "One(\"x\")", r#"{"One":"x"}"#);
    means::<Answer>("Few(3, Red)", "Few(3, Red)", r#"{"Few":{"label":3,"value":"Red"}}"#);
    means::<Answer>("Other(99)", "Other(99)", r#"{"Other":{"label":99}}"#);
    means::<Letter>("Quote(5)", "Quote(5)", r#"{"Quote":5}"#);
    means::<Letter>("Line", "Line", "\"Line\"");
}

#[test]
fn decimals_and_long_doubles() {
    means::<Fixed<6, 2>>("1.5", "1.50", "\"1.50\"");
    means::<Fixed<6, 2>>("-7d", "-7.00", "\"-7.00\"");
    means::<LongDouble>("0.5", "0.5", "0.5");
    let long = "3fff0000000000000000000000000001";
    means::<LongDouble>(&format!("hex\"{long}\""), &format!("hex\"{long}\""), "\"P/8AAAAAAAAAAAAAAAAAAQ==\"");
    assert_eq!(refused::<Fixed<4, 2>>("100"), "the number needs more than 4 digits with 2 behind the point");
}

#[derive(Debug, IdlType)]
struct Parcel {
    label: String,
    content: Any,
    kind: TypeCode,
    point: Option<Point>,
}

#[test]
fn values_that_bring_their_type() {
    means::<Any>("short(5)", "short(5)", r#"{"type":"short","value":5}"#);
    means::<Any>("5", "long(5)", r#"{"type":"long","value":5}"#);
    means::<Any>("\"x\"", "string(\"x\")", r#"{"type":"string","value":"x"}"#);
    means::<Any>(
        "any(true)",
        "any(boolean(true))",
        r#"{"type":"any","value":{"type":"boolean","value":true}}"#,
    );
    means::<Any>(
        r#"{type: "sequence<unsigned long>", value: [1]}"#,
        r#"{type: "sequence<unsigned long>", value: [1]}"#,
        r#"{"type":"sequence<unsigned long>","value":[1]}"#,
    );
    means::<TypeCode>("ulonglong", "ulonglong", "\"unsigned long long\"");
    means::<Parcel>(
        "{label: a, content: Point({x: 1}), kind: Point}",
        "{label: \"a\", content: Point({x: 1}), kind: Point}",
        r#"{"label":"a","content":{"type":"Point","value":{"x":1}},"kind":"Point"}"#,
    );
    assert_eq!(refused::<Any>("[1]"), "expected a value with its type, as in `short(5)`");
    assert_eq!(refused::<Any>("Square(1)"), "no type is called `Square`");
}

#[derive(Debug, IdlType)]
#[idl(value)]
struct Link {
    label: String,
    next: Option<ValueRef<Link>>,
}

#[derive(Debug, IdlType)]
#[idl(value)]
struct Label(String);

#[test]
fn values_with_identity() {
    means::<Option<ValueRef<Link>>>(
        "Link(0, {label: a, next: Link(1, {label: b, next: 0})})",
        "Link(0, {label: \"a\", next: Link(1, {label: \"b\", next: 0})})",
        r#"[0,"Link",{"label":"a","next":[1,"Link",{"label":"b","next":0}]}]"#,
    );
    means::<Option<ValueRef<Link>>>("null", "null", "null");
    means::<ValueRef<Label>>("Label(3, x)", "Label(3, \"x\")", r#"[3,"Label","x"]"#);
    let typed = Typed::of::<ValueRef<Link>>();
    assert!(typed.show(&typed.read("{label: a}").unwrap()).ends_with("{label: \"a\"})"));
    assert_eq!(refused::<ValueRef<Link>>("Lnk({label: a})"), "no value type is called `Lnk`");
}

#[derive(Debug, IdlType)]
#[idl(value, custom)]
struct Sealed {
    secret: u16,
}

impl Custom for Sealed {
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_u16(self.secret);
        Ok(())
    }

    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Sealed { secret: input.read_u16()? })
    }
}

/// Only their own code knows what the octets are.
#[test]
fn custom_values_are_octets() {
    means::<ValueRef<Sealed>>("Sealed(0, hex\"0a0b\")", "Sealed(0, hex\"0a0b\")", r#"[0,"Sealed","Cgs="]"#);
    assert!(Typed::of::<ValueRef<Sealed>>().read("{secret: 7}").is_err(), "its members are in no octets");
}

#[test]
fn references() {
    let nil = "IOR:00000000000000010000000000000000";
    let object = Typed::of::<ObjectRef>();
    assert_eq!(object.read(nil), Ok(Value::Null));
    assert_eq!(object.read("nil"), Ok(Value::Null));
    let Ok(Value::Text(ior)) = object.read("corbaloc::h:1/k") else { panic!("a reference") };
    assert!(ior.starts_with("IOR:"), "{ior}");
    means::<ObjectRef>(&ior, &ior, &format!("\"{ior}\""));
    means::<Vec<ObjectRef>>(
        &format!("[{ior}, null]"),
        &format!("[{ior}, null]"),
        &format!("[\"{ior}\",null]"),
    );
    assert_eq!(
        object.read("corbaname::h#a").unwrap_err(),
        "a corbaname: must be resolved first: give what it names"
    );
}

fn refused<T: IdlType>(text: &str) -> String {
    Typed::of::<T>().read(text).unwrap_err()
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    for (message, expected) in [
        (refused::<i16>("abc"), "expected short, found `abc`"),
        (refused::<i16>("--1"), "expected short, found `--1`"),
        (refused::<u8>("256"), "expected octet (0 to 255), found `256`"),
        (refused::<i32>("1.0"), "expected long, found `1.0`"),
        (refused::<bool>("1"), "expected boolean, found `1`"),
        (refused::<f32>("1e300"), "expected float, found `1e300`"),
        (refused::<char>("ab"), "expected char, found `ab`"),
        (refused::<Vec<i16>>("[1, [2]]"), "[1]: expected short, found a list"),
        (refused::<Vec<i16>>("{}"), "expected sequence<short>, found a record"),
        (
            refused::<Vec<u8>>("\"????\""),
            "expected octets (hex\"0a0b\", base64 text or a list): no base64: invalid symbol at 0",
        ),
        (refused::<Colour>("Blue"), "`Blue` is no enumerator of Colour: it has Red, Green"),
        (refused::<Point>("{y: 1}"), "member `x: long` of Point is missing"),
        (refused::<Point>("{x: 1, w: 1}"), "Point has no member `w`: it has x, y, z"),
        (refused::<Point>("{x: 1, x: 2}"), "member `x` is given twice"),
        (refused::<Vec<Point>>("[{x: true}]"), "[0].x: expected long, found `true`"),
        (refused::<Shape>("Square(1)"), "Shape has no case `Square`: it has Circle, Nothing, Group"),
        (refused::<Shape>("Circle"), "expected `Circle(double)`"),
        (refused::<Shape>("Nothing(1)"), "expected `Nothing`"),
        (refused::<Answer>("Few(Red)"), "expected `Few(label, Colour)`"),
        (refused::<Shape>("Group([Circle(x)])"), ".Group[0].Circle: expected double, found `x`"),
        (refused::<BTreeMap<i16, i16>>("{a: 1}"), "[`a`]: expected short, found `a`"),
        (refused::<Vec<i16>>("[1"), "expected `,` or `]` at column 3, where it ends"),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn what_is_long_is_spread_over_lines() {
    let points = Typed::of::<Vec<Point>>();
    let text = format!("[{}]", ["{x: 1000000, y: 2.5, z: 3}"; 5].join(", "));
    let shown = points.show(&points.read(&text).unwrap());
    assert_eq!(shown.lines().count(), 7, "{shown}");
    assert!(shown.starts_with("[\n  {x: 1000000, y: 2.5, z: 3},\n"), "{shown}");
    assert_eq!(points.read(&shown), points.read(&text));
}
