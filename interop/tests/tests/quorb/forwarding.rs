//! Objects that forward every request, on either side.

use quorb_interop::{Server, peers};

use crate::support::{cpp_client, cpp_server, ends_well, our_client, our_server, passes, python_client};

/// Not the checks that look for other keys at the address of the reference: nobody else lives there.
const CHECKS: [&str; 7] = ["record", "rich", "call_back", "large_octets", "callers", "in_flight", "oneway"];

/// Both kinds of forwarder to both kinds of target.
fn ways(peers: &peers::PeerDir, permanent: &[&str]) -> Vec<[Server; 2]> {
    let mut ways = Vec::new();
    for ours_first in [true, false] {
        for ours_last in [true, false] {
            let target = if ours_last { our_server(&[]) } else { cpp_server(peers, "echo_server", &[]) };
            let reference = target.reference().as_str();
            let forwarder = if ours_first {
                our_server(&[&["--forward-to", reference][..], permanent].concat())
            } else {
                cpp_server(peers, "forwarder", &[&[reference][..], permanent].concat())
            };
            ways.push([forwarder, target]);
        }
    }
    ways
}

#[test]
fn clients_follow_from_any_broker_to_any_other() {
    let Some(peers) = peers::or_skip() else { return };
    for permanent in [&[][..], &["--permanent"]] {
        for [forwarder, target] in ways(&peers, permanent) {
            let reference = forwarder.reference();
            passes(cpp_client(&peers, "echo_client", reference, &CHECKS));
            passes(our_client(reference, &CHECKS));
            passes(our_client(reference, &[&CHECKS[..], &["--version", "1.0"]].concat()));
            ends_well(forwarder);
            ends_well(target);
        }
    }
}

#[test]
fn our_client_follows_our_forwarder_over_the_native_protocol() {
    let target = our_server(&[]);
    let forwarder = our_server(&["--forward-to", target.reference().as_str()]);
    passes(our_client(forwarder.reference(), &[&CHECKS[..], &["--native"]].concat()));
    ends_well(forwarder);
    ends_well(target);
}

#[test]
fn the_python_client_follows_our_forwarder() {
    let (Some(cpp), Some(python)) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let target = cpp_server(&cpp, "echo_server", &[]);
    let forwarder = our_server(&["--forward-to", target.reference().as_str()]);
    passes(python_client(&python, "echo_client", forwarder.reference(), &["record", "user_exceptions"]));
    ends_well(forwarder);
    ends_well(target);
}

#[test]
fn a_circle_has_an_end() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = our_server(&["--circle"]);
    let theirs = cpp_server(&peers, "forwarder", &["--circle"]);
    passes(cpp_client(&peers, "echo_client", ours.reference(), &["circle"]));
    passes(our_client(ours.reference(), &["circle"]));
    passes(our_client(ours.reference(), &["circle", "--native"]));
    passes(our_client(theirs.reference(), &["circle"]));
    ends_well(ours);
    ends_well(theirs);
}
