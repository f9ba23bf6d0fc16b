//! We write big-endian, which this machine is not, and foreign brokers write as the machine does: every type, every version,
//! as client and as server. `zoo` does the same for the types that say more than their octets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use quorb::Orb;
use quorb_interop::peers;

use crate::support::{cpp_client, cpp_server, ends_well, our_client, our_server, passes, python_client};

/// The octet in the header of a GIOP message whose lowest bit says little-endian.
const FLAGS: usize = 6;

#[test]
fn foreign_clients_check_our_big_endian_server() {
    let Some(cpp) = peers::or_skip() else { return };
    let server = our_server(&["--big-endian"]);
    let runs: [&[&str]; 5] = [
        &["all", "wide", "--seed", "11"],
        &["all", "wide", "--utf8"],
        &["all", "wide_refused", "latin1", "--version", "1.0"],
        &["all", "--version", "1.1"],
        &["all", "wide", "--fragment", "264"],
    ];
    for arguments in runs {
        passes(cpp_client(&cpp, "echo_client", server.reference(), arguments));
    }
    if let Some(python) = peers::python_or_skip() {
        for version in ["1.0", "1.1", "1.2"] {
            let arguments = ["all", "--version", version];
            passes(python_client(&python, "echo_client", server.reference(), &arguments));
        }
    }
    ends_well(server);
}

#[test]
fn our_big_endian_client_checks_servers_of_all_kinds() {
    let own = our_server(&[]);
    passes(our_client(own.reference(), &["all", "wide", "--utf8", "--big-endian"]));
    passes(our_client(own.reference(), &["all", "wide", "--utf8", "--big-endian", "--version", "1.1"]));
    ends_well(own);
    let Some(cpp) = peers::or_skip() else { return };
    let server = cpp_server(&cpp, "echo_server", &[]);
    let runs: [&[&str]; 3] = [
        &["all", "wide", "--big-endian", "--seed", "12"],
        &["all", "wide_refused", "latin1", "--big-endian", "--version", "1.0"],
        &["all", "wide_refused", "--big-endian", "--version", "1.1"],
    ];
    for arguments in runs {
        passes(our_client(server.reference(), arguments));
    }
    ends_well(server);
}

/// What the option does is on the wire, or the checks above would prove nothing.
#[tokio::test]
async fn what_we_write_is_really_big_endian() {
    for (builder, expected) in
        [(Orb::builder(), u8::from(cfg!(target_endian = "little"))), (Orb::builder().giop_big_endian(), 0)]
    {
        let orb = builder.listen("127.0.0.1:0").start().await.expect("a broker");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let reference = format!("corbaloc::{}/nobody", listener.local_addr().expect("it has one"));
        let nobody = orb.string_to_object(&reference).expect("a reference");
        let call = tokio::spawn(async move { nobody.non_existent().await });
        let request = tokio::task::spawn_blocking(move || {
            let (mut stream, _) = listener.accept().expect("it connects");
            let mut header = [0; 12];
            stream.read_exact(&mut header).expect("a header");
            header
        });
        let request = request.await.expect("it ends");
        call.abort();
        assert_eq!((&request[..4], request[FLAGS] & 1), (&b"GIOP"[..], expected));

        let address = orb.addresses()[0].to_string();
        let reply = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).expect("it listens");
            // LocateRequest of GIOP 1.0, little-endian: request 7, the key `x`.
            let request = b"GIOP\x01\x00\x01\x03\x09\0\0\0\x07\0\0\0\x01\0\0\0x";
            stream.write_all(request).expect("it reads");
            let mut header = [0; 12];
            stream.read_exact(&mut header).expect("a header");
            header
        });
        let reply = reply.await.expect("it ends");
        assert_eq!((&reply[..4], reply[FLAGS] & 1), (&b"GIOP"[..], expected));
        orb.shutdown(std::time::Duration::from_secs(1)).await;
    }
}
