//! A server at ten times its capacity: it answers at its capacity, sheds the rest at once, and recovers.
//!
//! Capacity is permits that the test hands out, and time is the test's: counts decide, nothing is timed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quorb::intercept::{ConcurrencyLimit, ShedLimits};
use quorb::{Completion, ExceptionKind, Fault, Minor};
use tokio::task::JoinSet;

use crate::desk::{DeskProxy, Office, Way, every_way, until};

/// Calls that the server runs at the same time.
const CAPACITY: usize = 4;

/// Calls that may wait in front of them.
const QUEUE: usize = 8;

async fn limited(way: Way) -> (Office, Arc<ConcurrencyLimit>) {
    let mut limits = ShedLimits::running(CAPACITY);
    limits.queue_max = QUEUE;
    let limit = Arc::new(ConcurrencyLimit::new(limits));
    let registered = limit.clone();
    let office = Office::open(way, |builder| builder.intercept_service(registered), |builder| builder).await;
    (office, limit)
}

/// How calls ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ended {
    answered: usize,
    shed: usize,
}

/// Starts calls of `work`.
fn start(calls: &mut JoinSet<Result<u32, Fault>>, desk: &DeskProxy, count: usize) {
    for _ in 0..count {
        let desk = desk.clone();
        calls.spawn(async move { desk.work().await });
    }
}

/// Waits for the end of calls, of which each is answered or shed as the contract says.
async fn ended(calls: &mut JoinSet<Result<u32, Fault>>) -> Ended {
    let mut ended = Ended::default();
    while let Some(call) = calls.join_next().await {
        match call.unwrap() {
            Ok(_) => ended.answered += 1,
            Err(Fault::System(exception)) => {
                assert_eq!(
                    (exception.kind(), exception.minor()),
                    (ExceptionKind::Transient, Minor::OVERLOADED)
                );
                assert_eq!(exception.completed(), Completion::No);
                ended.shed += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    ended
}

#[tokio::test(start_paused = true)]
async fn ten_times_the_capacity_at_once() {
    every_way(async |way| {
        let (office, limit) = limited(way).await;
        let mut calls = JoinSet::new();
        start(&mut calls, &office.desk, 10 * (CAPACITY + QUEUE));
        let shed = 9 * (CAPACITY + QUEUE);
        // The shed ones end while all of the others are still under way.
        until("the rest is shed at once", || limit.counts().shed == shed as u64).await;
        assert_eq!(office.seen.worked.load(Ordering::SeqCst), 0, "{way:?}");
        let counts = limit.counts();
        assert_eq!((counts.running, counts.waiting), (CAPACITY, QUEUE), "{way:?}");
        // Whoever only wants to know whether the object lives is answered.
        assert!(!quorb::Proxy::object(&office.desk).non_existent().await.unwrap());
        office.seen.permits.add_permits(CAPACITY + QUEUE);
        let expected = Ended { answered: CAPACITY + QUEUE, shed };
        assert_eq!(ended(&mut calls).await, expected, "{way:?}");
        assert_eq!(office.seen.worked.load(Ordering::SeqCst), (CAPACITY + QUEUE) as u32, "nothing ran twice");
        // It has recovered: as many as it has room for are all answered.
        office.seen.permits.add_permits(CAPACITY + QUEUE);
        start(&mut calls, &office.desk, CAPACITY + QUEUE);
        assert_eq!(ended(&mut calls).await, Ended { answered: CAPACITY + QUEUE, shed: 0 }, "{way:?}");
        until("nobody is inside", || limit.counts().running == 0).await;
    })
    .await;
}

/// One call a millisecond is what the server can do, and ten come: one of them is answered, for as long as it lasts.
#[tokio::test(start_paused = true)]
async fn ten_times_the_capacity_for_a_second() {
    let (office, limit) = limited(Way::Native).await;
    let mut calls = JoinSet::new();
    const STEPS: usize = 1000;
    for _ in 0..STEPS {
        start(&mut calls, &office.desk, 10);
        office.seen.permits.add_permits(1);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let worked = office.seen.worked.load(Ordering::SeqCst) as usize;
    assert!(worked >= STEPS * 9 / 10, "it answered {worked} of the {STEPS} that it could");
    let counts = limit.counts();
    assert!(counts.shed as usize > STEPS * 10 - worked - 2 * (CAPACITY + QUEUE) - 20, "{counts:?}");
    // The load goes away. Within a second everything that waited is answered or shed, and new calls are answered at once.
    office.seen.permits.add_permits(CAPACITY + QUEUE);
    let recovery = tokio::time::Instant::now();
    ended(&mut calls).await;
    assert!(recovery.elapsed() <= Duration::from_secs(1), "{:?}", recovery.elapsed());
    until("nobody is inside", || limit.counts().running == 0 && limit.counts().waiting == 0).await;
    start(&mut calls, &office.desk, CAPACITY);
    office.seen.permits.add_permits(CAPACITY);
    assert_eq!(ended(&mut calls).await, Ended { answered: CAPACITY, shed: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_too_long_is_shed_though_nobody_leaves() {
    every_way(async |way| {
        let (office, limit) = limited(way).await;
        let mut calls = JoinSet::new();
        start(&mut calls, &office.desk, CAPACITY + 2);
        let begun = tokio::time::Instant::now();
        until("two wait", || limit.counts().waiting == 2).await;
        tokio::time::sleep(Duration::from_millis(101)).await;
        assert!(begun.elapsed() < Duration::from_millis(500));
        until("both are shed", || limit.counts().shed == 2).await;
        office.seen.permits.add_permits(CAPACITY);
        assert_eq!(ended(&mut calls).await, Ended { answered: CAPACITY, shed: 2 }, "{way:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_its_place() {
    every_way(async |way| {
        let (office, limit) = limited(way).await;
        let (mut inside, mut waiting) = (JoinSet::new(), JoinSet::new());
        start(&mut inside, &office.desk, CAPACITY);
        until("all places are taken", || limit.counts().running == CAPACITY).await;
        start(&mut waiting, &office.desk, 3);
        until("three wait", || limit.counts().waiting == 3).await;
        waiting.shutdown().await;
        until("nobody waits", || limit.counts().waiting == 0).await;
        inside.shutdown().await;
        until("nobody is inside", || limit.counts().running == 0).await;
        assert_eq!(limit.counts().shed, 0, "{way:?}: who leaves by himself is not shed");
    })
    .await;
}

/// Calls inside call the same server again: without a place of their own, or they would wait for themselves.
#[tokio::test(start_paused = true)]
async fn nested_calls_of_those_inside_do_not_wait() {
    every_way(async |way| {
        let (office, limit) = limited(way).await;
        let mut calls = JoinSet::new();
        for _ in 0..CAPACITY {
            let desk = office.desk.clone();
            calls.spawn(async move { desk.work_with(desk.clone()).await });
        }
        until("all places are taken", || limit.counts().running == CAPACITY).await;
        office.seen.permits.add_permits(2 * CAPACITY);
        assert_eq!(ended(&mut calls).await, Ended { answered: CAPACITY, shed: 0 }, "{way:?}");
    })
    .await;
}
