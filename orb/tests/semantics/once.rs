//! An update is executed at most once, however often its request comes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use quorb::Proxy;
use quorb::proto::head::ReplyStatus;
use quorb_giop::cdr::Cdr;

use crate::rig::native::{Talker, body, once, result};
use crate::rig::{Way, World, until};

const CLIENT: u64 = 77;

fn one() -> Bytes {
    body(|out| 1i32.encode(out).unwrap())
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_ones_reply() {
    let world = World::new(Way::TcpNative).await;
    for _ in 0..3 {
        let mut client = Talker::connect(world.port(), CLIENT, 1).await;
        for _ in 0..2 {
            let id = client.call(&once("add", CLIENT, 1, 5), one()).await.unwrap();
            let (head, body) = client.reply(id).await;
            assert_eq!(head.status, ReplyStatus::OK);
            assert_eq!(result::<i32>(&head, &body), 1);
        }
    }
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_repetition_of_what_runs_waits_for_its_end() {
    let world = World::new(Way::TcpNative).await;
    let mut first = Talker::connect(world.port(), CLIENT, 1).await;
    let mut second = Talker::connect(world.port(), CLIENT, 1).await;
    let request = once("hold_update", CLIENT, 1, 5);
    let first_id = first.call(&request, Bytes::new()).await.unwrap();
    world.control.started().await;
    let second_id = second.call(&request, Bytes::new()).await.unwrap();
    until("the second waits", || world.server.open_calls().served == 2).await;
    world.control.go(2);
    for (client, id) in [(&mut first, first_id), (&mut second, second_id)] {
        let (head, body) = client.reply(id).await;
        assert_eq!(result::<i32>(&head, &body), 1);
    }
    assert_eq!(world.control.completed.load(Ordering::SeqCst), 1);
    world.end().await;
}

/// The client of a running call may break off and come again any number of times: nothing piles up.
#[tokio::test]
async fn repetitions_that_break_off_leave_nothing_behind() {
    let world = World::new(Way::TcpNative).await;
    let request = once("hold_update", CLIENT, 1, 5);
    let mut first = Talker::connect(world.port(), CLIENT, 1).await;
    let id = first.call(&request, Bytes::new()).await.unwrap();
    world.control.started().await;
    for _ in 0..40 {
        let mut again = Talker::connect(world.port(), CLIENT, 1).await;
        again.call(&request, Bytes::new()).await.unwrap();
        until("it waits", || world.server.open_calls().served == 2).await;
        drop(again);
        until("it is gone", || world.server.open_calls().served == 1).await;
    }
    world.control.go(1);
    let (head, body) = first.reply(id).await;
    assert_eq!(result::<i32>(&head, &body), 1);
    drop(first);
    world.end().await;
}

/// What was refused without being executed is executed when it comes again: the refusal is not its outcome.
#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let world = World::new(Way::TcpNative).await;
    let mut holding = Talker::connect(world.port(), 1, 1).await;
    let held = holding.call(&once("hold_update", 1, 1, 1), Bytes::new()).await.unwrap();
    world.control.started().await;
    let mut client = Talker::connect(world.port(), CLIENT, 1).await;
    let mut late = once("add", CLIENT, 1, 5);
    late.deadline_left_us = 1;
    let id = client.call(&late, one()).await.unwrap();
    until("it waits for its turn", || world.server.open_calls().served == 2).await;
    world.control.go(1);
    holding.reply(held).await;
    drop(holding);
    let (head, _) = client.reply(id).await;
    assert_eq!(head.status, ReplyStatus::SYSTEM_EXCEPTION, "its deadline has passed");
    let id = client.call(&once("add", CLIENT, 1, 5), one()).await.unwrap();
    let (head, body) = client.reply(id).await;
    assert_eq!(head.status, ReplyStatus::OK);
    assert_eq!(result::<i32>(&head, &body), 2, "behind the update that held the object");
    drop(client);
    world.end().await;
}

/// A repetition waits for a first one that is cancelled before it has started: it is told so, and not left waiting.
#[tokio::test]
async fn a_repetition_of_what_never_ran_is_told() {
    let world = World::new(Way::TcpNative).await;
    let mut holding = Talker::connect(world.port(), 1, 1).await;
    let held = holding.call(&once("hold_update", 1, 1, 1), Bytes::new()).await.unwrap();
    world.control.started().await;
    let mut first = Talker::connect(world.port(), CLIENT, 1).await;
    let mut second = Talker::connect(world.port(), CLIENT, 1).await;
    let id = first.call(&once("add", CLIENT, 1, 5), one()).await.unwrap();
    until("the first waits for its turn", || world.server.open_calls().served == 2).await;
    let repeated = second.call(&once("add", CLIENT, 1, 5), one()).await.unwrap();
    until("the second waits for the first", || world.server.open_calls().served == 3).await;
    first.core.cancel(id);
    first.flush().await;
    let (head, _) = second.reply(repeated).await;
    assert_eq!(head.status, ReplyStatus::SYSTEM_EXCEPTION);
    world.control.go(1);
    holding.reply(held).await;
    assert_eq!(world.probe.value().await.unwrap(), 1);
    drop((holding, first, second));
    world.end().await;
}

/// However close they come, each of two requests is answered, and one of them is executed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_come_at_the_same_time() {
    let world = World::new(Way::TcpNative).await;
    let mut first = Talker::connect(world.port(), CLIENT, 1).await;
    let mut second = Talker::connect(world.port(), CLIENT, 1).await;
    for sequence in 1..=300 {
        let request = once("add", CLIENT, 1, sequence);
        let (one_id, two_id) = tokio::join!(first.call(&request, one()), second.call(&request, one()));
        let ((head, body), (other_head, other_body)) =
            tokio::join!(first.reply(one_id.unwrap()), second.reply(two_id.unwrap()));
        assert_eq!(result::<i32>(&head, &body), sequence as i32);
        assert_eq!(result::<i32>(&other_head, &other_body), sequence as i32);
    }
    drop((first, second));
    world.end().await;
}

/// Many updates of one broker at the same time: none is taken for answered by what another says about those before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn updates_that_overtake_each_other() {
    let world = World::new(Way::TcpNative).await;
    let calls = (0..16).map(|_| {
        tokio::spawn({
            let probe = world.probe.with_deadline(Duration::from_secs(20));
            async move {
                for _ in 0..50 {
                    probe.add(1).await.unwrap();
                }
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(world.probe.value().await.unwrap(), 800);
    world.end().await;
}
