//! The control group: the C++ client against the C++ server. What fails here is a fault of the peers or of this
//! machine, not of the broker.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use quorb_interop::peers::{self, PeerDir};
use quorb_interop::{Process, Reference, Report, Server, free_port, limits};

const MESSAGE_BYTES_MAX: [&str; 2] = ["-ORBgiopMaxMsgSize", "67108864"];

fn server(peers: &PeerDir, name: &str, arguments: &[&str]) -> Server {
    let mut command = peers.program(name);
    command.args(arguments);
    Server::start(command).expect("the server starts")
}

fn client(peers: &PeerDir, name: &str, reference: &Reference, arguments: &[&str]) -> Command {
    let mut command = peers.program(name);
    command.arg(reference.as_str()).args(arguments);
    command
}

/// Runs the echo client with these arguments against a server with those, and both must end well.
fn echo(peers: &PeerDir, server_arguments: &[&str], arguments: &[&str]) {
    let server = server(peers, "echo_server", server_arguments);
    let report = Report::of(client(peers, "echo_client", server.reference(), arguments));
    report.expect("the client ends").all_passed().unwrap_or_else(|fault| panic!("{fault}"));
    let finished = server.terminate().expect("the server ends");
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
}

#[test]
fn grid() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let server = server(&peers, "grid_server", &["--height", "7", "--width", "300"]);
    let size = ["--height", "7", "--width", "300"];
    for more in [&[][..], &["--threads", "64"], &["--version", "1.0"], &["--version", "1.1"]] {
        let report = Report::of(client(&peers, "grid_client", server.reference(), &[&size, more].concat()));
        report.expect("the client ends").all_passed().unwrap_or_else(|fault| panic!("{fault}"));
    }
}

#[test]
fn a_grid_of_another_size_fails() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let server = server(&peers, "grid_server", &["--height", "7"]);
    let report =
        Report::of(client(&peers, "grid_client", server.reference(), &["dimensions"])).expect("it ends");
    let fault = report.all_passed().expect_err("the height is another").to_string();
    assert!(fault.contains("FAIL dimensions expected 100 got 7"), "{fault}");
}

#[test]
fn echo_of_everything_with_several_seeds() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for seed in ["1", "2", "3"] {
        echo(&peers, &[], &["all", "wide", "latin1", "--seed", seed]);
    }
}

#[test]
fn echo_over_giop_1_0_and_1_1() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    echo(&peers, &[], &["all", "wide_refused", "--version", "1.0"]);
    echo(&peers, &[], &["all", "wide_refused", "--version", "1.1"]);
}

#[test]
fn echo_with_utf8_on_both_sides() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    echo(&peers, &["-ORBnativeCharCodeSet", "UTF-8"], &["all", "wide", "--utf8"]);
}

#[test]
fn echo_without_locate_request() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    echo(&peers, &[], &["-ORBverifyObjectExistsAndType", "0"]);
}

#[test]
fn echo_in_small_fragments() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for bytes in ["256", "264", "1024"] {
        echo(&peers, &["--fragment", bytes], &["all", "wide", "--fragment", bytes]);
    }
    echo(&peers, &["--fragment", "256"], &["all", "--fragment", "256", "--version", "1.1"]);
}

#[test]
fn echo_through_corbaloc() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let port = free_port().expect("a free port").to_string();
    let endpoint = format!("giop:tcp:127.0.0.1:{port}");
    let server = server(&peers, "echo_server", &["-ORBendPoint", &endpoint]);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().expect("a number")));
    for minor in 0..=2 {
        // The reference names no code sets, which leaves no way for wide characters. Each client is a process
        // of its own: a connection on which code sets were agreed for another reference would carry them.
        let reference = Reference::corbaloc(minor, address, "echo");
        for checks in ["all", "wide_refused"] {
            let report = Report::of(client(&peers, "echo_client", &reference, &[checks])).expect("it ends");
            report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
        }
    }
    drop(server);
}

#[test]
fn sixty_four_callers_on_as_many_connections_and_on_one() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    echo(&peers, &[], &["callers", "in_flight", "--threads", "64"]);
    echo(&peers, &[], &["callers", "in_flight", "--threads", "64", "--multiplex"]);
}

#[test]
fn sixteen_mebibytes_with_the_limit_raised() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let checks = [
        "large_octets",
        "large_longs",
        "large_doubles",
        "large_string",
        "make_octets",
        "forward_large",
        "--size",
    ];
    let arguments = [&checks[..], &["16777216"], &MESSAGE_BYTES_MAX].concat();
    echo(&peers, &MESSAGE_BYTES_MAX, &arguments);
    let fragments = ["--fragment", "4096"];
    echo(&peers, &[&MESSAGE_BYTES_MAX[..], &fragments].concat(), &[&arguments[..], &fragments].concat());
}

#[test]
fn messages_beyond_the_limit_are_refused() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let size = ["--size", "3000000"];
    // By the client before it sends, by the server that receives, and by the client that receives.
    echo(&peers, &[], &[&["oversize_request"][..], &size].concat());
    echo(&peers, &[], &[&["oversize_request"][..], &size, &MESSAGE_BYTES_MAX].concat());
    echo(&peers, &MESSAGE_BYTES_MAX, &[&["oversize_reply"][..], &size].concat());
}

#[test]
fn nobody_listens() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().expect("a free port")));
    let report =
        Report::of(client(&peers, "echo_client", &Reference::corbaloc(2, address, "echo"), &["unreachable"]));
    report.expect("the client ends").all_passed().unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn forwarding_once_for_good_and_in_a_circle() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let target = server(&peers, "echo_server", &[]);
    for permanent in [&[][..], &["--permanent"]] {
        let arguments = [&[target.reference().as_str()][..], permanent].concat();
        let forwarder = server(&peers, "forwarder", &arguments);
        // Not the checks that look for other keys at the address of the reference: nobody else lives there.
        let checks = ["record", "rich", "call_back", "large_octets", "callers", "in_flight", "oneway"];
        let report =
            Report::of(client(&peers, "echo_client", forwarder.reference(), &checks)).expect("it ends");
        report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
    }
    let circle = server(&peers, "forwarder", &["--circle"]);
    let report = Report::of(client(&peers, "echo_client", circle.reference(), &["circle"])).expect("it ends");
    report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
}

/// A client calls; its server ends, orderly or not, and another starts at the same address; the client goes on.
fn restart(peers: &PeerDir, server_name: &str, client_name: &str, orderly: bool) {
    let endpoint = format!("giop:tcp:127.0.0.1:{}", free_port().expect("a free port"));
    let first = server(peers, server_name, &["-ORBendPoint", &endpoint]);
    let arguments = ["restart", "--expect-restart", "--server-vanishes", "--loops", "50"];
    let mut calling =
        Process::start(client(peers, client_name, first.reference(), &arguments)).expect("the client starts");
    calling.line("calling", limits::client_wait()).expect("the first call succeeds");
    if orderly {
        let finished = first.terminate().expect("the server ends");
        assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    } else {
        first.kill().expect("the server ends");
    }
    let second = server(peers, server_name, &["-ORBendPoint", &endpoint]);
    let report = Report::from(calling.wait(limits::client_wait()).expect("the client ends"));
    report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
    drop(second);
}

#[test]
fn a_client_lives_through_the_restart_of_its_server() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for orderly in [true, false] {
        restart(&peers, "echo_server", "echo_client", orderly);
        restart(&peers, "grid_server", "grid_client", orderly);
    }
}

#[test]
fn the_benchmark_pair_counts_its_calls() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let server = server(&peers, "bench_server", &[]);
    for operation in WORKS {
        let arguments = [operation, "--count", "50", "--threads", "4", "--size", "1000", "--warm-up", "1"];
        let bench = Process::start(client(&peers, "bench_client", server.reference(), &arguments))
            .expect("it starts");
        let finished = bench.wait(limits::client_wait()).expect("it ends");
        assert!(finished.status.success(), "{}", finished.stderr);
        assert!(finished.stdout.contains("\"calls\":50,\"threads\":4,"), "{}", finished.stdout);
    }
    let server = server.terminate().expect("it ends");
    assert!(server.stdout.contains("\"cpu_user_ns\":"), "{}", server.stdout);
}

/// The operations of the benchmark.
const WORKS: [&str; 5] = ["get", "echo_octets", "echo_longs", "echo_items", "note"];
