//! `quorb completions`: a shell asks, and is told what the line can go on with.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::names::Server;
use crate::rig::quorb;

/// What bash offers behind these words.
fn offered(names: &str, words: &[&str]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_quorb"));
    // As readline does, but without a terminal: the words, which of them is meant, and what is typed of it.
    let script = format!(
        "source <(quorb completions bash); COMP_WORDS=(quorb {}); COMP_CWORD={}; COMP_TYPE=9
         _clap_complete_quorb quorb \"${{COMP_WORDS[COMP_CWORD]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len()
    );
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let bash = Command::new("bash")
        .args(["--norc", "-c", &script])
        .env("PATH", path)
        .env("QUORB_NAMES", names)
        .stderr(Stdio::inherit())
        .output()
        .expect("bash starts");
    let text = String::from_utf8(bash.stdout).expect("it is text");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn names_are_completed_as_far_as_they_are_bound() {
    const GRID: &str = "corbaloc:iiop:1.2@grid.example:1/grid";
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    server.name(&["bind", "-p", "trading/eu/grid.object", GRID]).done();
    server.name(&["bind", "-p", "trading/us/x", GRID]).done();
    server.name(&["bind", "-p", "trading/two words", GRID]).done();
    server.name(&["bind", "trade", GRID]).done();
    let here = server.reference();
    assert_eq!(offered(&here, &["name", "ls", "tra"]), ["trade", "trading/"]);
    assert_eq!(offered(&here, &["name", "ls", "trading/"]), ["trading/eu/", "trading/us/"]);
    assert_eq!(offered(&here, &["name", "ls", "/trading/e"]), ["/trading/eu/"]);
    for verb in ["resolve", "unbind", "rm", "mkdir", "bind", "watch"] {
        let found = offered(&here, &["name", verb, "trading/eu/"]);
        assert_eq!(found, ["trading/eu/grid.object"], "{verb}");
    }
    assert_eq!(offered(&here, &["name", "ls", "nothing/"]), [""; 0]);
    // The line itself may say where to ask.
    let nowhere = "corbaloc::127.0.0.1:1/NameService";
    assert_eq!(offered(nowhere, &["name", "ls", "tra"]), [""; 0]);
    assert_eq!(offered(nowhere, &["name", "--names", &here, "ls", "trade"]), ["trade"]);
}

#[test]
fn verbs_and_options_are_completed() {
    let nowhere = "corbaloc::127.0.0.1:1/NameService";
    assert_eq!(offered(nowhere, &["na"]), ["name"]);
    assert_eq!(offered(nowhere, &["name", "wat"]), ["watch"]);
    assert_eq!(offered(nowhere, &["serve", "--join-"]), ["--join-as", "--join-key"]);
}

#[test]
fn every_shell_gets_its_script() {
    for (shell, word) in [("bash", "complete -o"), ("zsh", "#compdef quorb"), ("fish", "complete --")] {
        let script = quorb(["completions", shell]).done();
        assert!(script.contains(word) && script.contains("QUORB_COMPLETE"), "{script}");
    }
    assert!(quorb(["completions", "csh"]).misused().contains("possible values: bash, zsh, fish"));
    assert!(quorb(["completions", "--help"]).done().contains("source <(quorb completions bash)"));
}
