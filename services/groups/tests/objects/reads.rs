//! Queries of objects that promise less than the present value, and so answer where others refuse.

use crate::rig::{World, in_time};
use quorb::{ExceptionKind, Orb, Preference, Proxy};
use quorb_groups::object::{Reads, Style};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_cut_off_answers_as_far_as_is_declared() {
    let hour = Duration::from_secs(3600);
    let declared = [
        (Reads::Linearizable, [false, false]),
        (Reads::Session, [true, false]),
        (Reads::BoundedStaleness(hour), [true, true]),
        (Reads::BoundedStaleness(Duration::ZERO), [false, false]),
    ];
    for (reads, answers) in declared {
        let mut world = World::with(Style::Active, reads).await;
        let (_orb, ours) = world.client_of(2, Orb::builder()).await;
        let foreign = Orb::builder().prefer(Preference::IiopOnly);
        let (_other, foreign) = world.client_of(2, foreign).await;
        let (ours, foreign) =
            [ours, foreign].map(|ledger| ledger.with_deadline(Duration::from_secs(2))).into();
        in_time("an update", ours.add("a", 7, 1)).await.unwrap();
        for client in [&ours, &foreign] {
            assert_eq!(in_time("a query", client.balance("a")).await.unwrap(), 7, "{reads:?}");
        }
        // The youngest of three is too little to go on.
        world.members.remove(0).kill().await;
        world.members.remove(0).kill().await;
        let cut_off = async { while ours.add("a", 1, 2).await.is_ok() {} };
        in_time("being cut off", cut_off).await;
        for (client, answers) in [(&ours, answers[0]), (&foreign, answers[1])] {
            if answers {
                assert_eq!(in_time("a query", client.balance("a")).await.unwrap(), 7, "{reads:?}");
                continue;
            }
            let refused = async {
                loop {
                    // Its lease may last a little longer.
                    if let Err(fault) = client.balance("a").await {
                        break fault;
                    }
                }
            };
            let fault = in_time("a refusal", refused).await;
            let kind = fault.kind();
            assert!(
                matches!(kind, Some(ExceptionKind::Transient | ExceptionKind::Timeout)),
                "{reads:?}: {fault}"
            );
        }
    }
}
