//! `quorb ior decode`.

use std::process::Command;

use bytes::Bytes;
use quorb::{Orb, Proxy};
use quorb_giop::cdr::GiopVersion;
use quorb_giop::ior::{ComponentTag, IiopProfile, Ior, OrbType, ProfileTag, TaggedComponent, TaggedProfile};
use quorb_giop::names::{ObjectKey, RepositoryId};

use crate::rig::{File, quorb, quorb_fed};
use crate::workshop::servant;

/// The meanings of a label in the output, in order.
fn meanings<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let of_label =
        |line: &'a str| line.trim_start().strip_prefix(label).filter(|rest| rest.starts_with("  "));
    text.lines().filter_map(of_label).map(str::trim).collect()
}

#[test]
fn a_reference_of_our_own() {
    let socket = File::named("sock");
    let orb = Orb::builder()
        .listen("127.0.0.1:0")
        .listen(format!("unix:{}", socket.path()))
        .advertise("grid.example:2810")
        .advertise("[2001:db8::1]:2811")
        .start_blocking()
        .unwrap();
    let reference = orb.serve("workshop", servant()).unwrap().object().to_string();
    let text = quorb(["ior", "decode", &reference]).done();
    assert_eq!(meanings(&text, "type"), ["IDL:Workshop:1.0"]);
    assert_eq!(meanings(&text, "profile 0"), ["IIOP 1.2"]);
    assert_eq!(meanings(&text, "address"), ["grid.example:2810"]);
    assert_eq!(meanings(&text, "alternate"), ["[2001:db8::1]:2811"]);
    assert_eq!(meanings(&text, "object key"), ["workshop (776f726b73686f70)"]);
    assert_eq!(meanings(&text, "ORB type"), ["Quorb (0x51524200)"]);
    assert_eq!(meanings(&text, "char"), ["UTF-8 (0x05010001), converts ISO 8859-1 (0x00010001)"]);
    assert_eq!(meanings(&text, "wchar"), ["UTF-16 (0x00010109)"]);
    assert_eq!(meanings(&text, "native protocol"), ["1"]);
    assert_eq!(meanings(&text, "endpoint set"), ["version 0"]);
    assert_eq!(meanings(&text, "local address"), [format!("unix:{}", socket.path())]);
    assert_eq!(meanings(&text, "flags"), ["none"]);
    let json = quorb(["ior", "decode", &reference, "--json"]).json();
    let profile = &json["profiles"][0];
    assert_eq!(
        (&json["form"], &json["nil"], &json["type_id"]),
        (&"IOR".into(), &false.into(), &"IDL:Workshop:1.0".into())
    );
    assert_eq!((&profile["host"], &profile["port"]), (&"grid.example".into(), &2810.into()));
    assert_eq!(profile["object_key"], serde_json::json!({"text": "workshop", "hex": "776f726b73686f70"}));
    let names: Vec<_> =
        profile["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ORB_TYPE", "CODE_SETS", "QUORB_ENDPOINT", "ALTERNATE_IIOP_ADDRESS"]);
    let fingerprint = profile["components"][2]["fingerprint"].as_str().unwrap();
    assert_eq!(meanings(&text, "fingerprint"), [fingerprint]);
    assert!(fingerprint.starts_with("0x") && fingerprint.len() == 18, "{fingerprint}");
    let transient = orb.adapter().activate(servant()).object().to_string();
    let key = quorb(["ior", "decode", &transient]).done();
    assert!(key.contains("transient object 0 of the server that started at "), "{key}");
}

#[test]
fn what_is_unknown_or_broken_is_shown_in_octets() {
    let opaque =
        |tag, data: &'static [u8]| TaggedComponent { tag: ComponentTag(tag), data: Bytes::from_static(data) };
    let mut profile =
        IiopProfile::new(GiopVersion::V1_1, "h".into(), 0, ObjectKey::from_static(b"\xff\0key"));
    profile.components = vec![opaque(0x4242, b"\x01\x02"), opaque(0, b"\x00"), opaque(27, b"")];
    let mut ior = Ior::with_iiop(RepositoryId::from_static("IDL:A:1.0\x1b[2J"), &profile).unwrap();
    let orb = TaggedComponent::of(&OrbType::TAO).unwrap();
    ior.profiles.push(TaggedProfile::of_components(&[orb]).unwrap());
    ior.profiles.push(TaggedProfile { tag: ProfileTag(99), data: Bytes::from_static(b"\xfe") });
    ior.profiles.push(TaggedProfile { tag: ProfileTag::IIOP, data: Bytes::from_static(b"\0\x01") });
    let text = quorb(["ior", "decode", &ior.to_string()]).done();
    assert_eq!(
        meanings(&text, "type"),
        ["IDL:A:1.0\\u{1b}[2J"],
        "control characters do not reach the terminal"
    );
    assert_eq!(meanings(&text, "object key"), ["\\xff\\x00key (ff006b6579)"]);
    assert_eq!(meanings(&text, "tag 0x4242"), ["0102"]);
    assert_eq!(meanings(&text, "FT_GROUP"), ["(empty)"]);
    let broken = meanings(&text, "ORB_TYPE");
    assert!(broken.len() == 1 && broken[0].starts_with("00 (not readable: input ends early"), "{broken:?}");
    assert_eq!(meanings(&text, "profile 1"), ["MULTIPLE_COMPONENTS"]);
    assert_eq!(meanings(&text, "ORB type"), ["TAO (0x54414f00)"]);
    assert_eq!(meanings(&text, "profile 2"), ["tag 0x63"]);
    assert_eq!(meanings(&text, "octets")[0], "fe");
    assert!(meanings(&text, "octets")[1].starts_with("0001 (not readable: "), "{text}");
    let json = quorb(["ior", "decode", &ior.to_string(), "--json"]).json();
    assert_eq!(json["profiles"][2], serde_json::json!({"tag": 99, "name": "unknown", "hex": "fe"}));
    assert!(json["profiles"][3]["error"].is_string());
}

#[test]
fn every_form_of_a_reference_from_every_source() {
    let nil = "IOR:00000000000000010000000000000000";
    let text = quorb(["ior", "decode", nil]).done();
    assert_eq!(meanings(&text, "nil"), ["it refers to no object"]);
    let location = "corbaloc:iiop:1.2@[::1]:1234,:host,shm:x/a%20key";
    let text = quorb(["ior", "decode", location]).done();
    assert_eq!(meanings(&text, "address"), ["[::1]:1234", "host:2809", "shm:x"]);
    assert_eq!(meanings(&text, "profile 1"), ["IIOP 1.0"]);
    assert_eq!(meanings(&text, "object key")[0], "a key (61206b6579)");
    let name = quorb(["ior", "decode", "corbaname::host#a/b", "--json"]).json();
    assert_eq!((&name["form"], &name["name"]), (&"corbaname".into(), &"a/b".into()));
    assert_eq!(name["profiles"][0]["object_key"]["text"], "NameService");
    let expected = quorb(["ior", "decode", location]).done();
    let file = File::with(&format!("  {location}\n"));
    assert_eq!(quorb(["ior", "decode", &format!("@{}", file.path())]).done(), expected);
    assert_eq!(quorb_fed(&format!("ready {location}\n"), &["ior", "decode", "-"]).done(), expected);
}

#[test]
fn what_is_no_reference_fails_with_the_reason() {
    for (text, reason) in [
        ("grid", "no reference: a reference starts with IOR:, corbaloc: or corbaname:\n"),
        ("IOR:000", "no reference: 3 hexadecimal digits, which is odd: was the reference cut off?\n"),
        ("corbaloc::/k", "no reference: an address has no host\n"),
        ("", "no reference: a reference starts with IOR:, corbaloc: or corbaname:\n"),
    ] {
        assert_eq!(quorb(["ior", "decode", text]).failed(), reason);
    }
    let endless = File::with(&"0".repeat(3 << 20));
    let reason = quorb(["ior", "decode", &format!("@{}", endless.path())]).failed();
    assert!(reason.ends_with(": longer than any reference\n"), "{reason}");
}

/// What a program of omniORB prints, if it is installed.
fn omniorb(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(format!("/usr/bin/{program}")).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn omniorb_reads_and_writes_the_same() {
    let Some(reference) = omniorb("genior", &["IDL:Grid:1.0", "10.0.0.7", "2809", "grid"]) else {
        return eprintln!("skipped: genior and catior are not here (apt-get install omniorb)");
    };
    let ours = quorb(["ior", "decode", reference.trim()]).done();
    let theirs = omniorb("catior", &[reference.trim()]).expect("catior comes with genior");
    assert!(
        theirs.contains("\"IDL:Grid:1.0\"") && theirs.contains("IIOP 1.2 10.0.0.7 2809 \"grid\""),
        "{theirs}"
    );
    assert_eq!(meanings(&ours, "type"), ["IDL:Grid:1.0"]);
    assert_eq!(meanings(&ours, "profile 0"), ["IIOP 1.2"]);
    assert_eq!(meanings(&ours, "address"), ["10.0.0.7:2809"]);
    assert!(meanings(&ours, "object key")[0].starts_with("grid ("));
    assert_eq!(meanings(&ours, "ORB type"), ["omniORB (0x41545400)"]);
    // Their names of code sets have a hyphen more.
    for (kind, label) in [("char native code set:", "char"), ("wchar native code set:", "wchar")] {
        let line =
            theirs.lines().find(|line| line.contains(&format!(" {kind}"))).expect("code sets are shown");
        let name = line.split(kind).nth(1).unwrap().trim().replacen("ISO-", "ISO ", 1);
        assert!(meanings(&ours, label)[0].starts_with(&name), "{name}: {ours}");
    }
}
