//! What any user of an object does.

use crate::rig::probe::Tree;
use crate::rig::{Way, World};

pub(crate) async fn an_object_is_the_same_wherever_it_is(way: Way) {
    let world = World::new(way).await;
    let probe = &world.probe;
    assert_eq!(probe.value().await.unwrap(), 0);
    assert_eq!(probe.add(5).await.unwrap(), 5);
    assert_eq!(probe.text("gr\u{fc}n \u{1f7e2}").await.unwrap(), "gr\u{fc}n \u{1f7e2}");
    assert_eq!(probe.depth(&Tree::chain(20)).await.unwrap(), 20);
    assert_eq!(probe.echo(&vec![7; 300_000]).await.unwrap(), vec![7; 300_000]);
    probe.note(2).await.unwrap();
    world.control.noted(1).await;
    assert_eq!(probe.value().await.unwrap(), 7);
    let many = (0..100).map(|_| {
        tokio::spawn({
            let probe = probe.clone();
            async move { probe.add(1).await.unwrap() }
        })
    });
    for call in many.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(probe.value().await.unwrap(), 107);
    world.end().await;
}

/// A oneway call leaves nothing behind on its connection.
pub(crate) async fn oneway_calls_use_nothing_up(way: Way) {
    let world = World::serving(way, |limits| limits.calls_in_flight_max = 8).await;
    for _ in 0..300 {
        world.probe.note(1).await.unwrap();
    }
    world.control.noted(300).await;
    assert_eq!(world.probe.value().await.unwrap(), 300);
    world.end().await;
}
