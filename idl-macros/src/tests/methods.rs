//! Mistakes in methods: receivers, forms, behaviours, results.

use super::{in_method, misuses};

misuses! {
    no_receiver: in_method("fn get(n: i16);"), "get", "take `&self` to read the object";
    by_value: in_method("fn get(self);"), "self", "cannot consume the object";
    mutable_by_value: in_method("fn get(mut self) {}"), "mut self", "cannot consume the object";
    boxed: in_method("fn get(self: Box<Self>);"), "self: Box<Self>", "a caller holds a reference";
    receiver_lifetimes: in_method("fn get(&'static self);"), "'static", "leave the lifetime out";
    method_generics: in_method("fn get<'a, T>(&self, t: T);"), "'a, T", "name the types";
    method_where_clauses: in_method("fn get(&self) where Self: Sized;"), "where Self: Sized", "no where clause";
    unsafe_methods: in_method("unsafe fn get(&self);"), "unsafe", "can promise nothing";
    const_methods: in_method("const fn get(&self);"), "const", "runs in another process";
    foreign_methods: in_method("extern \"C\" fn get(&self);"), "extern \"C\"", "no calling convention";
    names_for_attributes: in_method("fn _get_height(&self);"), "_get_height", "use `#[attribute]`";
    wire_names_that_are_none: in_method("#[idl(name = \"a-b\")] fn get(&self);"), "\"a-b\"", "no IDL name";
    unknown_method_settings: in_method("#[idl(nam = \"a\")] fn get(&self);"), "nam", "did you mean `name`?";
    bare_settings: in_method("#[idl] fn get(&self);"), "#[idl]", "a list of settings";

    misspelt_behaviours: in_method("#[idempotant] fn get(&self);"), "idempotant", "did you mean `idempotent`?";
    reserved_behaviours: in_method("#[order(total)] fn set(&mut self);"), "#[order(total)]", "not yet supported by this version";
    behaviours_twice: in_method("#[blocking] #[blocking] fn get(&self);"), "#[blocking]", "given twice";
    behaviours_with_arguments: in_method("#[update(now)] fn set(&self);"), "update(now)", "takes no arguments";
    conditional_methods: in_method("#[cfg(test)] fn get(&self);"), "#[cfg(test)]", "peers must agree on the interface";
    defaults_on_methods: in_method("#[default(3)] fn get(&self);"), "#[default(3)]", "belongs on a trailing parameter";
    updates_said_twice: in_method("#[update] fn set(&mut self);"), "#[update]", "`&mut self` says that already";
    queries_that_change: in_method("#[query] fn set(&mut self);"), "#[query]", "take `&self`";
    queries_that_update: in_method("#[query] #[update] fn set(&self);"), "#[query]", "not both";
    blocking_futures: in_method("#[blocking] async fn get(&self);"), "#[blocking]", "must not block";
    stopping_plain_methods: in_method("#[cancellable] fn set(&mut self);"), "#[cancellable]", "write `async fn`";
    stopping_blocking_methods: in_method("#[cancellable] #[blocking] fn set(&mut self);"), "#[cancellable]", "write `async fn`";
    deadlines_of_zero: in_method("#[deadline(\"0s\")] fn get(&self);"), "\"0s\"", "lets no call succeed";
    deadlines_without_unit: in_method("#[deadline(\"15\")] fn get(&self);"), "\"15\"", "a unit, `ms`, `s`, `m` or `h`";
    deadlines_in_other_units: in_method("#[deadline(\"2 days\")] fn get(&self);"), "\"2 days\"", "no duration";
    deadlines_beyond_numbers: in_method("#[deadline(\"99999999999999999999h\")] fn get(&self);"), "\"99999999999999999999h\"", "no duration";
    replies_of_nobody: in_method("#[reply(0)] fn set(&mut self);"), "0", "what `#[oneway]` says";
    replies_of_too_many: in_method("#[reply(99999999999)] fn set(&mut self);"), "99999999999", "no number of members";
    replies_of_whom: in_method("#[reply(most)] fn set(&mut self);"), "reply(most)", "`majority`, `all`, or how many";
    replies_without_a_word: in_method("#[reply] fn set(&mut self);"), "reply", "`#[reply(majority)]`";
    replies_to_oneways: in_method("#[oneway] #[reply(all)] fn set(&mut self);"), "#[reply(all)]", "leave out one of the two";
    replies_in_streams: in_method("#[reply(all)] fn get(&self) -> quorb::ByteStream;"), "#[reply(all)]", "a stream goes to one member";
    replies_twice: in_method("#[reply(all)] #[reply(2)] fn set(&mut self);"), "#[reply(2)]", "given twice";
    deadlines_that_are_no_text: in_method("#[deadline(2)] fn get(&self);"), "deadline(2)", "`#[deadline(\"2s\")]`";

    oneways_with_results: in_method("#[oneway] fn get(&self) -> u8;"), "-> u8", "can have no result";
    oneways_that_raise: in_method("#[oneway] fn get(&self) -> Result<(), Fault>;"), "-> Result<(), Fault>", "raise nothing";
    oneways_that_answer: in_method("#[oneway] fn get(&self, n: &mut u8);"), "&mut u8", "nothing comes back";
    oneway_attributes: in_method("#[oneway] #[attribute] fn size(&self) -> u8;"), "#[oneway]", "its caller waits";
    attributes_that_change: in_method("#[attribute] fn size(&mut self) -> u8;"), "&mut self", "`#[attribute(set)]`";
    attributes_that_update: in_method("#[attribute] #[update] fn size(&self) -> u8;"), "#[update]", "make `size` an operation";
    attributes_with_parameters: in_method("#[attribute] fn size(&self, n: u8) -> u8;"), "n: u8", "no parameters";
    attributes_without_value: in_method("#[attribute] fn size(&self);"), "#[attribute]", "has a value";
    attributes_with_values: in_method("#[attribute] fn size(&self) -> (u8, u8);"), "(u8, u8)", "return a struct";
    setters_with_other_words: in_method("#[attribute(set, raise = E)] fn size(&self) -> u8;"), "attribute(set, raise = E)", "`#[attribute(set, raises = E)]`";
    setters_that_raise_no_type: in_method("#[attribute(set, raises = [u8])] fn size(&self) -> u8;"), "[u8]", "raises an exception";
    attributes_with_other_words: in_method("#[attribute(get)] fn size(&self) -> u8;"), "attribute(get)", "`#[attribute(set)]`";

    results_of_one_type: in_method("fn get(&self) -> io::Result<i32>;"), "io::Result<i32>", "write both types, `Result<T, E>`";
    results_of_no_type: in_method("fn get(&self) -> Result;"), "Result", "write both types";
    faults_of_two_types: in_method("fn get(&self) -> Result<(), Fault<A, B>>;"), "Fault<A, B>", "one exception `E`";
    exceptions_that_are_none: in_method("fn get(&self) -> Result<(), &str>;"), "&str", "`#[derive(Exception)]`";
    borrowed_results: in_method("fn get(&self) -> &str;"), "&str", "use the owned `String`";
    borrowed_slices: in_method("fn get(&self) -> Option<&[u8]>;"), "&[u8]", "use the owned `Vec<u8>`";
    results_that_are_the_servant: in_method("fn get(&self) -> Vec<Self>;"), "Self", "by its proxy, `GridProxy`";
    results_that_are_never: in_method("fn get(&self) -> !;"), "!", "never replies";
    tuples_of_one: in_method("fn get(&self) -> (u8,);"), "(u8,)", "leave out the comma";
    outs_of_nothing: in_method("fn get(&self) -> (u8, ());"), "()", "is no value";
    results_that_are_hidden: in_method("fn get(&self) -> impl Iterator<Item = u8>;"), "impl Iterator<Item = u8>", "name the type";
}

#[test]
fn unusual_methods_are_right() {
    for method in [
        "fn get(&self);",
        "fn get(&self) -> ();",
        "fn get(&self) -> Result<(), E>;",
        "fn get(&self) -> std::result::Result<((), u8, u16), quorb::Fault<E>>;",
        "fn get(&self) -> Result<u8, crate::Fault>;",
        "async fn get(&self) -> u8 { 3 }",
        "#[must_use] #[inline] #[tracing::instrument] #[allow(unused)] fn get(&self) -> u8;",
        "#[idempotent] #[query] fn get(&self);",
        "#[deadline(\"150ms\")] fn get(&self);",
        "#[attribute(set)] #[idempotent] async fn size(&self) -> Result<u8, E>;",
        "#[attribute] fn size(&self, cx: &Context) -> u8;",
        "#[cancellable] #[update] async fn set(&self);",
    ] {
        assert_eq!(in_method(method), [], "{method}");
    }
}
