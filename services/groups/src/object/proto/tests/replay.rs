//! A member that goes through its own log after everyone has failed.

use super::*;

/// What a member's log holds: a checkpoint, and the messages after it.
struct Log {
    checkpoint: Bytes,
    messages: Vec<(ProcessId, Bytes)>,
}

impl Log {
    fn begin(world: &World) -> Self {
        let member = &world.members[0];
        let state = Bytes::copy_from_slice(&member.committed.to_le_bytes());
        Self { checkpoint: member.replica.save(&state), messages: Vec::new() }
    }

    /// Delivers everything, and writes it down.
    fn settle(&mut self, world: &mut World) {
        world.act();
        while let Some(message) = world.order.front().cloned() {
            self.messages.push(message);
            world.deliver_one();
        }
    }
}

/// A new incarnation, alone, as the engine lets it begin: its view first, then its log.
fn awake(log: &Log, world: &World) -> World {
    let mut alone = World::new(0, world.style);
    alone.view = world.view;
    let member = alone.member(77);
    alone.members.push(member);
    alone.install();
    alone.act();
    alone.order.clear();
    let member = &mut alone.members[0];
    let state = member.replica.restore(&log.checkpoint, &place(world.style)).unwrap();
    member.sum = u64::from_le_bytes(state.as_ref().try_into().unwrap());
    member.committed = member.sum;
    assert!(member.replica.not_now().is_some(), "it takes no calls before it is through");
    for (sender, message) in &log.messages {
        alone.members[0].replica.deliver(*sender, message).unwrap();
        alone.act();
    }
    assert_eq!(alone.order.len(), 0, "a replay says nothing");
    alone.members[0].replica.replayed();
    alone.settle();
    alone
}

#[test]
fn what_was_acknowledged_is_there_again_with_its_replies() {
    for style in STYLES {
        let mut world = World::new(3, style);
        let mut log = Log::begin(&world);
        for sequence in 1..=6 {
            world.call(1 + sequence % 3, sequence, sequence, sequence as u8);
            log.settle(&mut world);
        }
        let sum = world.sums()[0];
        let mut alone = awake(&log, &world);
        assert_eq!(alone.sums(), [sum]);
        assert_eq!(
            alone.members[0].published.last(),
            Some(&(alone.members[0].published.last().unwrap().0, 0))
        );
        alone.call(77, 1, 6, 6);
        alone.call(77, 2, 7, 7);
        alone.settle();
        assert_eq!(alone.at(77).answer(1), Some(sum), "the first reply, and no second execution");
        assert_eq!(alone.at(77).answer(2), Some(sum + 7));
    }
}

#[test]
fn the_executor_has_changed_while_the_log_was_written() {
    let mut world = World::new(3, Style::Executor);
    let mut log = Log::begin(&world);
    world.call(1, 1, 1, 5);
    log.settle(&mut world);
    let lost = world.members[0].replica.executor().unwrap();
    let asked = (1..=3).find(|process| ProcessId(*process) != lost).unwrap();
    // It has its place, and no outcome.
    world.call(asked, 2, 2, 7);
    world.act();
    log.messages.push(world.order[0].clone());
    world.deliver_one();
    world.order.clear();
    world.members.retain(|member| member.replica.me != lost);
    world.install();
    log.settle(&mut world);
    assert_eq!(world.at(asked).answer(2), Some(12));
    assert_eq!(awake(&log, &world).sums(), [12]);
}

#[test]
fn what_was_not_executed_when_everyone_failed_is_executed_now() {
    let mut world = World::new(3, Style::Executor);
    let mut log = Log::begin(&world);
    world.call(1, 1, 1, 5);
    world.act();
    log.messages.push(world.order[0].clone());
    let alone = awake(&log, &world);
    assert_eq!((alone.sums(), alone.at(77).executed.len()), (vec![5], 1));
}
