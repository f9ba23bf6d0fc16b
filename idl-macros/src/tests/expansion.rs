//! What generated code keeps to, whatever it is generated for.

use proc_macro2::{TokenStream, TokenTree};

use super::tokens;

/// An interface with everything in it.
const GRID: &str = "
    /// Rows and columns.
    pub trait Grid: base::Sheet + Other {
        #[attribute(set)] fn height(&self) -> Result<i16, OutOfRange>;
        #[deadline(\"2s\")] async fn get(&self, cx: &Context, n: &str, m: &[u8], #[default(\"x\")] o: String) -> (u8, u16);
        #[blocking] fn set(&mut self, n: &mut u8, p: &Point) -> Result<((), u8), Fault<OutOfRange>>;
        #[oneway] fn tell(&self);
        fn plain(&self) -> Result<u8, Fault>;
    }";

/// A union with everything in it.
const UNION: &str = "#[switch(i32)] enum S { #[label(1)] A, #[label(2, 3)] B(i32, u8), #[default] C(i32) }";

const RECORD: &str = "struct A { #[idl(n = 1)] a: u8, #[idl(n = 2, default)] b: Option<u8> }";

/// The expansions of all macros, with the broker at `path`.
fn expansions(path: &str) -> Vec<TokenStream> {
    let whole = |(items, errors): (TokenStream, Vec<syn::Error>)| {
        assert!(errors.is_empty(), "{errors:?}");
        items
    };
    let with_path = |item: &str| tokens(&format!("#[idl(crate = {path})] {item}"));
    vec![
        whole(crate::interface::expand(
            tokens(&format!("crate = {path}, declarations = self::declared")),
            tokens(GRID),
            "house",
        )),
        whole(crate::interface::expand(
            tokens(&format!("crate = {path}")),
            tokens("trait Empty {}"),
            "house",
        )),
        whole(crate::value::expand(with_path(UNION), "house")),
        whole(crate::value::expand(with_path(RECORD), "house")),
        whole(crate::value::expand(with_path("enum E { A, B }"), "house")),
        whole(crate::value::expand(with_path("struct Length(f64);"), "house")),
        whole(crate::exception::expand(with_path("struct Lost { at: u8 }"), "house")),
        whole(crate::exception::expand(with_path("enum Refusal { A(Lost), B(Closed) }"), "house")),
    ]
}

/// Every path in `tokens` that starts at a name: the name, and whether `::`, `.` or the like stand before it.
fn names(tokens: TokenStream, found: &mut Vec<(String, String)>) {
    let mut before = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                names(group.stream(), found);
                before.clear();
            }
            TokenTree::Ident(ident) => {
                found.push((before.clone(), ident.to_string()));
                before.clear();
            }
            TokenTree::Punct(punct) => before.push(punct.as_char()),
            TokenTree::Literal(_) => before.clear(),
        }
    }
}

#[test]
fn output_is_well_formed() {
    for expansion in expansions("::quorb") {
        syn::parse2::<syn::File>(expansion).expect("items");
    }
}

#[test]
fn a_renamed_broker_is_never_called_by_its_own_name() {
    for expansion in expansions("renamed::broker") {
        let mut found = Vec::new();
        names(expansion, &mut found);
        assert!(found.iter().all(|(_, name)| name != "quorb"));
        assert!(found.iter().any(|(_, name)| name == "broker"));
    }
}

/// Without a prelude, and with other things under its names, only absolute paths mean what they say.
#[test]
fn names_of_the_prelude_are_only_used_absolutely() {
    const PRELUDE: [&str; 20] = [
        "Some", "None", "Ok", "Err", "Box", "String", "Vec", "Option", "Clone", "Default", "Send", "Sync",
        "Drop", "Into", "From", "Iterator", "ToOwned", "ToString", "vec", "matches",
    ];
    let written_by_the_user = |item: &str| {
        let mut found = Vec::new();
        names(tokens(item), &mut found);
        found.into_iter().map(|(_, name)| name).collect::<Vec<String>>()
    };
    let users = [GRID, UNION, RECORD].map(written_by_the_user).concat();
    for expansion in expansions("::quorb") {
        let mut found = Vec::new();
        names(expansion.clone(), &mut found);
        for (before, name) in found {
            let is_part_of_path = before.ends_with("::") || before.ends_with('.');
            let is_users = users.contains(&name) || name == "Result";
            assert!(
                is_part_of_path || is_users || !PRELUDE.contains(&name.as_str()),
                "a bare `{name}` in {expansion}"
            );
        }
    }
}

#[test]
fn generated_code_is_safe() {
    for expansion in expansions("::quorb") {
        let mut found = Vec::new();
        names(expansion, &mut found);
        assert!(found.iter().all(|(_, name)| name != "unsafe"));
    }
}

/// The whole of a small expansion: the trait as it is emitted.
#[test]
fn the_trait_is_the_users_but_for_futures_and_setters() {
    let (items, _) = crate::interface::expand(
        TokenStream::new(),
        tokens(
            "/// Doc.
            trait Grid: Debug {
                #[attribute(set)] async fn name(&self) -> Result<String, Lost>;
                #[must_use] fn get(&self, #[default] n: u8) -> u8 { n }
            }",
        ),
        "house",
    );
    let expected = tokens(
        "/// Doc.
        #[allow(dead_code)]
        trait Grid: Debug + ::core::marker::Send + ::core::marker::Sync + 'static {
            fn name(&self) -> impl ::core::future::Future<Output = Result<String, Lost> > + ::core::marker::Send;
            #[doc = \"Sets what [`name`](Self::name) reads.\"]
            fn set_name(&mut self, value: String)
                -> impl ::core::future::Future<Output = ::core::result::Result<(), Lost> > + ::core::marker::Send;
            #[must_use]
            fn get(&self, n: u8) -> u8 { n }
        }",
    );
    let file: syn::File = syn::parse2(items).expect("items");
    assert_eq!(file.items[0], syn::parse2(expected).expect("a trait"));
}

/// A trait with a mistake still gives its names, and the operations that are right.
#[test]
fn what_is_right_is_rendered_beside_a_mistake() {
    let fallback = |item: &str| {
        let (items, errors) = crate::interface::expand(TokenStream::new(), tokens(item), "house");
        assert_eq!(errors.len(), 1);
        items.to_string()
    };
    let one_method =
        fallback("trait Grid { fn right(&self) -> u8; fn wrong(&self, cx: &Context, n: usize); }");
    // Calls of the wrong one elsewhere still find a method, which is not part of the interface.
    assert!(
        one_method.contains("async fn right") && one_method.contains("async fn wrong (& self , n : usize)")
    );
    assert!(one_method.contains("\"right\"") && !one_method.contains("\"wrong\""));
    for item in [
        "trait Grid<T> { fn get(&self) -> T; }",
        "trait Grid where u8: Copy {}",
        "trait Grid { const N: u8; }",
    ] {
        let shape = fallback(item);
        for name in ["struct GridProxy", "struct GridBlocking", "struct GridServant"] {
            assert!(shape.contains(name), "{name} for {item}");
        }
    }
    let (items, errors) = crate::value::expand(tokens("struct A { a: usize }"), "house");
    assert_eq!(errors.len(), 1);
    assert!(items.to_string().contains("IdlType for A"));
}

/// Two defaults made of one name have one guard, which can exist once in a crate.
#[test]
fn equal_default_ids_have_equal_guards() {
    let guards = |expansion: TokenStream| {
        let mut found = Vec::new();
        names(expansion, &mut found);
        let guards = found
            .into_iter()
            .map(|(_, name)| name)
            .filter(|name| name.starts_with("the_default_repository_id"));
        guards.collect::<Vec<String>>()
    };
    let interface = |arguments: &str, item: &str| {
        guards(crate::interface::expand(tokens(arguments), tokens(item), "house").0)
    };
    let value = |item: &str| guards(crate::value::expand(tokens(item), "house").0);
    let grid = interface("", "trait Grid {}");
    assert_eq!(grid.len(), 1);
    assert_eq!(interface("name = \"Grid\"", "trait Other {}"), grid);
    assert_eq!(value("struct Grid { a: u8 }"), grid);
    assert_eq!(guards(crate::exception::expand(tokens("struct Grid;"), "house").0), grid);
    assert_eq!(interface("id = \"IDL:Grid:1.0\"", "trait Grid {}").len(), 0);
    assert_eq!(value("struct Grid(u8);").len(), 0);
    let union = value("enum Shape { Circle(u8) }");
    assert_eq!(union[1..], value("enum ShapeSwitch { A }"));
    // A name that is none does not stop the rest.
    assert_eq!(interface("name = \"a-b\"", "trait Grid {}").len(), 1);
}
