//! The weight of the broker: how many crates it pulls.

use std::collections::BTreeSet;
use std::process::Command;

/// What a user of the package with default features has to build, the package itself included.
const CRATES_MAX: usize = 45;

#[test]
fn the_package_pulls_few_crates() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "quorb",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let crates: BTreeSet<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    assert!(crates.iter().any(|line| line.starts_with("tokio ")), "the tree is one of crates: {text}");
    assert!(crates.len() <= CRATES_MAX, "{} crates: {crates:#?}", crates.len());
}
