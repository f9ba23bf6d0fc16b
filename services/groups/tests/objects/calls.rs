//! Calls of a replicated object: as those of any object, at every member, through failures.

use crate::rig::{Book, LedgerProxy, LedgerServant, Unknown, World, in_time, only};
use quorb::{Completion, ExceptionKind, Minor, Orb, OrbBuilder, Preference};
use quorb_groups::object::Style;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const STYLES: [Style; 2] = [Style::Active, Style::Executor];

fn brokers() -> [OrbBuilder; 2] {
    [Orb::builder(), Orb::builder().prefer(Preference::IiopOnly)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_and_queries_at_every_member_over_both_protocols() {
    for style in STYLES {
        let world = World::new(style).await;
        let mut balance = 0;
        for member in 0..3 {
            for builder in brokers() {
                let (_orb, ledger) = world.client_of(member, builder).await;
                balance += 5;
                assert_eq!(in_time("an update", ledger.add("a", 5, 1)).await.unwrap(), balance);
                for other in 0..3 {
                    let (_orb, elsewhere) = world.client_of(other, Orb::builder()).await;
                    assert_eq!(in_time("a query", elsewhere.balance("a")).await.unwrap(), balance);
                }
                let fault = in_time("a refused update", ledger.take("nobody", 1)).await.unwrap_err();
                assert_eq!(fault.user(), Some(&Unknown { account: "nobody".into() }));
            }
            let collocated = only(&world.members[member]);
            balance += 1;
            assert_eq!(in_time("a collocated update", collocated.add("a", 1, 1)).await.unwrap(), balance);
            assert_eq!(in_time("a collocated query", collocated.balance("a")).await.unwrap(), balance);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_goes_on_through_a_failure_and_a_join_and_nothing_is_lost_or_doubled() {
    for style in STYLES {
        for builder in brokers() {
            let mut world = World::new(style).await;
            let (_orb, ledger) = world.client_of(1, builder).await;
            let calls = tokio::spawn(async move {
                let mut answered = Vec::new();
                for entry in 1..=300u64 {
                    let balance = ledger
                        .add("a", 1, entry)
                        .await
                        .unwrap_or_else(|fault| panic!("entry {entry}: {fault}"));
                    assert_eq!(balance, entry as i64);
                    answered.push(entry);
                }
                answered
            });
            // The member that the client calls, in the middle of it.
            let victim = world.members.remove(1);
            let (_other, watch) = world.client().await;
            in_time("traffic", async { while watch.balance("a").await.unwrap_or(0) < 50 {} }).await;
            victim.kill().await;
            world.until_members(2).await;
            world.join().await;
            let answered = in_time("the calls", calls).await.unwrap();
            world.until_members(3).await;
            for member in &world.members {
                assert_eq!(in_time("the entries", only(member).entries()).await.unwrap(), answered);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_the_same_everywhere() {
    for style in STYLES {
        let world = World::new(style).await;
        let (_orb, ledger) = world.client().await;
        ledger.add("a", 1, 7).await.unwrap();
        let fault = in_time("the panic", ledger.spoil()).await.unwrap_err();
        assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
        for member in &world.members {
            let entries = in_time("a query", only(member).entries()).await.unwrap();
            match style {
                // Half changed, at all alike, and closed for updates until somebody has looked.
                Style::Active => assert!(entries.is_empty()),
                // Taken back.
                Style::Executor => assert_eq!(entries, [7]),
            }
        }
        if style == Style::Active {
            let refused = in_time("an update", ledger.add("a", 1, 8)).await.unwrap_err();
            assert_eq!(refused.system().map(quorb::SystemException::minor), Some(Minor::OBJECT_POISONED));
            world.members[2].replica.reactivate();
            in_time("reactivation", async { while ledger.add("a", 1, 8).await.is_err() {} }).await;
        }
        assert!(in_time("an update", ledger.add("a", 1, 9)).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_and_chance_are_the_same_everywhere_and_differ_between_requests() {
    let world = World::new(Style::Active).await;
    let (_orb, ledger) = world.client().await;
    let mut stamps = Vec::new();
    for _ in 0..5 {
        stamps.push(in_time("a stamp", ledger.stamp()).await.unwrap());
    }
    let times: Vec<u64> = stamps.iter().map(|s| s.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let numbers: std::collections::BTreeSet<_> = stamps.iter().map(|s| s.split(' ').nth(1)).collect();
    assert_eq!(numbers.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_servant_may_call_nobody_and_an_executor_anybody() {
    let elsewhere = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let other = elsewhere.serve("other", LedgerServant::new(Book::default())).unwrap();
    for style in STYLES {
        let world = World::new(style).await;
        let (orb, ledger) = world.client().await;
        let other: LedgerProxy = orb.bind(&other.to_string()).unwrap();
        let called = in_time("calling out", ledger.call_out(other.clone())).await;
        match style {
            Style::Active => {
                let fault = called.unwrap_err();
                assert_eq!(
                    fault.system().map(quorb::SystemException::minor),
                    Some(Minor::CALLS_REFUSED),
                    "{fault}"
                );
                assert!(other.balance("from elsewhere").await.is_err(), "nobody was called");
            }
            Style::Executor => assert_eq!(called.unwrap(), 1, "one member has called, once"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oneway_updates_reach_every_member_once() {
    let world = World::new(Style::Active).await;
    let (_orb, ledger) = world.client().await;
    for _ in 0..20 {
        ledger.post(1).await.unwrap();
    }
    for member in &world.members {
        let at = only(member);
        in_time("oneways", async { while at.balance("posted").await.unwrap_or(0) < 20 {} }).await;
    }
    ledger.add("a", 1, 1).await.unwrap();
    for member in &world.members {
        assert_eq!(only(member).balance("posted").await.unwrap(), 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_leaves_in_order_and_clients_notice_nothing() {
    let mut world = World::new(Style::Active).await;
    let (_orb, ledger) = world.client_of(2, Orb::builder()).await;
    ledger.add("a", 1, 1).await.unwrap();
    let leaver = world.members.remove(2);
    let left = tokio::spawn(async move { leaver.replica.leave().await });
    for entry in 2..=50 {
        in_time("an update", ledger.add("a", 1, entry))
            .await
            .unwrap_or_else(|fault| panic!("{entry}: {fault}"));
    }
    in_time("leaving", left).await.unwrap().unwrap();
    world.until_members(2).await;
    assert_eq!(in_time("entries", only(&world.members[0]).entries()).await.unwrap().len(), 50);
}

/// The value of a future that needs not wait.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

/// While nothing is under way a member reads its own copy without asking anybody, and misses nothing that was acknowledged
/// elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_in_a_members_process_waits_for_nothing_and_misses_nothing() {
    for style in STYLES {
        let world = World::new(style).await;
        let here = world.members[1].replica.proxy().clone();
        let (_orb, elsewhere) = world.client_of(0, Orb::builder()).await;
        elsewhere.add("a", 1, 0).await.unwrap();
        let acknowledged = Arc::new(AtomicI64::new(1));
        let reader = tokio::spawn({
            let (here, acknowledged) = (here.clone(), acknowledged.clone());
            async move {
                let mut read = 0;
                while read < 500 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    read = here.balance("a").await.unwrap();
                    assert!(read >= before, "{read} was read, {before} had been acknowledged");
                    tokio::task::yield_now().await;
                }
            }
        });
        for entry in 1..500 {
            let balance = in_time("an update", elsewhere.add("a", 1, entry)).await.unwrap();
            acknowledged.store(balance, Ordering::SeqCst);
        }
        in_time("the reader", reader).await.unwrap();
        in_time("a read that waits for nothing", async {
            while at_once(here.balance("a")).is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_gives_up_leaves_nothing_behind() {
    let world = World::new(Style::Active).await;
    let (_orb, ledger) = world.client().await;
    for entry in 0..20u64 {
        // Some are cut before they are sent, some after.
        let _ = tokio::time::timeout(Duration::from_micros(entry * 50), ledger.add("a", 1, entry)).await;
    }
    let entries = in_time("entries", ledger.entries()).await.unwrap();
    let distinct: std::collections::BTreeSet<_> = entries.iter().collect();
    assert_eq!(distinct.len(), entries.len(), "{entries:?}");
    assert!(in_time("a later update", ledger.add("b", 1, 99)).await.is_ok());
}
