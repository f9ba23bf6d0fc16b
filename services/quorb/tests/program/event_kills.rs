//! `kill -9` of the event service, of publishers and of subscribers, at random and under load; a checker judges what they have
//! recorded.
//!
//! `QUORB_EVENT_KILLS` says how often (100), `QUORB_EVENT_SEED` which schedule of kills is run (1).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::Orb;
use quorb_events::{ChannelOptions, Events, Feed, Guarantee, Start, Topic};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, Semaphore};

use crate::names::{Folder, Server};

/// Publishers in this process, each waiting for its confirmations.
const CONFIRMED_PUBLISHERS: usize = 8;

/// Publishers, and subscribers, that are processes of their own.
const PROCESSES: usize = 2;

/// Confirmations between two kills, and what each publisher process is given in the meantime.
const BETWEEN_KILLS: u32 = 60;

/// The time in which something must happen, or never will.
const PATIENCE: Duration = Duration::from_secs(120);

/// An event as it was seen: its position and its value.
type Seen = (u64, i64);

/// What publishers and the subscriber of this process write down.
#[derive(Default)]
struct Record {
    /// How many each publisher has confirmed.
    confirmed: Mutex<BTreeMap<String, i64>>,
    seen: Mutex<Vec<Seen>>,
    sees: Notify,
}

#[test]
fn the_promises_of_a_durable_channel_hold_under_kills_at_random() {
    let kills = number("QUORB_EVENT_KILLS", 100);
    let mut dice = Dice::new(number("QUORB_EVENT_SEED", 1));
    let mut world = World::new();
    for _ in 0..kills {
        world.wait_for_confirmations();
        match dice.below(1 + 2 * PROCESSES) {
            0 => world.kill_server(),
            victim if victim <= PROCESSES => world.kill_publisher(victim - 1),
            victim => world.kill_subscriber(victim - 1 - PROCESSES),
        }
    }
    world.finish().check();
}

/// A number that whoever runs the tests may choose.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")),
        Err(_) => otherwise,
    }
}

/// Numbers at random that come again (Numerical Recipes' generator).
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeds that follow each other have nothing in common.
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Everybody who takes part.
struct World {
    runtime: Runtime,
    data: Folder,
    server: Option<Server>,
    orb: Orb,
    events: Events,
    record: Arc<Record>,
    confirmations: Arc<Semaphore>,
    stop: Arc<Semaphore>,
    publishing: Vec<tokio::task::JoinHandle<()>>,
    watching: tokio::task::JoinHandle<()>,
    publishers: Vec<Publisher>,
    subscribers: Vec<Subscriber>,
}

/// What is left when all is over.
struct Outcome {
    /// The channel: positions, subjects, values.
    all: Vec<(u64, String, i64)>,
    record: Arc<Record>,
    subscribers: Vec<Vec<Seen>>,
    /// What publisher processes were given that have ended well, by subject.
    given: BTreeMap<String, i64>,
}

impl World {
    fn new() -> World {
        let data = Folder::new();
        let server = Server::start("127.0.0.1:0", &["--data", data.path()]);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (orb, events, feed) = runtime.block_on(async {
            let orb = Orb::client().await.unwrap();
            let events = Events::at(&orb, &server.event_service()).unwrap();
            let mut options = ChannelOptions::new(Guarantee::Durable);
            // What somebody has missed is read from the disk.
            options.history_events = 50;
            events.channel("d", options).await.unwrap();
            let feed: Feed<i64> = events.subscribe("d/**").await.unwrap();
            (orb, events, feed)
        });
        let record = Arc::new(Record::default());
        let (confirmations, stop) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let publish = |publisher| {
            let topic = runtime.block_on(events.topic::<i64>(&format!("d/in{publisher}"))).unwrap();
            publish(topic, record.clone(), confirmations.clone(), stop.clone())
        };
        let publishing =
            (0..CONFIRMED_PUBLISHERS).map(|publisher| runtime.spawn(publish(publisher))).collect();
        let watching = runtime.spawn(watch(feed, record.clone()));
        let publishers = (0..PROCESSES).map(|number| Publisher::start(&server, number, 0)).collect();
        let subscribers = (0..PROCESSES).map(|_| Subscriber::start(&server, Vec::new())).collect();
        let server = Some(server);
        World {
            runtime,
            data,
            server,
            orb,
            events,
            record,
            confirmations,
            stop,
            publishing,
            watching,
            publishers,
            subscribers,
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    /// Waits until some more events are confirmed, and gives the publisher processes as many.
    fn wait_for_confirmations(&mut self) {
        let confirmed = self.runtime.block_on(async {
            tokio::time::timeout(PATIENCE, self.confirmations.acquire_many(BETWEEN_KILLS)).await
        });
        confirmed.expect("events are confirmed").expect("it is open").forget();
        for publisher in &mut self.publishers {
            publisher.give(BETWEEN_KILLS);
        }
    }

    fn kill_server(&mut self) {
        let server = self.server.take().expect("it runs");
        let address = server.address.clone();
        server.kill();
        self.server = Some(Server::start(&address, &["--data", self.data.path()]));
    }

    fn kill_publisher(&mut self, number: usize) {
        let life = self.publishers[number].life + 1;
        self.publishers[number].kill();
        self.publishers[number] = Publisher::start(self.server(), number, life);
    }

    fn kill_subscriber(&mut self, number: usize) {
        let seen = self.subscribers[number].kill();
        self.subscribers[number] = Subscriber::start(self.server(), seen);
    }

    /// Lets everybody come to an end.
    fn finish(mut self) -> Outcome {
        self.stop.close();
        let given = std::mem::take(&mut self.publishers).into_iter().filter_map(Publisher::finish).collect();
        let all = self.runtime.block_on(async {
            for publisher in self.publishing {
                publisher.await.unwrap();
            }
            let mut replay =
                self.events.subscription("d/**").from(Start::First).until_now().open::<i64>().await.unwrap();
            let mut all = Vec::new();
            while let Some(event) = replay.next_event().await {
                let event = event.expect("nothing is lost");
                all.push((event.position, event.subject, event.value));
            }
            while self.record.seen.lock().unwrap().len() < all.len() {
                tokio::time::timeout(PATIENCE, self.record.sees.notified())
                    .await
                    .expect("the subscriber goes on");
            }
            self.watching.abort();
            all
        });
        let server = self.server.expect("it runs");
        let subscribers =
            self.subscribers.into_iter().map(|subscriber| subscriber.finish(&server, all.len())).collect();
        self.runtime.block_on(self.orb.shutdown(Duration::ZERO));
        Outcome { all, record: self.record, subscribers, given }
    }
}

/// Publishes numbers, one confirmed after the other.
async fn publish(
    topic: Topic<i64>,
    record: Arc<Record>,
    confirmations: Arc<Semaphore>,
    stop: Arc<Semaphore>,
) {
    let subject = topic.subject().to_owned();
    for number in 0.. {
        if stop.is_closed() {
            return;
        }
        topic.publish(number).await.unwrap();
        record.confirmed.lock().unwrap().insert(subject.clone(), number + 1);
        confirmations.add_permits(1);
    }
}

/// Follows the channel under every restart.
async fn watch(mut feed: Feed<i64>, record: Arc<Record>) {
    loop {
        match feed.next_event().await {
            Some(Ok(event)) => record.seen.lock().unwrap().push((event.position, event.value)),
            other => panic!("{other:?}"),
        }
        record.sees.notify_one();
    }
}

/// `quorb events` as a process that is killed.
fn started(server: &Server, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorb"));
    command.args(["events", "--events", &server.event_service()]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts")
}

/// A publisher process: what it is given it publishes, each life under another subject.
struct Publisher {
    child: Child,
    input: Option<ChildStdin>,
    subject: String,
    life: usize,
    given: i64,
}

impl Publisher {
    fn start(server: &Server, number: usize, life: usize) -> Publisher {
        let subject = format!("d/p{number}.{life}");
        let mut child = started(server, &["publish", &subject, "--type", "long-long", "-"]);
        let input = child.stdin.take();
        Publisher { child, input, subject, life, given: 0 }
    }

    fn give(&mut self, count: u32) {
        let lines: String =
            (self.given..self.given + i64::from(count)).map(|number| format!("{number}\n")).collect();
        let input = self.input.as_mut().expect("it is open until the end");
        input.write_all(lines.as_bytes()).expect("it goes on under every restart of the service");
        self.given += i64::from(count);
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Lets it publish what it has. Answers its subject, and how much that was.
    fn finish(mut self) -> Option<(String, i64)> {
        drop(self.input.take());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{}: {status}", self.subject);
        Some((self.subject, self.given))
    }
}

/// A subscriber process: each life goes on behind what the last one has printed.
struct Subscriber {
    child: Child,
    events: Receiver<Seen>,
    seen: Vec<Seen>,
}

impl Subscriber {
    fn start(server: &Server, seen: Vec<Seen>) -> Subscriber {
        let from = (seen.last().map_or(0, |&(position, _)| position) + 1).to_string();
        let mut child = started(server, &["replay", "d/**", "--from", &from, "--follow", "--json"]);
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The kill may have cut the last line.
                let Ok(line) = serde_json::from_str::<serde_json::Value>(&line) else { return };
                let event = (line["position"].as_u64().expect("one"), line["value"].as_i64().expect("one"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Subscriber { child, events, seen }
    }

    /// Kills it. Answers all that it has printed.
    fn kill(&mut self) -> Vec<Seen> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.seen.extend(self.events.iter());
        std::mem::take(&mut self.seen)
    }

    /// Lets it come to the end of the channel. Answers all that it has printed.
    fn finish(mut self, server: &Server, count: usize) -> Vec<Seen> {
        while self.seen.len() < count {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) => self.seen.push(event),
                Err(RecvTimeoutError::Timeout) => panic!("{} of {count} events", self.seen.len()),
                Err(RecvTimeoutError::Disconnected) => {
                    let seen = self.kill();
                    self = Subscriber::start(server, seen);
                }
            }
        }
        self.kill()
    }
}

impl Outcome {
    /// The promises, line by line.
    fn check(&self) {
        let positions: Vec<u64> = self.all.iter().map(|&(position, ..)| position).collect();
        assert_eq!(positions, (1..=self.all.len() as u64).collect::<Vec<_>>(), "positions have no gaps");
        let mut by_subject: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (_, subject, value) in &self.all {
            by_subject.entry(subject).or_default().push(*value);
        }
        for (subject, values) in &by_subject {
            let expected: Vec<i64> = (0..values.len() as i64).collect();
            assert_eq!(*values, expected, "{subject}: in order, each once, up to some event");
        }
        let there = |subject: &str| by_subject.get(subject).map_or(0, |values| values.len() as i64);
        for (subject, &confirmed) in self.record.confirmed.lock().unwrap().iter() {
            assert!(there(subject) >= confirmed, "{subject}: {} of {confirmed} confirmed", there(subject));
        }
        for (subject, &given) in &self.given {
            assert_eq!(there(subject), given, "{subject}: it has said that all are published");
        }
        let expected: Vec<Seen> = self.all.iter().map(|&(position, _, value)| (position, value)).collect();
        assert_eq!(*self.record.seen.lock().unwrap(), expected, "who was never killed has seen each once");
        for seen in &self.subscribers {
            assert_eq!(*seen, expected, "who was killed has seen each once");
        }
    }
}

/// The checker finds what it is for.
#[test]
fn the_checker_finds_each_kind_of_fault() {
    let well = || {
        let subject = |value: i64| (value as u64 + 1, "d/in0".to_owned(), value);
        let all: Vec<_> = (0..4).map(subject).collect();
        let seen: Vec<Seen> = (0..4).map(|value| (value as u64 + 1, value)).collect();
        let record = Record::default();
        record.confirmed.lock().unwrap().insert("d/in0".to_owned(), 4);
        *record.seen.lock().unwrap() = seen.clone();
        Outcome { all, record: Arc::new(record), subscribers: vec![seen], given: BTreeMap::new() }
    };
    well().check();
    let faults: [fn(&mut Outcome); 6] = [
        |outcome| outcome.all.swap(1, 2),
        |outcome| outcome.all.truncate(2),
        |outcome| *outcome.record.confirmed.lock().unwrap().get_mut("d/in0").unwrap() = 5,
        |outcome| outcome.record.seen.lock().unwrap().truncate(3),
        |outcome| outcome.subscribers[0].push((4, 3)),
        |outcome| outcome.given.extend([("d/p0.0".to_owned(), 1)]),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let judged = std::panic::catch_unwind(|| {
            let mut outcome = well();
            fault(&mut outcome);
            outcome.check();
        });
        assert!(judged.is_err(), "fault {number} is found");
    }
}
