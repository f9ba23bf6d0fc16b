//! Objects of omniORB, which serve no metadata: `quorb call --idl` knows them from their IDL.

use quorb::Proxy;
use quorb_interop::{Reference, Server, peers};
use quorb_naming::cos::{BindingIteratorProxy, NamingContextExtProxy};

use crate::rig::{File, Ran, quorb, quorb_fed};

const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interop/peers/idl/echo.idl");

/// The C++ echo server, or none where it cannot be built.
fn echo() -> Option<Server> {
    let peers = peers::or_skip()?;
    Some(Server::start(peers.program("echo_server")).expect("it starts"))
}

fn call(object: &Reference, rest: &[&str]) -> Ran {
    quorb_fed("", &[&["call", object.as_str(), "--idl", IDL], rest].concat())
}

#[test]
fn a_foreign_object_is_called_by_its_idl() {
    let Some(server) = echo() else { return };
    let call = |rest: &[&str]| call(server.reference(), rest);
    for (operation, value) in [
        ("echo_long", "-7"),
        ("echo_unsigned_long_long", "18446744073709551615"),
        ("echo_double", "0.5"),
        ("echo_boolean", "true"),
        ("echo_string", "grün"),
        ("echo_wstring", "ж"),
        ("echo_short_text", "12345678"),
        ("echo_longs", "[1, -2]"),
        ("echo_octets", "hex\"00ff\""),
        ("echo_matrix", "[[1, 2], [3, 4], [5, 6]]"),
        ("echo_point", "{x: -1, y: 0.5}"),
        ("echo_colour", "BLUE"),
    ] {
        assert_eq!(call(&[operation, value]).done(), format!("{value}\n"), "{operation}");
    }
    assert_eq!(call(&["split", "17", "5"]).done(), "result    = 3\nremainder = 2\n");
    assert_eq!(call(&["label", "text"]).done(), "");
    assert_eq!(call(&["label"]).done(), "text\n");
    assert_eq!(call(&["_is_a", "IDL:Torture/Echo:1.0"]).done(), "true\n");
    assert_eq!(call(&["_non_existent"]).done(), "false\n");
}

#[test]
fn what_a_foreign_object_raises_and_what_is_wrong_is_told() {
    let Some(server) = echo() else { return };
    let call = |rest: &[&str]| call(server.reference(), rest);
    assert_eq!(call(&["raise_reason", "because"]).failed(), "Reason { text: \"because\" }\n");
    let long = call(&["echo_short_text", "123456789"]).failed();
    assert!(long.contains("`value`: a length of 9 exceeds the bound of 8"), "{long}");
    let unknown = call(&["echo_lnog", "1"]).misused();
    assert!(unknown.contains("echo_long"), "{unknown}");
    let blind = quorb(["call", server.reference().as_str(), "echo_long", "1"]).failed();
    assert!(blind.contains("--idl FILE") || blind.contains("serves no metadata"), "{blind}");
}

/// Our naming service is written as Rust traits: on the wire they are what OMG's IDL says, as Debian installs it.
#[test]
fn the_naming_service_is_that_of_the_omg() {
    let standard = "/usr/share/idl/omniORB/COS/CosNaming.idl";
    if !std::path::Path::new(standard).exists() {
        assert!(
            std::env::var_os("QUORB_REQUIRE_PEERS").is_none_or(|value| value != "1"),
            "install omniorb-idl"
        );
        eprintln!("skipped: install omniorb-idl");
        return;
    }
    let breaks = |interface: &'static quorb::model::Interface| -> Vec<String> {
        let file = File::with(&interface.idl().expect("it is IDL"));
        let ran = quorb(["idl", "diff", "--json", standard, file.path()]);
        let changes: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
        let changes = changes.as_array().expect("a list");
        let broken = changes.iter().filter(|change| change["iiop"] != "fine");
        broken.map(|change| format!("{}: {}", change["place"], change["what"])).collect()
    };
    // A printed interface has its bases and types; other interfaces are only named.
    let of_contexts = breaks(NamingContextExtProxy::interface());
    assert_eq!(of_contexts, [r#""BindingIterator": "the interface is gone""#]);
    let of_iterators = breaks(BindingIteratorProxy::interface());
    assert!(of_iterators.iter().all(|line| line.contains("the interface is gone")), "{of_iterators:#?}");
    assert!(!of_iterators.iter().any(|line| line.contains("BindingIterator")), "{of_iterators:#?}");
}
