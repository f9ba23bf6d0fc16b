//! C++ suppliers and consumers of omniORB, and `quorb serve` killed and restarted under them.

use std::collections::BTreeSet;
use std::time::Duration;

use quorb::Orb;
use quorb_events::{Events, Start};
use quorb_interop::{Process, peers};

use crate::names::{Folder, Server};

/// The time that a foreign program gets.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the server is killed.
const KILLS: usize = 5;

/// A program that is connected, at one of a channel's addresses.
fn client(peers: &peers::PeerDir, server: &Server, place: &str, options: &[&str], work: &str) -> Process {
    let mut command = peers.program("event_client");
    // A call on a server that is gone ends soon.
    command.args(["-ORBclientCallTimeOutPeriod", "20000"]).args(options);
    command.arg(format!("corbaloc:iiop:1.2@{}/EventChannel/{place}", server.address)).arg(work);
    let mut process = Process::start(command).expect("it starts");
    process.line("ready", PATIENCE).expect("it is connected");
    process
}

/// What a consumer sees up to a number; it sees nothing twice, and everything in order.
fn seen_up_to(consumer: &mut Process, last: u64, seen: &mut Vec<u64>) {
    while seen.last().is_none_or(|&number| number < last) {
        let number: u64 = consumer.line("seen ", PATIENCE).expect("it goes on").parse().expect("a number");
        assert!(
            seen.last().is_none_or(|&before| before <= number),
            "{before:?} and then {number}",
            before = seen.last()
        );
        seen.push(number);
    }
}

/// What is in the channel.
fn published(server: &Server) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let orb = Orb::client().await.unwrap();
        let events = Events::at(&orb, &server.event_service()).unwrap();
        let mut replay =
            events.subscription("d/**").from(Start::First).until_now().open::<String>().await.unwrap();
        let mut all = Vec::new();
        while let Some(text) = replay.next().await {
            all.push(text.trim().parse().expect("a number"));
        }
        assert_eq!(replay.lost(), 0);
        orb.shutdown(Duration::ZERO).await;
        all
    })
}

#[test]
fn foreign_suppliers_and_consumers_go_on_when_the_server_is_killed() {
    let Some(peers) = peers::or_skip() else { return };
    let data = Folder::new();
    let mut server = Server::start("127.0.0.1:0", &["--data", data.path()]);
    server.events(&["create", "d", "--guarantee", "durable"]).done();
    let mut supplier = client(&peers, &server, "d", &[], "push-on");
    let in_order = ["-ORBmaxServerThreadPerConnection", "1"];
    let mut consumers = [
        client(&peers, &server, "d", &[], "consume-on"),
        client(&peers, &server, "d/pipelined", &in_order, "consume-on"),
    ];
    let mut seen = [Vec::new(), Vec::new()];
    let mut sent = 0;
    for life in 1..=KILLS + 1 {
        for consumer in &mut consumers {
            consumer.line("connected ", PATIENCE).expect("it connects again");
        }
        supplier.tell("a hundred").expect("it runs");
        let count: u64 = supplier.line("sent ", PATIENCE).expect("it goes on").parse().expect("a number");
        assert_eq!(count, sent + 100);
        sent = count;
        for (consumer, seen) in consumers.iter_mut().zip(&mut seen) {
            seen_up_to(consumer, sent - 1, seen);
        }
        if life <= KILLS {
            // In the middle of the next hundred.
            supplier.tell("a hundred").expect("it runs");
            for (consumer, seen) in consumers.iter_mut().zip(&mut seen) {
                seen_up_to(consumer, sent + 5, seen);
            }
            let address = server.address.clone();
            server.kill();
            server = Server::start(&address, &["--data", data.path()]);
            sent = supplier.line("sent ", PATIENCE).expect("it goes on").parse().expect("a number");
        }
    }
    let all = published(&server);
    let there: BTreeSet<u64> = all.iter().copied().collect();
    assert_eq!(there, (0..sent).collect(), "everything that its supplier was answered for is there");
    assert!(all.windows(2).all(|two| two[0] <= two[1]), "in order");
    assert!(all.len() - there.len() <= KILLS, "an event is there twice only if its answer was lost");
    for seen in seen {
        // A push is not repeated; what is there twice may be seen twice.
        let twice = seen.windows(2).filter(|two| two[0] == two[1]).count();
        assert!(twice <= all.len() - there.len(), "{twice} events have come twice");
    }
}
