//! Several pushes under way, to one consumer or from one supplier: order, each event at most once, whatever becomes of the
//! connection.

use std::time::Duration;

use quorb::{Any, Proxy};
use quorb_events::Limits;
use quorb_events::cos::{PushConsumerProxy, PushSupplierProxy};

use crate::rig::{Rig, soon, values};
use crate::wire::{Line, Wire};

/// The events of a test.
const EVENTS: u32 = 300;

/// How many of them may be under way.
const UNDER_WAY: usize = 64;

/// A consumer to whom all events are pushed as fast as it lets them.
struct Pushed {
    rig: Rig,
    wire: Wire,
    /// The first connection: the first event has been taken, those that may be under way have been read.
    line: Line,
}

impl Pushed {
    async fn new() -> Pushed {
        Pushed::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Limits)) -> Pushed {
        let rig = Rig::with(change).await;
        let wire = Wire::new().await;
        let channel = rig.pipelined("c").await;
        let consumer: PushConsumerProxy = rig.client.bind(&wire.reference()).unwrap();
        let proxy = channel.for_consumers().await.unwrap().obtain_push_supplier().await.unwrap();
        let publish = async {
            proxy.connect_push_consumer(&consumer).await.unwrap();
            let topic = rig.events.topic::<u32>("c").await.unwrap();
            for number in 0..EVENTS {
                topic.publish(number).await.unwrap();
            }
            topic.flush().await.unwrap();
        };
        let read = async {
            let mut line = wire.accept().await;
            assert_eq!(line.pushes(1).await, [0]);
            line.take(1).await;
            assert_eq!(line.pushes(UNDER_WAY).await, (1..=UNDER_WAY as u32).collect::<Vec<_>>());
            line
        };
        let ((), line) = tokio::join!(publish, read);
        Pushed { rig, wire, line }
    }
}

/// Waits until the service has given the consumer up.
async fn is_given_up(rig: &Rig) {
    let given_up = async {
        while rig.events.describe("c").await.unwrap().corba_peers > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("it is given up", given_up).await;
}

/// Reads and takes one by one, up to the last event.
async fn rest(line: &mut Line) -> Vec<u32> {
    let mut numbers = Vec::new();
    while numbers.last() != Some(&(EVENTS - 1)) {
        numbers.extend(line.pushes(1).await);
        line.take(1).await;
    }
    numbers
}

#[tokio::test]
async fn as_many_as_may_be_are_under_way_and_arrive_in_order() {
    let mut pushed = Pushed::new().await;
    let line = &mut pushed.line;
    line.take(10).await;
    assert_eq!(line.pushes(10).await, (65..75).collect::<Vec<_>>(), "those that are answered make room");
    line.take(UNDER_WAY).await;
    assert_eq!(rest(line).await, (75..EVENTS).collect::<Vec<_>>());
    pushed.rig.end().await;
}

#[tokio::test]
async fn what_an_orderly_end_leaves_unanswered_is_pushed_again_in_order() {
    let mut pushed = Pushed::new().await;
    pushed.line.take(4).await;
    pushed.line.close().await;
    let mut line = pushed.wire.accept().await;
    assert_eq!(rest(&mut line).await, (5..EVENTS).collect::<Vec<_>>(), "each once");
    pushed.rig.end().await;
}

#[tokio::test]
async fn what_has_left_on_a_broken_connection_is_not_pushed_again() {
    let mut pushed = Pushed::new().await;
    pushed.line.take(4).await;
    drop(pushed.line);
    let mut line = pushed.wire.accept().await;
    let rest = rest(&mut line).await;
    // Those that the four answers have made room for may have left unread.
    assert!((65..70).contains(&rest[0]), "{rest:?}");
    assert_eq!(rest, (rest[0]..EVENTS).collect::<Vec<_>>());
    pushed.rig.end().await;
}

#[tokio::test]
async fn an_event_that_is_put_off_is_not_pushed_behind_later_ones() {
    let mut pushed = Pushed::new().await;
    let line = &mut pushed.line;
    // Of all that are under way the first and the last two are put off: only those two can come again in order.
    line.put_off().await;
    line.take(UNDER_WAY - 3).await;
    line.put_off().await;
    line.put_off().await;
    assert_eq!(line.pushes(1).await, [63]);
    line.take(1).await;
    assert_eq!(rest(line).await, (64..EVENTS).collect::<Vec<_>>());
    pushed.rig.end().await;
}

#[tokio::test]
async fn a_consumer_that_wants_no_more_gets_no_more() {
    let mut pushed = Pushed::new().await;
    pushed.line.take(2).await;
    pushed.line.raise("IDL:omg.org/CosEventComm/Disconnected:1.0").await;
    pushed.line.take(UNDER_WAY - 3).await;
    is_given_up(&pushed.rig).await;
    pushed.rig.end().await;
}

#[tokio::test]
async fn a_consumer_that_hangs_is_given_up_and_nobody_else_waits() {
    let rig = Rig::with(|limits| {
        limits.peer_wait_max = Duration::from_millis(200);
        limits.peer_failures_max = 3;
    })
    .await;
    let wire = Wire::new().await;
    let channel = rig.pipelined("c").await;
    let consumer: PushConsumerProxy = rig.client.bind(&wire.reference()).unwrap();
    let proxy = channel.for_consumers().await.unwrap().obtain_push_supplier().await.unwrap();
    // It takes the first event, and is silent from then on; its connection stays.
    let hangs = async {
        let mut line = wire.accept().await;
        line.pushes(1).await;
        line.take(1).await;
        line
    };
    let publish = async {
        proxy.connect_push_consumer(&consumer).await.unwrap();
        let topic = rig.events.topic::<u32>("c").await.unwrap();
        for number in 0..EVENTS {
            topic.publish(number).await.unwrap();
        }
        topic.flush().await.unwrap();
    };
    let (line, ()) = tokio::join!(hangs, publish);
    is_given_up(&rig).await;
    assert_eq!(rig.events.describe("c").await.unwrap().published, u64::from(EVENTS));
    drop(line);
    rig.end().await;
}

#[tokio::test]
async fn a_consumer_that_has_vanished_is_given_up() {
    let pushed = Pushed::with(|limits| limits.peer_failures_max = 3).await;
    let Pushed { rig, wire, line } = pushed;
    drop((wire, line));
    is_given_up(&rig).await;
    rig.end().await;
}

/// Its pushes wait for each other nowhere, and have several threads to overtake each other on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_supplier_has_under_way_is_published_in_the_order_of_its_pushes() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let mut feed = rig.events.subscribe::<u32>("c").await.unwrap();
    let supplier = channel.for_suppliers().await.unwrap().obtain_push_consumer().await.unwrap();
    supplier.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap();
    let supplier: PushConsumerProxy = supplier.object().unchecked();
    let pushes: Vec<_> =
        (0..EVENTS).map(|number| supplier.deferred().push(Any::new(&number).unwrap())).collect();
    assert_eq!(values(&mut feed, EVENTS as usize).await, (0..EVENTS).collect::<Vec<_>>());
    for push in pushes {
        soon("an answer", push).await.unwrap();
    }
    rig.end().await;
}
