//! Executors that ship effects instead of their whole state.

use super::*;

#[test]
fn every_member_applies_what_the_executor_has_done() {
    let mut world = World::shipping(3, Style::Executor, true);
    for sequence in 1..=5 {
        world.call(1 + sequence % 3, sequence, sequence, sequence as u8);
        world.settle();
    }
    assert_eq!(world.sums(), [15, 15, 15]);
    let executions: usize = world.members.iter().map(|member| member.executed.len()).sum();
    assert_eq!(executions, 5);
    world.join(4);
    world.call(4, 9, 9, 1);
    world.settle();
    assert_eq!(world.sums(), [16; 4]);
}

#[test]
fn a_lost_executors_effects_count_if_they_have_their_place_and_else_are_made_again() {
    for shipped in [true, false] {
        let mut world = World::shipping(3, Style::Executor, true);
        let executor = world.members[0].replica.executor().unwrap();
        let other = (1..=3).find(|process| *process != executor.0).unwrap();
        world.call(other, 1, 1, 5);
        world.act();
        assert!(world.deliver_one());
        match shipped {
            true => world.settle(),
            false => world.order.clear(),
        }
        world.lose(executor.0);
        assert_eq!(world.sums(), [5, 5]);
        assert_eq!(world.at(other).answer(1), Some(5));
    }
}

#[test]
fn whoever_drifts_away_is_found_by_its_digest() {
    let mut world = World::shipping(3, Style::Executor, true);
    world.drifts = true;
    let executor = world.members[0].replica.executor().unwrap();
    let astray = world.members.iter_mut().find(|member| member.replica.me != executor).unwrap();
    astray.sum = 100;
    let astray = astray.replica.me;
    for sequence in 1..=2 {
        world.call(1, sequence, sequence, 1);
        world.settle();
    }
    for member in &world.members {
        let leaves = matches!(member.diverged[..], [Effect::Diverged { .. }]);
        assert_eq!(leaves, member.replica.me == astray, "{:?}", member.diverged);
    }
}

#[test]
fn members_ship_alike_or_are_told_apart() {
    let world = World::shipping(1, Style::Executor, true);
    let saved = world.members[0].replica.save(&Bytes::new());
    let own = place(Style::Executor);
    let mut other = Replica::new(ProcessId(9), &own, ReplicaLimits::default());
    let refused = other.restore(&saved, &own).unwrap_err();
    assert_eq!(refused, SavedError::OtherEffects(true));
    assert!(refused.to_string().contains("ships the effects of updates"), "{refused}");
}
