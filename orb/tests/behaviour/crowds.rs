//! Many calls at a time, and large bodies beside small calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::rig::{Way, World, soon};

/// A queue of one: each call waits for the one before it, and none is forgotten in the queue.
pub(crate) async fn a_single_place(way: Way) {
    let world =
        World::with(way, |limits| limits.calls_in_flight_max = 1, |limits| limits.calls_in_flight_max = 1)
            .await;
    let calls: Vec<_> = (0..400)
        .map(|n| {
            let probe = world.probe.clone();
            tokio::spawn(async move {
                match n % 4 {
                    0 => drop(probe.time_left_of(&probe).await.unwrap()),
                    _ => drop(probe.add(1).await.unwrap()),
                }
            })
        })
        .collect();
    for call in calls {
        soon("every call ends", call).await.unwrap();
    }
    assert_eq!(world.probe.value().await.unwrap(), 300);
    world.end().await;
}

pub(crate) async fn large_bodies_both_ways(way: Way) {
    let world = World::new(way).await;
    let octets: Vec<u8> = (0..16u32 << 20).map(|n| (n / 7) as u8).collect();
    let done = Arc::new(AtomicBool::new(false));
    let small = tokio::spawn({
        let (probe, done, count) = (world.probe.clone(), done.clone(), AtomicU32::new(0));
        async move {
            while !done.load(Ordering::SeqCst) {
                probe.add(1).await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            }
            count.into_inner()
        }
    });
    let (there, back) = tokio::join!(world.probe.echo(&octets), world.probe.echo(&octets));
    assert!(there.unwrap() == octets && back.unwrap() == octets);
    done.store(true, Ordering::SeqCst);
    let small = small.await.unwrap();
    assert!(small >= way.passing_min(), "{small} small calls beside large ones");
    world.end().await;
}
