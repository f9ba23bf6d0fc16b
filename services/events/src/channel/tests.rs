use super::*;
use crate::block::BlockWriter;
use crate::native::{Guarantee, Overflow, Start, SubscribeOptions};

/// A channel, its effects, and who is who.
struct Bench {
    channel: Channel,
    effects: Effects,
    now: Time,
}

fn bench(guarantee: Guarantee, change: impl FnOnce(&mut ChannelOptions)) -> Bench {
    let mut options = ChannelOptions::new(guarantee);
    change(&mut options);
    let channel = Channel::new(options, Recovered::default(), Arc::default());
    Bench { channel, effects: Effects::default(), now: 1_000 }
}

/// A block of events `from..to` of a publisher, whose payloads are their numbers and whose keys are those modulo 3.
fn block(publisher: &str, subject: &str, from: u64, to: u64) -> crate::block::Block {
    let mut writer = BlockWriter::new(publisher, from);
    for number in from..to {
        let (place, ty) = (writer.subject(subject), writer.ty(&[1]));
        writer.event(place, ty, &[b'0' + (number % 3) as u8], &number.to_le_bytes());
    }
    writer.into_block()
}

impl Bench {
    fn publish(&mut self, block: crate::block::Block) -> Option<Result<Accepted, PublishRefused>> {
        self.now += 1;
        let ticket = self.channel.publish(block, self.now, &mut self.effects);
        let ticket = match ticket {
            Ok(ticket) => ticket,
            Err(refused) => return Some(Err(refused)),
        };
        let place = self.effects.answers.iter().position(|(answered, _)| *answered == ticket)?;
        Some(self.effects.answers.remove(place).1)
    }

    fn subscribe(&mut self, pattern: &str, overflow: Overflow, queue: u32, start: Start) -> SubscriberId {
        let pattern = Pattern::new(pattern, &Limits::default()).unwrap();
        let options = SubscribeOptions { start, overflow: Some(overflow), queue_events: queue };
        self.channel.subscribe(pattern, options, false, self.now).unwrap().0
    }

    fn take(&mut self, id: SubscriberId, taken: u64) -> Result<Take, TakeRefused> {
        self.channel.take(id, taken, self.now, &mut self.effects)
    }

    /// Everything that is there for a subscriber: payloads, and what was lost.
    fn drain(&mut self, id: SubscriberId) -> (Vec<u64>, Losses) {
        let (mut numbers, mut losses, mut taken) = (Vec::new(), Losses::default(), 0);
        loop {
            match self.take(id, taken) {
                Ok(Take::Ready(delivery)) => {
                    taken = delivery.number;
                    losses.add(delivery.losses);
                    for piece in &delivery.pieces {
                        let events = piece.stored.block.events().skip(piece.from).take(piece.len());
                        numbers.extend(events.map(|e| u64::from_le_bytes(e.payload.try_into().unwrap())));
                    }
                }
                Ok(Take::Wait) if self.channel.has_more(id) => {}
                Ok(Take::Wait) | Err(_) => return (numbers, losses),
                Ok(Take::Read { .. }) => panic!("there is no disk"),
            }
        }
    }
}

#[test]
fn an_answer_is_given_again_until_the_next_one_is_asked_for() {
    let mut bench = bench(Guarantee::Ordered, |_| ());
    let id = bench.subscribe("a/**", Overflow::DropOldest, 10, Start::Now);
    assert_eq!(bench.take(id, 0), Ok(Take::Wait));
    assert_eq!(bench.publish(block("p", "a/x", 1, 4)), Some(Ok(Accepted { last: 3, repeated: 0 })));
    assert_eq!(std::mem::take(&mut bench.effects.wake), [id]);
    let Ok(Take::Ready(first)) = bench.take(id, 0) else { panic!("there is something") };
    assert_eq!((first.number, first.next), (1, 4));
    assert_eq!(bench.take(id, 0), Ok(Take::Ready(first)));
    assert_eq!(bench.take(id, 1), Ok(Take::Wait));
}

#[test]
fn every_policy_drops_what_it_says_and_counts_it() {
    let cases = [
        (Overflow::DropOldest, vec![7, 8, 9, 10], Losses { oldest: 6, ..Losses::default() }),
        (Overflow::DropNewest, vec![1, 2, 3, 4], Losses { newest: 6, ..Losses::default() }),
        (Overflow::Conflate, vec![8, 9, 10], Losses { conflated: 7, ..Losses::default() }),
        (Overflow::Replay, (1..=10).collect(), Losses::default()),
        (Overflow::Eject, vec![1, 2, 3, 4], Losses::default()),
    ];
    for (overflow, expected, losses) in cases {
        let mut bench = bench(Guarantee::Ordered, |_| ());
        let id = bench.subscribe("a/**", overflow, 4, Start::Now);
        for (from, to) in [(1, 4), (4, 6), (6, 11)] {
            assert!(bench.publish(block("p", "a/x", from, to)).is_some());
        }
        assert_eq!(bench.drain(id), (expected, losses), "{overflow:?}");
        let report = &bench.channel.report().subscribers[0];
        let dropped = report.dropped_oldest + report.dropped_newest + report.conflated;
        assert_eq!(report.matched, report.delivered + report.queued + dropped, "{overflow:?}");
        let ended = TakeRefused::Ejected { why: WhyEjected::TooSlow, next: 5 };
        assert_eq!(bench.take(id, 9) == Err(ended), overflow == Overflow::Eject, "{overflow:?}");
    }
}

#[test]
fn a_publisher_waits_for_who_is_to_be_waited_for() {
    let mut bench = bench(Guarantee::Reliable, |_| ());
    let slow = bench.subscribe("a/**", Overflow::SlowPublisher, 4, Start::Now);
    let other = bench.subscribe("a/**", Overflow::DropOldest, 100, Start::Now);
    assert!(bench.publish(block("p", "a/x", 1, 4)).is_some());
    assert_eq!(bench.publish(block("p", "a/x", 4, 9)), None, "it has room for one");
    assert_eq!(bench.publish(block("q", "a/x", 1, 2)), None, "nobody overtakes");
    let (numbers, losses) = bench.drain(slow);
    assert_eq!((numbers, losses), ((1..9).chain([1]).collect(), Losses::default()));
    let answers: Vec<u64> =
        bench.effects.answers.iter().map(|(_, answer)| answer.as_ref().unwrap().last).collect();
    assert_eq!(answers, [8, 9]);
    assert_eq!(bench.drain(other).0.len(), 9);
}

#[test]
fn who_is_not_heard_of_is_not_waited_for() {
    let mut bench = bench(Guarantee::Reliable, |_| ());
    let gone = bench.subscribe("a/**", Overflow::SlowPublisher, 1, Start::Now);
    assert_eq!(bench.publish(block("p", "a/x", 1, 4)), None);
    let late = micros(Limits::default().publish_wait_max) + 2_000;
    bench.channel.tick(late, &mut bench.effects);
    let refused = PublishRefused { why: WhyNot::SlowSubscriber, next_sequence: 2 };
    assert_eq!(bench.effects.answers.pop().unwrap().1, Err(refused));
    bench.now = micros(Limits::default().subscriber_silence_max) + 2_000;
    bench.channel.tick(bench.now, &mut bench.effects);
    assert_eq!(bench.take(gone, 0), Err(TakeRefused::Unknown));
    let again = bench.publish(block("p", "a/x", 1, 4));
    assert_eq!(again, Some(Ok(Accepted { last: 3, repeated: 1 })), "the first one has its place already");
}

#[test]
fn nothing_is_seen_before_it_is_on_the_disk_and_repetitions_wait_for_it_too() {
    let mut bench = bench(Guarantee::Durable, |_| ());
    let id = bench.subscribe("a/**", Overflow::Replay, 10, Start::Now);
    assert_eq!(bench.publish(block("p", "a/x", 1, 4)), None);
    assert_eq!(bench.publish(block("p", "a/x", 1, 4)), None, "it is known, and not on the disk");
    assert_eq!(bench.effects.spool.len(), 1);
    assert_eq!(bench.take(id, 0), Ok(Take::Wait));
    bench.channel.synced(3, 5_000, &mut bench.effects);
    let answers: Vec<_> = bench.effects.answers.drain(..).map(|(_, answer)| answer).collect();
    assert_eq!(answers, [Ok(Accepted { last: 3, repeated: 0 }), Ok(Accepted { last: 3, repeated: 3 })]);
    assert_eq!(bench.drain(id).0, [1, 2, 3]);
}

#[test]
fn what_does_not_reach_the_disk_was_not_published() {
    let mut bench = bench(Guarantee::Durable, |_| ());
    let id = bench.subscribe("a/**", Overflow::Replay, 10, Start::Now);
    assert_eq!(bench.publish(block("p", "a/x", 1, 4)), None);
    assert_eq!(bench.publish(block("q", "a/x", 1, 3)), None);
    bench.channel.spool_failed(&mut bench.effects);
    let whys: Vec<_> = bench.effects.answers.drain(..).map(|(_, answer)| answer.unwrap_err().why).collect();
    assert_eq!(whys, [WhyNot::Store, WhyNot::Store]);
    bench.effects.spool.clear();
    assert_eq!(bench.publish(block("q", "a/x", 1, 3)), None, "it is not known");
    assert_eq!(bench.effects.spool[0].first, 1, "its places are free");
    bench.channel.synced(2, 5_000, &mut bench.effects);
    assert_eq!(bench.drain(id).0, [1, 2]);
}

#[test]
fn history_says_exactly_what_it_has_not() {
    let mut bench = bench(Guarantee::Ordered, |options| options.history_events = 5);
    for from in (1..=9).step_by(2) {
        assert!(bench.publish(block("p", "a/x", from, from + 2)).is_some());
    }
    let id = bench.subscribe("a/**", Overflow::Replay, 10, Start::Position(2));
    let Ok(Take::Ready(first)) = bench.take(id, 0) else { panic!("something is gone") };
    assert_eq!((first.gone, first.next, first.pieces.len()), (Some((2, 7)), 7, 0));
    assert_eq!(bench.drain(id).0, [7, 8, 9, 10]);
    let wanted = bench.subscribe("a/**", Overflow::Replay, 10, Start::Time(1_005));
    assert_eq!(bench.drain(wanted).0, [9, 10]);
}

#[test]
fn publishers_are_forgotten_one_by_one() {
    let mut publishers = Publishers::new(2);
    publishers.note("a", 1, 1);
    publishers.note("b", 1, 2);
    publishers.note("a", 2, 3);
    publishers.note("c", 1, 4);
    assert_eq!((publishers.last("a"), publishers.last("b")), (Some((2, 3)), None));
    assert_eq!(publishers.into_list(), [("a".to_owned(), 2, 3), ("c".to_owned(), 1, 4)]);
}

/// The sources say nothing of what would make a core depend on anything but its calls.
#[test]
fn the_core_is_a_value() {
    let words =
        ["tokio", "Instant", "SystemTime", "thread_rng", "Mutex", "RwLock", "HashMap", "std::fs", "std::net"];
    for folder in ["channel", "block", "subject"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let tests = ["tests.rs", "schedules.rs", "agreed_schedules"];
            if tests.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for word in words {
                assert!(!text.contains(word), "{word} in {}", path.display());
            }
        }
    }
}
