//! Every call ends by its deadline, says truthfully whether it was executed, and leaves nothing behind.

use std::time::{Duration, Instant};

use quorb::{Completion, ExceptionKind, Fault, Proxy};

use crate::rig::{TOLERANCE, Way, World, soon};

pub(crate) const LIMIT: Duration = Duration::from_millis(200);

/// Runs a call beside a timer of its deadline: it must not end much later than the timer, however busy the machine is.
pub(crate) async fn ends_in_time<T>(limit: Duration, call: impl Future<Output = Result<T, Fault>>) -> Fault {
    let call = async { (call.await, Instant::now()) };
    let timer = async {
        tokio::time::sleep(limit).await;
        Instant::now()
    };
    let ((result, ended), timed) = soon("the call ends", async { tokio::join!(call, timer) }).await;
    assert!(ended <= timed + TOLERANCE, "{:?} after its deadline", ended - timed);
    result.err().expect("a call that cannot succeed")
}

pub(crate) fn is_timeout(fault: &Fault, completed: Completion) {
    assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
    assert_eq!(fault.completed(), completed, "{fault}");
}

pub(crate) async fn a_servant_that_takes_too_long(way: Way) {
    let world = World::new(way).await;
    let fault = ends_in_time(LIMIT, world.probe.with_deadline(LIMIT).hold_update()).await;
    is_timeout(&fault, Completion::Maybe);
    // A started update runs to its end, and the object goes on.
    world.control.started().await;
    world.control.go(1);
    world.control.ended().await;
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

pub(crate) async fn the_deadline_that_the_interface_declares(way: Way) {
    let world = World::new(way).await;
    let fault = ends_in_time(Duration::from_millis(150), world.probe.hold_short()).await;
    is_timeout(&fault, Completion::Maybe);
    world.control.go(1);
    world.end().await;
}

pub(crate) async fn nested_calls_have_what_is_left(way: Way) {
    let world = World::new(way).await;
    let limit = Duration::from_secs(3);
    let left = world.probe.with_deadline(limit).time_left_of(&world.probe).await.unwrap();
    assert!(left > 0 && left <= 3_000_000, "{left} microseconds of 3 s");
    world.end().await;
}

/// A call that waits for its turn when its deadline passes never runs.
pub(crate) async fn a_call_that_waits_too_long_never_runs(way: Way) {
    let world = World::new(way).await;
    let holding = tokio::spawn({
        let probe = world.probe.clone();
        async move { probe.hold_update().await }
    });
    world.control.started().await;
    let fault = ends_in_time(LIMIT, world.probe.with_deadline(LIMIT).add(100)).await;
    assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
    world.control.go(1);
    assert_eq!(holding.await.unwrap().unwrap(), 1);
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

/// No time at all is too little, wherever the object is: nothing is sent, and nothing runs.
pub(crate) async fn a_call_without_any_time(way: Way) {
    let world = World::new(way).await;
    let hurried = world.probe.with_deadline(Duration::ZERO);
    // Before there is a connection, and when there is one.
    for _ in 0..2 {
        is_timeout(&soon("the call ends", hurried.add(100)).await.unwrap_err(), Completion::No);
        let fault = soon("the call ends", hurried.value()).await.unwrap_err();
        is_timeout(&fault, Completion::No);
        assert!(fault.to_string().contains("no time was left"), "{fault}");
        assert_eq!(world.probe.value().await.unwrap(), 0);
    }
    world.end().await;
}
