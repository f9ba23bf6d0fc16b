//! A grid server and its client fit into forty lines, and work.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_program_has_at_most_forty_lines_and_works() {
    let source = include_str!("../src/main.rs");
    let lines = source.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 40, "{lines} lines");

    let program = env!("CARGO_BIN_EXE_small-grid");
    let mut server = Command::new(program).stdout(Stdio::piped()).spawn().unwrap();
    let mut reference = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut reference).unwrap();
    let client = Command::new(program).arg(reference.trim()).output();
    let ended = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(ended.success() && server.wait().unwrap().success());
    let said = String::from_utf8(client.unwrap().stdout).unwrap();
    assert_eq!(said, "123 Err(User(OutOfRange { n: 100, m: 0 }))\n");
}
