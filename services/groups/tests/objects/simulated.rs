//! The object layer in the simulator: hundreds of schedules in both styles hold every invariant, and every known mistake is
//! caught by the invariant that it breaks.

use quorb_groups::core::Mutation;
use quorb_groups::object::Style;
use quorb_groups::object::proto::Mistake;
use quorb_groups::sim::coverage::Coverage;
use quorb_groups::sim::run::{Settings, run};

fn hold(style: Style) {
    let settings = Settings { objects: Some(style), ..Settings::default() };
    let mut coverage = Coverage::default();
    for seed in 0..200 {
        let outcome = run(seed, &settings);
        let name = format!("{style:?}").to_lowercase();
        assert_eq!(
            outcome.violation,
            None,
            "simulate --seeds {seed}..{} --objects {name} --verbose",
            seed + 1
        );
        coverage.add(&outcome);
    }
    println!("{coverage}");
}

#[test]
fn hundreds_of_schedules_of_the_active_style_hold() {
    hold(Style::Active);
}

#[test]
fn hundreds_of_schedules_of_the_executor_style_hold() {
    hold(Style::Executor);
}

/// Who leads a ballot gives it up when somebody older is heard again; that one hears from those who have promised that it has to
/// lead another.
#[test]
fn a_flush_that_its_leader_gave_up_is_taken_up() {
    for (seed, style) in [(431, Style::Active), (289, Style::Executor)] {
        let outcome = run(seed, &Settings { objects: Some(style), ..Settings::default() });
        assert_eq!(outcome.violation, None, "seed {seed} {style:?}");
    }
}

/// Who has just been given the state is not among those whose digests are compared, and does not leave for the want of one.
#[test]
fn a_joiner_is_not_judged_by_a_digest_it_did_not_give() {
    let outcome = run(2187, &Settings { objects: Some(Style::Active), ..Settings::default() });
    assert_eq!(outcome.violation, None);
}

/// Plays seeds until a mistake is caught; the same seed without it is clean.
fn caught(style: Style, mutation: Option<Mutation>, mistake: Option<Mistake>, by: &[&str]) {
    let sound = Settings { objects: Some(style), ..Settings::default() };
    let mistaken = Settings { mutation, mistake, ..sound.clone() };
    let found = (0..1000).find_map(|seed| run(seed, &mistaken).violation.map(|violation| (seed, violation)));
    let Some((seed, violation)) = found else {
        panic!("{mutation:?} {mistake:?} was not caught in a thousand seeds")
    };
    let (code, detail) = (violation.code, violation.detail);
    assert!(by.contains(&code), "{mutation:?} {mistake:?} broke {code} at {seed}: {detail}");
    assert_eq!(run(seed, &sound).violation, None, "seed {seed} without {mutation:?} {mistake:?}");
}

macro_rules! mistakes {
    ($($name:ident: $mistake:ident, $style:ident, $codes:expr;)*) => {$(
        #[test]
        fn $name() {
            caught(Style::$style, None, Some(Mistake::$mistake), &$codes);
        }
    )*};
}

mistakes! {
    what_was_answered_travels_with_the_state: TableNotSaved, Active, ["T4"];
    what_was_answered_travels_with_the_state_of_executors: TableNotSaved, Executor, ["T4"];
    nobody_is_answered_before_the_order: AnswerBeforeOrder, Active, ["C5"];
    a_successor_takes_over_what_was_left_undone: QueueLostAtTakeover, Executor, ["K3"];
    what_an_executor_shipped_in_its_last_moment_counts: OutcomeLostAtTakeover, Executor, ["L3", "T4", "C5"];
    a_timer_fires_once: TimerStays, Active, ["A1", "K3"];
    timers_travel_with_the_state: TimersNotSaved, Active, ["T4"];
    a_replica_leaves_only_against_a_majority: ExcludedWithoutMajority, Active, ["D1"];
}

macro_rules! mutations {
    ($($name:ident: $mutation:ident, $style:ident, $codes:expr;)*) => {$(
        #[test]
        fn $name() {
            caught(Style::$style, Some(Mutation::$mutation), None, &$codes);
        }
    )*};
}

mutations! {
    a_reply_waits_until_every_replica_has_the_update: UniformOnReceipt, Active, ["C5", "C1", "C4", "L3", "T4"];
    a_query_waits_for_what_was_received: QueryDoesNotWait, Active, ["C4"];
}
