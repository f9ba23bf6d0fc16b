//! Architecture invariant: no file in a `proto` folder knows a runtime, a clock, a source of randomness, a lock, or a map
//! whose order is not determined, not even in a comment.

use std::path::{Path, PathBuf};

/// Forbidden wherever they stand as a word of their own, or as a path.
const FORBIDDEN: [&str; 15] = [
    "tokio",
    "async_std",
    "std::net",
    "std::io::Read",
    "std::io::Write",
    "Instant",
    "SystemTime",
    "rand",
    "thread_rng",
    "thread",
    "Mutex",
    "RwLock",
    "HashMap",
    "HashSet",
    "DashMap",
];

#[test]
fn protocol_cores_are_values() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = proto_files(&source, false);
    assert!(files.len() > 20, "the cores were not found: {files:?}");
    let mut findings = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for (line, word) in forbidden_words(&text) {
            findings.push(format!("{}:{line}: {word}", file.display()));
        }
    }
    assert!(findings.is_empty(), "forbidden in protocol cores:\n{}", findings.join("\n"));
}

#[test]
fn the_check_finds_what_is_planted() {
    let planted = "use tokio::net;\n\
        // a Mutex in a comment\n\
        let now = std::time::Instant::now();\n\
        let at = SystemTime::now();\n\
        let roll = rand::random();\n\
        let rng = thread_rng();\n\
        std::thread::yield_now();\n\
        type Calls = HashMap<u64, Call>;\n\
        let lock = RwLock::new(());\n";
    let found: Vec<_> = forbidden_words(planted).collect();
    let expected = [
        (1, "tokio"),
        (2, "Mutex"),
        (3, "Instant"),
        (4, "SystemTime"),
        (5, "rand"),
        (6, "thread_rng"),
        (7, "thread"),
        (8, "HashMap"),
        (9, "RwLock"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_check_does_not_mind_words_that_only_look_alike() {
    let innocent = "operand, random, randomness, threaded, a brand, instantly, BTreeMap, std::net_like\n";
    assert_eq!(forbidden_words(innocent).collect::<Vec<_>>(), []);
}

/// Every forbidden word with the line that it is on, from 1.
fn forbidden_words(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    text.lines().enumerate().flat_map(|(at, line)| {
        let words = FORBIDDEN.into_iter().filter(|word| has_word(line, word));
        words.map(move |word| (at + 1, word))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// All files below `folder` that are in a folder named `proto`, in it or further down.
fn proto_files(folder: &Path, within: bool) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            let within = within || path.file_name().is_some_and(|name| name == "proto");
            files.extend(proto_files(&path, within));
        } else if within {
            files.push(path);
        }
    }
    files.sort();
    files
}
