//! Types as values: to the octet, back again, alike or not, and hostile ones.

use std::collections::BTreeMap;

use quorb::model::{Case, Member, OpaqueKind, StateMember, TypeDef, TypeDesc, ValueKind};
use quorb::value::TcKind;
use quorb::{IdlType, ObjectRef, TypeCode};
use quorb_giop::cdr::{CdrError, Endian};

use crate::rig::{Dice, cbor, cdr, check, from_cbor, from_cdr, hex};

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:P:1.0")]
struct P {
    x: i16,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Node:1.0")]
struct Node {
    label: String,
    children: Vec<Node>,
    twin: Option<Box<Node>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Answer:1.0")]
#[switch(char)]
enum Answer {
    #[label('a', '\'')]
    Few(char, bool),
    #[label('b')]
    Nothing,
    #[default]
    Other(char, P),
}

fn named(id: &str) -> TypeDesc {
    TypeDesc::Named(id.to_owned())
}

fn code(desc: TypeDesc, definitions: Vec<(&str, TypeDef)>) -> TypeCode {
    let definitions: BTreeMap<_, _> =
        definitions.into_iter().map(|(id, definition)| (id.to_owned(), definition)).collect();
    TypeCode::new(desc, definitions).expect("every name is defined")
}

#[test]
fn type_codes() {
    check(TypeCode::of::<i32>(), "00000003", "03000000", "a1 6474797065 644c6f6e67");
    check(
        TypeCode::of::<quorb::BString<8>>(),
        "00000012 00000008",
        "12000000 08000000",
        "a1 6474797065 a1 66537472696e67 a1 65626f756e64 08",
    );
    let big = "0000000f 0000002c 00 000000 0000000a 49444c3a503a312e3000 0000 00000002 5000 0000 \
               00000001 00000002 7800 0000 00000002";
    let little = "0f000000 2c000000 01 000000 0a000000 49444c3a503a312e3000 0000 02000000 5000 0000 \
                  01000000 02000000 7800 0000 02000000";
    let in_cbor = "a2 6474797065 a1 654e616d6564 6949444c3a503a312e30 657479706573 a1 6949444c3a503a312e30 \
                   a1 66537472756374 a2 646e616d65 6150 676d656d62657273 81 a4 646e616d65 6178 65696e646578 f6 \
                   686f7074696f6e616c f4 627479 6553686f7274";
    check(TypeCode::of::<P>(), big, little, in_cbor);
}

/// Every kind there is, with everything that can be said about it.
fn all_kinds() -> Vec<TypeCode> {
    let member = |name: &str, ty| Member { name: name.to_owned(), index: None, optional: false, ty };
    let state = |name: &str, public, ty| StateMember { name: name.to_owned(), public, ty };
    let name = |name: &str| name.to_owned();
    let boxed = Box::new;
    let enumeration = TypeDef::Enum { name: name("E"), enumerators: vec![name("A"), name("B")] };
    let case = |name: &str, labels: &[&str], ty| Case {
        name: name.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        ty: Some(ty),
    };
    let union = |discriminator, cases| TypeDef::Union { name: name("U"), discriminator, cases };
    let opaque =
        |kind| code(named("IDL:Q:1.0"), vec![("IDL:Q:1.0", TypeDef::Opaque { name: name("Q"), kind })]);
    let value = |kind, base, members| TypeDef::Value { name: name("V"), kind, base, members };
    let simple = [
        TypeDesc::Null,
        TypeDesc::Void,
        TypeDesc::Short,
        TypeDesc::Long,
        TypeDesc::UShort,
        TypeDesc::ULong,
        TypeDesc::Float,
        TypeDesc::Double,
        TypeDesc::Boolean,
        TypeDesc::Char,
        TypeDesc::Octet,
        TypeDesc::Any,
        TypeDesc::TypeCode,
        TypeDesc::Principal,
        TypeDesc::LongLong,
        TypeDesc::ULongLong,
        TypeDesc::LongDouble,
        TypeDesc::WChar,
        TypeDesc::ValueBase,
        TypeDesc::String { bound: None },
        TypeDesc::WString { bound: Some(3) },
        TypeDesc::Fixed { digits: 31, scale: -2 },
        TypeDesc::Object(name("IDL:omg.org/CORBA/Object:1.0")),
        TypeDesc::Abstract(name("IDL:omg.org/CORBA/AbstractBase:1.0")),
        TypeDesc::Sequence { element: boxed(TypeDesc::Octet), bound: Some(9) },
        TypeDesc::Array {
            element: boxed(TypeDesc::Array { element: boxed(TypeDesc::Long), length: 2 }),
            length: 3,
        },
    ];
    let mut codes: Vec<TypeCode> = simple.into_iter().map(|desc| code(desc, vec![])).collect();
    let labelled = |ty, label: &str, other: &str| {
        union(ty, vec![case("one", &[label, other], TypeDesc::Short), case("rest", &[], TypeDesc::Any)])
    };
    for (switch, one, two) in [
        (TypeDesc::Boolean, "true", "false"),
        (TypeDesc::Char, "'a'", "'\\''"),
        (TypeDesc::WChar, "'ж'", "'\\n'"),
        (TypeDesc::Octet, "0", "255"),
        (TypeDesc::Short, "-1", "1"),
        (TypeDesc::UShort, "0", "65535"),
        (TypeDesc::Long, "-7", "1"),
        (TypeDesc::ULong, "0", "4294967295"),
        (TypeDesc::LongLong, "-9", "9"),
        (TypeDesc::ULongLong, "0", "18446744073709551615"),
    ] {
        codes.push(code(named("IDL:U:1.0"), vec![("IDL:U:1.0", labelled(switch, one, two))]));
    }
    codes.extend([
        code(named("IDL:E:1.0"), vec![("IDL:E:1.0", enumeration.clone())]),
        code(
            named("IDL:U:1.0"),
            vec![
                (
                    "IDL:U:1.0",
                    union(
                        named("IDL:A:1.0"),
                        vec![case("it", &["B"], named("IDL:U:1.0")), case("", &["A"], TypeDesc::Void)],
                    ),
                ),
                ("IDL:A:1.0", TypeDef::Alias { name: name("A"), ty: named("IDL:E:1.0") }),
                ("IDL:E:1.0", enumeration),
            ],
        ),
        code(
            named("IDL:X:1.0"),
            vec![(
                "IDL:X:1.0",
                TypeDef::Exception { name: name("X"), members: vec![member("why", TypeDesc::Any)] },
            )],
        ),
        code(
            named("IDL:V:1.0"),
            vec![
                (
                    "IDL:V:1.0",
                    value(
                        ValueKind::Truncatable,
                        Some(named("IDL:W:1.0")),
                        vec![state("next", true, named("IDL:V:1.0"))],
                    ),
                ),
                ("IDL:W:1.0", value(ValueKind::Custom, None, vec![state("hidden", false, TypeDesc::Octet)])),
            ],
        ),
        code(named("IDL:V:1.0"), vec![("IDL:V:1.0", value(ValueKind::Abstract, None, vec![]))]),
        code(
            named("IDL:B:1.0"),
            vec![("IDL:B:1.0", TypeDef::ValueBox { name: name("B"), ty: TypeDesc::Double })],
        ),
        code(
            TypeDesc::Object(name("RMI:java.util.List:00")),
            vec![("RMI:java.util.List:00", TypeDef::Interface { name: name("List") })],
        ),
        opaque(OpaqueKind::Native),
        opaque(OpaqueKind::LocalInterface),
        opaque(OpaqueKind::Component),
        opaque(OpaqueKind::Home),
    ]);
    codes
}

#[test]
fn every_kind_of_type_code_comes_back_from_both_formats() {
    for code in all_kinds() {
        for endian in [Endian::Big, Endian::Little] {
            let octets = cdr(&code, endian);
            let read: TypeCode =
                from_cdr(&octets, endian).unwrap_or_else(|cause| panic!("{code:?}: {cause}"));
            assert_eq!(read, code);
            assert_eq!(cdr(&read, endian), octets, "{code:?} has one form");
        }
        assert_eq!(from_cbor::<TypeCode>(&cbor(&code)).as_ref(), Ok(&code));
        assert!(code.is_equivalent(&code.clone()) && code.kind().name().is_some(), "{code:?}");
    }
}

#[test]
fn recursive_types_and_types_that_occur_twice_are_indirections() {
    let node = TypeCode::of::<Node>();
    let octets = cdr(&node, Endian::Big);
    let indirections = octets.chunks(4).filter(|chunk| *chunk == [0xff; 4]).count();
    assert_eq!(indirections, 3, "one in the sequence, one in the union, and no default in the union");
    let read: TypeCode = from_cdr(&octets, Endian::Big).unwrap();
    assert!(read.is_equivalent(&node) && node.is_equivalent(&read));
    let Some(TypeDef::Struct { members, .. }) = read.definition() else { panic!("a struct") };
    let children = read.part(&members[1].ty);
    assert_eq!((children.kind(), children.to_string().as_str()), (TcKind::SEQUENCE, "sequence<Node>"));
    // A part of a recursive type is whole by itself.
    let again: TypeCode = from_cdr(&cdr(&children, Endian::Little), Endian::Little).unwrap();
    assert_eq!(again, children);
    let twin = read.part(&members[2].ty);
    assert_eq!((twin.kind(), twin.name()), (TcKind::UNION, Some("OptionalNode")));
}

#[test]
fn what_idl_has_no_word_for_is_equivalent_to_what_stands_for_it() {
    let value = |ty| vec![Case { name: "value".to_owned(), labels: vec!["true".to_owned()], ty: Some(ty) }];
    let theirs = code(
        named("IDL:Torture/MaybeLong:1.0"),
        vec![(
            "IDL:Torture/MaybeLong:1.0",
            TypeDef::Union {
                name: "MaybeLong".to_owned(),
                discriminator: TypeDesc::Boolean,
                cases: value(TypeDesc::Long),
            },
        )],
    );
    assert!(theirs.is_equivalent(&TypeCode::of::<Option<i32>>()));
    assert!(!theirs.is_equivalent(&TypeCode::of::<Option<u32>>()));
    assert!(TypeCode::of::<i8>().is_equivalent(&TypeCode::of::<u8>()));
    let map = TypeCode::of::<BTreeMap<String, i32>>();
    let read: TypeCode = from_cdr(&cdr(&map, Endian::Big), Endian::Big).unwrap();
    assert!(read.is_equivalent(&map) && read != map);
}

#[test]
fn aliases_are_seen_through_and_ids_decide() {
    let alias = |to| vec![("IDL:T:1.0", TypeDef::Alias { name: "T".to_owned(), ty: to })];
    let text = code(named("IDL:T:1.0"), alias(TypeDesc::String { bound: None }));
    assert!(text.is_equivalent(&TypeCode::of::<String>()) && text != TypeCode::of::<String>());
    assert_eq!((text.kind(), text.unaliased()), (TcKind::ALIAS, TypeCode::of::<String>()));
    let other = |id| code(named(id), vec![(id, TypeDef::Struct { name: "P".to_owned(), members: vec![] })]);
    assert!(TypeCode::of::<P>().is_equivalent(&other("IDL:P:1.0")), "equal ids are equal types");
    assert!(!TypeCode::of::<P>().is_equivalent(&other("IDL:R:1.0")));
    assert!(!TypeCode::of::<ObjectRef>().is_equivalent(&TypeCode::of::<P>()));
    assert!(TypeCode::new(named("IDL:T:1.0"), BTreeMap::new()).is_err());
    let round = TypeDef::Alias { name: "T".to_owned(), ty: named("IDL:T:1.0") };
    assert!(TypeCode::new(named("IDL:T:1.0"), BTreeMap::from([("IDL:T:1.0".to_owned(), round)])).is_err());
}

#[test]
fn unions_keep_their_labels() {
    let answer = TypeCode::of::<Answer>();
    let read: TypeCode = from_cdr(&cdr(&answer, Endian::Little), Endian::Little).unwrap();
    let Some(TypeDef::Union { cases, .. }) = read.definition() else { panic!("a union") };
    let labels: Vec<(&str, usize)> =
        cases.iter().map(|case| (case.name.as_str(), case.labels.len())).collect();
    // A case without a value has no entry in a type code.
    assert_eq!(labels, [("Few", 2), ("Other", 0)]);
    assert_eq!(cases[0].labels, ["'a'", "'\\''"]);
}

/// omniORB for Python writes the octet 255 there, which is no character in UTF-8.
#[test]
fn the_label_of_a_default_member_means_nothing() {
    let octets = cdr(&TypeCode::of::<Answer>(), Endian::Big);
    // The entry of the default member is the last of three: its label stands before the name `Other`.
    let name = octets.windows(5).position(|window| window == b"Other").unwrap();
    let mut damaged = octets.clone();
    damaged[name - 8] = 0xff;
    assert_ne!(damaged, octets);
    let read: TypeCode = from_cdr(&damaged, Endian::Big).unwrap();
    assert_eq!(read, from_cdr(&octets, Endian::Big).unwrap());
}

/// omniORB for Python leaves out the id of what every object is.
#[test]
fn an_object_of_no_interface_is_any_object() {
    let octets = hex("0000000e 00000011 00 000000 00000001 00 000000 00000001 00");
    let read: TypeCode = from_cdr(&octets, Endian::Big).unwrap();
    assert_eq!(read, TypeCode::of::<ObjectRef>());
}

#[test]
fn indirections_to_nowhere_and_types_without_end_are_refused() {
    let refused = |octets: &str| from_cdr::<TypeCode>(&hex(octets), Endian::Big).expect_err(octets);
    refused("ffffffff fffffffc");
    refused("ffffffff 00000000");
    refused("00000013 00000010 00 000000 ffffffff fffffff0 00000000");
    refused("00000013 00000010 00 000000 ffffffff 80000000 00000000");
    refused("00000025");
    refused("0000000f 7fffffff 00");
    // More members than there are octets.
    refused(
        "0000000f 00000028 00 000000 0000000a 49444c3a503a312e3000 0000 00000002 5000 0000 7fffffff 00000002 7800 0000 00000002",
    );
    let endless: Vec<u8> = (0..4000u32)
        .rev()
        .flat_map(|left| [&[0u8, 0, 0, 0x13][..], &(left * 12).to_be_bytes(), &[0; 4]].concat())
        .collect();
    assert!(matches!(
        from_cdr::<TypeCode>(&endless, Endian::Big),
        Err(CdrError::TooDeep { .. } | CdrError::LengthExceedsInput { .. })
    ));
}

/// A type of which every level holds two of the one below: a small type code of values without bound, by names.
fn doubling(levels: usize) -> TypeCode {
    let id = |level: usize| format!("IDL:L{level}:1.0");
    let member = |name: &str, ty| Member { name: name.to_owned(), index: None, optional: false, ty };
    let definitions: BTreeMap<String, TypeDef> = (0..=levels)
        .map(|level| {
            let members = match level {
                0 => vec![],
                _ => ["a", "b"].map(|name| member(name, named(&id(level - 1)))).to_vec(),
            };
            (id(level), TypeDef::Struct { name: format!("L{level}"), members })
        })
        .collect();
    TypeCode::new(named(&id(levels)), definitions).unwrap()
}

#[test]
fn a_type_that_doubles_with_each_level_stays_small() {
    let code = doubling(60);
    let octets = cdr(&code, Endian::Big);
    assert!(octets.len() < 8_000, "{} octets", octets.len());
    let read: TypeCode = from_cdr(&octets, Endian::Big).unwrap();
    assert!(read == code && read.is_equivalent(&code));
    // Its value takes no octet at all, and more steps than anybody has.
    let mut any = octets;
    any.extend([0; 16]);
    let mut input = quorb_giop::cdr::Decoder::new(&any, Endian::Big);
    let refused = <quorb::Any as quorb_giop::cdr::Cdr>::decode(&mut input).expect_err("it has no end");
    assert!(matches!(refused, CdrError::TooManyValues { .. }), "{refused}");
}

#[test]
fn damaged_type_codes_are_type_codes_or_errors() {
    let mut dice = Dice::new(11);
    let codes: Vec<TypeCode> =
        all_kinds().into_iter().chain([TypeCode::of::<Node>(), TypeCode::of::<Answer>()]).collect();
    let (mut values, mut errors) = (0, 0);
    for code in &codes {
        for endian in [Endian::Big, Endian::Little] {
            let good = cdr(code, endian);
            for _ in 0..150 {
                let mut octets = good.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(octets.len() as u64) as usize;
                    octets[at] =
                        [octets[at] ^ 1 << dice.below(8), 0, 0xff, dice.next() as u8][dice.below(4) as usize];
                }
                match from_cdr::<TypeCode>(&octets, endian) {
                    Err(_) => errors += 1,
                    Ok(read) => {
                        // What was read can be written, in both formats, and is the same again; unless a name is no UTF-8.
                        let again = cdr(&read, endian);
                        assert!(from_cdr::<TypeCode>(&again, endian).is_ok(), "{read:?}");
                        assert_eq!(from_cbor::<TypeCode>(&cbor(&read)).as_ref(), Ok(&read));
                        values += 1;
                    }
                }
            }
        }
    }
    assert!(values > 1_000 && errors > 1_000, "the fuzzer is blind: {values} values, {errors} errors");
}
