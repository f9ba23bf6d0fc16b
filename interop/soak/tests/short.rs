//! A short life: the soak itself must work, and a server must not leak even in one.

use std::process::Command;

#[test]
fn a_short_life_leaves_nothing_behind() {
    let soak = Command::new(env!("CARGO_BIN_EXE_quorb-soak"))
        .args(["--calls", "4000", "--connects", "400", "--rounds", "5"])
        .output()
        .expect("it can be started");
    let said = String::from_utf8_lossy(&soak.stdout).into_owned() + &String::from_utf8_lossy(&soak.stderr);
    assert!(soak.status.success(), "{said}");
    assert!(said.contains("flat: 4000 calls, 400 connects"), "{said}");
}

#[test]
fn too_few_rounds_are_refused() {
    let soak = Command::new(env!("CARGO_BIN_EXE_quorb-soak")).args(["--rounds", "1"]).output();
    let soak = soak.expect("it can be started");
    assert_eq!(soak.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&soak.stderr).contains("--rounds must be at least 5"));
}
