//! The texts, and what they mean.

use std::path::PathBuf;

use quorb::model::{Interface, NoIdl};
use quorb::{IdlType, Proxy, interface};

use crate::{again, original};

/// Compares the text for an interface with a file, or writes the file.
#[track_caller]
fn check(name: &str, interface: &'static Interface) {
    let text = interface.idl().unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/to_idl/idl").join(name);
    if std::env::var_os("QUORB_UPDATE_IDL").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(text == file, "{} says something else:\n{text}", path.display());
}

/// Compares two descriptions part by part, since a difference in the whole is hard to find.
#[track_caller]
fn assert_same(left: &'static Interface, right: &'static Interface) {
    let (one, other) = (left.describe(), right.describe());
    for (one, other) in one.operations.iter().zip(&other.operations) {
        assert_eq!(one, other);
    }
    for ((one_id, one), (other_id, other)) in one.types.iter().zip(&other.types) {
        assert_eq!((one_id, one), (other_id, other));
    }
    assert_eq!(one, other);
    assert_eq!(left.fingerprint(), right.fingerprint());
}

#[test]
fn an_interface_with_everything() {
    check("depot.idl", original::DepotProxy::interface());
    assert_same(again::depot::to_idl::DepotProxy::interface(), original::DepotProxy::interface());
}

#[test]
fn an_interface_whose_name_idl_forbids() {
    check("echo.idl", original::EchoProxy::interface());
    assert_same(again::echo::EchoProxy::interface(), original::EchoProxy::interface());
}

#[test]
fn a_list_by_boxes_has_no_idl() {
    #[derive(Debug, Clone, PartialEq, IdlType)]
    #[idl(id = "IDL:Chain:1.0")]
    struct Chain {
        link: Option<Box<Chain>>,
    }
    #[interface]
    trait Smith {
        fn forge(&self) -> Chain;
    }
    let refused = SmithProxy::interface().idl().unwrap_err();
    assert_eq!(refused, NoIdl::Recursive { id: "IDL:Chain:1.0".to_owned() });
    assert_eq!(
        refused.to_string(),
        "IDL:Chain:1.0 contains itself other than through a sequence, for which IDL has no form"
    );
}

#[test]
fn nested_types_are_taken_out_where_they_are_needed_before() {
    #[derive(Debug, Clone, PartialEq, IdlType)]
    #[idl(id = "IDL:Desk/Drawer:1.0")]
    struct Drawer {
        depth: u8,
    }
    #[derive(Debug, Clone, PartialEq, IdlType)]
    #[idl(id = "IDL:Chest:1.0")]
    struct Chest {
        drawer: Drawer,
    }
    #[interface(id = "IDL:Desk:1.0")]
    trait Desk {
        fn look(&self, chest: Chest) -> Drawer;
    }
    let text = DeskProxy::interface().idl().unwrap();
    let expected = "module Desk_ {\n  struct Drawer {\n    octet depth;\n  };\n#pragma ID Drawer \"IDL:Desk/Drawer:1.0\"\n};\n\
                    struct Chest {\n  ::Desk_::Drawer drawer;\n};\ninterface Desk {\n  \
                    ::Desk_::Drawer look(in ::Chest chest);\n};\n#pragma quorb Desk::look query\n";
    assert_eq!(text, expected);
}
