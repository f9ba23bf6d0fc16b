//! Timers: set, renewed and cancelled by requests; fired once, at one place, whoever is left.

use super::*;

impl World {
    /// A request that asks for this of the timers.
    fn ask(&mut self, sequence: u64, wishes: &[(&str, Option<u64>)]) {
        let change =
            |(name, due_us): &(&str, Option<u64>)| TimerChange { name: (*name).into(), due_us: *due_us };
        let wishes: Vec<TimerChange> = wishes.iter().map(change).collect();
        for member in &mut self.members {
            member.wishes.insert(sequence, wishes.clone());
        }
        self.call(1, sequence, sequence, 1);
        self.settle();
    }

    /// The alarm of a member rings.
    fn ring(&mut self, process: u64, number: u64) {
        let at = self.members.iter_mut().find(|member| member.replica.me.0 == process).unwrap();
        at.replica.due(number, Moment { time_us: 2_000, seed: 3 });
    }

    fn rung(&self) -> Vec<Vec<(String, u64)>> {
        self.members.iter().map(|member| member.rung.clone()).collect()
    }
}

#[test]
fn it_fires_once_at_every_member_and_not_before_its_time() {
    let mut world = World::new(3, Style::Active);
    world.ask(1, &[("lease", Some(9_000))]);
    let grace = world.limits.timer_grace_ms * 1_000;
    // The order's clock stands at 1000: the first by rank is to say so in time, each other one a little later.
    for (rank, member) in world.members.iter().enumerate() {
        assert_eq!(member.alarms, BTreeMap::from([(1, 8_000 + grace * rank as u64)]));
    }
    world.ring(1, 1);
    world.ring(2, 1);
    world.settle();
    assert_eq!(world.rung(), vec![vec![("lease".to_owned(), 9_000)]; 3]);
    assert_eq!(world.sums(), [101; 3]);
    assert_eq!(world.at(1).replica.timers().len(), 0);
}

#[test]
fn renewing_and_cancelling_void_what_was_said_before() {
    let mut world = World::new(3, Style::Active);
    world.ask(1, &[("lease", Some(9_000)), ("other", Some(5_000))]);
    world.ask(2, &[("lease", Some(12_000)), ("other", None)]);
    assert_eq!(world.at(2).alarms.keys().copied().collect::<Vec<_>>(), [3]);
    // Alarms that have rung already come too late.
    world.ring(1, 1);
    world.ring(1, 2);
    world.settle();
    assert_eq!(world.rung(), vec![vec![]; 3]);
    world.ring(3, 3);
    world.settle();
    assert_eq!(world.rung(), vec![vec![("lease".to_owned(), 12_000)]; 3]);
}

#[test]
fn a_joiner_knows_them_and_stands_in_for_who_is_lost() {
    for style in STYLES {
        let mut world = World::new(2, style);
        world.ask(1, &[("lease", Some(9_000))]);
        world.join(3);
        assert_eq!(world.at(3).alarms.len(), 1, "{style:?}");
        world.lose(1);
        world.lose(2);
        world.ring(3, 1);
        world.settle();
        assert_eq!((world.sums(), world.at(3).rung.len()), (vec![101], 1), "{style:?}");
    }
}

#[test]
fn in_the_executor_style_one_member_executes_them_and_they_come_with_the_outcome() {
    let mut world = World::new(3, Style::Executor);
    world.ask(1, &[("lease", Some(9_000))]);
    assert!(world.members.iter().all(|member| member.alarms.len() == 1));
    world.ring(2, 1);
    world.settle();
    assert_eq!(world.sums(), [101; 3]);
    assert_eq!(world.members.iter().map(|member| member.rung.len()).sum::<usize>(), 1);
}

#[test]
fn a_lost_executors_timer_is_fired_by_its_successor() {
    let mut world = World::new(3, Style::Executor);
    world.ask(1, &[("lease", Some(9_000))]);
    let executor = world.members[0].replica.executor().unwrap();
    let other = (1..=3).find(|process| *process != executor.0).unwrap();
    world.ring(other, 1);
    world.act();
    // It has its place, and its outcome goes down with the executor.
    assert!(world.deliver_one());
    world.order.clear();
    world.lose(executor.0);
    assert_eq!(world.sums(), [101, 101]);
}

#[test]
fn those_of_a_poisoned_object_wait_for_it() {
    let mut world = World::new(2, Style::Active);
    world.ask(1, &[("lease", Some(9_000))]);
    world.call(1, 2, 2, 255);
    world.settle();
    world.ring(1, 1);
    world.settle();
    assert_eq!(world.rung(), vec![vec![]; 2]);
    world.members.iter_mut().for_each(|member| member.alarms.clear());
    world.members[0].replica.reactivate();
    world.settle();
    assert_eq!(world.at(1).alarms.len(), 1, "they are to ring again");
    world.ring(1, 1);
    world.settle();
    assert_eq!(world.rung()[1].len(), 1);
}

#[test]
fn a_panic_sets_none() {
    for style in STYLES {
        let mut world = World::new(2, style);
        let wish = TimerChange { name: "lease".into(), due_us: Some(9_000) };
        world.members.iter_mut().for_each(|member| drop(member.wishes.insert(1, vec![wish.clone()])));
        world.call(1, 1, 1, 255);
        world.settle();
        assert_eq!(world.at(1).replica.timers().len(), 0, "{style:?}");
    }
}
