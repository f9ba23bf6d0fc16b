//! Programs of all kinds, started and checked in one way.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use quorb_interop::peers::{PeerDir, PythonDir};
use quorb_interop::{Reference, Report, Server, free_port};

/// What makes the C++ peers take and send messages above 2 MiB.
pub(crate) const LARGE_MESSAGES: [&str; 2] = ["-ORBgiopMaxMsgSize", "67108864"];

/// Our server.
pub(crate) fn our_server(arguments: &[&str]) -> Server {
    started(Command::new(env!("CARGO_BIN_EXE_rust-server")), arguments)
}

/// Our client.
pub(crate) fn our_client(reference: &Reference, arguments: &[&str]) -> Command {
    client(Command::new(env!("CARGO_BIN_EXE_rust-client")), reference, arguments)
}

/// A C++ server.
pub(crate) fn cpp_server(peers: &PeerDir, name: &str, arguments: &[&str]) -> Server {
    started(peers.program(name), arguments)
}

/// A C++ client.
pub(crate) fn cpp_client(peers: &PeerDir, name: &str, reference: &Reference, arguments: &[&str]) -> Command {
    client(peers.program(name), reference, arguments)
}

/// A Python client.
pub(crate) fn python_client(
    python: &PythonDir,
    name: &str,
    reference: &Reference,
    arguments: &[&str],
) -> Command {
    client(python.script(name), reference, arguments)
}

/// Runs a client, all of whose checks must pass.
#[track_caller]
pub(crate) fn passes(client: Command) -> Report {
    let words = format!("{client:?}");
    let report = Report::of(client).unwrap_or_else(|fault| panic!("{words}: {fault}"));
    report.all_passed().unwrap_or_else(|fault| panic!("{words}: {fault}"))
}

/// Ends a server, which must end by itself, with 0 and without having noticed an error of its own.
#[track_caller]
pub(crate) fn ends_well(server: Server) {
    let finished = server.terminate().expect("the server ends");
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(!finished.stderr.contains("ERROR"), "{}", finished.stderr);
}

/// A port that a server may be started at more than once.
pub(crate) struct Port(u16);

impl Port {
    pub(crate) fn free() -> Port {
        Port(free_port().expect("a free port"))
    }

    pub(crate) fn number(&self) -> u16 {
        self.0
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.0))
    }

    /// The options that make our server listen here.
    pub(crate) fn ours(&self) -> [String; 2] {
        ["--listen".to_owned(), self.address().to_string()]
    }

    /// The options that make a server of omniORB listen here.
    pub(crate) fn omniorb(&self) -> [String; 2] {
        ["-ORBendPoint".to_owned(), format!("giop:tcp:{}", self.address())]
    }
}

/// Options as arguments.
pub(crate) fn words(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

fn started(mut command: Command, arguments: &[&str]) -> Server {
    command.args(arguments);
    let words = format!("{command:?}");
    Server::start(command).unwrap_or_else(|fault| panic!("{words}: {fault}"))
}

fn client(mut command: Command, reference: &Reference, arguments: &[&str]) -> Command {
    command.arg(reference.as_str()).args(arguments);
    command
}
