//! Mistakes in exceptions.

use super::{in_exception, misuses};

misuses! {
    exceptions_that_are_unions: in_exception("union Bits { a: u32 }"), "union", "use an enum";
    generic_exceptions: in_exception("struct Lost<T> { what: T }"), "T", "has no parameters";
    members_of_exceptions: in_exception("struct Lost { at: usize }"), "usize", "use `u32` or `u64`";
    no_exceptions: in_exception("enum Refusal {}"), "Refusal", "names at least one";
    variants_that_hold_nothing: in_exception("enum Refusal { Lost, Closed(Closed) }"), "Lost", "write `Lost(Lost)`";
    variants_that_hold_members: in_exception("enum Refusal { Lost { at: u8 } }"), "Lost { at: u8 }", "write `Lost(Lost)`";
    exceptions_twice: in_exception("enum Refusal { A(Lost), B(Lost) }"), "Lost", "`A` holds this exception already";
    ids_of_several: in_exception("#[idl(id = \"IDL:a:1.0\")] enum Refusal { A(Lost) }"), "id", "unknown setting";
    settings_of_variants: in_exception("enum Refusal { #[idl(name = \"b\")] A(Lost) }"), "#[idl(name = \"b\")]", "put them on the exceptions";
    display_that_is_no_truth: in_exception("#[idl(display)] struct Lost;"), "display", "`display = false`";
    generic_enums: in_exception("enum Refusal<T> { A(Lost) }"), "T", "has no parameters";
}

#[test]
fn unusual_exceptions_are_right() {
    for item in [
        "struct Closed;",
        "struct Closed {}",
        "struct Lost(u8);",
        "#[idl(display = false, serde = false, crate = broker, name = \"lost\", id = \"IDL:l:1.0\")] struct Lost { at: Option<u8> }",
        "#[idl(crate = broker, display = false)] enum Refusal { A(a::Lost), B(b::Lost) }",
    ] {
        assert_eq!(in_exception(item), [], "{item}");
    }
}
