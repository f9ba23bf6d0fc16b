//! Every IDL file that Debian's omniORB and omniEvents packages install, against `omniidl`: the same verdict, the same
//! model after printing, and quickly.

#[path = "support/peer.rs"]
mod peer;

use std::path::Path;
use std::time::{Duration, Instant};

use quorb_idl::{Compiler, Disk, Memory, print};

const FOLDERS: [&str; 3] =
    ["/usr/share/idl/omniORB", "/usr/share/idl/omniORB/COS", "/usr/share/idl/omniEvents"];

/// Files on which the verdicts differ on purpose, with the section of the standard.
const DIFFERENT: [(&str, &str); 0] = [];

fn compiler() -> Compiler<'static> {
    FOLDERS.into_iter().fold(Compiler::new(&Disk), Compiler::include)
}

#[test]
fn the_verdict_is_that_of_omniidl() {
    let Some(files) = peer::installed(&FOLDERS) else { return };
    assert!(files.len() >= 70, "only {} files are installed", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let outcome = compiler().compile(&file);
        let theirs = peer::omniidl(&file, &FOLDERS);
        let expected = if DIFFERENT.iter().any(|(name, _)| file.ends_with(name)) { !theirs } else { theirs };
        if outcome.is_valid() != expected {
            wrong.push(format!("{file}: omniidl says {theirs}\n{}", outcome.rendered().collect::<String>()));
        }
        if !outcome.is_valid() {
            assert!(outcome.errors().all(|text| text.contains(": error[")), "{file}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn printing_keeps_the_model_and_omniidl_reads_it() {
    let Some(files) = peer::installed(&FOLDERS) else { return };
    let mut accepted = 0;
    for file in files {
        let Some(model) = compiler().compile(&file).model else { continue };
        let text = print(&model);
        let memory = Memory::new().with("printed.idl", text.as_str());
        let again = Compiler::new(&memory).compile("printed.idl");
        let problems: String = again.rendered().collect();
        let again = again.model.unwrap_or_else(|| panic!("{file}:\n{problems}"));
        assert!(model == again, "{file} printed has another model:\n{text}\n{}", print(&again));
        // Of nothing but macros nothing is left, which omniidl takes as well.
        let printed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed.idl");
        std::fs::write(&printed, &text).expect("the file can be written");
        assert!(
            peer::omniidl(&printed.to_string_lossy(), &[]),
            "omniidl does not read what {file} printed is:\n{text}"
        );
        accepted += 1;
    }
    assert!(accepted >= 60, "only {accepted} files are valid");
}

#[test]
fn everything_is_read_quickly() {
    let Some(files) = peer::installed(&FOLDERS) else { return };
    let begin = Instant::now();
    let valid = files.iter().filter(|file| compiler().compile(file).is_valid()).count();
    let taken = begin.elapsed();
    println!("{} files, {valid} of them valid, in {taken:?}", files.len());
    assert!(taken < Duration::from_secs(20), "{taken:?}");
}
