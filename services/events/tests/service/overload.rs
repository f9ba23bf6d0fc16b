//! Every policy, exact counts, nobody held up.

use quorb::Proxy;
use quorb_events::native::{ChannelReport, SubscribeOptions, WhyEjected};
use quorb_events::{ChannelOptions, EventError, Guarantee, Loss, Overflow};

use crate::rig::{Rig, soon, values};

/// A subscriber that never asks for anything.
async fn stopped(rig: &Rig, pattern: &str, overflow: Overflow, queue_events: u32) {
    let options = SubscribeOptions { overflow: Some(overflow), queue_events, ..SubscribeOptions::default() };
    rig.events.service().subscribe(pattern, &options).await.unwrap();
}

fn adds_up(report: &ChannelReport) {
    for one in &report.subscribers {
        let dropped = one.dropped_oldest + one.dropped_newest + one.conflated;
        assert_eq!(one.matched, one.delivered + one.queued + dropped, "{one:?}");
    }
}

#[tokio::test]
async fn one_slow_consumer_delays_nobody() {
    const EVENTS: u64 = 20_000;
    let rig = Rig::new().await;
    rig.events.channel("c", ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
    stopped(&rig, "c", Overflow::DropOldest, 1_024).await;
    stopped(&rig, "c", Overflow::DropNewest, 1_024).await;
    stopped(&rig, "c", Overflow::Eject, 1_024).await;
    stopped(&rig, "c", Overflow::Replay, 1_024).await;
    let mut readers = Vec::new();
    for _ in 0..9 {
        let mut feed = rig.events.subscribe::<u64>("c").await.unwrap();
        readers.push(tokio::spawn(async move { values(&mut feed, EVENTS as usize).await }));
    }
    let topic = rig.events.topic::<u64>("c").await.unwrap();
    for number in 0..EVENTS {
        topic.publish(number).await.unwrap();
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (0..EVENTS).collect::<Vec<_>>());
    }
    let report = rig.events.describe("c").await.unwrap();
    adds_up(&report);
    let counts: Vec<_> = report.subscribers[..4]
        .iter()
        .map(|one| (one.matched, one.queued, one.dropped_oldest, one.dropped_newest))
        .collect();
    let dropped = EVENTS - 1_024;
    assert_eq!(counts[0], (EVENTS, 1_024, dropped, 0));
    assert_eq!(counts[1], (EVENTS, 1_024, 0, dropped));
    assert_eq!(counts[2], (1_024, 1_024, 0, 0), "it is ejected, and counts no further");
    assert_eq!(counts[3], (1_024, 1_024, 0, 0), "it goes on in history");
    rig.end().await;
}

#[tokio::test]
async fn drops_are_told_with_their_reason_and_the_numbers_are_exact() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<u64>("c").await.unwrap();
    let open = |overflow, queue| rig.events.subscription("c").overflow(overflow).queue(queue).open::<u64>();
    // What a feed has asked for already is not in the queue any more: the first event is what it waits for.
    let mut feeds = Vec::new();
    for overflow in [Overflow::DropOldest, Overflow::DropNewest, Overflow::Conflate] {
        feeds.push(open(overflow, 10).await.unwrap());
    }
    for number in 0..5_000u64 {
        topic.publish_keyed([number as u8 % 7], number).await.unwrap();
    }
    topic.confirm(5_000).await.unwrap();
    for feed in &mut feeds {
        let (mut got, mut lost) = (0, 0);
        while got + lost < 5_001 {
            match soon("an event", feed.next_event()).await.expect("it goes on") {
                Ok(_) => got += 1,
                Err(Loss::Dropped { oldest, newest, conflated }) => lost += oldest + newest + conflated,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((got + lost, feed.lost()), (5_001, lost));
    }
    adds_up(&rig.events.describe("c").await.unwrap());
    rig.end().await;
}

#[tokio::test]
async fn who_is_ejected_is_told_from_where_on() {
    let rig = Rig::new().await;
    rig.events.channel("c", ChannelOptions::default()).await.unwrap();
    let wanted =
        SubscribeOptions { overflow: Some(Overflow::Eject), queue_events: 5, ..SubscribeOptions::default() };
    let begun = rig.events.service().subscribe("c", &wanted).await.unwrap();
    let topic = rig.events.topic::<u64>("c").await.unwrap();
    for number in 1..=20 {
        topic.confirm(number).await.unwrap();
    }
    let service = rig.events.service();
    let first = service.take(begun.channel, begun.subscription, 0, 0).await.unwrap();
    assert!(!first.is_empty(), "what is in its queue is its own");
    let ended = service.take(begun.channel, begun.subscription, 1, 0).await.unwrap_err();
    let quorb_events::native::TakeError::Ejected(ejected) = ended.user().unwrap() else { panic!("{ended}") };
    assert_eq!((ejected.why, ejected.next), (WhyEjected::TooSlow, 6));
    // It subscribes again where it was, and has missed nothing.
    let mut again = rig.events.subscription("c").at(ejected.next).open::<u64>().await.unwrap();
    assert_eq!(values(&mut again, 15).await, (6..=20).collect::<Vec<_>>());
    rig.end().await;
}

#[tokio::test]
async fn a_publisher_that_waits_in_vain_is_told_how_much_was_published() {
    let rig = Rig::with(|limits| {
        limits.publish_wait_max = std::time::Duration::from_millis(300);
        limits.subscriber_silence_max = std::time::Duration::from_secs(3_600);
    })
    .await;
    rig.events.channel("c", ChannelOptions::new(Guarantee::Reliable)).await.unwrap();
    stopped(&rig, "c", Overflow::SlowPublisher, 100).await;
    let topic = rig.events.topic::<u64>("c").await.unwrap();
    let sends: Vec<_> = (0..150).map(|number| topic.post(number)).collect();
    for send in sends {
        send.await.unwrap();
    }
    let refused = topic.flush().await.unwrap_err();
    assert!(matches!(refused, EventError::NotPublished { .. }), "{refused}");
    let report = rig.events.describe("c").await.unwrap();
    assert_eq!((report.published, report.subscribers[0].queued, report.waiting), (100, 100, 0));
    rig.end().await;
}

#[tokio::test]
async fn best_effort_waits_for_nobody_and_counts_what_it_drops() {
    let rig = Rig::new().await;
    rig.events.channel("c", ChannelOptions::new(Guarantee::BestEffort)).await.unwrap();
    let topic = rig.events.topic::<Vec<u8>>("c").await.unwrap();
    let large = vec![7; 50_000];
    for _ in 0..200 {
        topic.publish(&large).await.unwrap();
    }
    topic.flush().await.unwrap();
    let report = rig.events.describe("c").await.unwrap();
    assert!(topic.dropped() > 0, "nobody has waited");
    assert_eq!(report.published + topic.dropped(), 200);
    rig.end().await;
}

#[tokio::test]
async fn the_end_of_a_channel_is_told() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<u64>("c").await.unwrap();
    let mut feed = rig.events.subscribe::<u64>("c").await.unwrap();
    topic.confirm(1).await.unwrap();
    rig.events.remove("c").await.unwrap();
    assert_eq!(soon("an event", feed.next()).await, Some(1));
    assert_eq!(soon("an end", feed.next()).await, None);
    assert!(feed.end().is_some(), "it says why");
    assert_eq!(rig.events.remove("c").await, Err(EventError::NoChannel("c".into())));
    let _ = rig.service.reference().object();
    rig.end().await;
}
