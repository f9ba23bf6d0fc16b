//! Where a fuzzer begins: octets that reach deep into their target.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders beside this crate's, by their path from the repository.
fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The contents of the files with one of these endings, in the order of their names.
fn contents(path: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = folder(path);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file that can be read")).collect()
}

/// Hexadecimal digits, with comments behind `#`.
fn octets(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let code = text.lines().filter_map(|line| line.split('#').next());
    let digits: Vec<u8> =
        code.flat_map(str::chars).filter_map(|digit| digit.to_digit(16)).map(|d| d as u8).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high * 16 + low).collect()
}

/// Messages of GIOP, ours and omniORB's.
pub fn giop_streams() -> Vec<Vec<u8>> {
    let folders = ["interop/vectors/giop/ours", "interop/vectors/giop/omniorb"];
    folders.iter().flat_map(|folder| contents(folder, "hex")).map(|text| octets(&text)).collect()
}

/// References in all their texts.
pub fn references() -> Vec<Vec<u8>> {
    let mut references = contents("interop/vectors/giop/omniorb", "ior");
    references.push(b"corbaloc:iiop:1.2@[::1]:2809,:host:1,rir:/Name%20Service".to_vec());
    references.push(b"corbaname:iiop:1.1@host:1/Ctx#a/b.c%2f%c3%a9".to_vec());
    references
}

/// Frames of the native protocol without their headers, behind the octets that choose the kind of head and its flags.
pub fn native_heads() -> Vec<Vec<u8>> {
    let frames = contents("interop/vectors/native", "hex");
    let heads = frames.iter().map(|text| octets(text)).filter(|frame| frame.len() > 16);
    heads.flat_map(|frame| (0..6).map(move |kind| [&[kind, frame[1]][..], &frame[16..]].concat())).collect()
}

/// Scripts in which a peer sends those frames as octets.
pub fn native_scripts() -> Vec<Vec<u8>> {
    let frames = contents("interop/vectors/native", "hex").into_iter().map(|text| octets(&text));
    let mut seeds: Vec<Vec<u8>> = frames.map(|frame| raw(&[0], &frame)).collect();
    seeds.extend(scripts());
    seeds
}

/// Scripts in which a peer sends messages of GIOP as octets.
pub fn iiop_scripts() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for stream in giop_streams() {
        seeds.extend([0, 1, 3].map(|choice| raw(&[choice], &stream)));
    }
    seeds
}

/// A script that feeds octets, 63 at a time.
fn raw(beginning: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut script = beginning.to_vec();
    for piece in octets.chunks(63) {
        script.extend_from_slice(&[0, piece.len() as u8]);
        script.extend_from_slice(piece);
    }
    script
}

/// Decisions without meaning: long enough that something happens.
pub fn scripts() -> Vec<Vec<u8>> {
    (1..=32u64)
        .map(|seed| {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            };
            (0..400).map(|_| next()).collect()
        })
        .collect()
}

/// Values of derived types.
pub fn values() -> Vec<Vec<u8>> {
    crate::values::samples()
}

/// Files of IDL, valid and not.
pub fn idl_sources() -> Vec<Vec<u8>> {
    let folders = ["idl-macros/idl/tests/corpus/accept", "idl-macros/idl/tests/corpus/reject"];
    folders.iter().flat_map(|folder| contents(folder, "idl")).collect()
}
