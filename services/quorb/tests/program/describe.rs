//! `quorb describe`, and what else is known of objects: their IDL, from them and for them.

use std::path::PathBuf;

use crate::fakes;
use crate::rig::{File, quorb, quorb_fed};
use crate::workshop::Server;

#[test]
fn describe_shows_interface_types_and_endpoints() {
    let server = Server::start();
    let shown = quorb(["describe", &server.reference]).done();
    for line in [
        "interface Workshop (IDL:Workshop:1.0)",
        "  query         _get_height() -> short",
        "  update alone  set(n: short, m: short, value: long) raises (OutOfRange, Closed)",
        "exception OutOfRange (IDL:OutOfRange:1.0)",
        "  n: short",
        "profile 0           IIOP 1.2",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} is not in\n{shown}");
    }
    assert!(shown.contains("  size?: optional<unsigned short>\n"), "{shown}");
    assert!(shown.contains("union Shape switch (ShapeSwitch) ("), "{shown}");
    assert!(shown.contains("  Circle => Circle: double\n"), "{shown}");
    let json = quorb(["describe", &server.reference, "--json"]).json();
    assert_eq!(json["interface"]["id"], "IDL:Workshop:1.0");
    assert_eq!(json["interface"]["operations"][0]["name"], "_get_height");
    assert_eq!(json["reference"]["profiles"][0]["name"], "IIOP");
    let nobody = quorb(["describe", "corbaloc:iiop:1.2@127.0.0.1:1/k", "--deadline", "500ms"]).failed();
    assert!(nobody.contains("connection refused"), "{nobody}");
}

#[test]
fn the_idl_of_an_object_calls_it_without_its_metadata() {
    let server = Server::start();
    let idl = quorb(["idl", "from", &server.reference]).done();
    assert!(idl.contains("interface Workshop {\n  readonly attribute short height;\n"), "{idl}");
    let file = File::with(&idl);
    assert_eq!(quorb(["idl", "check", file.path()]).done(), "");
    for object in [server.reference.clone(), server.corbaloc("workshop")] {
        for protocol in ["native", "iiop"] {
            if protocol == "native" && object.starts_with("corbaloc") {
                continue;
            }
            let call = |rest: &[&str]| {
                let fixed = ["call", &object, "--idl", file.path(), "--protocol", protocol];
                quorb_fed("", &[&fixed, rest].concat())
            };
            assert_eq!(call(&["height"]).done(), "100\n");
            assert_eq!(call(&["set", "200", "0", "1"]).failed(), "OutOfRange { n: 200, m: 0 }\n");
            let parts =
                "[{name: \"bolt\", size: 7, shape: Circle(2.5), data: hex\"00ff\", prices: {Red: 0.5}}]";
            assert_eq!(call(&["echo", parts]).done(), format!("{parts}\n"));
            assert_eq!(call(&["split", "-123", "0"]).done(), "result = -12\nrest   = 253\nout1   = true\n");
        }
    }
    let described = quorb(["describe", &server.corbaloc("workshop"), "--idl", file.path()]).done();
    assert!(described.starts_with("interface Workshop (IDL:Workshop:1.0)\n"), "{described}");
}

#[test]
fn the_right_interface_is_found_or_named() {
    let server = Server::start();
    let file = File::with("interface Bare {}; interface Other : Bare { void f(); };");
    let object = server.corbaloc("workshop");
    let none = quorb(["call", &object, "--idl", file.path(), "f"]).failed();
    assert_eq!(
        none,
        format!("the object has none of the interfaces in {}; name one with --interface\n", file.path())
    );
    let unknown = quorb(["call", &object, "--idl", file.path(), "--interface", "Nothing", "f"]).misused();
    assert_eq!(unknown, format!("{} defines no interface `Nothing`\n", file.path()));
    let called = quorb(["call", &object, "--idl", file.path(), "--interface", "Other", "f"]).failed();
    assert!(called.starts_with("BAD_OPERATION"), "{called}");
    let foreign = fakes::foreign_object();
    let reference = format!("corbaloc:iiop:1.2@{}/k", foreign.address);
    let advice = quorb(["describe", &reference]).failed();
    assert!(advice.contains("give its IDL with --idl FILE"), "{advice}");
    let described = quorb(["describe", &reference, "--idl", file.path()]).done();
    assert!(described.starts_with("interface Other (IDL:Other:1.0) : Bare\n"), "{described}");
}

/// What `quorb idl diff` says of a change that `orb/tests/evolution` makes between living peers.
fn diff(name: &str, rest: &[&str]) -> crate::rig::Ran {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../orb/tests/evolution/idl");
    let file = |version: &str| folder.join(format!("{name}_{version}.idl")).to_string_lossy().into_owned();
    quorb_fed("", &[&["idl", "diff", &file("old"), &file("new")], rest].concat())
}

#[test]
fn diff_judges_every_change_that_the_evolution_tests_make() {
    for (name, said) in [
        ("operation_added", "native fine    iiop fine    Desk::g: the operation is new\n"),
        (
            "optional_member_added",
            "native fine    iiop breaks  Note: the member `rank` is new and may be missing\n\
             native fine    iiop breaks  Note: the member `tags` is new and may be missing\n",
        ),
        ("required_member_added", "native breaks  iiop breaks  Note: the member `rank` is new\n"),
        ("member_renamed", "native breaks  iiop fine    Note: the member `text` is called `words` now\n"),
        ("indexed_member_renamed", ""),
        ("members_reordered", "native fine    iiop breaks  Note: the members stand in another order\n"),
        ("member_widened", "native partly  iiop breaks  Note.rank: short has become long\n"),
        ("member_retyped", "native breaks  iiop breaks  Note.rank: long has become string\n"),
        (
            "optional_parameter_added",
            "native fine    iiop breaks  Desk::f: the parameter `by` is new and has a default\n",
        ),
        ("required_parameter_added", "native breaks  iiop breaks  Desk::f: the parameter `by` is new\n"),
        ("result_added", "native breaks  iiop breaks  Desk::f: `rest` is returned too\n"),
        (
            "enumerator_added",
            "native partly  iiop partly  Colour: the enumerator `BLUE` is new, and unknown to old peers\n",
        ),
        (
            "case_added",
            "native partly  iiop partly  Answer: the case `number` is new, and unknown to old peers\n",
        ),
        (
            "exception_added",
            "native partly  iiop partly  Desk::f: it raises Full too, which old callers take for UNKNOWN\n",
        ),
    ] {
        let ran = diff(name, &[]);
        assert_eq!((ran.out.as_str(), ran.code), (said, i32::from(said.contains("breaks"))), "{name}");
        let native = diff(name, &["--protocol", "native"]);
        assert_eq!(native.code, i32::from(said.contains("native breaks")), "{name}");
    }
    let json = diff("operation_added", &["--json"]).json();
    assert_eq!(json[0]["place"], "Desk::g");
    assert_eq!(json[0]["native"], "fine");
}

#[test]
fn diff_finds_what_is_gone() {
    let old = File::with("interface A { void f(); void g(); }; interface B : A {}; interface C {};");
    let new = File::with("interface A { void f(); }; interface B {};");
    let ran = quorb(["idl", "diff", old.path(), new.path()]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.out,
        "native breaks  iiop breaks  A::g: the operation is gone\n\
         native breaks  iiop breaks  B: it is no A any more\n\
         native breaks  iiop breaks  C: the interface is gone\n"
    );
    assert_eq!(quorb(["idl", "diff", old.path(), old.path()]).done(), "");
}
