//! Keywords (IDL 4.2, 7.2.4).

/// The keywords of CORBA 3.3. They are reserved in every case of their letters.
pub const KEYWORDS: [&str; 65] = [
    "abstract",
    "any",
    "attribute",
    "boolean",
    "case",
    "char",
    "component",
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
    "FALSE",
    "finder",
    "fixed",
    "float",
    "getraises",
    "home",
    "import",
    "in",
    "inout",
    "interface",
    "local",
    "long",
    "module",
    "multiple",
    "native",
    "Object",
    "octet",
    "oneway",
    "out",
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
    "TRUE",
    "truncatable",
    "typedef",
    "typeid",
    "typeprefix",
    "union",
    "unsigned",
    "uses",
    "ValueBase",
    "valuetype",
    "void",
    "wchar",
    "wstring",
    "manages",
];

/// Keywords that came after CORBA 2, and stand in old files as names: they are keywords where the grammar asks for
/// them and names elsewhere. IDL 4's own (`map`, `int32`, `port` and so on) are not even listed: they belong to
/// building blocks that CORBA does not use.
pub(crate) const CORBA2_LATER: [&str; 13] = [
    "component",
    "consumes",
    "emits",
    "eventtype",
    "finder",
    "home",
    "import",
    "manages",
    "multiple",
    "primarykey",
    "provides",
    "publishes",
    "uses",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    KEYWORDS.into_iter().find(|keyword| *keyword == text)
}

/// The keyword that a name must not differ from in case alone.
pub(crate) fn collides(text: &str) -> Option<&'static str> {
    KEYWORDS
        .into_iter()
        .find(|keyword| keyword.eq_ignore_ascii_case(text))
        .filter(|keyword| !CORBA2_LATER.contains(keyword))
}
