//! Over many files: what comes out is Rust, or faults with places.

use std::fs;
use std::path::{Path, PathBuf};

use quorb_idl::{Compiler, Disk};
use quorb_mapping::{Fault, Settings, rust};

/// The Rust for a file, its faults, or nothing if it is no valid IDL.
fn map(path: &Path, folders: &[&str]) -> Option<Result<String, Vec<Fault>>> {
    let path = path.to_str().expect("a path is text");
    let compiler = folders.iter().fold(Compiler::new(&Disk), |compiler, folder| compiler.include(*folder));
    let outcome = compiler.compile(path);
    let model = outcome.model?;
    let items = rust(&model, &outcome.sources, path, &Settings::default());
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

#[test]
fn every_valid_file_of_our_own_becomes_rust_or_faults_with_places() {
    let files = idl_files(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/tests/corpus/accept"));
    assert!(files.len() > 50, "{files:?}");
    let mut mapped = 0;
    for file in &files {
        match map(file, &[]) {
            Some(Ok(_)) => mapped += 1,
            Some(Err(faults)) => assert!(
                faults
                    .iter()
                    .all(|fault| matches!(fault, Fault::Source(diagnostic) if diagnostic.span.is_some())),
                "{file:?}: {faults:?}"
            ),
            None => {}
        }
    }
    assert!(mapped * 2 > files.len(), "{mapped} of {} files", files.len());
}

/// The files of Debian's omniorb-idl, where they are installed.
#[test]
fn the_standard_services_become_rust_or_faults_with_places() {
    let folders = ["/usr/share/idl/omniORB", "/usr/share/idl/omniORB/COS"];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| idl_files(folder)).collect();
    if files.is_empty() {
        assert!(std::env::var_os("QUORB_REQUIRE_PEERS").is_none(), "install omniorb-idl");
        eprintln!("skipped: install omniorb-idl");
        return;
    }
    for file in &files {
        let result = map(file, &folders);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match result {
            Some(Err(faults)) => {
                assert!(name != "CosNaming.idl", "{name}: {faults:?}");
            }
            Some(Ok(items)) => assert!(!items.is_empty() || name != "CosNaming.idl"),
            None => assert_ne!(name, "CosNaming.idl"),
        }
    }
}
