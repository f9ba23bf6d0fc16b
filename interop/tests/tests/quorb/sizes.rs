//! Large messages, and those that are too large for one side.

use quorb_interop::peers;

use crate::support::{LARGE_MESSAGES, cpp_client, cpp_server, ends_well, our_client, our_server, passes};

const LARGE: [&str; 8] = [
    "large_octets",
    "large_longs",
    "large_doubles",
    "large_string",
    "make_octets",
    "forward_large",
    "--size",
    "16777216",
];

#[test]
fn sixteen_mebibytes_with_the_peers_limit_raised() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = our_server(&[]);
    for cut in [&[][..], &["--fragment", "4096"]] {
        let arguments = [&LARGE[..], &LARGE_MESSAGES, cut].concat();
        passes(cpp_client(&peers, "echo_client", ours.reference(), &arguments));
        let theirs = cpp_server(&peers, "echo_server", &[&LARGE_MESSAGES[..], cut].concat());
        passes(our_client(theirs.reference(), &LARGE));
        ends_well(theirs);
    }
    ends_well(ours);
}

/// omniORB takes and sends 2 MiB unless told otherwise.
#[test]
fn the_foreign_client_has_the_smaller_limit() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&[]);
    let size = ["--size", "3000000"];
    for check in ["oversize_request", "oversize_reply"] {
        let report =
            passes(cpp_client(&peers, "echo_client", server.reference(), &[&[check][..], &size].concat()));
        assert_eq!(report.passed().collect::<Vec<_>>(), [check]);
    }
    ends_well(server);
}

#[test]
fn the_foreign_server_has_the_smaller_limit() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "echo_server", &[]);
    // It cannot say which request it did not understand. There was only one.
    passes(our_client(server.reference(), &["oversize_request", "oversize_reply", "--size", "3000000"]));
    ends_well(server);
}

#[test]
fn our_server_has_the_smaller_limit() {
    let Some(peers) = peers::or_skip() else { return };
    let server = our_server(&["--body-bytes-max", "2097152"]);
    let arguments = [&["oversize_request", "--size", "3000000"][..], &LARGE_MESSAGES].concat();
    for version in ["1.0", "1.1", "1.2"] {
        let arguments = [&arguments[..], &["--version", version]].concat();
        passes(cpp_client(&peers, "echo_client", server.reference(), &arguments));
    }
    for protocol in [&[][..], &["--native"]] {
        let arguments = [&["oversize_request", "oversize_reply", "--size", "3000000"][..], protocol].concat();
        passes(our_client(server.reference(), &arguments));
    }
    ends_well(server);
}

#[test]
fn our_client_has_the_smaller_limit() {
    let Some(peers) = peers::or_skip() else { return };
    let limit = ["--size", "1500000", "--body-bytes-max", "1048576"];
    let theirs = cpp_server(&peers, "echo_server", &[]);
    let ours = our_server(&[]);
    for server in [theirs, ours] {
        let arguments = [&["oversize_own_request", "oversize_reply"][..], &limit].concat();
        passes(our_client(server.reference(), &arguments));
        ends_well(server);
    }
}
