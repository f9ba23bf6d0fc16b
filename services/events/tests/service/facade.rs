//! Topics, subjects, types, keys, named publishers.

use quorb::{Any, IdlType};
use quorb_events::{ChannelOptions, EventError, Feed, Guarantee, Loss, Start};

use crate::rig::{Rig, soon, values};

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Tick {
    symbol: String,
    price: f64,
    size: Option<u32>,
}

fn tick(number: u32) -> Tick {
    Tick {
        symbol: format!("s{number}"),
        price: f64::from(number) / 4.0,
        size: number.is_multiple_of(2).then_some(number),
    }
}

#[tokio::test]
async fn what_is_published_arrives_in_order_and_typed() {
    let rig = Rig::new().await;
    let ticks = rig.events.topic::<Tick>("equities/ibm").await.unwrap();
    let mut feed = ticks.subscribe("equities/*").await.unwrap();
    for number in 0..10_000 {
        ticks.publish(tick(number)).await.unwrap();
    }
    let got = values(&mut feed, 10).await;
    assert_eq!(got, (0..10).map(tick).collect::<Vec<_>>());
    assert_eq!(feed.position(), 11);
    drop(feed);
    let report = soon("it is forgotten", async {
        loop {
            let report = rig.events.describe("equities").await.unwrap();
            if report.subscribers.is_empty() {
                return report;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(report.await.info.options.guarantee, Guarantee::Ordered);
    rig.end().await;
}

#[tokio::test]
async fn wildcards_choose_subjects() {
    let rig = Rig::new().await;
    let subjects = ["equities/ibm", "equities/sun", "equities/ibm/options", "equities"];
    let mut feeds = Vec::new();
    rig.events.channel("equities", ChannelOptions::default()).await.unwrap();
    for pattern in ["equities/ibm", "equities/*", "equities/**", "equities/*/options"] {
        feeds.push(rig.events.subscribe::<String>(pattern).await.unwrap());
    }
    for round in 0..3 {
        for subject in subjects {
            let topic = rig.events.topic::<String>(subject).await.unwrap();
            topic.publish(format!("{subject} {round}")).await.unwrap();
        }
    }
    let expected: [&[&str]; 4] =
        [&["equities/ibm"], &["equities/ibm", "equities/sun"], &subjects, &["equities/ibm/options"]];
    for (feed, expected) in feeds.iter_mut().zip(expected) {
        let wanted: Vec<String> = (0..3)
            .flat_map(|round| expected.iter().map(move |subject| format!("{subject} {round}")))
            .collect();
        assert_eq!(values(feed, wanted.len()).await, wanted);
    }
    rig.end().await;
}

#[tokio::test]
async fn events_carry_position_subject_key_and_time() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<i32>("a/b").await.unwrap();
    let mut feed = topic.subscription().open::<i32>().await.unwrap();
    topic.publish_keyed("k", 7).await.unwrap();
    let event = soon("an event", feed.next_event()).await.unwrap().unwrap();
    assert_eq!(
        (event.position, event.subject.as_str(), event.key.as_slice(), event.value),
        (1, "a/b", &b"k"[..], 7)
    );
    let age = event.time().elapsed().unwrap_or_default();
    assert!(age < std::time::Duration::from_secs(3_600), "{age:?}");
    rig.end().await;
}

#[tokio::test]
async fn values_of_another_type_are_told_and_cost_nothing_else() {
    let rig = Rig::new().await;
    let (numbers, texts) =
        (rig.events.topic::<i32>("m").await.unwrap(), rig.events.topic::<String>("m").await.unwrap());
    let mut feed = rig.events.subscribe::<i32>("m").await.unwrap();
    let mut all: Feed<Any> = rig.events.subscribe("m").await.unwrap();
    numbers.publish(1).await.unwrap();
    texts.publish("two".to_owned()).await.unwrap();
    numbers.publish(3).await.unwrap();
    assert_eq!(soon("an event", feed.next_event()).await.unwrap().unwrap().value, 1);
    let other = soon("a loss", feed.next_event()).await.unwrap().unwrap_err();
    assert_eq!(other, Loss::OtherType { position: 2, subject: "m".into(), found: "string".into() });
    assert_eq!(soon("an event", feed.next_event()).await.unwrap().unwrap().value, 3);
    assert_eq!(feed.lost(), 1);
    let any = values(&mut all, 3).await;
    assert_eq!(any[1].get::<String>().unwrap(), "two");
    assert_eq!(any[2], Any::new(&3i32).unwrap());
    rig.end().await;
}

#[tokio::test]
async fn replay_goes_over_into_what_comes() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<u32>("n/x").await.unwrap();
    let others = rig.events.topic::<u32>("n/y").await.unwrap();
    for number in 0..500 {
        topic.publish(number).await.unwrap();
        others.publish(number).await.unwrap();
    }
    topic.flush().await.unwrap();
    let publishing = tokio::spawn(async move {
        for number in 500..1_000 {
            topic.publish(number).await.unwrap();
        }
        topic.flush().await.unwrap();
    });
    let from = |start| rig.events.subscription("n/x").from(start).queue(10_000).open::<u32>();
    let mut first = from(Start::First).await.unwrap();
    assert_eq!(values(&mut first, 1_000).await, (0..1_000).collect::<Vec<_>>());
    publishing.await.unwrap();
    let mut last = from(Start::Last(10)).await.unwrap();
    assert_eq!(values(&mut last, 10).await, (990..1_000).collect::<Vec<_>>());
    let mut position = from(Start::Position(995)).await.unwrap();
    assert_eq!(values(&mut position, 1).await, [497]);
    let rest = rig.events.subscription("n/y").from(Start::First).until_now().open::<u32>();
    let mut rest = rest.await.unwrap();
    let mut count = 0;
    while soon("an end", rest.next()).await.is_some() {
        count += 1;
    }
    assert_eq!((count, rest.end()), (500, None), "what does not match does not keep it from its end");
    rig.end().await;
}

#[tokio::test]
async fn a_backup_publisher_goes_on_without_gap_or_repetition() {
    let rig = Rig::new().await;
    rig.events.channel("f", ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
    let mut feed = rig.events.subscribe::<u64>("f/x").await.unwrap();
    let primary = rig.events.topic_of::<u64>("f/x", "pricer").await.unwrap();
    for number in 1..=20 {
        assert!(primary.publish_numbered(number, number).await.unwrap());
    }
    // Another process; it does not know how far the first one has come.
    let other = quorb::Orb::client().await.unwrap();
    let events = quorb_events::Events::at(&other, &rig.service.reference().to_string()).unwrap();
    let backup = events.topic_of::<u64>("f/x", "pricer").await.unwrap();
    assert_eq!(backup.next_number(), 21);
    for number in 11..=40 {
        assert_eq!(backup.publish_numbered(number, number).await.unwrap(), number > 20);
    }
    let gap = backup.publish_numbered(50, 50).await.unwrap_err();
    assert_eq!(gap, EventError::Refused("the number 50, where 41 is the next one".into()));
    // The first one was only slow: what it says again is known.
    assert!(primary.publish_numbered(21, 21).await.unwrap());
    assert_eq!(values(&mut feed, 40).await, (1..=40).collect::<Vec<_>>());
    assert_eq!(rig.events.describe("f").await.unwrap().repeated, 1);
    rig.end().await;
}

#[tokio::test]
async fn many_publishers_share_a_message() {
    let rig = Rig::new().await;
    rig.events.channel("c", ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
    let mut feed = rig.events.subscribe::<u32>("c").await.unwrap();
    let publishers: Vec<_> = (0..64u32)
        .map(|publisher| {
            let events = rig.events.clone();
            tokio::spawn(async move {
                let topic = events.topic::<u32>("c").await.unwrap();
                for number in 0..50 {
                    topic.confirm(publisher * 50 + number).await.unwrap();
                }
            })
        })
        .collect();
    let mut all = values(&mut feed, 3_200).await;
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let of = |publisher: u32| all.iter().copied().filter(move |number| number / 50 == publisher);
    assert!((0..64).all(|publisher| of(publisher).is_sorted()), "in the order of each publisher");
    all.sort_unstable();
    assert_eq!(all, (0..3_200).collect::<Vec<_>>());
    rig.end().await;
}
