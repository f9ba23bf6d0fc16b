//! Object keys: what names an object inside its server.

use bytes::Bytes;

pub use crate::proto::head::ObjectKey;

/// What a transient key starts with. No persistent id can: they are checked to be without control characters.
const TRANSIENT: [u8; 2] = [0, b'T'];

/// How this broker makes keys. Foreign keys are opaque.
///
/// ```text
/// persistent   the id itself:      grid, trading/positions
/// transient    0x00 'T' incarnation(8, big-endian) counter(8, big-endian)
/// ```
///
/// A persistent key is readable, so that `corbaloc::host:port/grid` reaches it, and holds across restarts. A transient key
/// names the server's life too: after a restart it is recognised as belonging to an earlier one and refused, never taken
/// for another object. Keys are not reused within a life.
impl ObjectKey {
    /// The longest persistent id in octets.
    pub const ID_BYTES_MAX: usize = 1024;

    /// The key of the persistent object with this id; `None` if the id is empty, too long, or holds control characters.
    pub fn persistent(id: &str) -> Option<ObjectKey> {
        let fits = !id.is_empty() && id.len() <= ObjectKey::ID_BYTES_MAX && !id.chars().any(char::is_control);
        fits.then(|| ObjectKey(Bytes::copy_from_slice(id.as_bytes())))
    }

    /// The key of the transient object number `counter` of the server life `incarnation`.
    pub fn transient(incarnation: u64, counter: u64) -> ObjectKey {
        let mut key = Vec::with_capacity(18);
        key.extend(TRANSIENT);
        key.extend(incarnation.to_be_bytes());
        key.extend(counter.to_be_bytes());
        ObjectKey(key.into())
    }

    /// The server life that a transient key belongs to; `None` for other keys.
    pub fn incarnation(&self) -> Option<u64> {
        let rest = self.0.strip_prefix(&TRANSIENT)?;
        let (incarnation, counter) = rest.split_first_chunk::<8>()?;
        (counter.len() == 8).then(|| u64::from_be_bytes(*incarnation))
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.chars().any(char::is_control) => f.write_str(text),
            _ => self.0.iter().try_for_each(|octet| write!(f, "%{octet:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transient_key_names_its_life_and_a_persistent_one_does_not() {
        assert_eq!(ObjectKey::transient(7, 9).incarnation(), Some(7));
        assert_eq!(ObjectKey::persistent("grid").unwrap().incarnation(), None);
        assert_eq!(ObjectKey(Bytes::from_static(b"\0Tshort")).incarnation(), None);
    }

    #[test]
    fn ids_that_could_be_mistaken_are_refused() {
        assert_eq!(ObjectKey::persistent(""), None);
        assert_eq!(ObjectKey::persistent("\0T12345678"), None);
        assert_eq!(ObjectKey::persistent(&"x".repeat(1025)), None);
    }
}
