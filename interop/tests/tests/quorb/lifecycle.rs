//! Servers end and start again, and connections are closed, while clients live on.

use std::process::Command;

use quorb_interop::{Direction, MessageKind, Process, Report, Server, Tap, limits, peers};

use crate::support::{Port, cpp_client, cpp_server, ends_well, our_client, our_server, python_client, words};

/// A client that calls; its server ends, orderly or not, and another starts at the same address; the client goes on.
#[track_caller]
fn restart(server: impl Fn() -> Server, client: impl Fn(&Server) -> Command, orderly: bool) {
    let first = server();
    let mut calling = Process::start(client(&first)).expect("the client starts");
    calling.line("calling", limits::client_wait()).expect("the first call succeeds");
    if orderly {
        ends_well(first);
    } else {
        first.kill().expect("the server ends");
    }
    let second = server();
    finishes(calling);
    ends_well(second);
}

/// The client ends by itself, and all of its checks passed.
#[track_caller]
fn finishes(client: Process) {
    let report = Report::from(client.wait(limits::client_wait()).expect("the client ends"));
    report.all_passed().unwrap_or_else(|fault| panic!("{fault}"));
}

const RESTART: [&str; 4] = ["restart", "--expect-restart", "--loops", "50"];

#[test]
fn foreign_clients_live_through_the_restart_of_our_server() {
    let Some(cpp) = peers::or_skip() else { return };
    let python = peers::python_or_skip();
    for orderly in [true, false] {
        for (name, interface) in [("echo_client", "echo"), ("grid_client", "grid")] {
            let port = Port::free();
            let server = || our_server(&[&words(&port.ours())[..], &["--interface", interface]].concat());
            restart(server, |first| cpp_client(&cpp, name, first.reference(), &RESTART), orderly);
        }
        if let Some(python) = &python {
            let port = Port::free();
            let server = || our_server(&[&words(&port.ours())[..], &["--interface", "grid"]].concat());
            let arguments = ["restart", "--expect-restart"];
            restart(
                server,
                |first| python_client(python, "grid_client", first.reference(), &arguments),
                orderly,
            );
        }
    }
}

#[test]
fn our_client_lives_through_the_restart_of_any_server() {
    let cpp = peers::or_skip();
    for orderly in [true, false] {
        for protocol in [&[][..], &["--native"]] {
            let port = Port::free();
            let arguments = [&RESTART[..], protocol].concat();
            let client = |first: &Server| our_client(first.reference(), &arguments);
            restart(|| our_server(&words(&port.ours())), client, orderly);
        }
        if let Some(cpp) = &cpp {
            let port = Port::free();
            let arguments = [&RESTART[..], &["--server-vanishes"]].concat();
            let server = || cpp_server(cpp, "echo_server", &words(&port.omniorb()));
            restart(server, |first| our_client(first.reference(), &arguments), orderly);
        }
    }
}

/// Our server behind a tap that its references lead to.
fn tapped(port: &Port, tap: &Tap, more: &[&str]) -> Server {
    let advertised = tap.address().to_string();
    our_server(&[&words(&port.ours())[..], &["--advertise", &advertised], more].concat())
}

/// A client makes a call and does nothing; then `meanwhile` happens, and the client calls again.
#[track_caller]
fn idles(client: Command, meanwhile: impl FnOnce()) {
    let mut client = Process::start(client).expect("the client starts");
    client.line("idle", limits::client_wait()).expect("the first call succeeds");
    meanwhile();
    client.tell("go on").expect("it listens");
    finishes(client);
}

#[track_caller]
fn is_closed(tap: &Tap, direction: Direction) {
    let seen = tap.await_message(direction, MessageKind::CLOSE_CONNECTION, limits::client_wait());
    assert!(seen, "{:?}", tap.messages());
}

/// Our server says CloseConnection when it ends; a client that was idle goes on with the next one.
#[test]
fn our_server_ends_in_order() {
    let Some(cpp) = peers::or_skip() else { return };
    for version in ["1.0", "1.1", "1.2"] {
        let port = Port::free();
        let tap = Tap::before(port.number()).expect("the tap listens");
        let first = tapped(&port, &tap, &[]);
        let client = cpp_client(&cpp, "echo_client", first.reference(), &["idle", "--version", version]);
        let mut second = None;
        idles(client, || {
            ends_well(first);
            is_closed(&tap, Direction::ToClient);
            second = Some(tapped(&port, &tap, &[]));
        });
        second.into_iter().for_each(ends_well);
    }
}

#[test]
fn a_foreign_server_ends_in_order() {
    let Some(cpp) = peers::or_skip() else { return };
    let tap = Tap::before(Port::free().number()).expect("the tap listens");
    let options = tap.server_options();
    let first = cpp_server(&cpp, "echo_server", &words(&options));
    let client = our_client(first.reference(), &["idle"]);
    let mut second = None;
    idles(client, || {
        ends_well(first);
        is_closed(&tap, Direction::ToClient);
        second = Some(cpp_server(&cpp, "echo_server", &words(&options)));
    });
    second.into_iter().for_each(ends_well);
}

/// A call that is under way while the server drains comes back, before the connection is closed in order.
#[test]
fn calls_under_way_end_before_our_server_does() {
    let Some(cpp) = peers::or_skip() else { return };
    let clients: [&dyn Fn(&Server) -> Command; 3] = [
        &|server| cpp_client(&cpp, "echo_client", server.reference(), &["drain"]),
        &|server| our_client(server.reference(), &["drain"]),
        &|server| our_client(server.reference(), &["drain", "--native"]),
    ];
    for client in clients {
        let server = our_server(&[]);
        let mut holding = Process::start(client(&server)).expect("the client starts");
        holding.line("holding", limits::client_wait()).expect("its call is held");
        ends_well(server);
        finishes(holding);
    }
}

#[test]
fn calls_under_way_end_before_a_foreign_server_does() {
    let Some(cpp) = peers::or_skip() else { return };
    let server = cpp_server(&cpp, "echo_server", &[]);
    let mut holding = Process::start(our_client(server.reference(), &["drain"])).expect("the client starts");
    holding.line("holding", limits::client_wait()).expect("its call is held");
    ends_well(server);
    finishes(holding);
}

/// A connection without calls is closed by whoever loses patience first, and opened again by the next call.
#[test]
fn idle_connections_are_closed_by_either_side() {
    let Some(cpp) = peers::or_skip() else { return };
    // omniORB looks at its connections once a second.
    let scan = ["-ORBscanGranularity", "1"];

    let port = Port::free();
    let tap = Tap::before(port.number()).expect("the tap listens");
    let server = tapped(&port, &tap, &["--idle-ms", "200"]);
    let client = cpp_client(&cpp, "echo_client", server.reference(), &["idle"]);
    idles(client, || is_closed(&tap, Direction::ToClient));
    ends_well(server);

    let port = Port::free();
    let tap = Tap::before(port.number()).expect("the tap listens");
    let server = tapped(&port, &tap, &[]);
    let arguments = [&["idle", "-ORBoutConScanPeriod", "1"][..], &scan].concat();
    let client = cpp_client(&cpp, "echo_client", server.reference(), &arguments);
    idles(client, || is_closed(&tap, Direction::ToServer));
    ends_well(server);

    let tap = Tap::before(Port::free().number()).expect("the tap listens");
    let options = tap.server_options();
    let arguments = [&words(&options)[..], &["-ORBinConScanPeriod", "1"], &scan].concat();
    let server = cpp_server(&cpp, "echo_server", &arguments);
    idles(our_client(server.reference(), &["idle"]), || is_closed(&tap, Direction::ToClient));
    ends_well(server);

    let tap = Tap::before(Port::free().number()).expect("the tap listens");
    let server = cpp_server(&cpp, "echo_server", &words(&tap.server_options()));
    idles(our_client(server.reference(), &["idle", "--idle-ms", "200"]), || {
        is_closed(&tap, Direction::ToServer)
    });
    ends_well(server);
}
