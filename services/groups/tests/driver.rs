//! Processes of a domain over real connections of this host, in one test process.

use bytes::Bytes;
use quorb_groups::core::{Blocked, Class, GroupOptions, Limits, Order, OrderingDomain, Refusal};
use quorb_groups::driver::{
    Domain, DriverLimits, Ended, EnterError, Event, Group, Join, JoinError, RequestError, SendError,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Nothing here waits for time; this ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// Three seeds on free ports.
async fn three() -> (Vec<Domain>, Vec<String>) {
    three_with(|join| join).await
}

async fn three_with(settings: fn(Join) -> Join) -> (Vec<Domain>, Vec<String>) {
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let seeds: Vec<String> = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
    let joins = listeners.into_iter().map(|listener| {
        let join = settings(Domain::join(seeds.clone()).name("test").listener(listener));
        tokio::spawn(join.into_future())
    });
    let joins: Vec<_> = joins.collect();
    let mut domains = Vec::new();
    for join in joins {
        domains.push(in_time("founding", join).await.unwrap().unwrap());
    }
    (domains, seeds)
}

/// Reads until the group has so many members; other events are handed to the visitor.
async fn until_members<M: std::fmt::Debug>(group: &mut Group<M>, count: usize) {
    in_time("a view", async {
        while let Some(event) = group.next().await {
            if matches!(&event, Event::View(view) if view.members.len() == count) {
                return;
            }
        }
        panic!("the group ended");
    })
    .await;
}

async fn messages(group: &mut Group<(u64, String)>, count: usize) -> Vec<u64> {
    let mut got = Vec::new();
    in_time("delivery", async {
        while got.len() < count {
            if let Event::Message(delivery) = group.next().await.expect("the group goes on") {
                got.push(delivery.message.0);
            }
        }
    })
    .await;
    got
}

/// Two groups of one ordering domain, both read by the same two: their messages are taken up by turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_of_an_ordering_domain_share_one_order() {
    let (domains, _) = three().await;
    let options = GroupOptions { ordering: Some(OrderingDomain::named("both")), ..GroupOptions::PLAIN };
    let enter = async |at: usize, name| domains[at].group::<u64>(name).options(options).await.unwrap();
    let mut members = [0, 1].map(|_| Vec::new());
    for (at, name) in [(0, "left"), (0, "right"), (1, "left"), (1, "right")] {
        members[at].push(in_time("entering", enter(at, name)).await);
    }
    for n in 0..200 {
        members[n % 2][n / 2 % 2].send(Order::Total, n % 3 == 0, &(n as u64)).await.unwrap();
    }
    let mut orders = members.each_mut().map(|_| BTreeMap::new());
    for (groups, order) in members.iter_mut().zip(&mut orders) {
        for (group, until) in groups.iter_mut().zip([100, 200]) {
            while order.len() < until {
                if let Some(Event::Message(delivery)) = in_time("delivery", group.next()).await {
                    order.insert(delivery.turn.unwrap().get(), delivery.message);
                }
            }
        }
    }
    assert!(orders[0] == orders[1] && orders[0].keys().copied().eq(1..=200), "{orders:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_members_deliver_in_one_order() {
    let (domains, _) = three().await;
    let mut groups: Vec<Group<(u64, String)>> = Vec::new();
    for domain in &domains {
        groups.push(in_time("entering", domain.group("chat").into_future()).await.unwrap());
    }
    for (member, group) in groups.iter_mut().enumerate() {
        if member < 2 {
            until_members(group, 3).await;
        }
    }
    let senders: Vec<_> = groups.iter().map(Group::sender).collect();
    for (member, sender) in senders.into_iter().enumerate() {
        tokio::spawn(async move {
            for i in 0..500 {
                let message = (member as u64 * 1000 + i, "x".repeat(i as usize % 50));
                sender.send(Order::Total, i % 2 == 0, &message).await.unwrap();
            }
        });
    }
    let mut orders = Vec::new();
    for group in &mut groups {
        orders.push(messages(group, 1500).await);
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0], orders[2]);
    for member in 0..3u64 {
        let of_one: Vec<u64> = orders[0].iter().copied().filter(|m| m / 1000 == member).collect();
        assert_eq!(of_one, (0..500).map(|i| member * 1000 + i).collect::<Vec<_>>(), "once each, in order");
    }
    let flushed = in_time("flush", groups[1].flush()).await.unwrap();
    in_time("its mark", async {
        while !matches!(groups[1].next().await, Some(Event::Stable(n)) if n == flushed) {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_and_dying_lead_to_new_views() {
    let (mut domains, _) = three().await;
    let mut groups = Vec::new();
    for domain in &domains {
        groups.push(in_time("entering", domain.octets("g").into_future()).await.unwrap());
    }
    let again = in_time("entering twice", domains[0].octets("g").into_future()).await;
    assert_eq!(again.err(), Some(EnterError::Refused(Refusal::AlreadyMember)));
    until_members(&mut groups[0], 3).await;
    let left = groups.remove(1);
    assert_eq!(in_time("leaving", left.leave()).await, Ended::Left);
    until_members(&mut groups[0], 2).await;
    groups[0].send(Order::Causal, false, &Bytes::from_static(b"here")).await.unwrap();

    drop(domains.remove(2));
    until_members(&mut groups[0], 1).await;
    let mut orphan = groups.remove(1);
    in_time("the dropped one's end", async {
        while let Some(event) = orphan.next().await {
            if let Event::Ended(why) = event {
                assert_eq!(why, Ended::Dropped);
            }
        }
    })
    .await;
    let gone = orphan.send(Order::Fifo, false, &Bytes::new()).await;
    assert!(matches!(gone, Err(SendError::Gone(_))), "{gone:?}");

    assert_eq!(domains[0].view().members.len(), 2);
    assert!(domains[0].counters().await.unwrap().suspicions >= 1);
    let last = domains.remove(1);
    assert_eq!(in_time("leaving the domain", last.leave()).await, Ended::Left);
    let mut views = domains[0].views();
    in_time("a view of one", views.wait_for(|view| view.members.len() == 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joiner_without_a_vote_gets_the_state() {
    let (domains, seeds) = three().await;
    let options = GroupOptions { state: true, ..GroupOptions::PLAIN };
    let mut first = in_time("entering", domains[0].octets("s").options(options).into_future()).await.unwrap();
    first.send(Order::Total, true, &Bytes::from_static(b"before")).await.unwrap();
    tokio::spawn(async move {
        let mut state = Vec::new();
        while let Some(event) = first.next().await {
            match event {
                Event::Message(delivery) => state.extend_from_slice(&delivery.message),
                Event::StateWanted(request) => request.give(state.clone().into()).await.unwrap(),
                _ => {}
            }
        }
    });
    let fourth = in_time("joining", Domain::join(seeds).name("test").into_future()).await.unwrap();
    let view = fourth.view();
    assert_eq!(view.members.iter().map(|m| m.weight).collect::<Vec<_>>(), [1, 1, 1, 0]);
    let mut group = in_time("entering", fourth.octets("s").options(options).into_future()).await.unwrap();
    in_time("the state", async {
        loop {
            if let Event::State(state) = group.next().await.expect("the group goes on") {
                return assert_eq!(&state[..], b"before");
            }
        }
    })
    .await;
    until_members(&mut group, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newcomers_mistakes_are_named() {
    let none: [&str; 0] = [];
    assert!(matches!(Domain::join(none).await, Err(JoinError::NoSeeds)));
    let twice = Domain::join(["a:1", "a:1"]).await;
    assert_eq!(twice.unwrap_err().to_string(), "the seed a:1 is listed twice");
    let wildcard = Domain::join(["a:1"]).listen("0.0.0.0:0").await;
    assert!(matches!(wildcard, Err(JoinError::NotDialable(_))));
    let hasty = Domain::join(["a:1"]).detection(Duration::from_millis(1)).await;
    assert!(hasty.unwrap_err().to_string().contains("the least is 50 ms"));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let taken = Domain::join([address.clone()]).listen(&address).await;
    assert!(matches!(taken, Err(JoinError::Listen { .. })));
    let alone = in_time("alone", Domain::join([address]).listener(listener).into_future()).await.unwrap();
    let only = Some(Class::new(Order::Total, true));
    let contradiction = GroupOptions { queries: true, ..GroupOptions::PLAIN };
    let refused = alone.octets("q").options(contradiction).await;
    assert!(matches!(refused, Err(EnterError::Options(_))));
    let group = alone.octets("t").options(GroupOptions { only, ..GroupOptions::PLAIN }).await.unwrap();
    let fifo = group.send(Order::Fifo, false, &Bytes::new()).await;
    assert!(matches!(fifo, Err(SendError::ClassNotAllowed)));
    let long = group.send(Order::Total, true, &Bytes::from(vec![0; (16 << 20) + 1])).await;
    assert!(matches!(long, Err(SendError::TooLong { .. })));
}

/// Octets from strangers, seeded: each connection is ended by the domain, which goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_octets_end_their_link_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let domain =
        in_time("alone", Domain::join([address.clone()]).listener(listener).into_future()).await.unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..200 {
        let mut draw = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let length = draw() % 200;
        let announced = if round % 2 == 0 { length } else { u64::from(u32::MAX) };
        let mut octets = (announced as u32).to_le_bytes().to_vec();
        octets.extend((0..length).map(|_| draw() as u8));
        if length >= 17 && round % 4 == 0 {
            octets[4] = (draw() % 7) as u8;
        }
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(&octets).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = in_time("the end of the link", stream.read_to_end(&mut answer)).await;
    }
    let mut group = in_time("entering", domain.octets("g").into_future()).await.unwrap();
    group.send(Order::Total, true, &Bytes::from_static(b"alive")).await.unwrap();
    in_time("delivery", async {
        while !matches!(group.next().await, Some(Event::Message(m)) if &m.message[..] == b"alive") {}
    })
    .await;
    assert!(domain.counters().await.unwrap().refused > 0);
}

/// Found by the demonstration: the oldest went before its last word, the decision that let it go, had left its sockets, and
/// whoever was left could decide nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_tells_the_others_first() {
    for _ in 0..10 {
        let (domains, _) = three().await;
        for domain in domains {
            assert_eq!(in_time("leaving in turn", domain.leave()).await, Ended::Left);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_left_without_a_quorum_is_told() {
    let (mut domains, _) = three().await;
    let last = domains.pop().unwrap();
    let mut group = in_time("entering", last.octets("g").into_future()).await.unwrap();
    drop(domains);
    in_time("the verdict", async {
        while !matches!(group.next().await, Some(Event::Blocked(Blocked::NotPrimary))) {}
    })
    .await;
}

/// A dying process may lose its connections before its listener: the dial that asks whether it is gone then ends without a
/// word. The protocol itself would dial again only after minutes here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dial_that_ends_without_a_word_is_made_once_more() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let seed = mute.local_addr().unwrap().to_string();
    let join = Domain::join([seed]).name("test").detection(Duration::from_secs(36_000));
    let joining = tokio::spawn(join.into_future());
    drop(in_time("a dial", mute.accept()).await.unwrap());
    drop(in_time("another", mute.accept()).await.unwrap());
    joining.abort();
}

/// Little room everywhere, so that a slow reader is noticed soon.
fn narrow(join: Join) -> Join {
    let limits = DriverLimits {
        events_waiting_bytes_max: 64 << 10,
        sends_waiting_bytes_max: 16 << 10,
        ..DriverLimits::default()
    };
    let core = Limits { window_bytes_max: 32 << 10, backlog_bytes_max: 16 << 10, ..Limits::default() };
    join.limits(limits).core_limits(core)
}

/// The same, and little patience.
fn impatient(join: Join) -> Join {
    let limits = DriverLimits {
        events_waiting_bytes_max: 64 << 10,
        unread_wait: Duration::from_millis(100),
        ..DriverLimits::default()
    };
    narrow(join).limits(limits)
}

async fn three_members(settings: fn(Join) -> Join) -> (Vec<Domain>, Vec<Group<Bytes>>) {
    let (domains, _) = three_with(settings).await;
    let mut groups = Vec::new();
    for domain in &domains {
        groups.push(in_time("entering", domain.octets("g").into_future()).await.unwrap());
    }
    for group in &mut groups[..2] {
        until_members(group, 3).await;
    }
    (domains, groups)
}

/// Reads until this many messages have come.
async fn count_messages(group: &mut Group<Bytes>, count: usize) {
    let mut got = 0;
    in_time("messages", async {
        while got < count {
            match group.next().await.expect("the group goes on") {
                Event::Message(_) => got += 1,
                Event::Ended(why) => panic!("ended: {why}"),
                _ => {}
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_sixteen_mebibytes_is_delivered_whole() {
    let (_domains, mut groups) = three_members(|join| join).await;
    let message: Bytes = (0..16usize << 20).map(|at| (at / 251) as u8 ^ at as u8).collect();
    in_time("sending", groups[0].send(Order::Total, true, &message)).await.unwrap();
    for group in &mut groups {
        let delivered = in_time("delivery", async {
            loop {
                if let Event::Message(delivery) = group.next().await.expect("the group goes on") {
                    return delivery.message;
                }
            }
        });
        assert!(delivered.await == message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_application_makes_senders_wait_and_loses_nothing() {
    let (domains, mut groups) = three_members(narrow).await;
    let (sender, mut slow) = (groups[0].sender(), groups.pop().unwrap());
    // The one who sends waits for no one but the group; the others read as fast as they can.
    let sending = tokio::spawn(async move {
        let message = Bytes::from(vec![7; 1000]);
        for _ in 0..1000 {
            sender.send(Order::Total, false, &message).await.unwrap();
        }
    });
    let mut got = 0;
    in_time("the wait for credits", async {
        loop {
            match groups[0].next().await.expect("the group goes on") {
                Event::Blocked(Blocked::Credits(_)) => break,
                Event::Message(_) => got += 1,
                _ => {}
            }
        }
    })
    .await;
    assert!(got < 1000 && !sending.is_finished(), "the sender waits");
    let metrics = in_time("the reader's lag", async {
        loop {
            let metrics = domains[2].metrics().await.unwrap();
            if metrics.groups_lagging == 1 {
                return metrics;
            }
        }
    })
    .await;
    assert!(metrics.events_unread_bytes > 64 << 10 && metrics.links >= 2, "{metrics:?}");
    assert_eq!(metrics.groups, 1);
    let metrics = in_time("metrics", domains[0].metrics()).await.unwrap();
    assert!(metrics.messages_kept > 0, "{metrics:?}");
    let mut quick = groups.pop().unwrap();
    let quick = tokio::spawn(async move { count_messages(&mut quick, 1000).await });
    let first = tokio::spawn(async move { count_messages(&mut groups[0], 1000 - got).await });
    count_messages(&mut slow, 1000).await;
    for task in [quick, first, sending] {
        in_time("the rest", task).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_nothing_at_all_leaves_the_group() {
    let (_domains, mut groups) = three_members(impatient).await;
    let (sender, mut slow) = (groups[0].sender(), groups.pop().unwrap());
    let sending = tokio::spawn(async move {
        let message = Bytes::from(vec![7; 1000]);
        for _ in 0..500 {
            sender.send(Order::Fifo, false, &message).await.unwrap();
        }
    });
    let mut other = groups.pop().unwrap();
    let other = tokio::spawn(async move { count_messages(&mut other, 500).await });
    let (mut got, mut members) = (0, 3);
    in_time("the view without the deaf one, and all messages", async {
        while got < 500 || members > 2 {
            match groups[0].next().await.expect("the group goes on") {
                Event::Message(_) => got += 1,
                Event::View(view) => members = view.members.len(),
                _ => {}
            }
        }
    })
    .await;
    in_time("the others go on", other).await.unwrap();
    in_time("sending", sending).await.unwrap();
    in_time("the end", async {
        while let Some(event) = slow.next().await {
            if let Event::Ended(why) = event {
                assert_eq!(why, Ended::Unread);
                return;
            }
        }
        panic!("no last word");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_divides_every_group_alike() {
    let (domains, _) = three().await;
    let mut groups: Vec<Group<(u64, String)>> = Vec::new();
    for domain in &domains {
        groups.push(in_time("entering", domain.group("chat").into_future()).await.unwrap());
    }
    for group in &mut groups[..2] {
        until_members(group, 3).await;
    }
    let sender = groups[0].sender();
    let traffic = tokio::spawn(async move {
        for i in 0..300 {
            sender.send(Order::Total, false, &(i, String::new())).await.unwrap();
        }
    });
    in_time("casting", domains[2].cast(Bytes::from_static(b"now"))).await.unwrap();
    traffic.await.unwrap();
    let mut before = Vec::new();
    for group in &mut groups {
        let (mut count, mut at) = (0, None);
        in_time("delivery", async {
            while count < 300 || at.is_none() {
                match group.next().await.expect("the group goes on") {
                    Event::Message(_) => count += 1,
                    Event::Cast(cast) => {
                        assert_eq!((cast.sender, &cast.payload[..]), (domains[2].process(), &b"now"[..]));
                        assert_eq!(at.replace(count), None, "once");
                    }
                    _ => {}
                }
            }
        })
        .await;
        before.push(at);
    }
    assert!(before.iter().all(|at| *at == before[0]), "{before:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_dormant_group_is_reset() {
    let (mut domains, _) = three().await;
    let none = in_time("resetting", domains[0].reset_group("ledger")).await;
    assert_eq!(none, Err(RequestError::Refused(Refusal::NoGroup)));
    let options = GroupOptions { state: true, ..GroupOptions::PLAIN };
    let only = in_time("entering", domains[2].octets("ledger").options(options).into_future()).await.unwrap();
    let awake = in_time("resetting", domains[0].reset_group("ledger")).await;
    assert_eq!(awake, Err(RequestError::Refused(Refusal::NotDormant)));
    // The next is in the group before it has the state: nobody reads the request for it.
    let mut second =
        in_time("entering", domains[0].octets("ledger").options(options).into_future()).await.unwrap();
    drop((domains.remove(2), only));
    in_time("dormancy", async {
        while !matches!(second.next().await, Some(Event::Blocked(Blocked::Dormant(_)))) {}
    })
    .await;
    in_time("resetting", domains[0].reset_group("ledger")).await.unwrap();
    in_time("a complete member", async {
        loop {
            match second.next().await {
                Some(Event::View(view)) if view.members.iter().any(|m| m.complete) => break,
                Some(_) => {}
                None => panic!("the group ended"),
            }
        }
    })
    .await;
}
