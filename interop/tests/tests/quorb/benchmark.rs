//! The foreign benchmark client prints figures of right results only.

use grid::GridProxy;
use quorb::Orb;
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
    let grid = our_server(&["--interface", "grid"]);
    let echo = our_server(&[]);
    for (server, operation) in
        [(&grid, "get"), (&echo, "echo_octets"), (&echo, "echo_longs"), (&echo, "echo_records")]
    {
        let finished = bench(&peers, server.reference(), operation);
        assert!(finished.status.success(), "{}", finished.stderr);
        assert!(finished.stdout.contains("\"calls\":40,\"threads\":4,"), "{}", finished.stdout);
    }
}

#[tokio::test]
async fn a_wrong_number_gives_none() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--interface", "grid"]);
    let orb = Orb::client().await.expect("a client");
    let grid: GridProxy = orb.bind(server.reference().as_str()).expect("a reference");
    grid.set(3, 4, 1).await.expect("it is inside");
    is_refused(&bench(&peers, server.reference(), "get"));
}

#[test]
fn a_spoilt_reply_gives_none() {
    let Some(peers) = peers::or_skip() else { return };
    let port = Port::free();
    let tap = Tap::before(port.number()).expect("the tap listens");
    let advertised = tap.address().to_string();
    let server = our_server(&[&words(&port.ours())[..], &["--advertise", &advertised]].concat());
    tap.spoil_replies();
    for operation in ["echo_octets", "echo_longs", "echo_records"] {
        is_refused(&bench(&peers, server.reference(), operation));
    }
}

#[track_caller]
fn is_refused(finished: &Finished) {
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(1), ""), "{}", finished.stderr);
    assert!(finished.stderr.contains("no figures"), "{}", finished.stderr);
}
