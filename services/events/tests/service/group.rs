//! The service as several servers have it: each in a broker of its own, in one domain.

use std::time::Duration;

use quorb::{Orb, OrbBuilder, Proxy};
use quorb_events::native::EventServiceProxy;
use quorb_events::{ChannelOptions, EventServer, Events, Feed, Guarantee, Limits, Overflow, Start};
use quorb_groups::driver::Domain;
use tokio::net::TcpListener;

use crate::rig::{Folder, soon, values};

/// One of them.
pub(crate) struct Member {
    orb: Orb,
    service: EventServer,
    domain: Domain,
}

impl Member {
    /// Ends it as a crash would: connections close, nothing is said.
    async fn kill(self) {
        drop(self.domain);
        self.orb.shutdown(Duration::ZERO).await;
    }

    async fn end(self) {
        self.orb.shutdown(Duration::from_secs(5)).await;
        self.service.close().await;
        self.domain.leave().await;
    }

    /// The service as this one alone serves it.
    fn only(&self, client: &Orb) -> Events {
        Events::at(client, &format!("corbaloc:iiop:1.2@{}/EventService", self.orb.addresses()[0])).unwrap()
    }
}

/// All of them, and a client that knows the reference to all.
pub(crate) struct Trio {
    pub(crate) seeds: Vec<String>,
    pub(crate) folder: Option<Folder>,
    pub(crate) limits: Limits,
    pub(crate) members: Vec<Option<Member>>,
    /// Those that have joined again, and may have no vote: they go first.
    late: Vec<usize>,
    client: Orb,
    pub(crate) events: Events,
}

impl Trio {
    async fn in_memory() -> Trio {
        Trio::with(None, |_| ()).await
    }

    pub(crate) async fn with(folder: Option<Folder>, change: impl FnOnce(&mut Limits)) -> Trio {
        let mut limits = Limits::default();
        change(&mut limits);
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let seeds: Vec<String> =
            listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
        let joining: Vec<_> = { listeners.into_iter().enumerate() }
            .map(|(at, listener)| {
                let mut join = Domain::join(seeds.clone()).listener(listener);
                if let Some(folder) = &folder {
                    join = join.data(folder.0.join(format!("{at}/group")));
                }
                tokio::spawn(join.into_future())
            })
            .collect();
        let mut members = Vec::new();
        for (at, joined) in joining.into_iter().enumerate() {
            let domain = joined.await.unwrap().unwrap();
            members.push(Some(member(domain, of(&folder, at), &limits).await));
        }
        // It listens, since CORBA peers are called.
        let client = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let events = Events::of(&client).unwrap();
        let mut trio = Trio { seeds, folder, limits, members, late: Vec::new(), client, events };
        trio.until_all_are_here(3).await;
        trio.events = Events::at(&trio.client, &trio.reference()).unwrap();
        trio
    }

    fn member(&self, at: usize) -> &Member {
        self.members[at].as_ref().unwrap()
    }

    pub(crate) fn only(&self, at: usize) -> Events {
        self.member(at).only(&self.client)
    }

    fn reference(&self) -> String {
        let first = self.members.iter().flatten().next().unwrap();
        first.service.reference().object().to_string()
    }

    async fn until_all_are_here(&self, count: usize) {
        for member in self.members.iter().flatten() {
            let here = async {
                while member.service.servers().len() != count {
                    tokio::task::yield_now().await;
                }
            };
            soon("all are here", here).await;
        }
    }

    pub(crate) async fn kill(&mut self, at: usize) {
        self.members[at].take().unwrap().kill().await;
    }

    pub(crate) async fn start(&mut self, at: usize) {
        let mut join = Domain::join(self.seeds.clone());
        if let Some(folder) = &self.folder {
            let listener = TcpListener::bind(&self.seeds[at]).await.unwrap();
            join = join.listener(listener).data(folder.0.join(format!("{at}/group")));
        }
        let domain = soon("it joins", join.into_future()).await.unwrap();
        self.members[at] = Some(member(domain, of(&self.folder, at), &self.limits).await);
        self.late.push(at);
    }

    pub(crate) async fn end(mut self) {
        self.client.shutdown(Duration::ZERO).await;
        for at in self.late.into_iter().chain(0..3) {
            if let Some(member) = self.members[at].take() {
                soon("it leaves", member.end()).await;
            }
        }
    }
}

pub(crate) fn of(folder: &Option<Folder>, at: usize) -> Option<std::path::PathBuf> {
    folder.as_ref().map(|folder| folder.0.join(format!("{at}/events")))
}

pub(crate) async fn member(domain: Domain, folder: Option<std::path::PathBuf>, limits: &Limits) -> Member {
    member_of(Orb::builder(), domain, folder, limits).await
}

/// A member with a broker that is made like this.
pub(crate) async fn member_of(
    builder: OrbBuilder,
    domain: Domain,
    folder: Option<std::path::PathBuf>,
    limits: &Limits,
) -> Member {
    let orb = builder.listen("127.0.0.1:0").start().await.unwrap();
    let service = EventServer::replicated(&orb, &domain, folder, limits.clone());
    let service = soon("it serves", service).await.unwrap();
    Member { orb, service, domain }
}

async fn reliable(events: &Events, name: &str) {
    events.channel(name, ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
}

/// Events of a feed with their positions, up to so many; nothing may be lost.
pub(crate) async fn seen(feed: &mut Feed<u64>, count: usize) -> Vec<(u64, u64)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        match soon("an event", feed.next_event()).await {
            Some(Ok(event)) => seen.push((event.position, event.value)),
            other => panic!("after {}: {other:?}", seen.len()),
        }
    }
    seen
}

#[tokio::test]
async fn what_is_published_at_one_server_is_seen_at_all_in_one_order() {
    let trio = Trio::in_memory().await;
    reliable(&trio.events, "c").await;
    let mut feeds = Vec::new();
    for at in 0..3 {
        feeds.push(trio.only(at).subscribe::<u64>("c/**").await.unwrap());
    }
    let publishers = (0..3u64).map(|at| {
        let events = trio.only(at as usize);
        tokio::spawn(async move {
            let topic = events.topic::<u64>(&format!("c/{at}")).await.unwrap();
            for number in 0..200 {
                topic.publish(at * 1_000 + number).await.unwrap();
            }
            topic.flush().await.unwrap();
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        soon("they are published", publisher).await.unwrap();
    }
    let mut all = Vec::new();
    for feed in &mut feeds {
        all.push(seen(feed, 600).await);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    let positions: Vec<u64> = all[0].iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, (1..=600).collect::<Vec<_>>());
    for at in 0..3 {
        let of: Vec<u64> =
            all[0].iter().map(|(_, value)| *value).filter(|value| value / 1_000 == at).collect();
        assert_eq!(of, (0..200).map(|number| at * 1_000 + number).collect::<Vec<_>>());
    }
    drop(feeds);
    trio.end().await;
}

#[tokio::test]
async fn a_subscriber_goes_on_at_another_server_when_its_own_is_lost() {
    let mut trio = Trio::in_memory().await;
    reliable(&trio.events, "c").await;
    let mut feed = trio.events.subscribe::<u64>("c").await.unwrap();
    let topic = trio.events.topic::<u64>("c").await.unwrap();
    for number in 1..=100 {
        topic.publish(number).await.unwrap();
    }
    topic.flush().await.unwrap();
    let before = seen(&mut feed, 100).await;
    // The one that both talk to.
    trio.kill(0).await;
    for number in 101..=200 {
        topic.publish(number).await.unwrap();
    }
    soon("they are published", topic.flush()).await.unwrap();
    let after = seen(&mut feed, 100).await;
    let expected: Vec<(u64, u64)> = (1..=200).map(|number| (number, number)).collect();
    assert_eq!([before, after].concat(), expected, "without a gap, and each once");
    assert_eq!(feed.lost(), 0);
    // One that comes later is told all.
    trio.start(0).await;
    trio.until_all_are_here(3).await;
    let replay = trio.only(0).subscription("c").from(Start::First).until_now();
    let mut replay = replay.open::<u64>().await.unwrap();
    assert_eq!(seen(&mut replay, 200).await, expected);
    drop((feed, replay));
    trio.end().await;
}

#[tokio::test]
async fn a_backup_publisher_goes_on_at_another_server_without_gap_and_repetition() {
    let mut trio = Trio::in_memory().await;
    reliable(&trio.events, "c").await;
    let first = trio.events.topic_of::<u64>("c", "ticker").await.unwrap();
    for number in 1..=50 {
        assert!(first.publish_numbered(number, number).await.unwrap());
    }
    trio.kill(0).await;
    let backup = trio.only(1).topic_of::<u64>("c", "ticker").await.unwrap();
    // It does not know how far the first one has come.
    for number in 1..=80 {
        let is_new = soon("it is published", backup.publish_numbered(number, number)).await.unwrap();
        assert_eq!(is_new, number > 50);
    }
    // The first one was only slow.
    let repeated = soon("it is known", first.publish_numbered(51, 51)).await;
    assert!(repeated.is_ok());
    let mut replay =
        trio.only(2).subscription("c").from(Start::First).until_now().open::<u64>().await.unwrap();
    assert_eq!(seen(&mut replay, 80).await, (1..=80).map(|n| (n, n)).collect::<Vec<_>>());
    let report = trio.only(2).describe("c").await.unwrap();
    assert_eq!((report.info.next, report.servers.len()), (81, 2));
    drop(replay);
    trio.end().await;
}

#[tokio::test]
async fn a_subscriber_with_a_name_goes_on_where_it_has_settled_at_any_server() {
    let mut trio = Trio::in_memory().await;
    reliable(&trio.events, "c").await;
    let topic = trio.events.topic::<u64>("c").await.unwrap();
    for number in 1..=30 {
        topic.publish(number).await.unwrap();
    }
    topic.flush().await.unwrap();
    let named = |events: &Events| events.subscription("c").from(Start::First).named("billing").open::<u64>();
    let mut feed = named(&trio.only(0)).await.unwrap();
    assert_eq!(seen(&mut feed, 12).await.last(), Some(&(12, 12)));
    feed.settle().await.unwrap();
    assert_eq!(seen(&mut feed, 5).await.last(), Some(&(17, 17)), "what is not settled comes again");
    drop(feed);
    trio.kill(0).await;
    let mut feed = soon("it begins", named(&trio.only(1))).await.unwrap();
    assert_eq!(seen(&mut feed, 18).await.first(), Some(&(13, 13)));
    feed.settle().await.unwrap();
    // A late word of somebody else does not take it back.
    let service: EventServiceProxy = trio.only(2).service().clone();
    let life = trio.only(2).describe("c").await.unwrap().info.life;
    service.settle("c", life, "billing", 5).await.unwrap();
    let report = trio.only(2).describe("c").await.unwrap();
    let settled: Vec<_> = report.settled.iter().map(|at| (at.name.as_str(), at.next)).collect();
    assert_eq!(settled, [("billing", 31)]);
    drop(feed);
    trio.end().await;
}

/// Enough for several segments, so that a server that was away has to be given what others have on their disks.
#[tokio::test]
async fn what_a_server_has_missed_it_copies_from_the_disks_of_others() {
    let mut trio = Trio::with(Some(Folder::new()), |limits| limits.segment_bytes_max = 16 << 10).await;
    let mut options = ChannelOptions::new(Guarantee::Durable);
    options.history_events = 20;
    trio.events.channel("d", options).await.unwrap();
    let topic = trio.events.topic::<u64>("d").await.unwrap();
    let publish = async |from: u64, to: u64| {
        for number in from..to {
            topic.post(number).await.unwrap();
            if number % 100 == 0 {
                soon("they are published", topic.flush()).await.unwrap();
            }
        }
        soon("they are published", topic.flush()).await.unwrap();
    };
    publish(1, 500).await;
    trio.kill(2).await;
    publish(500, 3_000).await;
    trio.start(2).await;
    let expected: Vec<(u64, u64)> = (1..3_000).map(|number| (number, number)).collect();
    let mut replay =
        trio.only(2).subscription("d").from(Start::First).until_now().open::<u64>().await.unwrap();
    assert_eq!(seen(&mut replay, 2_999).await, expected);
    drop(replay);
    // What is removed while it is away it removes when it is back.
    let folder = of(&trio.folder, 2).unwrap();
    let count = || std::fs::read_dir(&folder).map_or(0, |entries| entries.count());
    assert_eq!(count(), 1);
    trio.kill(2).await;
    soon("it is removed", trio.events.remove("d")).await.unwrap();
    trio.start(2).await;
    let gone = async {
        while count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("its disk is empty", gone).await;
    trio.end().await;
}

#[tokio::test]
async fn everything_outlives_the_loss_of_all_servers() {
    let mut trio = Trio::with(Some(Folder::new()), |_| ()).await;
    trio.events.channel("d", ChannelOptions::new(Guarantee::Durable)).await.unwrap();
    reliable(&trio.events, "r").await;
    for channel in ["d", "r"] {
        let topic = trio.events.topic_of::<u64>(channel, "ticker").await.unwrap();
        for number in 1..=40 {
            topic.publish_numbered(number, number).await.unwrap();
        }
        let mut feed =
            trio.events.subscription(channel).from(Start::First).named("n").open::<u64>().await.unwrap();
        seen(&mut feed, 7).await;
        feed.settle().await.unwrap();
    }
    for at in 0..3 {
        trio.kill(at).await;
    }
    // They wait for each other.
    let Trio { seeds, folder, limits, .. } = &trio;
    let (one, two) = (again(seeds, folder, limits, 1), again(seeds, folder, limits, 2));
    let (one, two) = soon("two of three are enough", async { tokio::join!(one, two) }).await;
    (trio.members[1], trio.members[2]) = (Some(one), Some(two));
    for channel in ["d", "r"] {
        let events = trio.only(1);
        let backup = events.topic_of::<u64>(channel, "ticker").await.unwrap();
        assert_eq!(backup.next_number(), 41, "who has published what is remembered");
        let mut feed = events.subscription(channel).named("n").open::<u64>().await.unwrap();
        let expected: Vec<(u64, u64)> = (8..=40).map(|number| (number, number)).collect();
        assert_eq!(seen(&mut feed, 33).await, expected);
    }
    trio.end().await;
}

async fn again(seeds: &[String], folder: &Option<Folder>, limits: &Limits, at: usize) -> Member {
    let listener = TcpListener::bind(&seeds[at]).await.unwrap();
    let data = folder.as_ref().unwrap().0.join(format!("{at}/group"));
    let domain = Domain::join(seeds.to_vec()).listener(listener).data(data).await.unwrap();
    member(domain, of(folder, at), limits).await
}

/// Publishers at one server wait for a slow subscriber at another: it loses nothing, though history is short.
#[tokio::test]
async fn a_slow_subscriber_is_waited_for_wherever_it_is() {
    let trio = Trio::in_memory().await;
    let mut options = ChannelOptions::new(Guarantee::Reliable);
    (options.history_events, options.queue_events) = (10, 5);
    trio.events.channel("c", options).await.unwrap();
    let mut slow = trio.only(2).subscribe::<u64>("c").await.unwrap();
    let events = trio.only(1);
    let publishing = tokio::spawn(async move {
        let topic = events.topic::<u64>("c").await.unwrap();
        for number in 1..=2_000 {
            topic.publish(number).await.unwrap();
        }
        topic.flush().await.unwrap();
    });
    let mut all = Vec::new();
    while all.len() < 2_000 {
        all.extend(seen(&mut slow, 1).await);
        if all.len() % 50 == 0 {
            // It thinks for a while, in which others could go on.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(all, (1..=2_000).map(|number| (number, number)).collect::<Vec<_>>());
    assert_eq!(slow.lost(), 0);
    soon("they are published", publishing).await.unwrap();
    drop(slow);
    trio.end().await;
}

/// A channel of best effort is at one server; the others pass on what they are asked, and one of them begins it anew.
#[tokio::test]
async fn a_channel_of_best_effort_is_at_one_server_and_reached_by_all() {
    let mut trio = Trio::in_memory().await;
    let options = || ChannelOptions::new(Guarantee::BestEffort);
    let home = trio.only(0).channel("b", options()).await.unwrap();
    assert_eq!(trio.only(1).channel("b", options()).await.unwrap().life, home.life);
    let mut feed = trio.only(1).subscribe::<u64>("b").await.unwrap();
    let topic = trio.only(2).topic::<u64>("b").await.unwrap();
    for number in 1..=5 {
        topic.confirm(number).await.unwrap();
    }
    assert_eq!(values(&mut feed, 5).await, [1, 2, 3, 4, 5]);
    let report = trio.only(2).describe("b").await.unwrap();
    assert_eq!((report.published, report.servers.len()), (5, 0));
    trio.kill(0).await;
    soon("it begins anew", topic.confirm(6)).await.unwrap();
    let told = soon("it is told", feed.next_event()).await;
    let Some(Err(quorb_events::Loss::Restarted { next: 1 })) = told else { panic!("{told:?}") };
    assert_eq!(values(&mut feed, 1).await, [6]);
    trio.only(1).remove("b").await.unwrap();
    assert!(trio.only(2).describe("b").await.is_err());
    drop(feed);
    trio.end().await;
}

#[tokio::test]
async fn what_cannot_be_is_told_so() {
    let trio = Trio::in_memory().await;
    let refused = trio.events.channel("d", ChannelOptions::new(Guarantee::Durable)).await.unwrap_err();
    assert!(refused.to_string().contains("NO_IMPLEMENT"), "{refused}");
    reliable(&trio.events, "c").await;
    let other = trio.only(1).channel("c", ChannelOptions::new(Guarantee::Ordered)).await.unwrap_err();
    assert!(other.to_string().contains("other options"), "{other}");
    let none = trio.only(2).subscribe::<u64>("nobody").await.unwrap_err();
    assert!(none.to_string().contains("no channel"), "{none}");
    let feed = trio.only(0).subscribe::<u64>("c").await.unwrap();
    assert!(feed.settle().await.unwrap_err().to_string().contains("no name"));
    let long = "x".repeat(200);
    let named = trio.only(0).subscription("c").overflow(Overflow::Replay).named(&long).open::<u64>().await;
    let refused = named.unwrap().settle().await.unwrap_err();
    assert!(refused.to_string().contains("publisher_bytes_max"), "{refused}");
    drop(feed);
    trio.end().await;
}
