//! An operator has one server go on with what it has, which is less than the others had.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
use quorb::{Completion, ExceptionKind, Minor, Orb, OrbBuilder, Reply, SystemException};
use quorb_events::{ChannelOptions, Events, Guarantee, Start};
use quorb_groups::driver::Domain;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::group::{Trio, member_of, of, seen};
use crate::rig::{Folder, soon};

/// Publishes these, each answered from the disks.
async fn publish(events: &Events, values: Range<u64>) {
    let topic = events.topic::<u64>("d").await.unwrap();
    for value in values {
        soon("it is published", topic.publish(value)).await.unwrap();
    }
}

/// Starts the first server, which goes on with what it has whatever the others had.
async fn force(trio: &mut Trio, builder: OrbBuilder) {
    let listener = TcpListener::bind(&trio.seeds[0]).await.unwrap();
    let data = trio.folder.as_ref().unwrap().0.join("0/group");
    let join = Domain::join(trio.seeds.clone()).listener(listener).data(data).force_restart();
    let domain = soon("it goes on alone", join.into_future()).await.unwrap();
    trio.members[0] = Some(member_of(builder, domain, of(&trio.folder, 0), &trio.limits).await);
    trio.events = trio.only(0);
}

/// Three servers whose first one has had events 1 to 10 only, and goes on by force, with so many others behind them.
async fn forced(published_meanwhile: u64, builder: OrbBuilder) -> Trio {
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
    force(&mut trio, builder).await;
    publish(&trio.events, 111..111 + published_meanwhile).await;
    trio
}

/// Starts a server that was left behind. Its log belongs to what was before; its events are still there.
async fn start_again(trio: &mut Trio, at: usize) {
    std::fs::remove_dir_all(trio.folder.as_ref().unwrap().0.join(format!("{at}/group"))).unwrap();
    trio.start(at).await;
}

/// All of these servers have what there is now.
async fn have_what_is_there(trio: &Trio, servers: Range<usize>, published_meanwhile: u64) {
    let meanwhile = (11..).zip(111..111 + published_meanwhile);
    let expected: Vec<(u64, u64)> = (1..11).map(|value| (value, value)).chain(meanwhile).collect();
    for at in servers {
        let mut replay =
            trio.only(at).subscription("d").from(Start::First).until_now().open::<u64>().await.unwrap();
        assert_eq!(seen(&mut replay, expected.len()).await, expected, "server {at}");
    }
}

/// Positions that only the others knew are given again. When those are back they have what is there now, also where as many
/// events have been published meanwhile as they had: their own are dropped.
async fn all_have_the_same(published_meanwhile: u64) {
    let mut trio = forced(published_meanwhile, Orb::builder()).await;
    for at in [1, 2] {
        start_again(&mut trio, at).await;
    }
    have_what_is_there(&trio, 0..3, published_meanwhile).await;
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

/// Whether a file below a folder has the octets of a value.
fn is_written(folder: &Path, value: u64) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| match entry.path() {
        path if path.is_dir() => is_written(&path, value),
        path => std::fs::read(path)
            .is_ok_and(|octets| octets.windows(8).any(|eight| eight == value.to_le_bytes())),
    })
}

/// Does not say what the disk has, until it is let.
struct Secretive {
    talks: AtomicBool,
    /// A permit for each question.
    asked: Semaphore,
}

impl ServerInterceptor for Secretive {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        if call.operation() == "read" && !self.talks.load(Ordering::SeqCst) {
            self.asked.add_permits(1);
            let refusal =
                SystemException::new(ExceptionKind::NoPermission, Minor::UNSPECIFIED, Completion::No);
            return call.refuse(refusal);
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn who_is_not_answered_does_not_believe_its_own_disk() {
    let other = Arc::new(Secretive { talks: AtomicBool::new(false), asked: Semaphore::new(0) });
    let mut trio = forced(40, Orb::builder().intercept_service(other.clone())).await;
    let folder = of(&trio.folder, 0).unwrap();
    let forgotten = async {
        while !is_written(&folder, 150) {
            tokio::task::yield_now().await;
        }
    };
    soon("what is on the disk need not be in memory", forgotten).await;
    start_again(&mut trio, 1).await;
    for _ in 0..3 {
        soon("it is asked again", other.asked.acquire()).await.unwrap().forget();
    }
    other.talks.store(true, Ordering::SeqCst);
    have_what_is_there(&trio, 0..2, 40).await;
    trio.end().await;
}
