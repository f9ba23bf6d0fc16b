//! GIOP's messages, CDR's values, and references in octets and text.

#[path = "../../giop/tests/wire/reading.rs"]
mod reading;

use quorb_giop::cdr::{CdrProfile, CharSet, Decoder, Endian, GiopVersion};
use quorb_giop::url::Reference;

use self::reading::{UNICODE, read_ior, read_stream, read_values};
use crate::script::Script;

/// Octets as what a connection of GIOP receives: every message is taken apart as far as it goes, and memory is bounded.
///
/// # Panics
/// If an invariant is broken.
pub fn giop_stream(octets: &[u8]) {
    read_stream(octets);
}

/// Octets as values of CDR in a version, byte order and code set of the fuzzer's choice: what is read can be written, and
/// what is written is read as the same.
///
/// # Panics
/// If an invariant is broken.
pub fn cdr_values(octets: &[u8]) {
    let mut script = Script::new(octets);
    let choice = script.octet();
    let endian = if choice & 1 == 0 { Endian::Little } else { Endian::Big };
    let version = [GiopVersion::V1_0, GiopVersion::V1_1, GiopVersion::V1_2][usize::from(choice >> 1) % 3];
    let char_set = if choice & 0x40 == 0 { CharSet::Utf8 } else { CharSet::Latin1 };
    let profile = CdrProfile { char_set, ..UNICODE.profile(endian, version) };
    let origin = script.below(16);
    let octets = script.rest();
    read_values(|| Decoder::with_profile(octets, origin, profile));
}

/// Octets as the text of a reference: what is understood is printed as what is understood alike.
///
/// # Panics
/// If an invariant is broken.
pub fn references(octets: &[u8]) {
    let Ok(reference) = String::from_utf8_lossy(octets).parse::<Reference>() else {
        return;
    };
    if let Reference::Ior(ior) = &reference {
        read_ior(ior);
    }
    let printed = reference.to_string();
    assert_eq!(printed.parse(), Ok(reference), "{printed}");
}
