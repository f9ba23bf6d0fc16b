//! What the loss of a server costs where it costs something: consumers of omniORB whose server is killed.

use std::ops::Range;
use std::time::Duration;

use quorb::Orb;
use quorb_events::Events;
use quorb_interop::{Process, peers};

use crate::trio::{PATIENCE, Trio, runtime};

/// How often a consumer loses its server.
const LOSSES: usize = 3;

/// Events that are published while a server is killed.
const STORM: u64 = 200;

/// A consumer of omniORB that goes on at another server, and what it has said.
struct Consumer {
    process: Process,
    connections: usize,
    seen: Vec<u64>,
}

impl Consumer {
    fn start(peers: &peers::PeerDir, channel: &str, options: &[&str]) -> Consumer {
        let mut command = peers.program("event_client");
        // A call on a server that is gone ends soon.
        command.args(["-ORBclientCallTimeOutPeriod", "20000"]).args(options).args([channel, "consume-on"]);
        let process = Process::start(command).expect("it starts");
        Consumer { process, connections: 0, seen: Vec::new() }
    }

    fn hear(&mut self) {
        let line = self.process.line("", PATIENCE).expect("it goes on");
        if let Some(number) = line.strip_prefix("seen ") {
            self.seen.push(number.parse().expect("a number"));
        }
        self.connections += usize::from(line.starts_with("connected "));
    }

    fn until_connected(&mut self, connections: usize) {
        while self.connections < connections {
            self.hear();
        }
    }

    fn until_seen(&mut self, number: u64) {
        while self.seen.last().is_none_or(|&last| last < number) {
            self.hear();
        }
    }

    /// The numbers in front of and behind which something is missing.
    fn gaps(&self) -> Vec<(u64, u64)> {
        let pairs = self.seen.windows(2).map(|two| (two[0], two[1]));
        pairs.filter(|(before, after)| after - before > 1).collect()
    }
}

/// The server that has the consumer.
fn server_of_the_consumer(trio: &Trio) -> usize {
    let has_it =
        |&at: &usize| trio.server(at).events(&["describe", "d", "--json"]).json()["corba_peers"] == 1;
    (0..3).find(has_it).expect("one has it")
}

async fn publish(events: &Events, numbers: Range<u64>) {
    let topic = events.topic::<String>("d").await.unwrap();
    for number in numbers {
        topic.publish(number.to_string()).await.unwrap();
    }
}

/// No event comes twice, order is kept; what is missing is what was published from the loss of its server on until it has got
/// another proxy, and nothing else.
fn loses_its_server(place: &str, options: &[&str]) {
    let Some(peers) = peers::or_skip() else { return };
    let mut trio = Trio::durable();
    trio.server(0).events(&["create", "d", "--guarantee", "durable"]).done();
    let runtime = runtime();
    let orb = runtime.block_on(Orb::client()).unwrap();
    let events = Events::at(&orb, &trio.reference_to("EventService")).unwrap();
    let channel = trio.reference_to(&format!("EventChannel/{place}"));
    let mut consumer = Consumer::start(&peers, &channel, options);
    consumer.until_connected(1);
    let (mut next, mut storms) = (0, Vec::new());
    for loss in 0..=LOSSES {
        runtime.block_on(publish(&events, next..next + 50));
        consumer.until_seen(next + 49);
        next += 50;
        if loss < LOSSES {
            let (victim, connections) = (server_of_the_consumer(&trio), consumer.connections);
            let publisher = events.clone();
            let publishing = runtime.spawn(async move { publish(&publisher, next..next + STORM).await });
            consumer.until_seen(next + 20);
            trio.kill(victim);
            consumer.until_connected(connections + 1);
            runtime.block_on(publishing).unwrap();
            storms.push(next..next + STORM);
            next += STORM;
            trio.start(&[victim]);
        }
    }
    let seen = &consumer.seen;
    assert!(seen.windows(2).all(|two| two[0] < two[1]), "twice, or out of order: {seen:?}");
    let gaps = consumer.gaps();
    assert!(gaps.len() < consumer.connections, "{gaps:?} with {} connections", consumer.connections);
    for (before, after) in gaps {
        let is_in = |storm: &Range<u64>| storm.contains(&before) && after <= storm.end;
        assert!(storms.iter().any(is_in), "{before} and then {after}, while its server was there");
    }
    assert_eq!((seen[0], seen.last()), (0, Some(&(next - 1))));
    runtime.block_on(orb.shutdown(Duration::ZERO));
}

#[test]
fn a_foreign_consumer_whose_server_is_killed_misses_what_came_meanwhile_and_nothing_else() {
    loses_its_server("d", &[]);
}

#[test]
fn a_foreign_consumer_with_several_events_under_way_misses_no_more_and_sees_nothing_twice() {
    loses_its_server("d/pipelined", &["-ORBmaxServerThreadPerConnection", "1"]);
}
