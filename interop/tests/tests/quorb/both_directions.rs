//! Bidirectional GIOP: clients that nobody can connect to are called over their own connections.

use quorb_interop::{Server, peers};

use crate::support::{Port, cpp_client, cpp_server, ends_well, our_client, our_server, passes};

/// The checks in which the server calls the client, ten deep at the most.
const CALLED: [&str; 3] = ["call_back", "own_reference", "references"];

/// A server of omniORB that calls clients back over their own connections, and in no other way.
const OMNIORB_CALLS_BACK: [&str; 7] = [
    "--bidirectional",
    "-ORBacceptBiDirectionalGIOP",
    "1",
    "-ORBserverTransportRule",
    "* bidir,tcp",
    "-ORBclientTransportRule",
    "* bidir",
];

/// Our client, which listens nowhere, is called by omniORB.
#[test]
fn the_cpp_server_calls_our_client() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "echo_server", &OMNIORB_CALLS_BACK);
    for _ in 0..3 {
        passes(our_client(server.reference(), &[&["--called-back"], &CALLED[..]].concat()));
    }
    passes(our_client(server.reference(), &["--called-back", "all", "wide"]));
    ends_well(server);
}

/// A client of omniORB, which publishes an address that nobody listens at, is called by our server.
#[test]
fn our_server_calls_the_cpp_client() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--calls-back"]);
    for _ in 0..3 {
        let nobody = format!("giop:tcp:{}", Port::free().address());
        let arguments = [&["--bidirectional", "-ORBendPointPublish", &nobody], &CALLED[..]].concat();
        passes(cpp_client(&peers, "echo_client", server.reference(), &arguments));
    }
    ends_well(server);
}

/// Without the policy the same client cannot be called.
#[test]
fn our_server_does_not_unless_told() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&[]);
    let nobody = format!("giop:tcp:{}", Port::free().address());
    let arguments = ["--bidirectional", "-ORBendPointPublish", &nobody, "call_back"];
    let report = quorb_interop::Report::of(cpp_client(&peers, "echo_client", server.reference(), &arguments));
    let fault = report.expect("it reports").all_passed().expect_err("nobody can call it");
    assert!(fault.to_string().contains("TRANSIENT"), "{fault}");
    ends_well(server);
}

/// The control group: omniORB calls itself so.
#[test]
fn the_cpp_server_calls_the_cpp_client() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "echo_server", &OMNIORB_CALLS_BACK);
    let nobody = format!("giop:tcp:{}", Port::free().address());
    let arguments = ["--bidirectional", "-ORBendPointPublish", &nobody, "own_reference", "references"];
    passes(cpp_client(&peers, "echo_client", server.reference(), &arguments));
    ends_well(server);
}

#[test]
fn our_own_server_and_client() {
    let server: Server = our_server(&["--calls-back"]);
    passes(our_client(server.reference(), &["--called-back", "all", "wide", "--utf8"]));
    passes(our_client(server.reference(), &["--called-back", "all", "wide", "--utf8", "--native"]));
    ends_well(server);
}
