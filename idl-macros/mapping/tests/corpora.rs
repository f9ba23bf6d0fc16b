//! Over many files: what comes out is Rust, or faults with places.

use std::fs;
use std::path::{Path, PathBuf};

use quorb_idl::{Compiler, Disk};
use quorb_mapping::{Fault, Settings, rust};

/// The Rust for a file, its faults, or nothing if it is no valid IDL.
fn map(path: &Path, folders: &[&str]) -> Option<Result<String, Vec<String>>> {
    let path = path.to_str().expect("a path is text");
    let compiler = folders.iter().fold(Compiler::new(&Disk), |compiler, folder| compiler.include(*folder));
    let outcome = compiler.compile(path);
    let model = outcome.model?;
    let items = rust(&model, &outcome.sources, path, &Settings::default());
    let items = items.map_err(|faults| {
        let text = |fault| match fault {
            Fault::Source(diagnostic) => {
                let location = outcome.sources.location(diagnostic.span.expect("it has a place"));
                format!("{}: {}", location.line, diagnostic.message)
            }
            Fault::Setting { name, reason } => format!("{name}: {reason}"),
        };
        faults.into_iter().map(text).collect()
    });
    Some(items.map(|items| {
        let file: syn::File =
            syn::parse2(items.clone()).unwrap_or_else(|error| panic!("{path}: {error}\n{items}"));
        drop(file);
        items.to_string()
    }))
}

fn idl_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "idl"));
    files.sort();
    files
}

/// What has no Rust form in these files, each as `file:line: message`; files that are no valid IDL are left out.
fn faults(files: &[PathBuf], folders: &[&str]) -> (usize, Vec<String>) {
    let (mut mapped, mut faults) = (0, Vec::new());
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match map(file, folders) {
            Some(Ok(_)) => mapped += 1,
            Some(Err(of_file)) => faults.extend(of_file.into_iter().map(|fault| format!("{name}: {fault}"))),
            None => {}
        }
    }
    (mapped, faults)
}

#[test]
fn every_valid_file_of_our_own_becomes_rust_or_these_faults() {
    let files = idl_files(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/tests/corpus/accept"));
    assert!(files.len() > 50, "{files:?}");
    let (mapped, faults) = faults(&files, &[]);
    assert_eq!(faults.join("\n"), OWN_FAULTS);
    assert_eq!(mapped + files_in(OWN_FAULTS), files.len());
}

/// The files of Debian's omniorb-idl, where they are installed.
#[test]
fn the_standard_services_become_rust_or_these_faults() {
    let folders = ["/usr/share/idl/omniORB", "/usr/share/idl/omniORB/COS"];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| idl_files(folder)).collect();
    if files.is_empty() {
        assert!(std::env::var_os("QUORB_REQUIRE_PEERS").is_none(), "install omniorb-idl");
        eprintln!("skipped: install omniorb-idl");
        return;
    }
    let (mapped, faults) = faults(&files, &folders);
    assert_eq!(faults.join("\n"), STANDARD_FAULTS);
    assert_eq!(mapped, STANDARD_MAPPED);
}

/// How many files a list of faults is of.
fn files_in(faults: &str) -> usize {
    let files = faults.lines().filter_map(|line| line.split(':').next());
    files.collect::<std::collections::BTreeSet<_>>().len()
}

/// What has no Rust form in our own files, for good: each is explained by its message.
const OWN_FAULTS: &str = "\
context.idl: 2: contexts are not supported: pass the values as parameters
native.idl: 2: native Servant is a type of each language: name the Rust type in `external`, or Servant in `omit`";

/// What has no Rust form in the standard's files: interfaces that other files define.
const STANDARD_FAULTS: &str = "\
corbaidl.idl: 15: interface CORBA::IDLType is declared and never defined: include the file that defines it, or name its trait in `external`
poa.idl: 12: interface PortableServer::POA is declared and never defined: include the file that defines it, or name its trait in `external`
poa_include.idl: 12: interface PortableServer::POA is declared and never defined: include the file that defines it, or name its trait in `external`";

/// How many of the standard's files become Rust. The others are no valid IDL, for omniidl either, or have faults.
const STANDARD_MAPPED: usize = 58;
