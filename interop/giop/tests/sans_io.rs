//! This crate computes; it does not wait, read clocks, throw dice or lock. Its sources are searched for
//! the names of things that do.

use std::fs;
use std::path::{Path, PathBuf};

/// What must not occur in the sources, comments included. Cut in two so that this file may be searched, too.
const FORBIDDEN: [(&str, &str); 12] = [
    ("tok", "io"),
    ("async_", "std"),
    ("Instant", "::now"),
    ("System", "Time"),
    ("thread", "_rng"),
    ("Mut", "ex"),
    ("Rw", "Lock"),
    ("std::", "net"),
    ("std::", "io"),
    ("std::", "fs"),
    ("std::", "thread"),
    ("std::", "env"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of sources") {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_sources_name_nothing_that_waits_or_differs_from_run_to_run() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 20, "the search sees the sources: {files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for (first, second) in FORBIDDEN {
            let word = format!("{first}{second}");
            assert!(!text.contains(&word), "{} mentions {word}", file.display());
        }
    }
}

#[test]
fn the_manifest_names_three_dependencies() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let text = fs::read_to_string(manifest).expect("the manifest");
    let (_, dependencies) = text.split_once("[dependencies]").expect("a list of dependencies");
    let (dependencies, _) = dependencies.split_once("\n[").expect("another section");
    let names: Vec<_> = dependencies.lines().filter_map(|line| line.split('.').next()).collect();
    assert_eq!(names.concat(), "bytemuckbytesthiserror");
}
