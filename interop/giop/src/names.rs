//! The names that cross the wire, as types.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::cdr::{Cdr, CdrError, Decoder, Encoder};

/// A repository id such as `IDL:Grid:1.0`: the name of an interface, exception or other IDL type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(Cow<'static, str>);

impl RepositoryId {
    /// A repository id known at compile time; free to make and clone.
    #[must_use]
    pub const fn from_static(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the empty id, which names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for RepositoryId {
    fn from(id: String) -> Self {
        Self(Cow::Owned(id))
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository id is an IDL `string` whose octets are the same in every code set: UTF-8, in practice ASCII.
/// What is read and is no UTF-8 is taken for ISO 8859-1.
impl Cdr for RepositoryId {
    const SIZE_MIN: usize = String::SIZE_MIN;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_string_octets(self.0.as_bytes())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        let octets = input.read_string_octets()?;
        Ok(Self::from(match str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => octets.iter().copied().map(char::from).collect(),
        }))
    }
}

/// What names an object inside its server: octets that only the server understands.
///
/// Cloning shares the octets. Decoded keys are slices of the message they came in.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(Bytes);

impl ObjectKey {
    /// A key of these octets.
    #[must_use]
    pub const fn new(octets: Bytes) -> Self {
        Self(octets)
    }

    /// A key known at compile time, such as `NameService`.
    #[must_use]
    pub const fn from_static(octets: &'static [u8]) -> Self {
        Self(Bytes::from_static(octets))
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, as a shared buffer.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectKey({})", self.0.escape_ascii())
    }
}

/// An object key is a `sequence<octet>`.
impl Cdr for ObjectKey {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_octet_sequence(&self.0)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Bytes::decode(input).map(Self)
    }
}

/// The name of an operation as it stands in a request, such as `get`, `_get_height` or `_is_a`.
///
/// Decoded names are slices of the message they came in.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationName(Bytes);

impl OperationName {
    /// A name of these octets, without NUL.
    #[must_use]
    pub const fn new(octets: Bytes) -> Self {
        Self(octets)
    }

    /// A name known at compile time; free to make and clone.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(Bytes::from_static(name.as_bytes()))
    }

    /// The octets of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets of the name, shared.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The name as text. Octets that are no UTF-8 become U+FFFD alone, which no operation is called.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }
}

impl fmt::Debug for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationName({})", self.0.escape_ascii())
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::{CdrProfile, Endian, GiopVersion};

    #[test]
    fn names_travel_as_their_idl_types() {
        let mut out = Encoder::new(Endian::Big);
        RepositoryId::from_static("IDL:A:1.0").encode(&mut out).unwrap();
        ObjectKey::from_static(b"grid").encode(&mut out).unwrap();
        assert_eq!(out.as_slice(), b"\0\0\0\x0aIDL:A:1.0\0\0\0\0\0\0\x04grid");
        let mut input = Decoder::new(out.as_slice(), Endian::Big);
        assert_eq!(RepositoryId::decode(&mut input), Ok(RepositoryId::from("IDL:A:1.0".to_owned())));
        assert_eq!(ObjectKey::decode(&mut input), Ok(ObjectKey::from_static(b"grid")));
    }

    #[test]
    fn repository_ids_are_the_same_octets_in_every_code_set() {
        let latin1 = CdrProfile::unnegotiated(Endian::Big, GiopVersion::V1_0);
        let mut out = Encoder::with_buffer(Vec::new(), 0, latin1);
        RepositoryId::from_static("é").encode(&mut out).unwrap();
        assert_eq!(out.as_slice(), b"\0\0\0\x03\xc3\xa9\0");
        for octets in [&b"\0\0\0\x03\xc3\xa9\0"[..], b"\0\0\0\x02\xe9\0"] {
            let mut input = Decoder::with_profile(octets, 0, latin1);
            assert_eq!(RepositoryId::decode(&mut input), Ok(RepositoryId::from_static("é")));
        }
    }

    #[test]
    fn an_operation_that_is_no_text_has_a_name_nobody_uses() {
        assert_eq!(OperationName::new(Bytes::from_static(b"\xff")).as_str(), "\u{fffd}");
        assert_eq!(OperationName::from_static("get").to_string(), "get");
    }
}
