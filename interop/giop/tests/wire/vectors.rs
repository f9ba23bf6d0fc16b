//! Reads the golden octets under `interop/vectors/giop`.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use quorb_giop::assembly::Assembler;
use quorb_giop::limits::MessageLimits;
use quorb_giop::message::{Body, Frame, Message};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/giop")
}

/// The text of a vector file.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The octets of a vector, such as `ours/request_1_0_be`.
pub(crate) fn octets(name: &str) -> Vec<u8> {
    let text = text(&format!("{name}.hex"));
    let code = text.lines().filter_map(|line| line.split('#').next());
    let digits: Vec<u32> = code
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap_or_else(|| panic!("{name}: {digit:?} is no digit")))
        .collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "{name} has half an octet");
    pairs.iter().map(|[high, low]| (high * 16 + low) as u8).collect()
}

/// The names of all vectors, for tests that take any message.
pub(crate) fn names() -> Vec<String> {
    let mut names = Vec::new();
    for source in ["ours", "omniorb"] {
        for entry in fs::read_dir(folder().join(source)).expect("a folder of vectors") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "hex") {
                let stem = path.file_stem().expect("a name").to_string_lossy();
                names.push(format!("{source}/{stem}"));
            }
        }
    }
    names.sort();
    names
}

/// The frames of a stream that must be whole and good.
pub(crate) fn frames(stream: &[u8]) -> Vec<Frame> {
    let mut received = BytesMut::from(stream);
    let mut assembler = Assembler::new(MessageLimits::default());
    let mut frames = Vec::new();
    while let Some(frame) = assembler.next(&mut received).expect("good messages") {
        frames.push(frame);
    }
    assert!(received.is_empty() && assembler.incomplete_bytes() == 0, "the stream is whole");
    frames
}

/// The only message of a vector.
pub(crate) fn message(name: &str) -> Message {
    let frames = frames(&octets(name));
    assert_eq!(frames.len(), 1, "{name} holds one message");
    Message::decode(&frames[0], &MessageLimits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The body of a message, if its kind has one.
pub(crate) fn body(message: &Message) -> Option<&Body> {
    match message {
        Message::Request { body, .. } | Message::Reply { body, .. } | Message::LocateReply { body, .. } => {
            Some(body)
        }
        _ => None,
    }
}
