//! The fault injector does what it says, and says what it did.

use std::sync::Arc;
use std::time::Duration;

use quorb::intercept::{FaultInjector, Mishap, MishapRule};
use quorb::{Completion, ExceptionKind, Fault, Minor, Proxy};

use crate::desk::{Office, Way, every_way, until};

async fn faulty(way: Way, rule: MishapRule, at_server: bool) -> (Office, Arc<FaultInjector>) {
    let faults = Arc::new(FaultInjector::new(1).rule(rule));
    let registered = faults.clone();
    let office = match at_server {
        true => Office::open(way, |builder| builder.intercept_service(registered), |builder| builder).await,
        false => Office::open(way, |builder| builder, |builder| builder.intercept_calls(registered)).await,
    };
    (office, faults)
}

fn system(fault: Fault<impl std::fmt::Debug>) -> (ExceptionKind, Minor, Completion) {
    let Fault::System(exception) = fault else { panic!("{fault:?}") };
    (exception.kind(), exception.minor(), exception.completed())
}

#[tokio::test(start_paused = true)]
async fn a_delay_and_a_refusal() {
    every_way(async |way| {
        for at_server in [true, false] {
            let delay = Duration::from_millis(300);
            let (office, faults) = faulty(way, MishapRule::new(Mishap::Delay(delay)), at_server).await;
            let before = tokio::time::Instant::now();
            office.desk.value().await.unwrap();
            assert!(before.elapsed() >= delay, "{way:?}");
            assert_eq!((faults.report().delayed, faults.report().injected()), (1, 1));

            let rule = MishapRule::new(Mishap::Refuse).on_operation("add");
            let (office, faults) = faulty(way, rule, at_server).await;
            office.desk.value().await.unwrap();
            let (kind, minor, completed) = system(office.desk.add(1).await.unwrap_err());
            assert_eq!((kind, minor), (ExceptionKind::Transient, Minor::INJECTED), "{way:?}");
            assert_eq!(completed, Completion::No);
            assert_eq!(office.desk.value().await.unwrap(), 0);
            assert!(faults.report().refused >= 1, "{}", faults.report());
        }
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_is_lost_at_the_server_or_the_client() {
    every_way(async |way| {
        let rule =
            MishapRule::new(Mishap::LoseReply).on_operation("add").on_interface("IDL:intercept/Desk:1.0");
        let (office, faults) = faulty(way, rule.clone(), true).await;
        let hurried = office.desk.with_deadline(Duration::from_millis(50));
        let (kind, _, completed) = system(hurried.add(1).await.unwrap_err());
        assert_eq!((kind, completed), (ExceptionKind::Timeout, Completion::Maybe), "{way:?}");
        assert_eq!(office.desk.value().await.unwrap(), 1, "it was executed");
        assert_eq!(faults.report().replies_lost, 1);
        until("nothing is left of it", || office.server.open_calls().served == 0).await;

        let (office, faults) = faulty(way, rule, false).await;
        let (kind, _, completed) = system(office.desk.add(1).await.unwrap_err());
        assert_eq!((kind, completed), (ExceptionKind::CommFailure, Completion::Maybe), "{way:?}");
        assert_eq!(faults.report().replies_lost, 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_before_or_after_the_reply() {
    for way in [Way::Native, Way::Iiop] {
        let (office, faults) = faulty(way, MishapRule::new(Mishap::CutInstead), true).await;
        let hurried = office.desk.with_deadline(Duration::from_millis(400));
        let (_, _, completed) = system(hurried.add(1).await.unwrap_err());
        assert_eq!(completed, Completion::Maybe, "{way:?}");
        assert!(faults.report().connections_cut >= 1, "{}", faults.report());
        assert_eq!(office.seen.executed.load(std::sync::atomic::Ordering::SeqCst), 1, "once, {way:?}");

        let (office, faults) = faulty(way, MishapRule::new(Mishap::CutAfter), true).await;
        for expected in 1..=3 {
            assert_eq!(office.desk.add(1).await.unwrap(), expected, "{way:?}: each call finds a connection");
            until("the connection is cut", || office.client.open_connections() == 0).await;
        }
        assert_eq!(faults.report().connections_cut, 3);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let fates = async |seed| {
        let rule = MishapRule::new(Mishap::Refuse).with_probability(0.3);
        let faults = Arc::new(FaultInjector::new(seed).rule(rule));
        let registered = faults.clone();
        let office =
            Office::open(Way::Collocated, |builder| builder, |builder| builder.intercept_calls(registered))
                .await;
        let mut fates = Vec::new();
        for _ in 0..200 {
            fates.push(office.desk.value().await.is_ok());
        }
        assert_eq!(faults.report().refused, fates.iter().filter(|well| !**well).count() as u64);
        fates
    };
    let first = fates(7).await;
    assert_eq!(first, fates(7).await);
    assert_ne!(first, fates(8).await);
    let refused = first.iter().filter(|well| !**well).count();
    assert!((30..90).contains(&refused), "{refused} of 200");
}

#[tokio::test]
async fn an_injector_that_injects_nothing_says_so() {
    let rule = MishapRule::new(Mishap::Refuse).on_operation("ad");
    let (office, faults) = faulty(Way::Native, rule, true).await;
    office.desk.add(1).await.unwrap();
    assert_eq!(faults.report().to_string(), "NO FAULT was injected into 1 calls");
}
