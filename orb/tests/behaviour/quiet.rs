//! Clients that come back.

use std::time::Duration;

use quorb::Proxy;

use crate::rig::{Way, World};

/// A server forgets clients that were quiet for long. Whoever comes back is not mistaken for a repetition, nor shut out.
pub(crate) async fn a_client_that_was_quiet_for_long(way: Way) {
    for traces_max in [0, 1, 10] {
        a_client_that_was_quiet(way, traces_max).await;
    }
}

pub(crate) async fn a_client_that_was_quiet(way: Way, traces_max: usize) {
    let forgetful = |limits: &mut quorb::Limits| {
        limits.reply_cache_idle_max = Duration::ZERO;
        limits.reply_cache_traces_max = traces_max;
    };
    let world = World::serving(way, forgetful).await;
    let other = quorb::Orb::builder().memory(&world.network).prefer(way.preference()).start().await.unwrap();
    let other = other.bind::<crate::rig::ProbeProxy>(&world.own.object().to_string()).unwrap();
    for n in 1..=4 {
        assert_eq!(world.probe.add(1).await.unwrap(), 2 * n - 1);
        assert_eq!(other.add(1).await.unwrap(), 2 * n);
    }
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let probe = world.probe.clone();
            tokio::spawn(async move { probe.add(1).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(world.probe.value().await.unwrap(), 16);
    world.end().await;
}
