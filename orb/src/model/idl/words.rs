//! Words of IDL.

/// Words that are no names, in any case of their letters: those of CORBA 3.3.
const KEYWORDS: &[&str] = &quorb_macros::__idl_keywords!();

/// Those that later versions of IDL have added (IDL 4.2, 7.2.4), and a type of the first ones that compilers still know.
const OTHER_KEYWORDS: [&str; 20] = [
    "alias",
    "bitfield",
    "bitmask",
    "bitset",
    "connector",
    "int16",
    "int32",
    "int64",
    "int8",
    "map",
    "mirrorport",
    "port",
    "porttype",
    "principal",
    "principal_",
    "typename",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
];

/// A name as it is written: with an underscore in front where it is a word of the language.
pub(super) fn escaped(name: &str) -> String {
    let is_keyword = KEYWORDS.iter().chain(&OTHER_KEYWORDS).any(|keyword| keyword.eq_ignore_ascii_case(name));
    if is_keyword { format!("_{name}") } else { name.to_owned() }
}

/// Whether a text can be a name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_escaped_in_any_case() {
        for word in
            ["interface", "TRUE", "object", "ValueBase", "wstring", "manages", "int8", "map", "Principal"]
        {
            assert_eq!(escaped(word), format!("_{word}"));
        }
        assert_eq!(escaped("grid"), "grid");
    }
}
