//! Values with identity: to the octet, as another broker writes them, shared, in circles, derived, cut down, and hostile.

use quorb::value::CborError;
use quorb::value::valuetype::{Custom, ValueBase, register};
use quorb::{Any, IdlType, TypeCode, ValueRef};
use quorb_giop::cdr::{CdrError, CdrProfile, Decoder, Encoder, Endian};

use crate::rig::{Dice, cbor, cdr, check, check_idl, from_cbor, from_cdr, hex};

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Point:1.0")]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, truncatable, id = "IDL:Zoo/Named:1.0")]
struct Named {
    #[idl(base)]
    point: Point,
    name: String,
}

/// Known to the sender alone: nobody registers it.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, truncatable, id = "IDL:Zoo/Stranger:1.0")]
struct Stranger {
    #[idl(base)]
    named: Named,
    inner: Vec<ValueRef<Point>>,
    tail: String,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Link:1.0")]
struct Link {
    label: String,
    next: Option<ValueRef<Link>>,
    twin: Option<ValueRef<Link>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Text:1.0")]
struct Text(String);

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, custom, id = "IDL:Zoo/Sealed:1.0")]
struct Sealed {
    secret: u32,
}

impl Custom for Sealed {
    fn marshal(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_u32(!self.secret);
        Ok(())
    }

    fn unmarshal(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Sealed { secret: !input.read_u32()? })
    }
}

/// A custom value that nobody registers.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, custom, id = "IDL:Zoo/Unread:1.0")]
struct Unread;

impl Custom for Unread {
    fn marshal(&self, _: &mut Encoder) -> Result<(), CdrError> {
        Ok(())
    }

    fn unmarshal(_: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Unread)
    }
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Zoo/Basket:1.0")]
struct Basket {
    first: Option<ValueRef<Point>>,
    number: f64,
    second: Option<ValueRef<Point>>,
    texts: Vec<ValueRef<Text>>,
    links: Vec<Option<ValueRef<Link>>>,
}

fn point(x: i32, y: i32) -> ValueRef<Point> {
    ValueRef::new(Point { x, y })
}

fn link(label: &str, next: Option<&ValueRef<Link>>, twin: Option<&ValueRef<Link>>) -> ValueRef<Link> {
    ValueRef::new(Link { label: label.to_owned(), next: next.cloned(), twin: twin.cloned() })
}

#[test]
fn value_types() {
    check_idl::<ValueRef<Point>>("Point");
    check(
        point(1, 2),
        "7fffff08 00000008 00000001 00000002 ffffffff",
        "08ffff7f 08000000 01000000 02000000 ffffffff",
        "83 00 71 49444c3a5a6f6f2f506f696e743a312e30 a2 6178 01 6179 02",
    );
}

/// omniORB writes it so, and aborts when it reads an end for each.
#[test]
fn values_that_end_together_have_one_end() {
    let innermost = link("c", None, None);
    let outermost = link("a", None, Some(&link("b", None, Some(&innermost))));
    let written = cdr(&outermost, Endian::Big);
    let expected = hex(concat!(
        "7fffff08 0000000c 00000002 61000000 00000000 ",
        "7fffff08 0000000c 00000002 62000000 00000000 ",
        "7fffff08 00000010 00000002 63000000 00000000 00000000 ",
        "ffffffff"
    ));
    assert_eq!(written, expected);
    // An end for each is read as well.
    let mut with_three = expected[..expected.len() - 4].to_vec();
    with_three.extend(hex("fffffffd fffffffe ffffffff"));
    for octets in [expected, with_three] {
        let read: ValueRef<Link> = from_cdr(&octets, Endian::Big).unwrap();
        assert_eq!(read, outermost);
    }
}

#[test]
fn null_values() {
    check_idl::<Option<ValueRef<Point>>>("Point");
    check(None::<ValueRef<Point>>, "00000000", "00000000", "f6");
    assert!(from_cdr::<ValueRef<Point>>(&hex("00000000"), Endian::Big).is_err(), "it may not be null");
    assert!(from_cbor::<ValueRef<Point>>(&hex("f6")).is_err());
}

#[test]
fn values_of_any_type() {
    register::<Point>();
    register::<Named>();
    let any: ValueRef<ValueBase> = point(1, 2).cast().expect("every value is one");
    check_idl::<Option<ValueRef<ValueBase>>>("ValueBase");
    let id = "49444c3a5a6f6f2f506f696e743a312e30";
    check(
        any.clone(),
        &format!("7fffff0a 00000012 {id} 00 0000 00000008 00000001 00000002 ffffffff"),
        &format!("0affff7f 12000000 {id} 00 0000 08000000 01000000 02000000 ffffffff"),
        &format!("83 00 71 {id} a2 6178 01 6179 02"),
    );
    let read: ValueRef<ValueBase> = from_cdr(&cdr(&any, Endian::Little), Endian::Little).unwrap();
    assert_eq!(read.cast::<Point>(), Some(point(1, 2)));
    assert!(read.cast::<Link>().is_none() && read.get().is_some());
    // A type that nobody registered is cut down to one that is known.
    let unknown = ValueRef::new(Stranger {
        named: Named { point: Point { x: 1, y: 2 }, name: String::new() },
        inner: Vec::new(),
        tail: String::new(),
    });
    let named = cdr(&unknown.cast::<ValueBase>().unwrap(), Endian::Big);
    let cut_down = from_cdr::<ValueRef<ValueBase>>(&named, Endian::Big).unwrap();
    assert_eq!(cut_down.id(), Some("IDL:Zoo/Named:1.0"));
    // Its writer took the type for known.
    let untyped = from_cdr::<ValueRef<ValueBase>>(&cdr(&point(1, 2), Endian::Big), Endian::Big);
    assert!(matches!(untyped, Err(CdrError::InvalidValue { .. })), "{untyped:?}");
    from_cbor::<ValueRef<ValueBase>>(&hex("83 00 61 78 a0")).expect_err("nobody registered it");
}

#[test]
fn boxed_values() {
    let text = ValueRef::new(Text("hi".into()));
    check(
        text,
        "7fffff00 00000003 686900",
        "00ffff7f 03000000 686900",
        "83 00 70 49444c3a5a6f6f2f546578743a312e30 62 6869",
    );
}

#[test]
fn custom_values() {
    let sealed = ValueRef::new(Sealed { secret: 0xffff_fffe });
    check(
        sealed,
        "7fffff0a 00000013 49444c3a5a6f6f2f5365616c65643a312e3000 00 00000004 00000001 ffffffff",
        "0affff7f 13000000 49444c3a5a6f6f2f5365616c65643a312e3000 00 04000000 01000000 ffffffff",
        "83 00 72 49444c3a5a6f6f2f5365616c65643a312e30 44 00000001",
    );
}

/// What its code leaves unread is skipped, as far as its chunks go; what it wants and is not there is an error.
#[test]
fn hostile_custom_values_are_values_or_errors() {
    let id = "7fffff0a 00000013 49444c3a5a6f6f2f5365616c65643a312e3000 00";
    let read =
        |rest: &str| from_cdr::<Vec<ValueRef<Sealed>>>(&hex(&format!("00000002 {id} {rest}")), Endian::Big);
    let read_twice = read("00000008 00000001 deadbeef ffffffff ffffffff ffffffd0").unwrap();
    assert_eq!(read_twice[0].get().unwrap().secret, 0xffff_fffe);
    assert!(read_twice[0].is_same(&read_twice[1]));
    for short in ["00000002 0001 0000 ffffffff", "ffffffff", "", "7ffffef0 00000001", "00000004 00000001"] {
        read(short).expect_err(short);
    }
    register::<Sealed>();
    let mut dice = Dice::new(29);
    let (mut values, mut errors) = (0, 0);
    for secret in 0..400 {
        let sealed = vec![ValueRef::new(Sealed { secret }); 2];
        let (any, cbor_octets) = (Any::new(&sealed).unwrap(), cbor(&sealed));
        let typed =
            [cdr(&sealed, Endian::Big), cdr(&sealed, Endian::Little), cdr(&any, Endian::Big), cbor_octets];
        for (format, good) in typed.iter().enumerate() {
            let mut octets = good.clone();
            for _ in 0..1 + dice.below(2) {
                let at = dice.below(octets.len() as u64) as usize;
                octets[at] = [octets[at] ^ 1 << dice.below(8), 0, 0xff, 8][dice.below(4) as usize];
            }
            let is_value = match format {
                0 => from_cdr::<Vec<ValueRef<Sealed>>>(&octets, Endian::Big).is_ok(),
                1 => from_cdr::<Vec<ValueRef<Sealed>>>(&octets, Endian::Little).is_ok(),
                2 => from_cdr::<Any>(&octets, Endian::Big).is_ok_and(|any| any.to_dynamic().is_ok()),
                _ => quorb::value::decode_cbor::<Vec<ValueRef<Sealed>>>(&mut &octets[..]).is_ok(),
            };
            *if is_value { &mut values } else { &mut errors } += 1;
        }
    }
    assert!(values > 200 && errors > 200, "the fuzzer is blind: {values} values, {errors} errors");
}

/// Known at run time alone, a custom value is its octets in every format, once its own code is registered.
#[test]
fn custom_values_go_through_anys_by_their_own_code() {
    let sealed = ValueRef::new(Sealed { secret: 5 });
    register::<Sealed>();
    let any = Any::new(&vec![sealed.clone(), sealed]).unwrap();
    for endian in [Endian::Big, Endian::Little] {
        let other = if endian == Endian::Big { Endian::Little } else { Endian::Big };
        let read: Any = from_cdr(&cdr(&any, endian), endian).unwrap();
        let on: Any = from_cdr(&cdr(&read, other), other).unwrap();
        let values = on.get::<Vec<ValueRef<Sealed>>>().unwrap();
        assert!(values[0].is_same(&values[1]) && values[0].get().unwrap().secret == 5);
    }
    assert_eq!(from_cbor::<Any>(&cbor(&any)).unwrap().to_dynamic(), any.to_dynamic());
    // Nobody has registered this one.
    let stranger = Any::new(&ValueRef::new(Unread)).unwrap();
    assert!(stranger.get::<ValueRef<Unread>>().is_ok(), "who has the type needs no registration");
    let nobody = CdrError::NoValueFactory { id: "IDL:Zoo/Unread:1.0".to_owned() };
    assert_eq!(stranger.to_dynamic().unwrap_err().to_string(), nobody.to_string());
    let mut out = Encoder::new(Endian::Big);
    assert_eq!(quorb_giop::cdr::Cdr::encode(&stranger, &mut out), Err(nobody.clone()));
    let code = cdr(stranger.type_code(), Endian::Big);
    let received = [code, cdr(&ValueRef::new(Unread), Endian::Big)].concat();
    assert_eq!(from_cdr::<Any>(&received, Endian::Big), Err(nobody));
}

#[test]
fn derived_values() {
    register::<Named>();
    let named = ValueRef::new(Named { point: Point { x: 1, y: 2 }, name: "n".into() });
    // As omniORB writes it, but for padding.
    let big = "7fffff0e 00000002 00000012 49444c3a5a6f6f2f4e616d65643a312e3000 0000 \
               00000012 49444c3a5a6f6f2f506f696e743a312e3000 0000 0000000e 00000001 00000002 00000002 6e00 0000 ffffffff";
    let as_point: ValueRef<Point> = named.cast().expect("it is a point");
    assert_eq!(cdr(&as_point, Endian::Big), hex(big));
    let read: ValueRef<Point> = from_cdr(&hex(big), Endian::Big).unwrap();
    assert_eq!((read.id(), read.get().unwrap().y), (Some("IDL:Zoo/Named:1.0"), 2));
    assert_eq!(read.cast::<Named>().unwrap().get().unwrap().name, "n");
    assert!(read.cast::<Link>().is_none());
    let read: ValueRef<Point> = from_cbor(&cbor(&as_point)).unwrap();
    assert_eq!(read.cast::<Named>().unwrap().get().unwrap().name, "n");
    assert_eq!(read, as_point);
    assert!(from_cdr::<ValueRef<Link>>(&hex(big), Endian::Big).is_err(), "a point is no link");
    assert!(from_cbor::<ValueRef<Link>>(&cbor(&as_point)).is_err());
}

#[test]
fn what_is_not_known_is_cut_down_to_what_is() {
    register::<Named>();
    let shared = point(5, 6);
    let stranger = ValueRef::new(Stranger {
        named: Named { point: Point { x: 1, y: 2 }, name: "n".into() },
        inner: vec![shared.clone(), point(7, 8), shared],
        tail: "behind the values".into(),
    });
    let as_named: Option<ValueRef<Named>> = stranger.cast();
    for endian in [Endian::Big, Endian::Little] {
        // What follows is found again behind the part that was skipped.
        let octets = cdr(&vec![as_named.clone(), None, as_named.clone()], endian);
        let read: Vec<Option<ValueRef<Named>>> = from_cdr(&octets, endian).unwrap();
        let first = read[0].as_ref().unwrap();
        assert_eq!((first.id(), first.get().unwrap().name.as_str()), (Some("IDL:Zoo/Named:1.0"), "n"));
        assert!(read[1].is_none() && read[2].as_ref().unwrap().is_same(first));
    }
    let read: Vec<Option<ValueRef<Named>>> =
        from_cbor(&cbor(&vec![as_named.clone(), None, as_named])).unwrap();
    assert_eq!(read[0].as_ref().unwrap().get().unwrap().point.y, 2);
}

#[test]
fn what_another_broker_writes_is_read() {
    // Captured from omniORB 4.3: distances and nulls inside of chunks, padding of any contents.
    let circle = "7fffff08 00000018 00000002 61000000 ffffffff ffffffec ffffffff ffffffe4 ffffffff";
    let read: ValueRef<Link> = from_cdr(&hex(circle), Endian::Big).unwrap();
    let a = read.get().unwrap();
    assert!(a.next.as_ref().unwrap().is_same(&read) && a.twin.as_ref().unwrap().is_same(&read));
    let shared = "7fffff08 00000008 00000002 63000000 7fffff08 00000006 00000002 6200 ffe4 00000008 00000000 00000000 \
                  fffffffe 00000008 ffffffff ffffffd8 ffffffff";
    let read: ValueRef<Link> = from_cdr(&hex(shared), Endian::Big).unwrap();
    let c = read.get().unwrap();
    let b = c.next.as_ref().unwrap();
    assert!(b.is_same(c.twin.as_ref().unwrap()));
    assert_eq!((c.label.as_str(), b.get().unwrap().label.as_str()), ("c", "b"));
    // Nulls and distances between the chunks, as the grammar has it; one end for both.
    let strict = "7fffff08 00000006 00000002 6300 0000 7fffff08 00000006 00000002 6200 0000 00000000 00000000 fffffffe \
                  ffffffff ffffffe0 ffffffff";
    assert_eq!(from_cdr::<ValueRef<Link>>(&hex(strict), Endian::Big).as_ref(), Ok(&read));
    let one_end = "7fffff08 00000006 00000002 6300 0000 00000000 7fffff08 00000006 00000002 6200 0000 00000000 00000000 ffffffff";
    let read: ValueRef<Link> = from_cdr(&hex(one_end), Endian::Big).unwrap();
    assert_eq!(read.get().unwrap().twin.as_ref().unwrap().get().unwrap().label, "b");
}

#[test]
fn sharing_is_kept_and_circles_are() {
    let ring = ValueRef::new_cyclic(|me: &ValueRef<Link>| {
        let inner = link("inner", Some(me), None);
        Link { label: "outer".into(), next: Some(inner.clone()), twin: Some(inner) }
    });
    let one = point(1, 2);
    let basket = Basket {
        first: Some(one.clone()),
        number: 0.5,
        second: Some(one),
        texts: vec![ValueRef::new(Text("a".into())); 2],
        links: vec![Some(ring.clone()), None, Some(ring.downgrade()), Some(link("alone", None, None))],
    };
    let check = |read: Basket| {
        assert!(read.first.as_ref().unwrap().is_same(read.second.as_ref().unwrap()));
        assert!(read.texts[0].is_same(&read.texts[1]));
        let outer = read.links[0].as_ref().unwrap();
        assert!(outer.is_same(read.links[2].as_ref().unwrap()));
        let guard = outer.get().unwrap();
        let inner = guard.next.as_ref().unwrap();
        assert!(inner.is_same(guard.twin.as_ref().unwrap()));
        assert!(inner.get().unwrap().next.as_ref().unwrap().is_same(outer));
        assert_eq!(read, basket);
    };
    for endian in [Endian::Big, Endian::Little] {
        check(from_cdr(&cdr(&basket, endian), endian).unwrap());
    }
    check(from_cbor(&cbor(&basket)).unwrap());
}

#[test]
fn values_go_through_anys_by_their_type_code_alone() {
    register::<Named>();
    let ring = ValueRef::new_cyclic(|me: &ValueRef<Link>| {
        let inner = link("inner", Some(me), None);
        Link { label: "outer".into(), next: Some(inner.clone()), twin: Some(inner) }
    });
    let one = point(1, 2);
    let basket = Basket {
        first: Some(one.clone()),
        number: 0.5,
        second: Some(one),
        texts: vec![ValueRef::new(Text("a".into())); 2],
        links: vec![Some(ring.clone()), None],
    };
    let any = Any::new(&basket).unwrap();
    for endian in [Endian::Big, Endian::Little] {
        let other = if endian == Endian::Big { Endian::Little } else { Endian::Big };
        let read: Any = from_cdr(&cdr(&any, endian), endian).unwrap();
        let on: Any = from_cdr(&cdr(&read, other), other).unwrap();
        let read = on.get::<Basket>().unwrap();
        assert!(read.first.as_ref().unwrap().is_same(read.second.as_ref().unwrap()));
        assert_eq!(read, basket);
    }
    let read: Any = from_cbor(&cbor(&any)).unwrap();
    assert_eq!(read.get::<Basket>().as_ref(), Ok(&basket));
    assert_eq!(read.to_dynamic(), any.to_dynamic());
    let named = ValueRef::new(Named { point: Point { x: 1, y: 2 }, name: "n".into() });
    let any = Any::new(&named).unwrap();
    let read: Any = from_cdr(&cdr(&any, Endian::Little), Endian::Little).unwrap();
    assert_eq!(read.get::<ValueRef<Named>>().unwrap().get().unwrap().name, "n");
    assert_eq!(Any::from_dynamic(any.type_code().clone(), &any.to_dynamic().unwrap()).as_ref(), Ok(&any));
}

#[test]
fn a_circle_that_was_received_is_freed() {
    let octets = hex("7fffff08 00000018 00000002 61000000 ffffffff ffffffec ffffffff ffffffe4 ffffffff");
    let read: ValueRef<Link> = from_cdr(&octets, Endian::Big).unwrap();
    let back = read.get().unwrap().next.clone().unwrap();
    assert!(back.get().is_some());
    drop(read);
    assert!(back.get().is_none(), "nobody holds it");
    let mut out = Encoder::new(Endian::Big);
    assert!(quorb_giop::cdr::Cdr::encode(&back, &mut out).is_err());
}

#[test]
fn value_types_have_type_codes() {
    let code = TypeCode::of::<ValueRef<Named>>();
    let read: TypeCode = from_cdr(&cdr(&code, Endian::Big), Endian::Big).unwrap();
    assert_eq!(read, code);
    // Captured from omniORB 4.3.
    let theirs = "0000001d0000009a016c3ae81200000049444c3a5a6f6f2f4e616d65643a312e30000000060000004e616d65640003001d0000004e\
                  000000010000001200000049444c3a5a6f6f2f506f696e743a312e3000962606000000506f696e740000000000000002000000020000\
                  00780000000300000001000000020000007900696c030000000100000001000000050000006e616d6500000000120000000000\
                  00000100";
    assert_eq!(from_cdr::<TypeCode>(&hex(theirs), Endian::Big).as_ref(), Ok(&code));
    let link = "0000001d00000076016c3ae81100000049444c3a5a6f6f2f4c696e6b3a312e3000000000050000004c696e6b0000000000000000030000\
                00060000006c6162656c00000012000000000000000100696c050000006e6578740032f9e7ffffffffa0ffffff01006b420500000074\
                77696e00000000ffffffff88ffffff0100";
    assert_eq!(from_cdr::<TypeCode>(&hex(link), Endian::Big), Ok(TypeCode::of::<ValueRef<Link>>()));
    let text = "0000001e00000030016c3ae81100000049444c3a5a6f6f2f546578743a312e30000000000500000054657874000000001200000000000000";
    assert_eq!(from_cdr::<TypeCode>(&hex(text), Endian::Big), Ok(TypeCode::of::<ValueRef<Text>>()));
}

#[test]
fn values_without_an_end_are_refused() {
    let refused = |octets: &str| {
        let error = from_cdr::<ValueRef<Link>>(&hex(octets), Endian::Big).expect_err(octets);
        assert!(!matches!(error, CdrError::TrailingBytes { .. }), "{octets}: {error}");
    };
    // A distance to itself, forwards, to nothing; a tag of nothing.
    for octets in [
        "ffffffff 00000000",
        "ffffffff fffffffc",
        "ffffffff 00000008",
        "ffffffff 80000000",
        "00000005",
        "7ffffeff",
    ] {
        refused(octets);
    }
    // A chunk beyond the end, an end of a value that is not open, ids without end, a type of no kind.
    refused("7fffff08 7ffffeff 00000002 6100");
    refused("7fffff08 00000006 00000002 6100 0000 00000000 00000000 fffffffe");
    refused("7fffff0e ffffffff fffffffc");
    refused("7fffff0e 00010000 00000002 6100");
    refused("7fffff0c 00000006 00000002 6100");
    // An item that lies in two chunks, and a state that ends early.
    refused("7fffff08 00000005 00000002 61 000000 00000001 00 000000 00000008 00000000 00000000 ffffffff");
    refused("7fffff08 00000006 00000002 6100 0000 ffffffff");
    let endless: Vec<u8> = hex("7fffff08 00000006 00000002 6100 0000").repeat(100_000);
    let error = from_cdr::<ValueRef<Link>>(&endless, Endian::Big).unwrap_err();
    assert!(matches!(error, CdrError::TooDeep { .. }), "{error}");
    let in_cbor = hex("83 00 70 49444c3a5a6f6f2f4c696e6b3a312e30 a1 646e657874").repeat(10_000);
    assert!(matches!(from_cbor::<ValueRef<Link>>(&in_cbor), Err(CborError::TooDeep { .. })));
    assert!(from_cbor::<ValueRef<Link>>(&hex("05")).is_err(), "a number of no value");
}

/// What was read can be written and read again; unless a text has a NUL in it, which CDR does not have.
fn written_again(read: &Basket) {
    let Ok(octets) = crate::rig::cdr_in(read, CdrProfile::native(Endian::Big)) else { return };
    let again: Basket = from_cdr(&octets, Endian::Big).unwrap();
    assert_eq!(cdr(&again, Endian::Big), octets);
}

#[test]
fn damaged_values_are_values_or_errors() {
    register::<Named>();
    let mut dice = Dice::new(23);
    let (mut values, mut errors) = (0, 0);
    for round in 0..150 {
        let label = |n: i32| "x".repeat(n as usize % 7);
        let a = link(&label(round), None, None);
        let b = link(&label(round + 1), Some(&a), Some(&a));
        let named = ValueRef::new(Named { point: Point { x: round, y: 1 }, name: label(round) });
        let basket = Basket {
            first: named.cast(),
            number: 1.5,
            second: named.cast(),
            texts: vec![ValueRef::new(Text(label(round)))],
            links: vec![Some(b.clone()), Some(a), None, Some(b)],
        };
        for (format, good) in
            [cdr(&basket, Endian::Big), cdr(&basket, Endian::Little), cbor(&basket)].iter().enumerate()
        {
            for _ in 0..12 {
                let mut octets = good.clone();
                for _ in 0..1 + dice.below(3) {
                    let at = dice.below(octets.len() as u64) as usize;
                    octets[at] = [octets[at] ^ 1 << dice.below(8), 0, 0xff, 8][dice.below(4) as usize];
                }
                let read = match format {
                    0 => from_cdr::<Basket>(&octets, Endian::Big).ok(),
                    1 => from_cdr::<Basket>(&octets, Endian::Little).ok(),
                    _ => quorb::value::decode_cbor::<Basket>(&mut &octets[..]).ok(),
                };
                match read {
                    None => errors += 1,
                    Some(read) => {
                        written_again(&read);
                        values += 1;
                    }
                }
            }
        }
    }
    assert!(values > 500 && errors > 500, "the fuzzer is blind: {values} values, {errors} errors");
}
