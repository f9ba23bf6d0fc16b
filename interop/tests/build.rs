//! Says whether the IDL of the standard services is on this machine: the tests that generate Rust from it need it when they
//! are compiled.

use std::path::Path;

/// Where Debian's `omniorb-idl` puts it.
const FILES: [&str; 2] =
    ["/usr/share/idl/omniORB/COS/CosNaming.idl", "/usr/share/idl/omniORB/COS/CosEventChannelAdmin.idl"];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(standard_services)");
    println!("cargo::rerun-if-changed=build.rs");
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
    }
    if FILES.iter().all(|file| Path::new(file).exists()) {
        println!("cargo::rustc-cfg=standard_services");
    }
}
