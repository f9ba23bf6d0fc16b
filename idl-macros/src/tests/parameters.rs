//! Mistakes in parameters.

use super::{in_method, misuses};

misuses! {
    machine_sizes: in_method("fn get(&self, n: usize);"), "usize", "use `u32` or `u64`";
    signed_machine_sizes: in_method("fn get(&self, n: Vec<isize>);"), "isize", "use `i32` or `i64`";
    large_numbers: in_method("fn get(&self, n: [u128; 2]);"), "u128", "no 128-bit numbers";
    tuples: in_method("fn get(&self, n: (i16, i16));"), "(i16, i16)", "make it a struct";
    nothing: in_method("fn get(&self, n: ());"), "()", "is no value";
    bare_text: in_method("fn get(&self, n: Box<str>);"), "str", "use `String`";
    bare_slices: in_method("fn get(&self, n: Box<[u8]>);"), "[u8]", "use `Vec<u8>`";
    pointers: in_method("fn get(&self, n: *const u8);"), "*const u8", "means nothing in another process";
    functions: in_method("fn get(&self, n: fn(u8) -> u8);"), "fn(u8) -> u8", "pass its proxy";
    closures: in_method("fn get(&self, n: Box<dyn Fn(u8)>);"), "dyn Fn(u8)", "a trait object cannot cross";
    trait_objects: in_method("fn get(&self, n: Box<dyn Grid>);"), "dyn Grid", "as `GridProxy`";
    hidden_types: in_method("fn get(&self, n: impl Grid);"), "impl Grid", "as `GridProxy`";
    unknown_types: in_method("fn get(&self, n: Vec<_>);"), "_", "must be written out";
    streams_in_values: in_method("fn get(&self, n: Vec<ByteStream>);"), "ByteStream", "cannot be part of another value";
    borrowed_streams: in_method("fn get(&self, n: &mut quorb::ByteStream);"), "quorb::ByteStream", "a parameter by itself";
    streams_beside_outs: in_method("fn get(&self) -> (u8, ByteStream);"), "ByteStream", "or the whole result";
    streams_of_oneways: in_method("#[oneway] fn put(&self, n: ByteStream);"), "ByteStream", "leave out `#[oneway]`";
    streams_by_default: in_method("fn put(&self, #[default] n: ByteStream);"), "ByteStream", "no default";
    streams_as_attributes: in_method("#[attribute] fn get(&self) -> ByteStream;"), "ByteStream", "make it an operation";
    the_servant: in_method("fn get(&self, other: &Self);"), "Self", "by its proxy, `GridProxy`";
    shared_places: in_method("fn get(&self, n: Rc<u8>);"), "Rc<u8>", "use `u8`, `Box<u8>` or `Arc<u8>`";
    locked_places: in_method("fn get(&self, n: Arc<std::sync::Mutex<u8>>);"), "std::sync::Mutex<u8>", "pass the value, `u8`";
    cells: in_method("fn get(&self, n: RefCell<u8>);"), "RefCell<u8>", "pass the value";
    cows: in_method("fn get(&self, n: Cow<'static, str>);"), "Cow<'static, str>", "use the owned form of `str`";
    borrowing_types: in_method("fn get(&self, n: Text<'_>);"), "Text<'_>", "use an owned one";
    results_as_values: in_method("fn get(&self, n: Vec<Result<u8, E>>);"), "Result<u8, E>", "use `Option` or an enum";
    references_in_slices: in_method("fn get(&self, n: &[&str]);"), "&str", "use the owned `String`";
    references_to_references: in_method("fn get(&self, n: &&Point);"), "&Point", "use the owned `Point`";
    references_in_types: in_method("fn get(&self, n: Option<&Point>);"), "&Point", "use the owned `Point`";
    parameter_lifetimes: in_method("fn get(&self, n: &'static str);"), "'static", "leave the lifetime out";
    mutable_text: in_method("fn get(&self, n: &mut str);"), "&mut str", "use `&mut String`";
    mutable_slices: in_method("fn get(&self, n: &mut [u8]);"), "&mut [u8]", "use `&mut Vec<u8>`";
    variadics: in_method("fn get(&self, n: ...);"), "n: ...", "pass a `Vec`";

    patterns: in_method("fn get(&self, Point { x, y }: Point) {}"), "Point { x, y }", "in the implementation";
    tuple_patterns: in_method("fn get(&self, (a, b): Pair) {}"), "(a, b)", "in the implementation";
    no_names: in_method("fn get(&self, _: u8);"), "_", "needs a name";
    reserved_names: in_method("fn get(&self, __n: u8);"), "__n", "reserved for generated code";
    names_that_differ_in_case: in_method("fn get(&self, n: u8, N: u8);"), "N", "ignores case";
    wire_names: in_method("fn get(&self, #[idl(name = \"1\")] n: u8);"), "\"1\"", "no IDL name";
    documentation: in_method("fn get(&self, /** what */ n: u8);"), "/** what */", "describe them on the method";
    foreign_attributes: in_method("fn get(&self, #[cfg(unix)] n: u8);"), "#[cfg(unix)]", "can stand on a parameter";

    late_contexts: in_method("fn get(&self, n: u8, cx: &Context);"), "cx: &Context", "must be the first parameter";
    two_contexts: in_method("fn get(&self, cx: &Context, other: &quorb::Context);"), "other: &quorb::Context", "there is one";
    defaults_in_the_middle: in_method("fn get(&self, #[default] a: u8, b: u8);"), "a", "`b` behind it has none";
    defaults_of_what_comes_back: in_method("fn get(&self, #[default] a: &mut u8);"), "#[default]", "cannot have a default";
    defaults_with_equals: in_method("fn get(&self, #[default = 3] a: u8);"), "default = 3", "`#[default(10)]`";
    lists_that_lack_parameters: in_method("#[parameters(a, c)] fn get(&self, a: u8, b: u8) -> (u8, u8);"), "#[parameters(a, c)]", "lacks `b`";
    lists_in_another_order: in_method("#[parameters(b, a)] fn get(&self, a: u8, b: &mut u8);"), "a", "in the same order";
    lists_with_too_few_outs: in_method("#[parameters(a, x)] fn get(&self, a: u8) -> (u8, u8, u8);"), "#[parameters(a, x)]", "has 2 of them, and the list names 1";
    lists_with_too_many_outs: in_method("#[parameters(x)] fn get(&self) -> u8;"), "#[parameters(x)]", "has 0 of them, and the list names 1";
    lists_with_a_name_twice: in_method("#[parameters(a, A)] fn get(&self, a: u8);"), "A", "ignores case";
    lists_of_no_names: in_method("#[parameters(1)] fn get(&self, a: u8);"), "1", "expected";
    lists_of_wrong_names: in_method("#[parameters(_x)] fn get(&self) -> (u8, u8);"), "_x", "no IDL name";
    lists_on_attributes: in_method("#[attribute] #[parameters(x)] fn get(&self) -> u8;"), "#[parameters(x)]", "names 1";
    defaults_that_are_no_values: in_method("fn get(&self, #[default(fn)] a: u8);"), "fn", "expected";
}

#[test]
fn unusual_parameters_are_right() {
    for parameters in [
        "cx: &Context, n: u8",
        "cx: &quorb::Context",
        "_n: u8, text: &str, numbers: &[i32], point: &Point, back: &mut Vec<u8>",
        "rows: Vec<Vec<[f64; 3]>>, table: BTreeMap<String, Option<Box<Point>>>",
        "cell: Cell, rc: Rc, bounded: BVec<u8, 5>, text: BString<10>",
        "a: u8, #[default] b: u8, #[default(\"x\")] c: String, #[default(N + 1)] d: u8",
        "point: shapes::Point, macro_type: point!()",
        "#[allow(unused)] n: (u8)",
    ] {
        assert_eq!(in_method(&format!("fn get(&self, {parameters});")), [], "{parameters}");
    }
}
