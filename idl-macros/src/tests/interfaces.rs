//! Mistakes in the trait as a whole.

use super::{in_interface, misuses};

misuses! {
    a_struct_is_no_interface: in_interface("", "struct Grid;"), "struct Grid;", "goes on a trait";
    broken_syntax_is_the_compilers: in_interface("", "trait Grid { fn }"), "}", "expected identifier";
    type_parameters: in_interface("", "trait Grid<T: Copy, const N: u32> {}"), "T: Copy, const N: u32", "name the types";
    where_clauses: in_interface("", "trait Grid where Self: Sized {}"), "where Self: Sized", "put bounds on the servant's own type";
    unsafe_traits: in_interface("", "unsafe trait Grid {}"), "unsafe", "can promise nothing";
    auto_traits: in_interface("", "auto trait Grid {}"), "auto", "cannot be an `auto` trait";
    constants: in_interface("", "trait Grid { const N: u8; }"), "const N: u8;", "declare it beside the trait";
    associated_types: in_interface("", "trait Grid { type Cell; }"), "type Cell;", "name the type in each operation";
    macros_in_the_body: in_interface("", "trait Grid { operations!(); }"), "operations!();", "only methods";
    conditions_below_the_attribute: in_interface("", "#[cfg(unix)] trait Grid {}"), "#[cfg(unix)]", "above `#[interface]`";
    async_trait: in_interface("", "#[async_trait::async_trait] trait Grid {}"), "#[async_trait::async_trait]", "write `async fn`";

    unknown_settings: in_interface("ids = \"IDL:a:1.0\"", "trait Grid {}"), "ids", "did you mean `id`?";
    far_settings: in_interface("colour = 1", "trait Grid {}"), "colour", "known are `id`, `name`, `declarations` and `crate`";
    settings_twice: in_interface("id = \"IDL:a:1.0\", id = \"IDL:b:1.0\"", "trait Grid {}"), "id", "keep one";
    an_id_that_is_no_text: in_interface("id = 5", "trait Grid {}"), "5", "`id = \"...\"`";
    an_id_without_version: in_interface("id = \"IDL:Grid\"", "trait Grid {}"), "\"IDL:Grid\"", "has no version";
    an_id_without_format: in_interface("id = \"Grid:1.0\"", "trait Grid {}"), "\"Grid:1.0\"", "looks like `IDL:Module/Name:1.0`";
    a_crate_that_is_no_path: in_interface("crate = \"quorb\"", "trait Grid {}"), "\"quorb\"", "`crate = some::path`";
    names_outside_of_ascii: in_interface("", "trait Gitterä {}"), "Gitterä", "no IDL name";
    a_given_name_that_is_none: in_interface("name = \"9\"", "trait Grid {}"), "\"9\"", "no IDL name";

    generic_bases: in_interface("", "trait Grid: AsRef<str> {}"), "AsRef<str>", "a plain `#[interface]` trait";
    relaxed_bases: in_interface("", "trait Grid: ?Sheet {}"), "?Sheet", "a plain `#[interface]` trait";
    higher_ranked_bases: in_interface("", "trait Grid: for<'a> Sheet {}"), "for<'a> Sheet", "a plain `#[interface]` trait";
    bases_twice: in_interface("", "trait Grid: a::Sheet + b::Sheet {}"), "b::Sheet", "two bases of this name";
    short_lives: in_interface("", "trait Grid: 'a {}"), "'a", "only `'static`";

    two_names_that_differ_in_case: in_interface("", "trait Grid { fn get(&self); fn Get(&self); }"), "Get", "ignores case";
    an_attribute_and_an_operation: in_interface("", "trait Grid { #[attribute] fn size(&self) -> u8; #[idl(name = \"Size\")] fn measure(&self); }"), "measure", "one name in IDL";
    overloading: in_interface("", "trait Grid { fn get(&self); fn get(&self, n: u8); }"), "get", "no overloading";
    a_setter_twice: in_interface("", "trait Grid { #[attribute(set)] fn size(&self) -> u8; fn set_size(&mut self, n: u8); }"), "set_size", "declares this method already";
    methods_of_every_proxy: in_interface("", "trait Grid { fn blocking(&self); }"), "blocking", "#[idl(name = \"blocking\")]";
    casts_to_bases: in_interface("", "trait Grid: BigSheet { fn as_big_sheet(&self); }"), "as_big_sheet", "has a method `as_big_sheet`";
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mistakes = in_interface(
        "id = \"nonsense\"",
        "trait Grid {
            fn get(self, n: usize) -> Result<i32>;
            #[oneawy] fn set(&mut self);
            fn fine(&self) -> u8;
        }",
    );
    let places: Vec<&str> = mistakes.iter().map(|mistake| mistake.at.as_str()).collect();
    assert_eq!(places, ["\"nonsense\"", "self", "usize", "Result<i32>", "oneawy"]);
}

#[test]
fn unusual_traits_are_right() {
    for (arguments, item) in [
        ("", "trait Grid {}"),
        ("id = \"IDL:Grid:1.0\", name = \"grid\", crate = crate::broker", "pub(crate) trait Grid {}"),
        ("", "trait Grid: Send + Sync + std::fmt::Debug + 'static + base::Sheet + super::Other {}"),
        ("", "trait r#Grid { fn r#type(&self, r#in: u8); }"),
        ("", "trait Grid { #[idl(name = \"object\")] fn the_object(&self); }"),
        ("", "trait Grid { fn set_size(&mut self, n: u8); #[attribute] fn size(&self) -> u8; }"),
    ] {
        assert_eq!(in_interface(arguments, item), [], "{item}");
    }
}
