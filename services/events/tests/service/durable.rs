//! History on the disk: positions, times, restarts, damage.

use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime};

use quorb::{Orb, Proxy};
use quorb_events::{ChannelOptions, EventServer, Events, Feed, Guarantee, Limits, Loss, Start};

use crate::rig::{Folder, soon, values};

/// A service that ends and begins again at the same place.
struct House {
    folder: Folder,
    address: String,
    life: Option<(Orb, EventServer)>,
    client: Orb,
    events: Events,
}

impl House {
    async fn new() -> House {
        let client = Orb::client().await.unwrap();
        let folder = Folder::new();
        let life = begin(&folder, "127.0.0.1:0").await;
        let address = life.0.addresses()[0].to_string();
        let events = Events::at(&client, &format!("corbaloc:iiop:1.2@{address}/EventService")).unwrap();
        House { folder, address, life: Some(life), client, events }
    }

    async fn stop(&mut self) {
        let (orb, service) = self.life.take().expect("it runs");
        orb.shutdown(Duration::from_secs(5)).await;
        service.close().await;
    }

    async fn restart(&mut self) {
        self.stop().await;
        self.life = Some(begin(&self.folder, &self.address).await);
    }

    async fn end(mut self) {
        self.stop().await;
        self.client.shutdown(Duration::ZERO).await;
    }

    /// A durable channel that keeps little in memory.
    async fn channel(&self) {
        let mut options = ChannelOptions::new(Guarantee::Durable);
        options.history_events = 100;
        self.events.channel("d", options).await.unwrap();
    }
}

async fn begin(folder: &Folder, address: &str) -> (Orb, EventServer) {
    let orb = Orb::builder().listen(address).start().await.expect("it starts");
    let limits = {
        let mut limits = Limits::default();
        limits.segment_bytes_max = 64 << 10;
        limits
    };
    let service = EventServer::start(&orb, Some(folder.0.clone()), limits).await.expect("it starts");
    (orb, service)
}

async fn all(mut feed: Feed<u64>) -> (Vec<u64>, Vec<Loss>) {
    let (mut values, mut losses) = (Vec::new(), Vec::new());
    while let Some(next) = soon("an event or the end", feed.next_event()).await {
        match next {
            Ok(event) => values.push(event.value),
            Err(loss) => losses.push(loss),
        }
    }
    (values, losses)
}

#[tokio::test]
async fn what_was_published_is_replayed_from_anywhere() {
    let house = House::new().await;
    house.channel().await;
    let topic = house.events.topic::<u64>("d/x").await.unwrap();
    let other = house.events.topic::<u64>("d/y").await.unwrap();
    for number in 1..=2_000 {
        topic.post(number).await.unwrap();
    }
    topic.flush().await.unwrap();
    let middle = SystemTime::now();
    for number in 2_001..=3_000 {
        topic.post(number).await.unwrap();
    }
    other.publish(7).await.unwrap();
    let from = |start| house.events.subscription("d/x").from(start).until_now().open::<u64>();
    assert_eq!(all(from(Start::First).await.unwrap()).await, ((1..=3_000).collect(), vec![]));
    assert_eq!(all(from(Start::Position(1_234)).await.unwrap()).await.0, (1_234..=3_000).collect::<Vec<_>>());
    assert_eq!(all(from(Start::Last(1_500)).await.unwrap()).await.0, (1_501..=3_000).collect::<Vec<_>>());
    assert_eq!(all(from(Start::Last(9_999)).await.unwrap()).await.0.len(), 3_000);
    let since = house.events.subscription("d/**").since(middle).until_now().open::<u64>().await.unwrap();
    assert_eq!(all(since).await.0, (2_001..=3_000).chain([7]).collect::<Vec<_>>());
    house.end().await;
}

#[tokio::test]
async fn feeds_and_publishers_go_on_when_the_service_is_restarted() {
    let mut house = House::new().await;
    house.channel().await;
    let topic = house.events.topic::<u64>("d/x").await.unwrap();
    let mut feed = house.events.subscribe::<u64>("d/**").await.unwrap();
    let mut number = 0;
    for _ in 0..4 {
        for _ in 0..100 {
            number += 1;
            topic.publish(number).await.unwrap();
        }
        house.restart().await;
    }
    topic.publish(number + 1).await.unwrap();
    assert_eq!(values(&mut feed, 401).await, (1..=401).collect::<Vec<_>>(), "each once");
    assert_eq!(feed.lost(), 0);
    house.end().await;
}

#[tokio::test]
async fn history_joins_what_comes_while_many_publish() {
    let house = House::new().await;
    house.channel().await;
    let topic = house.events.topic::<u64>("d/x").await.unwrap();
    for number in 1..=1_000 {
        topic.post(number).await.unwrap();
    }
    topic.flush().await.unwrap();
    let publishing = tokio::spawn(async move {
        for number in 1_001..=6_000 {
            topic.post(number).await.unwrap();
        }
        topic.flush().await.unwrap();
    });
    let mut readers = Vec::new();
    for start in [Start::First, Start::Position(500), Start::Now, Start::Last(20)] {
        let mut feed = house.events.subscription("d/*").from(start).queue(16).open::<u64>().await.unwrap();
        readers.push(tokio::spawn(async move {
            let first = soon("an event", feed.next()).await.expect("it goes on");
            let rest = values(&mut feed, (6_000 - first) as usize).await;
            assert_eq!(rest, (first + 1..=6_000).collect::<Vec<_>>(), "without gap and repetition");
            (first, feed.lost())
        }));
    }
    publishing.await.unwrap();
    let firsts: Vec<(u64, u64)> = futures(readers).await;
    assert_eq!((firsts[0], firsts[1]), ((1, 0), (500, 0)));
    house.end().await;
}

async fn futures<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn damage_on_the_disk_is_told_and_harms_nothing_else() {
    let mut house = House::new().await;
    house.channel().await;
    let topic = house.events.topic::<u64>("d/x").await.unwrap();
    for number in 1..=300 {
        topic.publish(number).await.unwrap();
    }
    house.stop().await;
    let channel = std::fs::read_dir(&house.folder.0).unwrap().next().unwrap().unwrap().path();
    let segment = channel.join(format!("{:020}.spool", 1));
    let file = std::fs::OpenOptions::new().write(true).open(&segment).unwrap();
    file.write_all_at(&[0xee; 40], 5_000).unwrap();
    house.life = Some(begin(&house.folder, &house.address).await);
    let feed = house.events.subscription("d/**").from(Start::First).until_now().open::<u64>().await.unwrap();
    let (values, losses) = all(feed).await;
    let [Loss::Gone { from, to }] = losses[..] else { panic!("{losses:?}") };
    assert!(from > 1 && to - from <= 3, "{from} to {to}");
    assert_eq!(values, (1..from).chain(to..=300).collect::<Vec<_>>());
    topic.publish(301).await.unwrap();
    assert_eq!(house.events.describe("d").await.unwrap().info.next, 302);
    house.end().await;
}

#[tokio::test]
async fn what_was_removed_is_gone_from_the_disk_too() {
    let mut house = House::new().await;
    house.channel().await;
    house.events.topic::<u64>("d").await.unwrap().publish(1).await.unwrap();
    house.events.remove("d").await.unwrap();
    house.restart().await;
    assert_eq!(house.events.channels().await.unwrap(), []);
    house.channel().await;
    assert_eq!(house.events.describe("d").await.unwrap().oldest, 1);
    let _ = house.events.service().object();
    house.end().await;
}
