//! An operator has one server go on with what it has, which is less than the others had.

use std::ops::Range;

use quorb_events::{ChannelOptions, Events, Guarantee, Start};
use quorb_groups::driver::Domain;
use tokio::net::TcpListener;

use crate::group::{Trio, member, of, seen};
use crate::rig::{Folder, soon};

/// Publishes these, each answered from the disks.
async fn publish(events: &Events, values: Range<u64>) {
    let topic = events.topic::<u64>("d").await.unwrap();
    for value in values {
        soon("it is published", topic.publish(value)).await.unwrap();
    }
}

/// Starts the first server, which goes on with what it has whatever the others had.
async fn force(trio: &mut Trio) {
    let listener = TcpListener::bind(&trio.seeds[0]).await.unwrap();
    let data = trio.folder.as_ref().unwrap().0.join("0/group");
    let join = Domain::join(trio.seeds.clone()).listener(listener).data(data).force_restart();
    let domain = soon("it goes on alone", join.into_future()).await.unwrap();
    trio.members[0] = Some(member(domain, of(&trio.folder, 0), &trio.limits).await);
    trio.events = trio.only(0);
}

/// Positions that only the others knew are given again. When those are back they have what is there now, also where as many
/// events have been published meanwhile as they had: their own are dropped.
async fn all_have_the_same(published_meanwhile: u64) {
    let mut trio = Trio::with(Some(Folder::new()), |_| ()).await;
    let mut options = ChannelOptions::new(Guarantee::Durable);
    // All but the last are read from the disk.
    options.history_events = 3;
    trio.events.channel("d", options).await.unwrap();
    publish(&trio.events, 1..11).await;
    trio.kill(0).await;
    publish(&trio.only(1), 11..16).await;
    // Each has them on its own disk before it is lost.
    for at in [1, 2] {
        let mut replay =
            trio.only(at).subscription("d").from(Start::First).until_now().open::<u64>().await.unwrap();
        assert_eq!(seen(&mut replay, 15).await, (1..16).map(|value| (value, value)).collect::<Vec<_>>());
    }
    trio.kill(1).await;
    trio.kill(2).await;
    force(&mut trio).await;
    publish(&trio.events, 111..111 + published_meanwhile).await;
    for at in [1, 2] {
        // Its log belongs to what was before; its events are still there.
        std::fs::remove_dir_all(trio.folder.as_ref().unwrap().0.join(format!("{at}/group"))).unwrap();
        trio.start(at).await;
    }
    let meanwhile = (11..).zip(111..111 + published_meanwhile);
    let expected: Vec<(u64, u64)> = (1..11).map(|value| (value, value)).chain(meanwhile).collect();
    for at in 0..3 {
        let mut replay =
            trio.only(at).subscription("d").from(Start::First).until_now().open::<u64>().await.unwrap();
        assert_eq!(seen(&mut replay, expected.len()).await, expected, "server {at}");
    }
    trio.end().await;
}

#[tokio::test]
async fn those_who_had_more_have_what_is_there() {
    all_have_the_same(2).await;
}

#[tokio::test]
async fn those_who_had_as_much_have_what_is_there() {
    all_have_the_same(5).await;
}

#[tokio::test]
async fn those_who_have_less_by_now_have_what_is_there() {
    all_have_the_same(40).await;
}
