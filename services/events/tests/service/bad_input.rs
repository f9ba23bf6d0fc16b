//! What nobody should send: typed errors, and the rest of the channel unharmed.

use quorb_events::block::BlockWriter;
use quorb_events::native::{ChannelError, PublishError, SubscribeError, SubscribeOptions, TakeError};
use quorb_events::{ChannelOptions, EventError, Limits};

use crate::rig::{Rig, soon};

#[tokio::test]
async fn subjects_that_are_none() {
    let rig = Rig::new().await;
    let deep = vec!["a"; 10_000].join("/");
    let long = "x".repeat(2_000);
    for subject in ["", "a//b", "a\u{7}", "a/*", "/", &deep, &long] {
        let refused = rig.events.topic::<u8>(subject).await.unwrap_err();
        assert!(matches!(refused, EventError::Subject { .. }), "{refused}");
        assert!(refused.to_string().len() < 300, "the message does not repeat it all");
    }
    for pattern in ["*/a", "**", "a/**/b", "a/b*"] {
        let refused = rig.events.subscribe::<u8>(pattern).await.unwrap_err();
        assert!(matches!(refused, EventError::Subject { .. }), "{refused}");
    }
    // Those who do not check themselves are checked.
    let service = rig.events.service();
    let refused = service.open(&deep, &None).await.unwrap_err();
    assert!(matches!(refused.user(), Some(ChannelError::BadSubject(_))), "{refused}");
    let refused = service.open("a/b", &None).await.unwrap_err();
    assert!(matches!(refused.user(), Some(ChannelError::BadSubject(_))), "{refused}");
    let refused = service.subscribe(&deep, &SubscribeOptions::default()).await.unwrap_err();
    assert!(matches!(refused.user(), Some(SubscribeError::BadSubject(_))), "{refused}");
    for odd in ["ünïcödé/ /\"quotes\"", "a b/c>d", "日本/株"] {
        let topic = rig.events.topic::<u8>(odd).await.unwrap();
        let mut feed = topic.subscribe(odd).await.unwrap();
        topic.publish(1).await.unwrap();
        assert_eq!(soon("an event", feed.next()).await, Some(1));
    }
    rig.end().await;
}

#[tokio::test]
async fn blocks_that_are_none() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<u8>("a/x").await.unwrap();
    let mut feed = topic.subscribe("a/**").await.unwrap();
    let service = rig.events.service();
    let other = |subject: &str| {
        let mut writer = BlockWriter::new("", 0);
        let (subject, ty) = (writer.subject(subject), writer.ty(&[0, 0, 0, 0]));
        writer.event(subject, ty, &[], &[1, 2, 3]);
        writer.into_octets().to_vec()
    };
    let good = other("a/x");
    for octets in [
        vec![],
        vec![0; 100],
        vec![0xff; 10_000],
        good[..good.len() - 1].to_vec(),
        other("b/x"),
        other("a//x"),
    ] {
        let refused = service.publish("a", &octets).await.unwrap_err();
        assert!(matches!(refused.user(), Some(PublishError::BadBlock(_))), "{refused}");
    }
    let refused = service.publish("nothing", &good).await.unwrap_err();
    assert!(matches!(refused.user(), Some(PublishError::NoChannel(_))), "{refused}");
    // A block whose types and payloads are nonsense is a block: whoever reads it is told.
    service.publish("a", &good).await.unwrap();
    let loss = soon("a loss", feed.next_event()).await.unwrap().unwrap_err();
    assert!(!loss.is_end(), "{loss}");
    topic.publish(7).await.unwrap();
    assert_eq!(soon("an event", feed.next()).await, Some(7));
    rig.end().await;
}

#[tokio::test]
async fn values_that_are_too_large() {
    let rig = Rig::new().await;
    let topic = rig.events.topic::<Vec<u8>>("a").await.unwrap();
    let limit = Limits::default().block_bytes_max;
    let refused = topic.publish(vec![0; limit]).await.unwrap_err();
    assert!(matches!(refused, EventError::TooLarge { .. }), "{refused}");
    let refused = topic.publish_keyed(vec![0; 5_000], vec![1]).await;
    let flushed = topic.flush().await;
    assert!(refused.is_err() || flushed.is_err(), "a key of 5,000 octets");
    topic.confirm(vec![0; limit / 2]).await.unwrap();
    rig.end().await;
}

#[tokio::test]
async fn subscriptions_that_are_none() {
    let rig = Rig::new().await;
    rig.events.channel("a", ChannelOptions::default()).await.unwrap();
    let service = rig.events.service();
    for (channel, subscription) in [(0, 0), (u64::MAX, 1), (1, u64::MAX)] {
        let refused = service.take(channel, subscription, 0, 0).await.unwrap_err();
        assert!(matches!(refused.user(), Some(TakeError::NoSubscription(_))), "{refused}");
        service.cancel(channel, subscription).await.unwrap();
    }
    let greedy = SubscribeOptions { queue_events: u32::MAX, ..SubscribeOptions::default() };
    let refused = service.subscribe("a", &greedy).await.unwrap_err();
    assert!(matches!(refused.user(), Some(SubscribeError::BadOptions(_))), "{refused}");
    let early = rig.events.subscription("a").at(u64::MAX).open::<u8>().await.unwrap();
    assert_eq!(early.position(), 1, "a position that is not there yet is the next one");
    let refused = rig.events.subscribe::<u8>("nothing").await.unwrap_err();
    assert_eq!(refused, EventError::NoChannel("nothing".into()));
    rig.end().await;
}

#[tokio::test]
async fn channels_have_a_limit() {
    let rig = Rig::with(|limits| {
        limits.channels_max = 2;
        limits.subscribers_max = 1;
    })
    .await;
    rig.events.topic::<u8>("a").await.unwrap();
    rig.events.topic::<u8>("b").await.unwrap();
    let refused = rig.events.topic::<u8>("c").await.unwrap_err();
    assert!(refused.to_string().contains("channels_max"), "{refused}");
    let _one = rig.events.subscribe::<u8>("a").await.unwrap();
    let refused = rig.events.subscribe::<u8>("a").await.unwrap_err();
    assert!(refused.to_string().contains("subscribers_max"), "{refused}");
    rig.end().await;
}
