//! `quorb call`.

use quorb::Proxy;

use crate::fakes;
use crate::rig::{File, quorb, quorb_fed};
use crate::workshop::{Server, servant};

#[test]
fn operations_and_attributes_over_both_protocols() {
    let server = Server::start();
    let file = File::with(&server.reference);
    let object = format!("@{}", file.path());
    for protocol in ["native", "iiop"] {
        let call = |rest: &[&str]| {
            let mut arguments = vec!["call", &object];
            arguments.extend(rest);
            arguments.extend(["--protocol", protocol]);
            quorb_fed("", &arguments)
        };
        assert_eq!(call(&["_get_height"]).done(), "100\n");
        assert_eq!(call(&["height"]).done(), "100\n");
        assert_eq!(call(&["colour", "Red"]).done(), "");
        assert_eq!(call(&["colour"]).done(), "Red\n");
        assert_eq!(call(&["_set_colour", "\"Green\""]).done(), "");
        assert_eq!(call(&["colour", "--json"]).done(), "\"Green\"\n");
        assert_eq!(call(&["set", "2", "-4", "123"]).done(), "");
        assert_eq!(call(&["greet", "two words", "\"good\\nday\""]).done(), "good\nday two words\n");
        assert_eq!(call(&["greet", "you", "hi", "--json"]).done(), "\"hi you\"\n");
        assert_eq!(call(&["split", "-123", "0"]).done(), "result = -12\nrest   = 253\nout1   = true\n");
        let json: serde_json::Value = call(&["split", "9_007_199_254_740_993", "0", "--json"]).json();
        assert_eq!(json, serde_json::json!({"result": 900_719_925_474_099i64, "rest": 3, "out1": false}));
        assert_eq!(call(&["owner"]).done(), "null\n");
        assert_eq!(call(&["owner", "--json"]).done(), "null\n");
        assert_eq!(call(&["letter", "x", "'ж'"]).done(), "xж\n");
        assert_eq!(call(&["poke"]).done(), "");
        assert_eq!(call(&["_is_a", "IDL:Workshop:1.0"]).done(), "true\n");
        assert_eq!(call(&["_non_existent", "--json"]).done(), "false\n");
        assert_eq!(call(&["_repository_id"]).done(), "IDL:Workshop:1.0\n");
    }
    // A default is the object's to fill in, which only the native protocol lets it.
    assert_eq!(quorb(["call", &object, "greet", "you"]).done(), "hello you\n");
    let refused = quorb(["call", &object, "greet", "you", "--protocol", "iiop"]).failed();
    assert!(refused.contains("BAD_PARAM") && refused.contains("`word` is missing"), "{refused}");
    assert_eq!(quorb_fed(&server.reference, &["call", "-", "height"]).done(), "100\n");
    assert_eq!(quorb(["call", &server.corbaloc("workshop"), "height"]).done(), "100\n");
}

#[test]
fn values_of_every_kind_come_back_as_they_went() {
    let server = Server::start();
    let text = "[{name: \"bolt \\\"M8\\\"\", size: null, shape: Circle(2.5), data: hex\"00ff\", prices: {Red: 0.1}}]";
    let json =
        r#"[{"name":"bolt \"M8\"","size":null,"shape":{"Circle":2.5},"data":"AP8=","prices":{"Red":0.1}}]"#;
    for protocol in ["native", "iiop"] {
        for written in [text, json] {
            let arguments = ["call", &server.reference, "echo", written, "--protocol", protocol];
            assert_eq!(quorb(arguments).done(), format!("{text}\n"));
            let arguments = ["call", &server.reference, "echo", written, "--json", "--protocol", protocol];
            assert_eq!(quorb(arguments).json(), serde_json::from_str::<serde_json::Value>(json).unwrap());
        }
    }
    let many = format!("[{}]", [text.trim_matches(['[', ']']); 3].join(","));
    let shown = quorb(["call", &server.reference, "echo", &many]).done();
    assert_eq!(shown.lines().count(), 5, "{shown}");
    assert_eq!(quorb(["call", &server.reference, "echo", &shown]).done(), shown);
}

#[test]
fn exceptions_are_told_on_standard_error() {
    let server = Server::start();
    let call = |rest: &[&str]| quorb_fed("", &[&["call", &server.reference], rest].concat());
    assert_eq!(call(&["set", "200", "0", "1"]).failed(), "OutOfRange { n: 200, m: 0 }\n");
    assert_eq!(
        call(&["set", "200", "0", "1", "--protocol", "iiop"]).failed(),
        "OutOfRange { n: 200, m: 0 }\n"
    );
    assert_eq!(call(&["set", "1", "1", "0"]).failed(), "Closed\n");
    let json: serde_json::Value =
        serde_json::from_str(&call(&["set", "200", "0", "1", "--json"]).failed()).unwrap();
    let members = serde_json::json!({"n": 200, "m": 0});
    assert_eq!(
        json["exception"],
        serde_json::json!({"id": "IDL:OutOfRange:1.0", "name": "OutOfRange", "members": members})
    );
    let late = call(&["slow", "60000", "--deadline", "300ms"]).failed();
    assert!(late.starts_with("TIMEOUT: the deadline passed [executed: maybe]"), "{late}");
    assert_eq!(late.lines().count(), 1);
    let unknown = quorb(["call", &server.corbaloc("nothing"), "height", "--json"]).failed();
    let unknown: serde_json::Value = serde_json::from_str(&unknown).unwrap();
    assert_eq!(unknown["exception"]["name"], "OBJECT_NOT_EXIST");
    assert_eq!(unknown["exception"]["executed"], "no");
    let nowhere =
        quorb(["call", "corbaloc:iiop:1.2@127.0.0.1:1/k", "height", "--deadline", "500ms"]).failed();
    assert!(nowhere.contains("127.0.0.1:1 (connection refused"), "{nowhere}");
    let malformed = quorb(["call", "IOR:0", "height"]).failed();
    assert!(malformed.starts_with("INV_OBJREF: the reference string is malformed"), "{malformed}");
    let native = quorb(["call", &server.corbaloc("workshop"), "height", "--protocol", "native"]).failed();
    assert!(native.starts_with("INV_OBJREF: the reference has no endpoint"), "{native}");
}

#[test]
fn what_does_not_fit_is_not_sent_and_shows_the_signature() {
    let server = Server::start();
    let call = |rest: &[&str]| quorb_fed("", &[&["call", &server.reference], rest].concat()).misused();
    let usage = "usage: set(n: short, m: short, value: long) raises (OutOfRange, Closed)\n";
    assert_eq!(call(&["set", "1"]), format!("`set` takes 3 arguments, not 1\n{usage}"));
    assert_eq!(call(&["set", "1", "2", "x"]), format!("argument `value`: expected long, found `x`\n{usage}"));
    assert_eq!(
        call(&["set", "1", "40000", "3"]),
        format!("argument `m`: expected short (-32768 to 32767), found `40000`\n{usage}")
    );
    let usage = "usage: greet(name: string, word?: string) -> string\n";
    assert_eq!(call(&["greet"]), format!("`greet` takes 1 to 2 arguments, not 0\n{usage}"));
    let unfit = call(&["echo", "[{name: a, shape: Square, data: [], prices: {}}]"]);
    assert!(unfit.starts_with("argument `parts`: [0].shape: Shape has no case `Square`"), "{unfit}");
    let unknown = call(&["sett", "1"]);
    assert!(
        unknown.starts_with("Workshop has no operation `sett` (did you mean `set`?)\noperations:\n"),
        "{unknown}"
    );
    assert!(unknown.contains("\n  oneway poke()\n"), "{unknown}");
    let read_only = call(&["height", "3"]);
    assert!(read_only.starts_with("the attribute `height` of Workshop is read-only\n"), "{read_only}");
}

#[test]
fn without_an_operation_those_that_there_are_are_listed() {
    let server = Server::start();
    let listed = quorb(["call", &server.reference]).done();
    assert!(listed.starts_with("Workshop (IDL:Workshop:1.0)\n  _get_height() -> short\n"), "{listed}");
    let json = quorb(["call", &server.reference, "--json"]).json();
    assert_eq!(json["operations"][0]["name"], "_get_height");
}

#[test]
fn references_are_values_too() {
    let server = Server::start();
    let other = server.orb.adapter().activate(servant()).object().to_string();
    // `_is_a` takes text; a reference as text needs no quotes.
    assert_eq!(quorb(["call", &server.reference, "greet", &other, "to"]).done(), format!("to {other}\n"));
}

#[test]
fn objects_of_other_brokers_serve_no_metadata() {
    let foreign = fakes::foreign_object();
    let reference = format!("corbaloc:iiop:1.2@{}/k", foreign.address);
    let refused = quorb(["call", &reference, "get", "1"]).failed();
    assert!(refused.starts_with("BAD_OPERATION") && refused.contains("serves no metadata"), "{refused}");
    assert_eq!(quorb(["call", &reference, "_is_a", "IDL:Foreign:1.0"]).done(), "true\n");
}
