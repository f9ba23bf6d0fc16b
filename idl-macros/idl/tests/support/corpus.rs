//! The files of the corpus.

use std::fs;
use std::path::Path;

use quorb_idl::{Compiler, Memory, Outcome};

/// The names and contents of a folder of the corpus, sorted.
pub(crate) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let entries = fs::read_dir(&folder).expect("the corpus is there");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let entry = entry.expect("the folder can be listed");
            let content = fs::read(entry.path()).expect("the file can be read");
            (entry.file_name().to_string_lossy().into_owned(), content)
        })
        .collect();
    files.sort();
    files
}

/// Compiles a text that stands alone.
pub(crate) fn compile(name: &str, content: impl Into<Vec<u8>>) -> Outcome {
    let files = Memory::new().with(name, content);
    Compiler::new(&files).compile(name)
}
