//! `quorb events`: every verb, against a server that is a process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::names::{Folder, Server};
use crate::rig::quorb_fed;

#[test]
fn every_verb() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    assert_eq!(server.events(&["channels"]).done(), "");
    server.events(&["create", "equities", "--guarantee", "reliable"]).done();
    server.events(&["create", "equities", "--guarantee", "reliable"]).done();
    let other = server.events(&["create", "equities"]).failed();
    assert!(other.contains("exists with other options"), "{other}");
    server.events(&["publish", "equities/ibm", "up two"]).done();
    server.events(&["publish", "equities/sun", "--type", "double", "-1.5"]).done();
    server.events_fed("1\n2\n3\n", &["publish", "numbers", "--type", "long", "-"]).done();
    let listed = server.events(&["channels"]).done();
    assert_eq!(listed, "equities  reliable     2 events\nnumbers   ordered      3 events\n");
    assert_eq!(server.events(&["channels", "--json"]).json()[1]["next"], 4);
    let all = server.events(&["replay", "equities/**"]).done();
    assert_eq!(all, "equities/ibm  up two\nequities/sun  -1.5\n");
    assert_eq!(server.events(&["replay", "equities/ibm"]).done(), "equities/ibm  up two\n");
    assert_eq!(server.events(&["replay", "numbers", "--from", "3"]).done(), "numbers  3\n");
    assert_eq!(
        server.events(&["replay", "numbers", "--since", "1h"]).done(),
        "numbers  1\nnumbers  2\nnumbers  3\n"
    );
    let last = server.events(&["tail", "numbers", "--last", "1", "--count", "1", "--json"]).json();
    assert_eq!((&last["position"], &last["value"], &last["type"]), (&3.into(), &3.into(), &"long".into()));
    let shown = server.events(&["describe", "numbers"]).done();
    assert!(shown.contains("kept        positions 1 to 3") && shown.contains("then drop-oldest"), "{shown}");
    let shown = server.events(&["describe", "equities", "--json"]).json();
    assert_eq!((&shown["published"], &shown["overflow"]), (&2.into(), &"slow-publisher".into()));
    server.events(&["rm", "numbers"]).done();
    assert_eq!(server.events(&["describe", "numbers"]).failed(), "there is no channel `numbers`\n");
}

#[test]
fn what_is_used_wrongly() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    let bad = server.events(&["publish", "a//b", "x"]).misused();
    assert_eq!(bad, "`a//b`: a level is empty (at octet 2)\n");
    assert!(server.events(&["tail", "*/ibm"]).misused().contains("the first level is the channel"));
    assert_eq!(server.events(&["tail", "nothing"]).failed(), "there is no channel `nothing`\n");
    assert_eq!(server.events(&["publish", "a", "x", "--type", "long"]).misused(), "`x` is no long\n");
    assert!(server.events(&["replay", "a", "--since", "soon"]).misused().contains("--since"));
    let durable = server.events(&["create", "a", "--guarantee", "durable"]).failed();
    assert!(durable.contains("durable channels need a folder"), "{durable}");
    let nobody =
        quorb_fed("", &["events", "--events", "corbaloc::127.0.0.1:1/EventService", "channels"]).failed();
    assert!(nobody.contains("connection refused"), "{nobody}");
    for verb in ["tail", "replay", "publish", "channels", "describe", "create", "rm"] {
        let help = quorb_fed("", &["events", verb, "--help"]).done();
        assert!(help.contains("Example"), "{help}");
    }
}

#[test]
fn events_are_printed_as_they_come() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    server.events(&["create", "beats"]).done();
    let mut tail = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(["events", "--events", &server.event_service(), "tail", "beats/*", "--count", "2"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(tail.stdout.take().expect("it is piped")).lines();
    // The first event that it sees is left to chance.
    let seen = std::thread::spawn(move || lines.map(|line| line.expect("text")).collect::<Vec<String>>());
    while !seen.is_finished() {
        server.events(&["publish", "beats/heart", "beat"]).done();
    }
    assert_eq!(seen.join().expect("it reads"), ["beats/heart  beat", "beats/heart  beat"]);
    assert!(tail.wait().expect("it ends").success());
}

#[test]
fn durable_events_outlive_their_server() {
    let data = Folder::new();
    let first = Server::start("127.0.0.1:0", &["--data", data.path()]);
    first.events(&["create", "orders", "--guarantee", "durable"]).done();
    first.events_fed("one\ntwo\n", &["publish", "orders/new", "-"]).done();
    first.kill();
    let second = Server::start("127.0.0.1:0", &["--data", data.path()]);
    second.events(&["publish", "orders/new", "three"]).done();
    let all = second.events(&["replay", "orders/**"]).done();
    assert_eq!(all, "orders/new  one\norders/new  two\norders/new  three\n");
    let (code, words) = second.terminate();
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("events: 1 channels"), "{words}");
}

#[test]
fn the_factory_is_found_by_name_if_asked_for() {
    let server = Server::start("127.0.0.1:0", &["--memory", "--bind-factory"]);
    assert_eq!(server.name(&["ls"]).done(), "EventChannelFactory\n");
    let json = server.name(&["resolve", "EventChannelFactory", "--json"]).json();
    assert_eq!(json["type"], "IDL:omni/omniEvents/EventChannelFactory:1.0");
}
