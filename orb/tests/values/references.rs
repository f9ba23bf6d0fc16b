//! References to objects as values.

use quorb::{Abstract, IdlType, ObjectRef, Proxy, Tie, ValueRef, interface};
use quorb_giop::cdr::{Endian, GiopVersion};
use quorb_giop::ior::{IiopProfile, Ior};
use quorb_giop::names::{ObjectKey, RepositoryId};

use crate::rig::{cbor, cdr, check, check_idl, check_refused, from_cbor, from_cdr, hex};

#[interface(id = "IDL:Values/Lamp:1.0")]
trait Lamp {
    fn is_on(&self) -> bool;
}

struct Dark;

impl Lamp for Dark {
    fn is_on(&self) -> bool {
        false
    }
}

fn lamp() -> Ior {
    let key = ObjectKey::from_static(b"k");
    let profile = IiopProfile::new(GiopVersion::V1_0, "h".into(), 5, key);
    Ior::with_iiop(RepositoryId::from_static("IDL:Values/Lamp:1.0"), &profile).expect("a short profile")
}

#[test]
fn references() {
    check_idl::<ObjectRef>("Object");
    check_idl::<LampProxy>("Lamp");
    let text = lamp().to_string();
    let object: ObjectRef = from_cbor(&cbor(&text)).expect("a reference is text");
    assert_eq!(cbor(&object), cbor(&text));
    let proxy: LampProxy = from_cbor(&cbor(&text)).expect("a proxy is text");
    assert_eq!((cbor(&proxy), proxy.to_string()), (cbor(&text), text.clone()));
    let in_cdr = "00000014 49444c3a 56616c75 65732f4c 616d703a 312e3000
        00000001 00000000 00000011 00 01 00 00 00000002 6800 0005 00000001 6b";
    for endian in [Endian::Big, Endian::Little] {
        let octets = cdr(&proxy, endian);
        assert_eq!(from_cdr::<LampProxy>(&octets, endian).as_ref(), Ok(&proxy));
        assert_eq!(cdr(&object, endian), octets);
    }
    let read = from_cdr::<ObjectRef>(&hex(in_cdr), Endian::Big).expect("a reference");
    assert_eq!(read.ior().type_id.as_str(), "IDL:Values/Lamp:1.0");
    let profiles: Vec<_> = read.ior().iiop_profiles().collect();
    assert_eq!(profiles, lamp().iiop_profiles().collect::<Vec<_>>());
    check_refused::<ObjectRef>(&["01", "63 494f52", "80", "6568656c6c6f"]);
}

#[interface(id = "IDL:Zoo/Shown:1.0")]
trait Shown {
    fn show(&self) -> String;
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, id = "IDL:Zoo/Sign:1.0")]
struct Sign {
    text: String,
}

#[test]
fn abstract_references() {
    quorb::value::valuetype::register::<Sign>();
    check_idl::<Abstract<ShownProxy>>("Shown");
    check(Abstract::<ShownProxy>::Nil, "00 000000 00000000", "00 000000 00000000", "f6");
    assert_eq!(Abstract::<ShownProxy>::from(ShownProxy::nil()), Abstract::Nil);
    let id = "49444c3a5a6f6f2f5369676e3a312e30";
    check(
        Abstract::<ShownProxy>::from(ValueRef::new(Sign { text: "hi".to_owned() })),
        &format!("00 000000 7fffff0a 00000011 {id} 00 000000 00000007 00000003 686900 00 ffffffff"),
        &format!("00 000000 0affff7f 11000000 {id} 00 000000 07000000 03000000 686900 00 ffffffff"),
        &format!("83 00 70 {id} a1 64 74657874 62 6869"),
    );
    let object: ShownProxy = from_cbor(&cbor(&lamp().to_string())).unwrap();
    let there = Abstract::from(object.clone());
    let octets = cdr(&there, Endian::Big);
    assert_eq!((octets[0], &octets[4..]), (1, &cdr(&object, Endian::Big)[..]));
    assert_eq!(from_cdr::<Abstract<ShownProxy>>(&octets, Endian::Big).unwrap(), there);
    assert_eq!(from_cbor::<Abstract<ShownProxy>>(&cbor(&there)).unwrap(), there);
    check_idl::<Abstract<ObjectRef>>("AbstractBase");
    let any: Abstract<ObjectRef> = from_cdr(&octets, Endian::Big).unwrap();
    assert!(matches!(any, Abstract::Object(any) if any == *object.object()));
    let none: Option<Abstract<ShownProxy>> = from_cbor(&cbor(&None::<Abstract<ShownProxy>>)).unwrap();
    assert_eq!(none, None);
    let nil = Some(Abstract::<ShownProxy>::Nil);
    assert_eq!(from_cbor::<Option<Abstract<ShownProxy>>>(&cbor(&nil)).unwrap(), nil);
}

#[test]
fn nil_references() {
    let nil = ObjectRef::nil();
    assert_eq!(cbor(&nil), hex("f6"));
    assert!(from_cbor::<ObjectRef>(&hex("f6")).expect("nil").is_nil());
    assert_eq!(cdr(&nil, Endian::Big), hex("00000001 00 000000 00000000"));
    assert!(
        from_cdr::<LampProxy>(&hex("00000001 00 000000 00000000"), Endian::Big).unwrap().object().is_nil()
    );
    // No object is no object: CBOR does not tell some nil from none.
    assert_eq!(from_cbor::<Option<ObjectRef>>(&cbor(&Some(nil))), Ok(None));
}

#[test]
fn references_are_plain_data_to_serde() {
    let text = lamp().to_string();
    let proxy: LampProxy = serde_json::from_str(&format!("\"{text}\"")).expect("a proxy is text");
    assert_eq!(serde_json::to_string(&proxy).unwrap(), format!("\"{text}\""));
    assert_eq!(serde_json::to_string(&ObjectRef::nil()).unwrap(), "null");
    let local = LampServant::new(Dark).into_local_proxy();
    let elsewhere: LampProxy = from_cbor(&cbor(&local)).expect("a reference");
    assert!(elsewhere.object().is_nil(), "an object without a broker is nowhere for others");
}
