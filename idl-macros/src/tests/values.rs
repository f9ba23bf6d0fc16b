//! Mistakes in types under `#[derive(IdlType)]`.

use super::{in_type, misuses};

misuses! {
    unions_of_rust: in_type("union Bits { a: u32, b: f32 }"), "union", "use an enum";
    generic_types: in_type("struct Pair<T> { a: T, b: T }"), "T", "write it out for the types you need";
    borrowing_types: in_type("struct Text<'a> { a: PhantomData<u8> }"), "'a", "has no parameters";
    types_with_where_clauses: in_type("struct Point where u8: Copy { a: u8 }"), "where u8: Copy", "leave it out";
    unit_structs: in_type("struct Nothing;"), "Nothing", "at least one member";
    empty_structs: in_type("struct Nothing {}"), "Nothing", "at least one member";
    empty_tuples: in_type("struct Nothing();"), "Nothing", "at least one member";
    empty_enums: in_type("enum Never {}"), "Never", "at least one enumerator";
    members_without_idl_type: in_type("struct Point { a: usize }"), "usize", "`usize` has another size";
    members_that_borrow: in_type("struct Point { a: &'static str }"), "&'static str", "use the owned `String`";
    aliases_without_idl_type: in_type("struct Point(Box<dyn Grid>);"), "dyn Grid", "by its proxy";
    aliases_with_ids: in_type("#[idl(id = \"IDL:a:1.0\")] struct Length(f64);"), "id", "has no id";
    aliases_with_settings: in_type("struct Length(#[idl(n = 1)] f64);"), "n", "need a named field";
    enumerators_with_numbers: in_type("enum Side { Left = 5, Right }"), "5", "counts enumerators from zero";
    enumerators_that_differ_in_case: in_type("enum Side { Left, #[idl(name = \"left\")] Right }"), "Right", "ignores case";
    labels_without_switch: in_type("enum Side { #[label(1)] Left, Right }"), "#[label(1)]", "`#[switch(i32)]`";
    settings_of_no_meaning: in_type("#[idl(display = false)] struct A { a: u8 }"), "display", "known are";
    serde_that_is_no_truth: in_type("#[idl(serde = \"no\")] struct A { a: u8 }"), "\"no\"", "`serde = false`";
    type_ids_that_are_none: in_type("#[idl(id = \"A\")] struct A { a: u8 }"), "\"A\"", "does not start with `IDL:`";
    some_indices: in_type("struct A { #[idl(n = 1)] a: u8, b: u8 }"), "b", "give this one `#[idl(n = ...)]` too";
    equal_indices: in_type("struct A { #[idl(n = 1)] a: u8, #[idl(n = 1)] b: u8 }"), "b", "give each its own";
    indices_that_are_no_numbers: in_type("struct A { #[idl(n = -1)] a: u8 }"), "-1", "a whole number";
    members_that_differ_in_case: in_type("struct A { a: u8, A: u8 }"), "A", "ignores case";
    member_names_that_are_none: in_type("struct A { #[idl(name = \"\")] a: u8 }"), "\"\"", "no IDL name";
    unknown_member_settings: in_type("struct A { #[idl(defualt)] a: u8 }"), "defualt", "did you mean `default`?";
    enums_as_values: in_type("#[idl(value)] enum A { B, C }"), "value", "only a struct can be a value type";
    bases_of_structs: in_type("struct A { #[idl(base)] a: B, b: u8 }"), "a", "write `#[idl(value)]` on the struct";
    bases_behind_members: in_type("#[idl(value)] struct A { b: u8, #[idl(base)] a: B }"), "a", "make it the first field";
    indices_in_values: in_type("#[idl(value)] struct A { #[idl(n = 1)] b: u8 }"), "b", "leave the index out";
    truncatable_without_base: in_type("#[idl(value, truncatable)] struct A { b: u8 }"), "truncatable", "write `#[idl(base)]`";
    custom_boxes: in_type("#[idl(value, custom)] struct A(u8);"), "custom", "leave this out";
    truncatable_structs: in_type("#[idl(truncatable)] struct A { b: u8 }"), "truncatable", "write `#[idl(value)]`";
}

#[test]
fn unusual_types_are_right() {
    for item in [
        "struct Length(pub f64);",
        "struct Pair(i16, Vec<Self>);",
        "struct r#Type { r#in: u8, next: Option<Box<Self>> }",
        "#[idl(id = \"IDL:a/B:1.0\", name = \"B\", crate = broker, serde = false)] struct A { #[idl(n = 3, default)] a: u8 }",
        "struct A { #[idl(default = vec![1])] a: Vec<u8>, #[serde(rename = \"x\")] b: u8 }",
        "enum One { Only }",
        "#[idl(value)] struct Empty {}",
        "#[idl(value)] struct Text(String);",
        "#[idl(value, truncatable)] struct Circle { #[idl(base)] shape: Shape, #[idl(private)] radius: f64 }",
        "#[idl(value, custom)] struct Sealed { secret: u8 }",
        "enum Side { #[default] Left, #[idl(name = \"RIGHT\")] Right }",
    ] {
        assert_eq!(in_type(item), [], "{item}");
    }
}
