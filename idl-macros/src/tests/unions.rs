//! Mistakes in enums with values.

use super::{in_type, misuses};

misuses! {
    several_values: in_type("enum Shape { Rect(f64, f64), Point }"), "(f64, f64)", "put the fields of `Rect` in a struct";
    named_values: in_type("enum Shape { Rect { a: f64 }, Point }"), "{ a: f64 }", "put the fields of `Rect` in a struct";
    values_without_idl_type: in_type("enum Shape { Rect(isize), Point }"), "isize", "use `i32` or `i64`";
    cases_that_differ_in_case: in_type("enum Shape { A(u8), a(u8) }"), "a", "ignores case";
    labels_of_generated_switches: in_type("enum Shape { #[label(1)] A(u8) }"), "#[label(1)]", "labels need a switch";
    switches_by_text: in_type("#[switch(String)] enum S { #[label(1)] A }"), "String", "one of `u8`, `i8`";
    switches_by_nothing: in_type("#[switch] enum S { A(u8) }"), "switch", "`#[switch(i32)]`";
    switches_by_settings: in_type("#[idl(switch = f64)] enum S { A(u8) }"), "f64", "one of `u8`, `i8`";
    switches_twice: in_type("#[switch(i32)] #[idl(switch = i32)] enum S { #[label(1)] A }"), "switch", "given twice";
    no_label: in_type("#[switch(i32)] enum S { #[label(1)] A, B }"), "B", "has no label";
    empty_labels: in_type("#[switch(i32)] enum S { #[label()] A }"), "#[label()]", "a label has a value";
    labels_of_another_type: in_type("#[switch(i32)] enum S { #[label('a')] A }"), "'a'", "this is no `i32`";
    labels_of_another_number: in_type("#[switch(i32)] enum S { #[label(1u8)] A }"), "1u8", "this is no `i32`";
    labels_out_of_range: in_type("#[switch(u8)] enum S { #[label(1, 256)] A(u8) }"), "256", "this is no `u8`";
    negative_labels: in_type("#[switch(u32)] enum S { #[label(-1)] A }"), "-1", "this is no `u32`";
    labels_that_are_expressions: in_type("#[switch(i32)] enum S { #[label(N)] A }"), "N", "this is no `i32`";
    labels_twice: in_type("#[switch(i32)] enum S { #[label(1)] A, #[label(0x1)] B }"), "0x1", "the case `A` has this label already";
    labels_twice_in_a_case: in_type("#[switch(i32)] enum S { #[label(1, 1)] A(i32) }"), "1", "given twice";
    labels_that_get_lost: in_type("#[switch(i32)] enum S { #[label(1, 2)] A(String) }"), "A", "make its first field `i32`";
    default_labels_that_get_lost: in_type("#[switch(bool)] enum S { #[label(true)] A, #[default] B }"), "B", "make its first field `bool`";
    several_values_behind_a_label: in_type("#[switch(i32)] enum S { #[default] A(i32, u8, u8) }"), "(i32, u8, u8)", "put the fields";
    two_defaults: in_type("#[switch(i32)] enum S { #[default] A(i32), #[default] B(i32) }"), "B", "`A` is it";
    defaults_without_labels_left: in_type("#[switch(bool)] enum S { #[label(true)] A, #[default] B(bool), #[label(false)] C }"), "B", "no label is left";
}

#[test]
fn unusual_unions_are_right() {
    for item in [
        "enum Tree { Leaf, Node(Box<Self>), Many(Vec<Tree>) }",
        "#[switch(i64)] enum S { #[label(-9_223_372_036_854_775_808)] A, #[label(1)] #[label(2)] B(i64), #[default] C(i64, u8) }",
        "#[switch(char)] enum S { #[label('\\'')] A(u8) }",
        "#[idl(switch = bool)] enum S { #[label(true)] A, #[label(false)] B(String) }",
        "#[switch(u8)] enum S { #[label(b'a')] A }",
        "#[switch(i32)] enum S { #[label(1)] #[default] A(i32) }",
        "#[derive(Default)] enum S { #[default] A, B(u8) }",
    ] {
        assert_eq!(in_type(item), [], "{item}");
    }
}
