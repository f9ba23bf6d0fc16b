//! Publishers, subscribers and `quorb serve` killed in the middle of their work: what was confirmed is there, each event once, in
//! one order, under every restart.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::Orb;
use quorb_events::{ChannelOptions, Events, Feed, Guarantee, Start};
use tokio::sync::{Notify, Semaphore};

use crate::names::{Folder, Server};

/// How often the server is killed.
const ROUNDS: u64 = 12;

/// Publishers at the same time.
const PUBLISHERS: u64 = 16;

/// Confirmations that a server gives before it is killed, in the middle of more.
const CONFIRMED_FIRST: u32 = 150;

/// What a checker knows.
#[derive(Default)]
struct Record {
    confirmed: Mutex<BTreeSet<u64>>,
    /// Positions and values, as the subscriber has seen them.
    seen: Mutex<Vec<(u64, u64)>>,
    /// Something has been seen.
    sees: Notify,
}

#[test]
fn what_was_confirmed_survives_kill_9_of_the_server_and_is_seen_once() {
    let data = Folder::new();
    let mut server = Server::start("127.0.0.1:0", &["--data", data.path()]);
    let (address, service) = (server.address.clone(), server.event_service());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let record = Arc::new(Record::default());
    let acknowledged = Arc::new(Semaphore::new(0));
    let stop = Arc::new(Semaphore::new(0));
    let (orb, events) = runtime.block_on(async {
        let orb = Orb::client().await.unwrap();
        let events = Events::at(&orb, &service).unwrap();
        let mut options = ChannelOptions::new(Guarantee::Durable);
        // What the subscriber missed is read from the disk.
        options.history_events = 50;
        events.channel("d", options).await.unwrap();
        (orb, events)
    });
    let feed: Feed<u64> = runtime.block_on(events.subscribe("d/*")).unwrap();
    let watching = runtime.spawn(watch(feed, record.clone()));
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let publish =
                publish(publisher, events.clone(), record.clone(), acknowledged.clone(), stop.clone());
            runtime.spawn(publish)
        })
        .collect();
    for _ in 0..ROUNDS {
        drop(runtime.block_on(acknowledged.acquire_many(CONFIRMED_FIRST)).unwrap());
        acknowledged.forget_permits(usize::MAX >> 4);
        server.kill();
        server = Server::start(&address, &["--data", data.path()]);
    }
    stop.close();
    let all: Vec<u64> = runtime.block_on(async {
        for publisher in publishers {
            publisher.await.unwrap();
        }
        let replay = events.subscription("d/**").from(Start::First).until_now();
        let mut replay = replay.open::<u64>().await.unwrap();
        let mut all = Vec::new();
        while let Some(value) = replay.next().await {
            all.push(value);
        }
        assert_eq!(replay.lost(), 0);
        // The subscriber, too, comes to the end.
        while record.seen.lock().unwrap().len() < all.len() {
            record.sees.notified().await;
        }
        watching.abort();
        orb.shutdown(Duration::ZERO).await;
        all
    });
    check(&record, &all);
    assert!(all.len() as u64 >= ROUNDS * u64::from(CONFIRMED_FIRST));
}

/// Follows the channel under every restart.
async fn watch(mut feed: Feed<u64>, record: Arc<Record>) {
    loop {
        match feed.next_event().await {
            Some(Ok(event)) => {
                record.seen.lock().unwrap().push((event.position, event.value));
                record.sees.notify_one();
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn publish(
    publisher: u64,
    events: Events,
    record: Arc<Record>,
    acknowledged: Arc<Semaphore>,
    stop: Arc<Semaphore>,
) {
    let topic = events.topic::<u64>(&format!("d/{publisher}")).await.unwrap();
    for number in 0.. {
        if stop.is_closed() {
            return;
        }
        let value = publisher * 1_000_000 + number;
        topic.publish(value).await.unwrap();
        record.confirmed.lock().unwrap().insert(value);
        acknowledged.add_permits(1);
    }
}

/// Everything that was confirmed is there, each value once, each publisher's in its order; the subscriber has seen the same.
fn check(record: &Record, all: &[u64]) {
    let there: BTreeSet<u64> = all.iter().copied().collect();
    assert_eq!(there.len(), all.len(), "each once");
    let lost: Vec<_> = record.confirmed.lock().unwrap().difference(&there).copied().collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    for publisher in 0..PUBLISHERS {
        let of: Vec<u64> = all.iter().copied().filter(|value| value / 1_000_000 == publisher).collect();
        let expected: Vec<u64> = (0..of.len() as u64).map(|number| publisher * 1_000_000 + number).collect();
        assert_eq!(of, expected, "in order, without a gap");
    }
    let seen = record.seen.lock().unwrap();
    let expected: Vec<(u64, u64)> = (1..).zip(all.iter().copied()).collect();
    assert_eq!(*seen, expected, "the subscriber has seen each once, in the same order");
}

/// `quorb events` as a process that is killed.
fn started(server: &Server, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorb"));
    command.args(["events", "--events", &server.event_service()]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts")
}

#[test]
fn what_a_publisher_has_said_before_kill_9_is_there_up_to_some_event() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    for round in 0..10 {
        let channel = format!("c{round}");
        server.events(&["create", &channel, "--guarantee", "reliable"]).done();
        let mut publisher = started(&server, &["publish", &channel, "--type", "long", "-"]);
        let mut input = publisher.stdin.take().expect("it is piped");
        let feeding = std::thread::spawn(move || {
            for number in 0.. {
                // It was killed.
                if writeln!(input, "{number}").is_err() {
                    return;
                }
            }
        });
        let published =
            || server.events(&["describe", &channel, "--json"]).json()["published"].as_u64().unwrap();
        while published() < 100 * (round + 1) {}
        publisher.kill().expect("it runs");
        publisher.wait().expect("it ends");
        feeding.join().expect("it ends");
        let report = server.events(&["describe", &channel, "--json"]).json();
        let (oldest, next) = (report["oldest"].as_u64().unwrap(), report["next"].as_u64().unwrap());
        let there = server.events(&["replay", &channel]).done();
        let expected: String =
            (oldest - 1..next - 1).map(|number| format!("{channel}  {number}\n")).collect();
        assert_eq!(there, expected, "round {round}: without a gap or a repetition");
    }
}

#[test]
fn a_subscriber_that_was_killed_goes_on_at_its_position() {
    let data = Folder::new();
    let server = Server::start("127.0.0.1:0", &["--data", data.path()]);
    server.events(&["create", "d", "--guarantee", "durable"]).done();
    let lines: String = (0..2_000).map(|number| format!("{number}\n")).collect();
    server.events_fed(&lines, &["publish", "d", "--type", "long", "-"]).done();
    let mut seen = Vec::new();
    for round in 0..10 {
        let from = (seen.len() + 1).to_string();
        let mut subscriber = started(&server, &["replay", "d", "--from", &from, "--follow", "--json"]);
        let lines = BufReader::new(subscriber.stdout.take().expect("it is piped")).lines();
        for line in lines.take(50 + 13 * round) {
            let line: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("it is JSON");
            seen.push((line["position"].as_u64().unwrap(), line["value"].as_u64().unwrap()));
        }
        subscriber.kill().expect("it runs");
        subscriber.wait().expect("it ends");
    }
    let expected: Vec<(u64, u64)> = (0..seen.len() as u64).map(|number| (number + 1, number)).collect();
    assert_eq!(seen, expected, "each once");
}

/// A limit on the size of files stands for the end of the disk: writing beyond it fails in the same calls.
#[test]
fn a_disk_that_is_full_costs_an_error_and_nothing_that_was_confirmed() {
    let data = Folder::new();
    let mut shell = Command::new("bash");
    // The signal would kill the process before the call can fail.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1900; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_quorb")]);
    let server = Server::started(shell, "127.0.0.1:0", &["--data", data.path()]).expect("it is ready");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let confirmed = runtime.block_on(async {
        let orb = Orb::client().await.unwrap();
        let events = Events::at(&orb, &server.event_service()).unwrap();
        events.channel("d", ChannelOptions::new(Guarantee::Durable)).await.unwrap();
        events.channel("m", ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
        let topic = events.topic::<Vec<u8>>("d").await.unwrap();
        let mut confirmed = 0;
        let refused = loop {
            match topic.publish(vec![7; 40_000]).await {
                Ok(()) => confirmed += 1,
                Err(refused) => break refused,
            }
            assert!(confirmed < 1_000, "there was room for everything");
        };
        let words = refused.to_string();
        assert!(words.contains("could not be written to the disk"), "{words}");
        // History is read as before, and other channels are well.
        let mut replay =
            events.subscription("d").from(Start::First).until_now().open::<Vec<u8>>().await.unwrap();
        let mut count = 0;
        while replay.next().await.is_some() {
            count += 1;
        }
        assert_eq!((count, replay.lost()), (confirmed, 0), "{refused:?}; {:?}", replay.end());
        events.topic::<u8>("m").await.unwrap().confirm(1).await.unwrap();
        orb.shutdown(Duration::ZERO).await;
        confirmed
    });
    server.kill();
    // Somebody has made room.
    let again = Server::start("127.0.0.1:0", &["--data", data.path()]);
    let report = again.events(&["describe", "d", "--json"]).json();
    assert_eq!(report["next"].as_u64().unwrap(), confirmed + 1);
    again.events(&["publish", "d", "there is room"]).done();
}
