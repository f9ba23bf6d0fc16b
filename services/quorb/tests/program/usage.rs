//! What holds for the whole program.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::rig::quorb;

#[test]
fn every_verb_has_help_with_an_example() {
    for help in [
        quorb(["--help"]),
        quorb(["ior", "decode", "--help"]),
        quorb(["call", "--help"]),
        quorb(["doctor", "--help"]),
    ] {
        let text = help.done();
        assert!(text.contains("Example") && text.contains("quorb "), "{text}");
    }
    assert!(quorb(["--version"]).done().starts_with("quorb 0."));
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    for wrong in [
        quorb(["frobnicate"]),
        quorb(["ior", "decode"]),
        quorb(["call"]),
        quorb(["doctor", "--timeout", "5"]),
        quorb(["call", "IOR:00", "get", "--protocol", "smoke"]),
        quorb(["doctor", "@/no/such/file"]),
    ] {
        assert!(!wrong.misused().is_empty());
    }
    assert!(quorb(["ior", "decode", "@/no/such/file"]).misused().contains("/no/such/file: No such file"));
}

#[test]
fn a_reader_that_goes_away_is_no_reason_to_panic() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(["ior", "decode", "corbaloc::h/k"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));
    let mut words = String::new();
    program.stderr.unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(words, "");
}
