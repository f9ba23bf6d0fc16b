//! What an object of the repository stands for, and the key that says so.

use bytes::Bytes;

use super::ROOT_KEY;
use crate::adapter::ObjectKey;
use crate::model::TypeDesc;
use crate::object::OBJECT_ID;

/// What keys of definitions and types start with. No key of a user's object does.
const PREFIX: [u8; 2] = [0, b'R'];
const DEFINITION: u8 = b'd';
const TYPE: u8 = b't';
/// How deep a type in a key may nest.
const KEY_DEPTH_MAX: usize = 64;
/// The longest key in octets.
const KEY_BYTES_MAX: usize = 4096;

/// What an object of the repository stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// The repository itself.
    Repository,
    /// What has a repository id.
    Definition(String),
    /// A type without one: `long`, `sequence<Point>`.
    Type(TypeDesc),
}

/// ```text
/// repository    InterfaceRepository
/// definition    0x00 'R' 'd' repository id
/// type          0x00 'R' 't' the type in CBOR
/// ```
impl Subject {
    /// What a type leads to.
    pub(super) fn of_type(desc: &TypeDesc) -> Subject {
        match desc {
            TypeDesc::Named(id) | TypeDesc::Abstract(id) => Subject::Definition(id.clone()),
            TypeDesc::Object(id) if id != OBJECT_ID => Subject::Definition(id.clone()),
            other => Subject::Type(other.clone()),
        }
    }

    pub(super) fn key(&self) -> ObjectKey {
        let (kind, rest) = match self {
            Subject::Repository => return ObjectKey(Bytes::from_static(ROOT_KEY.as_bytes())),
            Subject::Definition(id) => (DEFINITION, id.clone().into_bytes()),
            Subject::Type(desc) => {
                let mut octets = Vec::new();
                ciborium::into_writer(desc, &mut octets).expect("a type is always encodable");
                (TYPE, octets)
            }
        };
        ObjectKey([&PREFIX[..], &[kind], &rest].concat().into())
    }

    pub(super) fn of_key(key: &ObjectKey) -> Option<Subject> {
        if *key.0 == *ROOT_KEY.as_bytes() {
            return Some(Subject::Repository);
        }
        let (kind, rest) = key.0.strip_prefix(&PREFIX)?.split_first()?;
        match *kind {
            DEFINITION => String::from_utf8(rest.to_vec()).ok().map(Subject::Definition),
            TYPE if rest.len() <= KEY_BYTES_MAX => {
                let mut input = rest;
                let desc = ciborium::de::from_reader_with_recursion_limit(&mut input, KEY_DEPTH_MAX).ok()?;
                input.is_empty().then_some(Subject::Type(desc))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_stands_for() {
        let sequence =
            TypeDesc::Sequence { element: Box::new(TypeDesc::Named("x".to_owned())), bound: Some(3) };
        for subject in
            [Subject::Repository, Subject::Definition("IDL:Grid:1.0".to_owned()), Subject::Type(sequence)]
        {
            assert_eq!(Subject::of_key(&subject.key()), Some(subject));
        }
    }

    #[test]
    fn keys_from_outside_are_refused_or_understood() {
        let deep = [&b"\0Rt"[..], &[0x81; 3000]].concat();
        for key in [&b"grid"[..], b"\0R", b"\0Rx", b"\0Rt", b"\0Rt\xff", b"\0Rd\xff", &deep] {
            assert_eq!(Subject::of_key(&ObjectKey(Bytes::copy_from_slice(key))), None, "{key:?}");
        }
        let long = [&b"\0Rt"[..], &[b'x'; KEY_BYTES_MAX + 1]].concat();
        assert_eq!(Subject::of_key(&ObjectKey(long.into())), None);
    }
}
