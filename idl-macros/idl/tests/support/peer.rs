//! The foreign IDL compiler and the files it comes with, where they are installed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PACKAGES: &str = "omniidl omniorb-idl libomnievents-dev";

/// The IDL files of these folders; none, said on standard error, where something is missing.
///
/// # Panics
/// If something is missing and `QUORB_REQUIRE_PEERS` is 1.
pub(crate) fn installed(folders: &[&str]) -> Option<Vec<String>> {
    let quiet = Command::new("omniidl").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let mut files = Vec::new();
    for folder in folders {
        let Ok(entries) = Path::new(folder).read_dir() else { return missing(folder) };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "idl") {
                files.push(path.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    if quiet.is_ok() { Some(files) } else { missing("omniidl") }
}

fn missing(what: &str) -> Option<Vec<String>> {
    let required = std::env::var("QUORB_REQUIRE_PEERS").is_ok_and(|value| value == "1");
    assert!(!required, "{what} is missing: apt-get install {PACKAGES}");
    let _ = std::io::stderr()
        .write_all(format!("skipped: {what} is missing: apt-get install {PACKAGES}\n").as_bytes());
    None
}

/// Whether omniidl accepts a file. A crash is no acceptance.
pub(crate) fn omniidl(file: &str, folders: &[&str]) -> bool {
    let status = Command::new("omniidl")
        .args(folders.iter().map(|folder| format!("-I{folder}")))
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
