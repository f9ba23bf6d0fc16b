//! Foreign clients call our server.

use quorb_interop::{Reference, peers};

use crate::support::{Port, cpp_client, ends_well, our_server, passes, python_client, words};

#[test]
fn the_cpp_client_checks_everything() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&[]);
    let runs: [&[&str]; 9] = [
        &["all", "wide", "--seed", "1"],
        &["all", "wide", "--seed", "2"],
        &["all", "wide", "--utf8"],
        // Wide characters need GIOP 1.2: before, omniORB writes them in the form of 1.2, which no version has.
        &["all", "wide_refused", "--version", "1.0"],
        &["all", "wide_refused", "--version", "1.1"],
        // Nothing is agreed on there, which means ISO 8859-1.
        &["latin1", "--version", "1.0"],
        &["all", "-ORBverifyObjectExistsAndType", "0"],
        &["callers", "in_flight", "--threads", "64"],
        &["callers", "in_flight", "--threads", "64", "--multiplex"],
    ];
    for arguments in runs {
        passes(cpp_client(&peers, "echo_client", server.reference(), arguments));
    }
    ends_well(server);
}

#[test]
fn the_cpp_client_sends_fragments_of_many_sizes() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&[]);
    for bytes in ["256", "264", "1024", "4096"] {
        let arguments = ["all", "wide", "--fragment", bytes];
        passes(cpp_client(&peers, "echo_client", server.reference(), &arguments));
    }
    let old = ["all", "--fragment", "256", "--version", "1.1", "--rounds", "100"];
    passes(cpp_client(&peers, "echo_client", server.reference(), &old));
    ends_well(server);
}

/// An address says nothing of code sets, so that there is no way for wide characters.
#[test]
fn the_cpp_client_finds_the_object_by_its_address() {
    let Some(peers) = peers::or_skip() else { return };
    let port = Port::free();
    let server = our_server(&words(&port.ours()));
    for minor in 0..=2 {
        let reference = Reference::corbaloc(minor, port.address(), "echo");
        for checks in ["all", "wide_refused"] {
            passes(cpp_client(&peers, "echo_client", &reference, &[checks]));
        }
    }
    ends_well(server);
}

#[test]
fn the_python_client_checks_everything() {
    let (Some(_), Some(python)) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let server = our_server(&[]);
    // omniORB 4.3 has options for the size of fragments, 8192 at the least.
    let cut =
        ["all", "--size", "200000", "-ORBgiopBufferSize", "8192", "-ORBgiopDirectSendCutOff", "1048576"];
    let runs: [&[&str]; 5] = [
        &["all", "wide", "--seed", "3"],
        &["all", "wide", "--utf8"],
        &["all", "wide_refused", "--version", "1.0"],
        &["all", "wide_refused", "--version", "1.1"],
        &cut,
    ];
    for arguments in runs {
        passes(python_client(&python, "echo_client", server.reference(), arguments));
    }
    ends_well(server);
}

#[test]
fn clients_of_both_languages_check_the_grid() {
    let (Some(cpp), python) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let size = ["--height", "7", "--width", "300"];
    let server = our_server(&[&["--interface", "grid"][..], &size].concat());
    for more in [&["--threads", "64"][..], &["--version", "1.0"], &["--version", "1.1"]] {
        passes(cpp_client(&cpp, "grid_client", server.reference(), &[&size, more].concat()));
    }
    if let Some(python) = python {
        let arguments = [&size[..], &["--threads", "64"]].concat();
        passes(python_client(&python, "grid_client", server.reference(), &arguments));
    }
    ends_well(server);
}

/// What the checks say of a grid of another size: they do look.
#[test]
fn a_grid_of_another_size_fails() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--interface", "grid", "--height", "7"]);
    let client = cpp_client(&peers, "grid_client", server.reference(), &["dimensions"]);
    let fault = quorb_interop::Report::of(client).expect("it ends").all_passed().expect_err("7 is not 100");
    assert!(fault.to_string().contains("FAIL dimensions expected 100 got 7"), "{fault}");
}
