//! Mistakes in IDL: shown at its own tokens where it stands in Rust.

use super::{assert_one, in_idl, in_include, misuses};

misuses! {
    unknown_names: in_idl("module M {\n  interface A { B get(); };\n};"), "B", "error[not-found]: B is not declared";
    unsupported_definitions: in_idl("native Handle;"), "Handle", "name the Rust type in `external`";
    options_that_name_nothing: in_idl("#![query = [A::get]] interface A { void f(); };"), "A", "the IDL defines no `A::get`";
    misspelt_options: in_idl("#![quert = [A::f]] interface A { void f(); };"), "quert", "did you mean `query`?";
    texts_that_are_wrong: in_idl("\"interface A { B get(); };\", query = [A::get]"), "\"interface A { B get(); };\"", "B is not declared";
    files_that_are_missing: in_include("\"nowhere.idl\""), "\"nowhere.idl\"", "nowhere.idl: no such file";
    paths_that_are_none: in_include("grid"), "grid", "the path of a file comes first";
    externals_without_paths: in_include("\"a.idl\", external = [A]"), "=", "external(CosNaming = crate::cos_naming)";
}

#[test]
fn all_mistakes_are_shown_each_at_its_token() {
    let mistakes = in_idl("interface A {\n  B get();\n  void put(in C value);\n};\nstruct D { E x; };");
    let places: Vec<&str> = mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
    assert_eq!(places, ["B", "C", "E"], "{mistakes:?}");
}

#[test]
fn an_invalid_file_is_shown_with_its_own_place() {
    let mistakes = in_include("\"idl/tests/corpus/reject/not_found.idl\"");
    assert_one(&mistakes, "\"idl/tests/corpus/reject/not_found.idl\"", "reject/not_found.idl:");
}

#[test]
fn every_file_that_was_read_is_looked_at_again() {
    let root =
        crate::include::Root(concat!(env!("CARGO_MANIFEST_DIR"), "/../orb/tests/from_idl/idl").to_owned());
    let source = "\"shop.idl\", include = \"std\", define = \"ROWS=2\"";
    let items = crate::include::file(super::tokens(source), &root).expect("it is valid").to_string();
    let read: Vec<&str> =
        items.split("include_bytes ! (").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    let [shop, money] = read.as_slice() else { panic!("{read:?}") };
    assert!(shop.ends_with("/idl/shop.idl") && money.ends_with("/idl/std/money.idl"), "{read:?}");
}
