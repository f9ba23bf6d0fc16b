//! The foreign benchmark client prints figures of right results only.

use quorb_interop::{Finished, Process, Reference, Tap, limits, peers};

use crate::support::{Port, cpp_client, our_server, words};

fn bench(peers: &peers::PeerDir, reference: &Reference, operation: &str) -> Finished {
    let arguments = [operation, "--count", "40", "--threads", "4", "--size", "1000", "--warm-up", "1"];
    let client = Process::start(cpp_client(peers, "bench_client", reference, &arguments)).expect("it starts");
    client.wait(limits::client_wait()).expect("it ends")
}

#[test]
fn right_results_give_figures() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--interface", "table"]);
    for operation in ["get", "echo_octets", "echo_longs", "echo_items", "note"] {
        let finished = bench(&peers, server.reference(), operation);
        assert!(finished.status.success(), "{}", finished.stderr);
        assert!(finished.stdout.contains("\"calls\":40,\"threads\":4,"), "{}", finished.stdout);
    }
}

#[test]
fn a_wrong_number_gives_none() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--interface", "table", "--cell", "1"]);
    is_refused(&bench(&peers, server.reference(), "get"));
}

#[test]
fn a_spoilt_reply_gives_none() {
    let Some(peers) = peers::or_skip() else { return };
    let port = Port::free();
    let tap = Tap::before(port.number()).expect("the tap listens");
    let advertised = tap.address().to_string();
    let options = ["--interface", "table", "--advertise", &advertised];
    let server = our_server(&[&words(&port.ours())[..], &options].concat());
    tap.spoil_replies();
    for operation in ["echo_octets", "echo_longs", "echo_items"] {
        is_refused(&bench(&peers, server.reference(), operation));
    }
}

#[track_caller]
fn is_refused(finished: &Finished) {
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(1), ""), "{}", finished.stderr);
    assert!(finished.stderr.contains("no figures"), "{}", finished.stderr);
}
