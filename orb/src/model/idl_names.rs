//! The names that types get in IDL where Rust needs none.
//!
//! IDL has no optional values and no maps, and every union and struct of it has a name. All who say such a type in IDL, on
//! the wire or in a file, take the name from here.

use super::TypeDesc;

/// The name of the union that stands for an optional value: `OptionalLong`.
pub fn of_optional(inner: &TypeDesc) -> String {
    format!("Optional{}", word(inner))
}

/// The name of the struct that stands for an entry of a map: `EntryStringLong`.
pub fn of_entry(key: &TypeDesc, value: &TypeDesc) -> String {
    format!("Entry{}{}", word(key), word(value))
}

/// The repository id of such a type.
pub fn id_of(name: &str) -> String {
    format!("IDL:{name}:1.0")
}

/// A type in one word that can be part of a name.
pub fn word(ty: &TypeDesc) -> String {
    match ty {
        TypeDesc::Sequence { element, bound } => format!("{}Seq{}", word(element), number(*bound)),
        TypeDesc::Array { element, length } => format!("{}Array{length}", word(element)),
        TypeDesc::Optional(inner) => of_optional(inner),
        TypeDesc::Map { key, value } => format!("{}Seq", of_entry(key, value)),
        TypeDesc::String { bound } => format!("String{}", number(*bound)),
        TypeDesc::WString { bound } => format!("WString{}", number(*bound)),
        TypeDesc::Fixed { digits, scale } => format!("Fixed{digits}_{}", scale.to_string().replace('-', "m")),
        TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => path(id),
        simple => simple.to_string().split(' ').map(capitalised).collect(),
    }
}

/// The scoped name in a repository id as one word, so that types of equal simple names stay apart.
fn path(id: &str) -> String {
    let path = id.strip_prefix("IDL:").unwrap_or(id);
    let path = path.rsplit_once(':').map_or(path, |(path, _)| path);
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    path.chars().map(plain).collect()
}

fn number(bound: Option<u32>) -> String {
    bound.map(|bound| bound.to_string()).unwrap_or_default()
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_word_that_idl_takes() {
        let sequence = TypeDesc::Sequence { element: Box::new(TypeDesc::ULongLong), bound: Some(4) };
        assert_eq!(of_optional(&sequence), "OptionalUnsignedLongLongSeq4");
        let named = TypeDesc::Named("IDL:bank/Account:1.0".to_owned());
        assert_eq!(of_entry(&TypeDesc::String { bound: None }, &named), "EntryStringbank_Account");
        assert_eq!(word(&TypeDesc::Fixed { digits: 5, scale: -2 }), "Fixed5_m2");
        assert_eq!(id_of("OptionalLong"), "IDL:OptionalLong:1.0");
    }
}
