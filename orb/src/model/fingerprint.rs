//! The fingerprint of an interface: equal fingerprints mean that positional bodies are understood by both sides.

use super::InterfaceDesc;

/// FNV-1a with 64 bits over the CBOR form of the description. The form holds no map whose order could vary, and every
/// name and type that the position of a value depends on.
pub(super) fn fingerprint(description: &InterfaceDesc) -> u64 {
    let mut canonical = Vec::with_capacity(1024);
    ciborium::into_writer(description, &mut canonical).expect("a description is always encodable");
    canonical.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
