//! `quorb idl` as a user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn quorb(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorb")).args(arguments).output().expect("the program starts")
}

fn file(name: &str, content: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    fs::write(&path, content).expect("the file can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn check_accepts_valid_files_in_silence() {
    let grid = file("grid.idl", "#include <cell.idl>\ninterface Grid { Cell get(in short n); };\n");
    file("cell.idl", "typedef octet Cell[SIZE];\n");
    let output = quorb(&["idl", "check", "-I", env!("CARGO_TARGET_TMPDIR"), "-D", "SIZE=4", &grid]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn check_names_every_error_of_every_file() {
    let first = file("first.idl", "interface A { B f(); };\ntypedef long x;\ntypedef long x;\n");
    let second = file("second.idl", "struct S {};\n");
    let good = file("good.idl", "typedef long y;\n");
    let output = quorb(&["idl", "check", &first, &good, &second, "nowhere.idl"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    for reason in [
        format!("{first}:1:15: error[not-found]: "),
        format!("{first}:3:14: error[redefinition]: "),
        format!("{second}:1:11: error[syntax]: "),
        "error[include]: nowhere.idl: no such file".to_owned(),
    ] {
        assert!(said.contains(&reason), "{reason} is not in\n{said}");
    }
}

#[test]
fn print_gives_canonical_text() {
    let path = file("print.idl", "#define N 2\nmodule M{struct S{long a,b[N];};};");
    let output = quorb(&["idl", "print", &path]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let expected = "module M {\n  struct S {\n    long a;\n    long b[2];\n  };\n};\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    let broken = file("broken.idl", "module M {");
    assert_eq!(quorb(&["idl", "print", &broken]).status.code(), Some(1));
}

#[test]
fn rust_shows_the_trait_that_one_would_write() {
    let idl = "interface Desk { exception Shut {}; readonly attribute short height; \
               string lend(in string what, out long days) raises (Shut); };";
    let output = quorb(&["idl", "rust", "--async", "Desk::lend", &file("desk.idl", idl)]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    for line in [
        "#[quorb::interface(id = \"IDL:Desk:1.0\")]",
        "pub trait Desk {",
        "    /// `readonly attribute short height`",
        "    fn height(&self) -> i16;",
        "    #[parameters(what, days)]",
        "    async fn lend(&self, what: &str) -> Result<(String, i32), desk::Shut>;",
        "pub mod desk {",
        "    #[derive(Debug, Clone, PartialEq, Eq, Hash, quorb::Exception)]",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
}

#[test]
fn rust_says_what_has_no_form() {
    let path = file("vault.idl", "native Vault;\ninterface Bank { void open(in Vault v); };");
    let output = quorb(&["idl", "rust", &path]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with(&format!("{path}:1:8: error[unsupported]: native Vault")), "{said}");
    let output = quorb(&["idl", "rust", &path, "--omit", "Nothing"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let good = file("good_bank.idl", "interface Bank { void open(); };");
    let output = quorb(&["idl", "rust", &good, "--query", "Bank::close"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "the IDL defines no `Bank::close`\n");
}

#[test]
fn wrong_usage_is_2() {
    assert_eq!(quorb(&["idl", "check"]).status.code(), Some(2));
}
