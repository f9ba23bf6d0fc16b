//! What the peers really put on the wire: a check that passes proves nothing about a feature that was not used.

use std::process::Command;

use quorb_interop::peers::{self, PeerDir};
use quorb_interop::{
    Direction, Message, MessageKind, Outcome, Process, Report, Server, Tap, free_port, limits,
};

/// A C++ echo server behind a tap that its references lead to.
fn tapped(peers: &PeerDir, arguments: &[&str]) -> (Server, Tap) {
    let tap = Tap::before(free_port().expect("a free port")).expect("the tap listens");
    let mut command = peers.program("echo_server");
    command.args(tap.server_options()).args(arguments);
    (Server::start(command).expect("the server starts"), tap)
}

fn run(peers: &PeerDir, server: &Server, arguments: &[&str]) -> Report {
    let mut command = peers.program("echo_client");
    command.arg(server.reference().as_str()).args(arguments);
    Report::of(command).expect("the client ends")
}

fn passed(peers: &PeerDir, server: &Server, arguments: &[&str]) {
    run(peers, server, arguments).all_passed().unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn the_version_option_decides_the_version_of_every_message() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for (minor, version) in ["1.0", "1.1", "1.2"].into_iter().enumerate() {
        let (server, tap) = tapped(&peers, &[]);
        passed(&peers, &server, &["all", "--version", version]);
        let others: Vec<Message> =
            tap.messages().into_iter().filter(|message| usize::from(message.minor) != minor).collect();
        assert!(tap.count(MessageKind::REQUEST) > 100 && others.is_empty(), "{others:?}");
    }
}

#[test]
fn new_references_are_located_unless_told_otherwise() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let (server, tap) = tapped(&peers, &[]);
    passed(&peers, &server, &["locate", "unknown_object"]);
    assert!(tap.count(MessageKind::LOCATE_REQUEST) >= 2, "{:?}", tap.messages());
    assert_eq!(tap.count(MessageKind::LOCATE_REQUEST), tap.count(MessageKind::LOCATE_REPLY));

    let (server, tap) = tapped(&peers, &[]);
    passed(&peers, &server, &["locate", "unknown_object", "-ORBverifyObjectExistsAndType", "0"]);
    assert_eq!(tap.count(MessageKind::LOCATE_REQUEST), 0, "{:?}", tap.messages());
}

#[test]
fn small_fragments_are_many_and_their_tail_may_be_tiny() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let (server, tap) = tapped(&peers, &["--fragment", "256"]);
    passed(&peers, &server, &["large_octets", "--size", "20000", "--fragment", "256"]);
    for direction in [Direction::ToServer, Direction::ToClient] {
        let fragments = tap
            .messages()
            .into_iter()
            .filter(|m| m.direction == direction && m.kind == MessageKind::FRAGMENT);
        assert!(fragments.count() >= 20_000 / 256, "{direction:?}");
    }

    let (server, tap) = tapped(&peers, &[]);
    passed(&peers, &server, &["large_octets", "--size", "20000"]);
    let tails: Vec<usize> = tap
        .messages()
        .into_iter()
        .filter(|message| message.kind == MessageKind::FRAGMENT && !message.more_fragments)
        .map(|message| message.body_bytes)
        .collect();
    // The request id and the last octets, one fragment in each direction.
    assert!(tails.len() == 2 && tails.iter().all(|&bytes| bytes <= 16), "{tails:?}");
}

#[test]
fn giop_1_0_has_no_fragments() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let (server, tap) = tapped(&peers, &["--fragment", "256"]);
    passed(&peers, &server, &["large_octets", "--fragment", "256", "--version", "1.0"]);
    assert_eq!(tap.count(MessageKind::FRAGMENT), 0);
}

#[test]
fn a_client_that_ends_closes_its_connections_in_giop_1_2_alone() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for (version, closings) in [("1.0", 0), ("1.1", 0), ("1.2", 1)] {
        let (server, tap) = tapped(&peers, &[]);
        passed(&peers, &server, &["long", "--version", version]);
        if closings > 0 {
            assert!(tap.await_message(
                Direction::ToServer,
                MessageKind::CLOSE_CONNECTION,
                limits::end_wait()
            ));
        }
        server.terminate().expect("the server ends");
        assert_eq!(sent_closings(&tap, Direction::ToServer), closings, "{version}");
    }
}

#[test]
fn a_server_that_ends_closes_its_connections_in_every_version() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    for version in ["1.0", "1.1", "1.2"] {
        let (server, tap) = tapped(&peers, &[]);
        let mut command = peers.program("echo_client");
        command.args([
            server.reference().as_str(),
            "restart",
            "--expect-restart",
            "--server-vanishes",
            "--version",
            version,
        ]);
        let mut calling = Process::start(command).expect("the client starts");
        calling.line("calling", limits::client_wait()).expect("the first call succeeds");
        server.terminate().expect("the server ends");
        let closed =
            tap.await_message(Direction::ToClient, MessageKind::CLOSE_CONNECTION, limits::end_wait());
        assert!(closed, "{version}: {:?}", tap.messages().last());
    }
}

fn sent_closings(tap: &Tap, direction: Direction) -> usize {
    let is_it = |m: &&Message| m.direction == direction && m.kind == MessageKind::CLOSE_CONNECTION;
    tap.messages().iter().filter(is_it).count()
}

/// Checks a changed last byte need not touch: that of a reference belongs to its code sets, which are no part of
/// the object's identity; and a sum of posts is the difference of two numbers that are changed alike.
const UNTOUCHED: [&str; 2] = ["own_reference", "oneway"];

/// The checks check: with the last byte of every reply changed not one of them may pass.
#[test]
fn no_check_passes_when_replies_are_spoilt() {
    let Some(peers) = peers::or_skip() else {
        return;
    };
    let mut list = Command::new(peers.folder().join("echo_client"));
    list.arg("--list");
    let listed = list.output().expect("the client starts").stdout;
    let listed = String::from_utf8(listed).expect("names are ASCII");
    let names: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("all ")).collect();
    assert!(names.len() > 40, "{listed}");

    let (server, tap) = tapped(&peers, &[]);
    tap.spoil_replies();
    // One client per check: none may live on what another found.
    for name in names.into_iter().filter(|name| !UNTOUCHED.contains(name)) {
        let report = run(&peers, &server, &[name, "--patience-ms", "2000"]);
        let failed =
            report.outcomes().iter().any(|(check, outcome)| check == name && *outcome != Outcome::Passed);
        assert!(failed, "{name} passed: {}", report.finished().stdout);
    }
}
