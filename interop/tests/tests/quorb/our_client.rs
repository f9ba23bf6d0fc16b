//! Our client calls servers of all kinds.

use quorb_interop::{Reference, peers};

use crate::support::{Port, cpp_server, ends_well, our_client, our_server, passes, words};

#[test]
fn it_checks_the_cpp_server() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "echo_server", &[]);
    let runs: [&[&str]; 8] = [
        &["all", "wide", "--seed", "1"],
        &["all", "wide", "--seed", "2"],
        &["all", "wide_refused", "latin1", "--version", "1.0"],
        // omniORB agrees on code sets in GIOP 1.2 alone, and refuses wide characters before.
        &["all", "wide_refused", "--version", "1.1"],
        &["callers", "in_flight", "--threads", "64"],
        &["oversize_own_request", "--size", "300000", "--body-bytes-max", "200000"],
        &["make_octets", "forward_large", "--size", "1000000"],
        &["every_length", "--seed", "9"],
    ];
    for arguments in runs {
        passes(our_client(server.reference(), arguments));
    }
    ends_well(server);
}

#[test]
fn it_checks_the_cpp_server_in_utf_8() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "echo_server", &["-ORBnativeCharCodeSet", "UTF-8"]);
    passes(our_client(server.reference(), &["all", "wide", "--utf8"]));
    ends_well(server);
}

#[test]
fn it_joins_the_fragments_of_the_cpp_server() {
    let Some(peers) = peers::or_skip() else { return };
    for bytes in ["256", "264", "1024"] {
        let server = cpp_server(&peers, "echo_server", &["--fragment", bytes]);
        passes(our_client(server.reference(), &["all", "wide"]));
        if bytes == "256" {
            passes(our_client(server.reference(), &["all", "--version", "1.1", "--rounds", "100"]));
        }
        ends_well(server);
    }
}

#[test]
fn it_finds_the_cpp_object_by_its_address() {
    let Some(peers) = peers::or_skip() else { return };
    let port = Port::free();
    let server = cpp_server(&peers, "echo_server", &words(&port.omniorb()));
    for minor in 0..=2 {
        let reference = Reference::corbaloc(minor, port.address(), "echo");
        passes(our_client(&reference, &["all", "wide_refused"]));
    }
    ends_well(server);
}

#[test]
fn it_checks_the_grids_of_both_languages() {
    let Some(cpp) = peers::or_skip() else { return };
    let mut servers = vec![cpp_server(&cpp, "grid_server", &[])];
    if let Some(python) = peers::python_or_skip() {
        let mut command = python.script("grid_server");
        command.args(["--height", "100"]);
        servers.push(quorb_interop::Server::start(command).expect("it starts"));
    }
    for server in servers {
        for version in ["1.0", "1.1", "1.2"] {
            let arguments = ["--interface", "grid", "--version", version, "--threads", "64"];
            passes(our_client(server.reference(), &arguments));
        }
        ends_well(server);
    }
}

/// What the Python server serves; it has no signalling floats, and misreads every `wchar`.
const FOR_PYTHON: &str = "short long long_long octet unsigned_short unsigned_long unsigned_long_long float_quiet double \
    boolean char string short_text few_longs octets longs doubles strings long_table matrix point record records colour shape \
    shapes choice maybe_long maybe_record entries split rotate gather only_out attributes plain reason rich either \
    system_exceptions_by_number nil references own_reference call_back is_a non_existent locate inheritance out_of_range \
    large_octets large_longs large_doubles large_string make_octets oneway unknown_object unknown_operation";

#[test]
fn it_checks_the_python_server() {
    let Some(python) = peers::python_or_skip() else { return };
    let server = quorb_interop::Server::start(python.script("echo_server")).expect("it starts");
    let checks: Vec<&str> = FOR_PYTHON.split_whitespace().collect();
    let runs: [&[&str]; 5] = [
        &["wstring", "--seed", "3"],
        &["wstring", "--seed", "4", "--big-endian"],
        &["--version", "1.1"],
        &["--version", "1.0"],
        &["--version", "1.0", "--big-endian"],
    ];
    for arguments in runs {
        // It pads doubles in every fragment of GIOP 1.1, where C++ sends them as a block: nothing tells which it is.
        let fits = |check: &&str| *check != "large_doubles" || !arguments.contains(&"1.1");
        let checks: Vec<&str> = checks.iter().copied().filter(fits).collect();
        passes(our_client(server.reference(), &[&checks[..], arguments].concat()));
    }
    // It says on standard error what it thinks of requests for nothing; it must end well all the same.
    let finished = server.terminate().expect("the server ends");
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
}

/// The same checks without any foreign program, over both protocols.
#[test]
fn it_checks_our_own_server() {
    let server = our_server(&[]);
    let runs: [&[&str]; 8] = [
        &["all", "wide", "--utf8"],
        &["all", "wide", "--utf8", "--native"],
        &["all", "wide_refused", "latin1", "--version", "1.0"],
        &["all", "wide", "--version", "1.1"],
        &["callers", "in_flight", "--threads", "64"],
        &["callers", "in_flight", "--threads", "64", "--native"],
        &["large_octets", "large_string", "forward_large", "--size", "16777216", "--native"],
        &["large_octets", "large_string", "forward_large", "--size", "16777216"],
    ];
    for arguments in runs {
        passes(our_client(server.reference(), arguments));
    }
    ends_well(server);
    let server = our_server(&["--interface", "grid"]);
    for protocol in [&["--interface", "grid"][..], &["--interface", "grid", "--native"]] {
        passes(our_client(server.reference(), protocol));
    }
    ends_well(server);
}

#[test]
fn nobody_listens() {
    let reference = Reference::corbaloc(2, Port::free().address(), "echo");
    passes(our_client(&reference, &["unreachable"]));
}
