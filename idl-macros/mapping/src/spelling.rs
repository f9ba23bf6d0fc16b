//! How Rust spells names of IDL.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};

/// Words of the language; the first four cannot be names even in their raw form.
const KEYWORDS: [&str; 53] = [
    "self", "Self", "super", "crate", "abstract", "as", "async", "await", "become", "box", "break", "const",
    "continue", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Names of types that mean something else to the macros, or to whoever reads the code.
const TAKEN_TYPES: [&str; 24] = [
    "Any",
    "Box",
    "Clone",
    "Context",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Fault",
    "Hash",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "RefUnwindSafe",
    "Result",
    "Send",
    "Sized",
    "String",
    "Sync",
    "Unpin",
    "UnwindSafe",
    "Vec",
];

/// Methods that every proxy has: no operation can be called so in Rust.
pub const PROXY_METHODS: [&str; 11] = [
    "blocking",
    "clone",
    "deferred",
    "from_object",
    "interface",
    "mock",
    "narrow",
    "nil",
    "object",
    "with_deadline",
    "with_options",
];

/// `priceSheet`, `price_sheet` and `PRICE_SHEET` as `PriceSheet`.
pub fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for word in name.split('_') {
        let is_shouted = word.len() > 1 && !word.contains(|letter: char| letter.is_ascii_lowercase());
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.extend(letters.map(|letter| if is_shouted { letter.to_ascii_lowercase() } else { letter }));
    }
    camel
}

/// `PriceSheet` as `price_sheet`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, letter) in letters.iter().enumerate() {
        let follows_small = place > 0 && !letters[place - 1].is_uppercase() && letters[place - 1] != '_';
        let leads_small = place > 0
            && letters[place - 1] != '_'
            && letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (follows_small || leads_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The name of a type, a trait or a variant.
pub(crate) fn type_name(name: &str) -> String {
    let camel = camel_case(name);
    if TAKEN_TYPES.contains(&camel.as_str()) || KEYWORDS.contains(&camel.as_str()) {
        camel + "_"
    } else {
        camel
    }
}

/// The name of a constant.
pub(crate) fn constant_name(name: &str) -> String {
    snake_case(name).to_uppercase()
}

/// An identifier for a name, raw where it is a keyword.
pub(crate) fn ident(name: &str) -> Ident {
    match KEYWORDS.iter().position(|keyword| *keyword == name) {
        None => Ident::new(name, Span::call_site()),
        Some(0..4) => Ident::new(&format!("{name}_"), Span::call_site()),
        Some(_) => Ident::new_raw(name, Span::call_site()),
    }
}

/// The names of one Rust scope that are taken.
#[derive(Debug, Default, Clone)]
pub(crate) struct Taken(BTreeSet<String>);

impl Taken {
    /// The name, with as many `_` behind it as it takes until it and its company are free; all are taken then.
    pub(crate) fn free(&mut self, name: &str, company: &[&str]) -> String {
        let mut name = name.to_owned();
        let all = |name: &str| {
            std::iter::once("")
                .chain(company.iter().copied())
                .map(|suffix| format!("{name}{suffix}"))
                .collect::<Vec<_>>()
        };
        while all(&name).iter().any(|one| self.0.contains(one)) {
            name.push('_');
        }
        self.0.extend(all(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_camels() {
        for (name, camel) in [
            ("NameComponent", "NameComponent"),
            ("octet_seq", "OctetSeq"),
            ("SHAPE_CIRCLE", "ShapeCircle"),
            ("RED", "Red"),
            ("nobject", "Nobject"),
            ("priceSheet", "PriceSheet"),
            ("A", "A"),
            ("v_2", "V2"),
        ] {
            assert_eq!(camel_case(name), camel);
        }
        assert_eq!(type_name("result"), "Result_");
    }

    #[test]
    fn methods_are_snakes() {
        for (name, snake) in [
            ("Grid", "grid"),
            ("PriceSheet", "price_sheet"),
            ("HTTPServer", "http_server"),
            ("My_Grid", "my_grid"),
            ("bind_new_context", "bind_new_context"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("self").to_string(), "self_");
        assert_eq!(ident("grid").to_string(), "grid");
    }

    #[test]
    fn a_taken_name_gets_a_tail() {
        let mut taken = Taken::default();
        assert_eq!(taken.free("get", &[]), "get");
        assert_eq!(taken.free("get", &[]), "get_");
        assert_eq!(taken.free("Grid", &["Proxy"]), "Grid");
        assert_eq!(taken.free("GridProxy", &[]), "GridProxy_");
    }
}
