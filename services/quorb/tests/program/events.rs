//! `quorb events`: every verb, against a server that is a process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use quorb::Any;
use quorb_events::block::BlockWriter;
use quorb_events::channel::Stored;
use quorb_events::spool::{ChannelFile, DirectorySpool, Spool};
use quorb_events::{ChannelOptions, Guarantee, Limits};
use quorb_giop::cdr::{Cdr, Encoder, Endian};

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

/// Events of a whole day, one every ten seconds up to now, in many segments. Answers how many.
fn a_day(events: &Path) -> u64 {
    let options = ChannelOptions::new(Guarantee::Durable);
    let directory = events.join("00000000000000d7");
    ChannelFile { name: "day".into(), life: 0xd7, options: options.clone() }
        .write(&directory)
        .expect("it is written");
    let mut limits = Limits::default();
    limits.segment_bytes_max = 20_000;
    let spool = DirectorySpool::open(&directory, &options, Arc::new(limits)).expect("it opens");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    let begin = u64::try_from((now - Duration::from_secs(86_400)).as_micros()).expect("it is this century");
    for number in 0..8_640 {
        let any = Any::new(&(number as i64)).expect("it is a value");
        let ty =
            Encoder::encapsulate(Endian::Little, |out| any.type_code().encode(out)).expect("it is short");
        let mut writer = BlockWriter::new("", 0);
        let (subject, ty) = (writer.subject("day/x"), writer.ty(&ty));
        writer.event(subject, ty, &[], &any.to_cdr(Endian::Little).expect("it is short"));
        let stored = Stored::new(number + 1, begin + number * 10_000_000, writer.into_block());
        spool.append(&[Arc::new(stored)]).expect("there is room");
    }
    let segments = std::fs::read_dir(&directory).expect("it is there");
    let segments = segments.filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "spool"))
    });
    assert!(segments.count() > 20, "many segments");
    8_640
}

#[test]
fn a_day_of_events_replays_since_any_hour() {
    let data = Folder::new();
    let count = a_day(&Path::new(data.path()).join("events"));
    let server = Server::start("127.0.0.1:0", &["--data", data.path()]);
    let all = server.events(&["replay", "day/**", "--since", "2d"]).done();
    let expected: String = (0..count).map(|number| format!("day/x  {number}\n")).collect();
    assert!(all == expected, "each once, in order");
    for hours in [1, 7, 23] {
        let printed = server.events(&["replay", "day/**", "--since", &format!("{hours}h")]).done();
        let first =
            printed.lines().next().and_then(|line| line.strip_prefix("day/x  ")).expect("there are some");
        let first: u64 = first.parse().expect("a number");
        // The day goes on while the test runs.
        let earliest = count - hours * 360;
        assert!((earliest..earliest + 60).contains(&first), "{first} of {hours} hours");
        assert!(all.ends_with(&printed), "everything since then");
    }
}

#[test]
fn the_factory_is_found_by_name_if_asked_for() {
    let server = Server::start("127.0.0.1:0", &["--memory", "--bind-factory"]);
    assert_eq!(server.name(&["ls"]).done(), "EventChannelFactory\n");
    let json = server.name(&["resolve", "EventChannelFactory", "--json"]).json();
    assert_eq!(json["type"], "IDL:omni/omniEvents/EventChannelFactory:1.0");
}
