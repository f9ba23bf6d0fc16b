//! Enums: the name of the enumerator as CBOR text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// The names of an enum in order; reads one and answers its place.
#[derive(Debug, Clone, Copy)]
pub struct Enumerators {
    /// The simple name of the enum, for messages.
    pub name: &'static str,
    /// The names, in the order of their ordinals.
    pub names: &'static [&'static str],
}

/// Reads the name of an enumerator and answers its place.
///
/// # Errors
/// The input is not text, or names no enumerator.
pub fn read_enumerator<'de, D: Deserializer<'de>>(
    enumerators: Enumerators,
    deserializer: D,
) -> Result<usize, D::Error> {
    deserializer.deserialize_str(enumerators)
}

impl<'de> DeserializeSeed<'de> for Enumerators {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        read_enumerator(self, deserializer)
    }
}

impl Visitor<'_> for Enumerators {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of an enumerator of `{}`", self.name)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.names.iter().position(|known| *known == name).ok_or_else(|| E::unknown_variant(name, self.names))
    }
}
