//! The control group: the Python peers against the C++ ones. What fails here is no fault of the broker.

use std::process::Command;

use quorb_interop::peers::{self, PeerDir, PythonDir};
use quorb_interop::{Process, Reference, Report, Server, Tap, free_port, limits};

fn both() -> Option<(PeerDir, PythonDir)> {
    Some((peers::or_skip()?, peers::python_or_skip()?))
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

fn start(command: Command, arguments: &[&str]) -> Server {
    Server::start(with(command, arguments)).expect("the server starts")
}

fn check(client: Command, reference: &Reference, arguments: &[&str]) {
    let report = Report::of(with(with(client, &[reference.as_str()]), arguments)).expect("the client ends");
    report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn python_calls_the_cpp_echo() {
    let Some((cpp, python)) = both() else { return };
    let server = start(cpp.program("echo_server"), &[]);
    check(python.script("echo_client"), server.reference(), &["all", "wide", "--seed", "5"]);
    check(python.script("echo_client"), server.reference(), &["all", "wide_refused", "--version", "1.0"]);
    check(python.script("echo_client"), server.reference(), &["all", "wide_refused", "--version", "1.1"]);
    // The bindings are of omniORB 4.3, which has options for the size of fragments, 8192 at the least.
    let fragments =
        ["all", "--size", "200000", "-ORBgiopBufferSize", "8192", "-ORBgiopDirectSendCutOff", "1048576"];
    check(python.script("echo_client"), server.reference(), &fragments);
}

#[test]
fn python_and_cpp_agree_on_utf8() {
    let Some((cpp, python)) = both() else { return };
    let server = start(cpp.program("echo_server"), &["-ORBnativeCharCodeSet", "UTF-8"]);
    check(python.script("echo_client"), server.reference(), &["all", "wide", "--utf8"]);
}

#[test]
fn grids_of_both_languages_serve_clients_of_both() {
    let Some((cpp, python)) = both() else { return };
    for server in [start(cpp.program("grid_server"), &[]), start(python.script("grid_server"), &[])] {
        check(cpp.program("grid_client"), server.reference(), &["--threads", "64"]);
        check(python.script("grid_client"), server.reference(), &["--threads", "64"]);
        let finished = server.terminate().expect("the server ends");
        assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    }
}

#[test]
fn a_python_client_lives_through_the_restart_of_its_server() {
    let Some((cpp, python)) = both() else { return };
    let endpoint = format!("giop:tcp:127.0.0.1:{}", free_port().expect("a free port"));
    let first = start(cpp.program("grid_server"), &["-ORBendPoint", &endpoint]);
    let arguments = [first.reference().as_str(), "restart", "--expect-restart", "--server-vanishes"];
    let mut calling =
        Process::start(with(python.script("grid_client"), &arguments)).expect("the client starts");
    calling.line("calling", limits::client_wait()).expect("the first call succeeds");
    first.kill().expect("the server ends");
    let second = start(cpp.program("grid_server"), &["-ORBendPoint", &endpoint]);
    let report = Report::from(calling.wait(limits::client_wait()).expect("the client ends"));
    report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
    drop(second);
}

/// The checks check: with the last byte of every reply changed not one of them may pass.
#[test]
fn no_check_passes_when_replies_are_spoilt() {
    let Some((cpp, python)) = both() else { return };
    let tap = Tap::before(free_port().expect("a free port")).expect("the tap listens");
    tap.spoil_replies();
    let mut command = cpp.program("echo_server");
    command.args(tap.server_options());
    let server = Server::start(command).expect("the server starts");
    let client =
        with(python.script("echo_client"), &[server.reference().as_str(), "all", "--patience-ms", "2000"]);
    let report = Report::of(client).expect("the client ends");
    assert!(report.outcomes().len() > 30, "{}", report.finished().stdout);
    // A sum of posts is the difference of two numbers that are changed alike.
    let passed: Vec<&str> = report.passed().filter(|&name| name != "oneway").collect();
    assert!(passed.is_empty(), "{passed:?}");
}
