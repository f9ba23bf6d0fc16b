//! The core knows no executor, clock, chance or lock, and no container whose order is not its own.

use std::fs;
use std::path::Path;

const FORBIDDEN: [&str; 8] =
    ["tokio", "Instant::now", "SystemTime::now", "thread_rng", "Mutex", "RwLock", "HashMap", "HashSet"];

fn check(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check(&path, files);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in FORBIDDEN {
            assert!(!text.contains(word), "{} mentions {word}", path.display());
        }
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
        *files += 1;
    }
}

#[test]
fn the_replica_core_is_pure() {
    let mut files = 0;
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/object/proto"), &mut files);
    assert!(files > 10, "only {files} files were looked at");
}

#[test]
fn the_core_is_pure() {
    let mut files = 0;
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core"), &mut files);
    assert!(files > 25, "only {files} files were looked at");
}
