//! Three servers that are one event service, and kill -9 of whoever takes part, at random, under load: servers, publishers,
//! subscribers. Afterwards all servers and all subscribers have the same history, each event once, and nothing that was
//! confirmed is missing.
//!
//! `QUORB_EVENT_KILLS` says how often (20), `QUORB_EVENT_SEED` which schedule of kills is run (1).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quorb::{IdlType, Orb};
use quorb_events::{ChannelOptions, Events, Feed, Guarantee, Overflow, Start};
use quorb_interop::peers;
use tokio::sync::Notify;

use crate::event_kills::{Dice, number};
use crate::rig::quorb_fed;
use crate::trio::{Trio, runtime};

/// Publishers in this process, which are told what is confirmed.
const PUBLISHERS: i64 = 4;

/// Confirmed events between two kills.
const CONFIRMED: usize = 60;

/// What never ends ends a test; it decides nothing.
const PATIENCE: Duration = Duration::from_secs(180);

/// Values of one publisher, or of one life of one that is killed, are numbered from here on.
const EACH: i64 = 1_000_000;

/// A position, and the value that stands there.
type Seen = (u64, i64);

/// What everybody has seen.
#[derive(Default)]
struct Record {
    confirmed: Mutex<Vec<i64>>,
    progress: Notify,
    followed: Mutex<Vec<Seen>>,
    stop: AtomicBool,
}

impl Record {
    /// Waits for more events to be confirmed.
    async fn until_more(&self, more: usize) {
        let goal = self.confirmed.lock().unwrap().len() + more;
        loop {
            let progress = self.progress.notified();
            if self.confirmed.lock().unwrap().len() >= goal {
                return;
            }
            tokio::time::timeout(PATIENCE, progress).await.expect("events are confirmed");
        }
    }
}

async fn publish(publisher: i64, events: Events, record: Arc<Record>) {
    let topic = events.topic::<i64>(&format!("d/{publisher}")).await.unwrap();
    for number in 0.. {
        if record.stop.load(Ordering::SeqCst) {
            // Where `publish` does not wait for all servers, this does.
            return topic.flush().await.unwrap();
        }
        let value = publisher * EACH + number;
        topic.publish(value).await.unwrap();
        record.confirmed.lock().unwrap().push(value);
        record.progress.notify_waiters();
    }
}

async fn follow(mut feed: Feed<i64>, record: Arc<Record>) {
    loop {
        match feed.next_event().await {
            Some(Ok(event)) => {
                record.followed.lock().unwrap().push((event.position, event.value));
                record.progress.notify_waiters();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// `quorb events` as a process that is killed.
fn started(reference: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorb"));
    command.args(["events", "--events", reference]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts")
}

/// A publisher that is a process: each life has numbers of its own.
struct Speaker {
    process: Child,
    feeding: std::thread::JoinHandle<()>,
}

impl Speaker {
    fn start(reference: &str, life: i64) -> Speaker {
        let mut process = started(reference, &["publish", "d/process", "--type", "long-long", "-"]);
        let mut input = process.stdin.take().expect("it is piped");
        let feeding = std::thread::spawn(move || {
            for number in 0..5_000 {
                // It was killed, or has ended.
                if writeln!(input, "{}", (100 + life) * EACH + number).is_err() {
                    return;
                }
            }
        });
        Speaker { process, feeding }
    }

    fn kill(mut self) {
        // It may have said everything.
        let _ = self.process.kill();
        self.process.wait().expect("it ends");
        self.feeding.join().expect("it ends");
    }
}

/// A subscriber that is a process: the next life begins behind what the one before has printed.
struct Listener {
    process: Child,
    reading: std::thread::JoinHandle<Vec<Seen>>,
}

impl Listener {
    fn start(reference: &str, from: u64, reached: Arc<AtomicI64>) -> Listener {
        let from = from.to_string();
        let mut process = started(reference, &["replay", "d/**", "--from", &from, "--follow", "--json"]);
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let reading = std::thread::spawn(move || {
            let mut seen = Vec::new();
            for line in lines {
                // The last one may have been cut off.
                let Ok(line) = serde_json::from_str::<serde_json::Value>(&line.expect("text")) else { break };
                let position = line["position"].as_u64().expect("a position");
                seen.push((position, line["value"].as_i64().expect("a value")));
                reached.store(position as i64, Ordering::SeqCst);
            }
            seen
        });
        Listener { process, reading }
    }

    fn kill(mut self) -> Vec<Seen> {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
        self.reading.join().expect("it ends")
    }
}

/// Waits until the subscriber that is a process has printed the event at a position. One whose server is killed while it
/// subscribes says so, and ends: nobody is killed before it has begun.
fn until_reached(reached: &AtomicI64, position: u64) {
    let begun = Instant::now();
    while reached.load(Ordering::SeqCst) < position as i64 {
        assert!(begun.elapsed() < PATIENCE, "the subscriber does not come to {position}");
        std::thread::yield_now();
    }
}

#[test]
fn whoever_is_killed_all_servers_and_subscribers_have_one_history() {
    let mut options = ChannelOptions::new(Guarantee::Durable);
    // What somebody has missed is read from the disk.
    options.history_events = 50;
    have_one_history(&options);
}

#[test]
fn whoever_is_killed_a_reliable_channel_has_one_history_too() {
    let mut options = ChannelOptions::new(Guarantee::Reliable);
    // What somebody has missed is in the memory of all, and on their disks with what else they have agreed on. Nobody waits
    // for a subscriber that was killed: the next one reads what it has missed.
    (options.history_events, options.history_bytes) = (1_000_000, 64 << 20);
    options.overflow = Some(Overflow::Replay);
    have_one_history(&options);
}

/// Kills at random, and looks at the history of a channel like this.
fn have_one_history(options: &ChannelOptions) {
    let mut trio = Trio::durable();
    let reference = trio.reference_to("EventService");
    let (runtime, record) = (runtime(), Arc::new(Record::default()));
    let reached = Arc::new(AtomicI64::new(0));
    let (orb, events) = runtime.block_on(async {
        let orb = Orb::client().await.unwrap();
        let events = Events::at(&orb, &reference).unwrap();
        events.channel("d", options.clone()).await.unwrap();
        (orb, events)
    });
    let feed: Feed<i64> = runtime.block_on(events.subscribe("d/**")).unwrap();
    let following = runtime.spawn(follow(feed, record.clone()));
    let publishing: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| runtime.spawn(publish(publisher, events.clone(), record.clone())))
        .collect();
    let (mut life, mut heard) = (0, Vec::new());
    let mut speaker = Speaker::start(&reference, life);
    let mut listener = Listener::start(&reference, 1, reached.clone());
    until_reached(&reached, 1);
    let mut dice = Dice::new(number("QUORB_EVENT_SEED", 1));
    for kill in 0..number("QUORB_EVENT_KILLS", 20) {
        runtime.block_on(record.until_more(CONFIRMED));
        let chosen = dice.below(15);
        match chosen % 5 {
            // All at once, now and then.
            0 if kill % 7 == 6 => {
                (0..3).for_each(|at| trio.kill((at + chosen) % 3));
                trio.start(&[0, 1, 2]);
            }
            0..=2 => {
                let victim = chosen % 3;
                trio.kill(victim);
                runtime.block_on(record.until_more(CONFIRMED / 3));
                trio.start(&[victim]);
            }
            3 => {
                speaker.kill();
                life += 1;
                speaker = Speaker::start(&reference, life);
            }
            _ => {
                heard.extend(listener.kill());
                let from = heard.last().map_or(1, |(position, _)| position + 1);
                listener = Listener::start(&reference, from, reached.clone());
                until_reached(&reached, from);
            }
        }
    }
    speaker.kill();
    record.stop.store(true, Ordering::SeqCst);
    runtime.block_on(async {
        for publisher in publishing {
            tokio::time::timeout(PATIENCE, publisher).await.expect("it ends").unwrap();
        }
    });
    let histories: Vec<Vec<Seen>> = (0..3).map(|at| runtime.block_on(history(&trio, at))).collect();
    let all = &histories[0];
    assert_eq!(all, &histories[1]);
    assert_eq!(all, &histories[2]);
    runtime.block_on(async {
        let there = async {
            while record.followed.lock().unwrap().len() < all.len() {
                record.progress.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.expect("the subscriber comes to the end");
        following.abort();
        orb.shutdown(Duration::ZERO).await;
    });
    until_reached(&reached, all.len() as u64);
    heard.extend(listener.kill());
    assert_eq!(*record.followed.lock().unwrap(), *all, "who has stayed has seen everything once");
    assert_eq!(heard, *all, "who was killed has seen everything once, too");
    check(&record.confirmed.lock().unwrap(), all);
}

/// The history as one server has it.
pub(crate) async fn history<T: IdlType>(trio: &Trio, at: usize) -> Vec<(u64, T)> {
    let orb = Orb::client().await.unwrap();
    let events = Events::at(&orb, &trio.server(at).event_service()).unwrap();
    let mut replay = events.subscription("d/**").from(Start::First).until_now().open::<T>().await.unwrap();
    let mut all = Vec::new();
    while let Some(next) = tokio::time::timeout(PATIENCE, replay.next_event()).await.expect("it goes on") {
        let event = next.unwrap_or_else(|loss| panic!("{loss}"));
        all.push((event.position, event.value));
    }
    orb.shutdown(Duration::ZERO).await;
    all
}

/// Positions without a gap; the values of each publisher in order, each once, none left out; and all that was confirmed.
fn check(confirmed: &[i64], all: &[Seen]) {
    let positions: Vec<u64> = all.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, (1..=all.len() as u64).collect::<Vec<_>>());
    let mut next: BTreeMap<i64, i64> = BTreeMap::new();
    for (position, value) in all {
        let number = next.entry(value / EACH).or_default();
        assert_eq!(value % EACH, *number, "at {position}, of publisher {}", value / EACH);
        *number += 1;
    }
    for value in confirmed {
        let there = next.get(&(value / EACH)).copied().unwrap_or_default();
        assert!(value % EACH < there, "{value} was confirmed, and is not there");
    }
}

/// What people see: the program's own verbs against three servers.
#[test]
fn the_verbs_against_three_servers() {
    let mut trio = Trio::durable();
    let reference = trio.reference_to("EventService");
    let events =
        |arguments: &[&str]| quorb_fed("", &[&["events", "--events", &reference], arguments].concat());
    events(&["create", "orders", "--guarantee", "reliable"]).done();
    events(&["create", "ticks", "--guarantee", "best-effort"]).done();
    for (at, word) in ["one", "two", "three"].into_iter().enumerate() {
        trio.server(at).events(&["publish", "orders/eu", word]).done();
        trio.server(at).events(&["publish", "ticks", word]).done();
    }
    let expected = "orders/eu  one\norders/eu  two\norders/eu  three\n";
    for at in 0..3 {
        assert_eq!(trio.server(at).events(&["replay", "orders/**"]).done(), expected);
        assert_eq!(
            trio.server(at).events(&["replay", "ticks"]).done(),
            "ticks  one\nticks  two\nticks  three\n"
        );
        let report = trio.server(at).events(&["describe", "orders", "--json"]).json();
        assert_eq!((report["next"].as_u64(), report["servers"].as_array().unwrap().len()), (Some(4), 3));
        let shown = trio.server(at).events(&["describe", "orders"]).done();
        for address in &trio.listen {
            assert!(shown.contains(address.as_str()), "{address} is not in\n{shown}");
        }
    }
    // A subscriber with a name goes on where it has settled, whichever server is lost, and when all were.
    let named = ["tail", "orders/**", "--as", "billing", "--count", "2"];
    assert_eq!(trio.server(0).events(&named).done(), "orders/eu  one\norders/eu  two\n");
    trio.kill(0);
    let one = ["tail", "orders/**", "--as", "billing", "--count", "1"];
    assert_eq!(events(&one).done(), "orders/eu  three\n");
    trio.kill(1);
    trio.kill(2);
    trio.start(&[0, 1, 2]);
    events(&["publish", "orders/us", "four"]).done();
    assert_eq!(trio.server(2).events(&one).done(), "orders/us  four\n");
    let shown = events(&["describe", "orders"]).done();
    assert!(shown.contains("billing"), "{shown}");
    // What was made with --guarantee durable lies on the disks of all.
    events(&["rm", "orders"]).done();
    assert_eq!(trio.server(1).events(&["describe", "orders"]).failed(), "there is no channel `orders`\n");
}

/// omniORB's suppliers and consumers find the channel at whichever server is there, and see each other across servers.
#[test]
fn foreign_programs_find_the_channel_at_the_servers_that_are_left() {
    let Some(peers) = peers::or_skip() else { return };
    let mut trio = Trio::patient();
    trio.server(0).events(&["create", "c", "--guarantee", "reliable"]).done();
    let client = |reference: &str, arguments: &[&str]| {
        let mut client = peers.program("event_client");
        client.arg(reference).args(arguments).stdout(Stdio::piped());
        client.spawn().expect("it starts")
    };
    let ready = |client: &mut Child| {
        let mut lines = BufReader::new(client.stdout.take().expect("it is piped")).lines();
        assert_eq!(lines.next().expect("it says so").unwrap(), "ready");
        lines
    };
    for victim in [0, 1] {
        trio.kill(victim);
        // The first address is that of the server that is lost, or the consumer's is another one than the supplier's.
        let mut consumer = client(&trio.reference_to("EventChannel/c"), &["consume", "500"]);
        let mut seen = ready(&mut consumer);
        let other = &trio.listen[2];
        let there = format!("corbaloc:iiop:1.2@{other}/EventChannel/c");
        let mut supplier = client(&there, &["push", "500", "100"]);
        let said: Vec<String> = ready(&mut supplier).map(|line| line.unwrap()).collect();
        assert!(said.contains(&"count 500".to_owned()), "{said:?}");
        let seen: Vec<String> = seen.by_ref().map(|line| line.unwrap()).collect();
        assert!(seen.contains(&"count 500".to_owned()), "{seen:?}");
        assert!(seen.contains(&"order kept".to_owned()), "{seen:?}");
        assert!(supplier.wait().unwrap().success() && consumer.wait().unwrap().success());
        trio.start(&[victim]);
    }
    let report = trio.server(0).events(&["describe", "c", "--json"]).json();
    assert_eq!(report["next"].as_u64(), Some(1_001));
    // The factory gives references that list all servers.
    let made =
        quorb_fed("", &["call", &trio.reference_to("EventChannelFactory"), "join_channel", "c"]).done();
    let decoded = quorb_fed("", &["ior", "decode", made.trim().trim_matches('"')]).done();
    for address in &trio.listen {
        let (_, port) = address.rsplit_once(':').unwrap();
        assert!(decoded.contains(port), "{address} is not in\n{decoded}");
    }
}
