//! What really passes between the brokers: a check that passes proves nothing about a feature that was not used.

use std::process::Command;

use quorb_interop::{Direction, Message, MessageKind, Outcome, Report, Server, Tap, peers};

use crate::support::{Port, cpp_client, cpp_server, our_client, our_server, passes, words};

/// Our server behind a tap that its references lead to.
fn tapped() -> (Server, Tap) {
    let port = Port::free();
    let tap = Tap::before(port.number()).expect("the tap listens");
    let advertised = tap.address().to_string();
    let server = our_server(&[&words(&port.ours())[..], &["--advertise", &advertised]].concat());
    (server, tap)
}

/// A C++ server behind a tap.
fn tapped_cpp(peers: &peers::PeerDir, more: &[&str]) -> (Server, Tap) {
    let tap = Tap::before(Port::free().number()).expect("the tap listens");
    let server = cpp_server(peers, "echo_server", &[&words(&tap.server_options())[..], more].concat());
    (server, tap)
}

fn others_than(tap: &Tap, minor: u8) -> Vec<Message> {
    tap.messages().into_iter().filter(|message| message.minor != minor).collect()
}

/// Our server answers in the version of each request; the C++ client sends that of its option.
#[test]
fn every_message_has_the_version_of_the_client() {
    let Some(peers) = peers::or_skip() else { return };
    for (minor, version) in (0..).zip(["1.0", "1.1", "1.2"]) {
        let (server, tap) = tapped();
        let checks = ["all", "--rounds", "3", "--version", version];
        passes(cpp_client(&peers, "echo_client", server.reference(), &checks));
        assert!(tap.count(MessageKind::REQUEST) > 100);
        assert_eq!(others_than(&tap, minor), [], "{version}");

        let (server, tap) = tapped_cpp(&peers, &[]);
        passes(our_client(server.reference(), &["short", "record", "reason", "--version", version]));
        assert_eq!(others_than(&tap, minor), [], "{version}");
    }
}

#[test]
fn our_server_answers_locate_requests() {
    let Some(peers) = peers::or_skip() else { return };
    for version in ["1.0", "1.1", "1.2"] {
        let (server, tap) = tapped();
        let checks = ["locate", "unknown_object", "--version", version];
        passes(cpp_client(&peers, "echo_client", server.reference(), &checks));
        let asked = tap.count(MessageKind::LOCATE_REQUEST);
        assert!(asked >= 2, "{:?}", tap.messages());
        assert_eq!(asked, tap.count(MessageKind::LOCATE_REPLY));
    }
    let (server, tap) = tapped();
    let unasked = ["locate", "unknown_object", "-ORBverifyObjectExistsAndType", "0"];
    passes(cpp_client(&peers, "echo_client", server.reference(), &unasked));
    assert_eq!(tap.count(MessageKind::LOCATE_REQUEST), 0);
}

#[test]
fn fragments_came_and_their_tail_was_tiny() {
    let Some(peers) = peers::or_skip() else { return };
    let fragments = |tap: &Tap, direction| {
        tap.messages()
            .into_iter()
            .filter(|message| message.direction == direction && message.kind == MessageKind::FRAGMENT)
            .collect::<Vec<Message>>()
    };
    let large = ["large_octets", "--size", "20000"];

    let (server, tap) = tapped();
    passes(cpp_client(
        &peers,
        "echo_client",
        server.reference(),
        &[&large[..], &["--fragment", "256"]].concat(),
    ));
    assert!(fragments(&tap, Direction::ToServer).len() >= 20_000 / 256);
    assert_eq!(fragments(&tap, Direction::ToClient), [], "we send messages whole");

    let (server, tap) = tapped_cpp(&peers, &["--fragment", "256"]);
    passes(our_client(server.reference(), &large));
    assert!(fragments(&tap, Direction::ToClient).len() >= 20_000 / 256);

    // As omniORB likes it: all but the last octets in one piece, with the request id before them.
    let (server, tap) = tapped_cpp(&peers, &[]);
    passes(our_client(server.reference(), &large));
    let tails = fragments(&tap, Direction::ToClient);
    assert!(matches!(tails[..], [tail] if tail.body_bytes <= 16 && !tail.more_fragments), "{tails:?}");
}

/// Our client gives up: the server is not told, since omniORB does not serve the connection afterwards.
#[test]
fn no_foreign_server_is_told_of_a_cancelled_call() {
    let Some(peers) = peers::or_skip() else { return };
    for version in ["1.0", "1.1", "1.2"] {
        let (server, tap) = tapped_cpp(&peers, &[]);
        passes(our_client(server.reference(), &["deadline", "callers", "--version", version]));
        assert_eq!(tap.count(MessageKind::CANCEL_REQUEST), 0);
    }
    let (server, tap) = tapped();
    passes(our_client(server.reference(), &["deadline"]));
    assert_eq!(tap.count(MessageKind::CANCEL_REQUEST), 1, "ours is told");
}

/// The checks of our client check: with the last octet of every reply changed not one of them may pass.
#[test]
fn no_check_of_ours_passes_when_replies_are_spoilt() {
    let Some(peers) = peers::or_skip() else { return };
    let listed = Command::new(env!("CARGO_BIN_EXE_rust-client")).arg("--list").output().expect("it starts");
    let listed = String::from_utf8(listed.stdout).expect("names are ASCII");
    // One needs no reply; the last octet of the other's belongs to the code sets of a reference, of which we keep the
    // octets as they are.
    let without = ["nil_is_not_called"];
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("all "))
        .filter(|name| !without.contains(name))
        .collect();
    assert!(names.len() > 50, "{listed}");
    let (server, tap) = tapped_cpp(&peers, &[]);
    tap.spoil_replies();
    // One client for each: none may live on what another found.
    for name in names {
        let client = our_client(server.reference(), &[name, "--patience-ms", "1500", "--rounds", "1"]);
        let report = Report::of(client).expect("the client ends");
        let failed =
            report.outcomes().iter().any(|(check, outcome)| check == name && *outcome != Outcome::Passed);
        assert!(failed, "{name} passed: {}", report.finished().stdout);
    }
}
