//! Words of IDL.

/// Words that are no names, in any case of their letters (IDL 4.2, 7.2.4).
const KEYWORDS: [&str; 73] = [
    "abstract",
    "any",
    "alias",
    "attribute",
    "bitfield",
    "bitmask",
    "bitset",
    "boolean",
    "case",
    "char",
    "component",
    "connector",
    "const",
    "consumes",
    "context",
    "custom",
    "default",
    "double",
    "emits",
    "enum",
    "eventtype",
    "exception",
    "factory",
    "false",
    "finder",
    "fixed",
    "float",
    "getraises",
    "home",
    "import",
    "in",
    "inout",
    "int16",
    "int32",
    "int64",
    "int8",
    "interface",
    "local",
    "long",
    "manages",
    "map",
    "mirrorport",
    "module",
    "multiple",
    "native",
    "object",
    "octet",
    "oneway",
    "out",
    "port",
    "porttype",
    "primarykey",
    "private",
    "provides",
    "public",
    "publishes",
    "raises",
    "readonly",
    "sequence",
    "setraises",
    "short",
    "string",
    "struct",
    "supports",
    "switch",
    "true",
    "truncatable",
    "typedef",
    "typeid",
    "typename",
    "typeprefix",
    "uint16",
    "uint32",
];

/// The rest of them.
const MORE_KEYWORDS: [&str; 9] =
    ["uint64", "uint8", "union", "unsigned", "uses", "valuebase", "valuetype", "void", "wchar"];

/// A name as it is written: with an underscore in front where it is a word of the language.
pub(super) fn escaped(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let is_keyword = KEYWORDS.contains(&lower.as_str())
        || MORE_KEYWORDS.contains(&lower.as_str())
        || ["wstring", "principal", "principal_"].contains(&lower.as_str());
    if is_keyword { format!("_{name}") } else { name.to_owned() }
}

/// Whether a text can be a name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
