//! The simulator, in the ordinary tests: hundreds of seeds hold every invariant, and every known mistake is caught.

use quorb_groups::core::Mutation;
use quorb_groups::sim::coverage::Coverage;
use quorb_groups::sim::run::{Settings, run};
use quorb_groups::sim::scenario::{Scenario, named};

#[test]
fn hundreds_of_seeds_hold() {
    let mut coverage = Coverage::default();
    for seed in 0..300 {
        let outcome = run(seed, &Settings::default());
        assert_eq!(outcome.violation, None, "seed {seed}: simulate --seeds {seed}..{} --verbose", seed + 1);
        coverage.add(&outcome);
    }
    println!("{coverage}");
}

#[test]
fn a_seed_is_a_whole_story() {
    let first = run(7, &Settings::default());
    let again = run(7, &Settings::default());
    assert_eq!((first.counters, first.messages), (again.counters, again.messages));
    let other = run(8, &Settings { scenario: named("mixed"), ..Settings::default() });
    assert_ne!(first.messages, other.messages);
}

/// Everyone had the message, but its causes only its sender and another that failed with it.
#[test]
fn a_receipt_promises_the_causes_too() {
    const SEED: u64 = 5225;
    let mistaken = Settings { mutation: Some(Mutation::CausesNotStable), ..Settings::default() };
    assert_eq!(run(SEED, &mistaken).violation.map(|v| v.code), Some("V6"));
    assert_eq!(run(SEED, &Settings::default()).violation, None);
}

/// Who was stopped itself for a while hears that all the others found it unresponsive, and would drop them all.
#[test]
fn who_waited_in_vain_keeps_its_place() {
    const SEED: u64 = 5490;
    let mistaken = Settings { mutation: Some(Mutation::UnresponsiveAccused), ..Settings::default() };
    assert_eq!(run(SEED, &mistaken).violation.map(|v| v.code), Some("M5"));
    assert_eq!(run(SEED, &Settings::default()).violation, None);
}

/// Seeds that have shown a fault hold now, though later changes may have made other stories of them.
#[test]
fn seeds_that_found_something_hold() {
    for seed in [4648, 4842, 6063] {
        assert_eq!(run(seed, &Settings::default()).violation, None, "seed {seed}");
    }
}

/// Who acknowledges nothing for a while because its application does not read holds the senders up, and breaks nothing.
#[test]
fn slow_readers_break_nothing() {
    for seed in 0..60 {
        let outcome = run(seed, &Settings { scenario: named("readers"), ..Settings::default() });
        assert_eq!(outcome.violation, None, "seed {seed} --scenario readers");
    }
}

/// Two who do not hear each other both keep the leader waiting: only one of them is at stake, and not the leader.
#[test]
fn a_dispute_costs_one_place() {
    const SEED: u64 = 6275;
    let mistaken = Settings { mutation: Some(Mutation::DisputeIgnored), ..Settings::default() };
    assert_eq!(run(SEED, &mistaken).violation.map(|v| v.code), Some("M5"));
    assert_eq!(run(SEED, &Settings::default()).violation, None);
}

/// Plays seeds until a known mistake is caught; the same seed without it is clean.
fn caught(mutation: Mutation, by: &[&str]) {
    caught_in(None, mutation, by);
}

/// The same in one scenario.
fn caught_in(scenario: Option<&'static Scenario>, mutation: Mutation, by: &[&str]) {
    let sound = Settings { scenario, ..Settings::default() };
    let mistaken = Settings { mutation: Some(mutation), ..sound.clone() };
    let found = (0..1000).find_map(|seed| run(seed, &mistaken).violation.map(|v| (seed, v)));
    let Some((seed, violation)) = found else { panic!("{mutation:?} was not caught in a thousand seeds") };
    assert!(
        by.contains(&violation.code),
        "{mutation:?} broke {} at {seed}: {}",
        violation.code,
        violation.detail
    );
    assert_eq!(run(seed, &sound).violation, None, "seed {seed} without {mutation:?}");
}

/// Takeovers in the middle of a ballot are most frequent where processes fail in pairs.
#[test]
fn a_takeover_adopts() {
    caught_in(named("crashes"), Mutation::TakeoverIgnoresAccepted, &["M1", "V1", "V6", "O4"]);
}

macro_rules! mutants_of_scenarios {
    ($($name:ident: $mutation:ident in $scenario:literal by $codes:expr;)*) => {$(
        #[test]
        fn $name() {
            caught_in(named($scenario), Mutation::$mutation, &$codes);
        }
    )*};
}

// The first two are most frequent where the same four fall apart into halves; the others need disks.
mutants_of_scenarios! {
    a_place_is_known_everywhere: PlaceNotStable in "pairs" by ["O4", "V6", "V1"];
    a_sequencer_stands_still: SequencerNotSealed in "pairs" by ["V6", "O4"];
    a_place_is_on_every_disk: AcknowledgedUnsynced in "blackouts" by ["C5", "T1", "C4"];
    an_answer_is_on_the_disk: AnsweredUnsynced in "flicker" by ["M1", "C5", "M4"];
    what_was_accepted_is_remembered: AcceptedForgotten in "blackouts" by ["M1", "M3", "C5"];
    a_restart_takes_a_quorum: RestartWithoutQuorum in "blackouts" by ["M1", "M3", "C5"];
    the_quorum_is_of_the_last_view: QuorumOfWrongView in "blackouts" by ["M1", "M3", "C5"];
    only_a_last_copy_counts: AnyCopyCounts in "flicker" by ["C5", "T1", "C4"];
    whoever_has_a_log_founds_nothing: FoundsAnew in "flicker" by ["M4", "M8", "C5"];
}

macro_rules! mutants {
    ($($name:ident: $mutation:ident by $codes:expr;)*) => {$(
        #[test]
        fn $name() {
            caught(Mutation::$mutation, &$codes);
        }
    )*};
}

mutants! {
    half_is_no_quorum: HalfIsQuorum by ["M1", "M3", "M4"];
    uniform_waits_for_all: UniformOnReceipt by ["V6", "O4"];
    the_order_is_in_the_value: OrderNotInValue by ["O3", "O4"];
    a_promise_stands_still: DeliverAfterPromise by ["V1", "V6", "O3", "O4"];
    nothing_goes_beyond_the_cut: BeyondTheCut by ["V1", "O3"];
    the_cut_is_everyones: CutFromLeader by ["V1", "V4", "V6", "M8", "O2"];
    the_flush_comes_before_the_view: ViewBeforeFlush by ["M2", "V1", "V2"];
    bodies_are_kept_until_stable: DropBeforeStable by ["M5", "M8", "V1"];
    a_query_waits_for_what_was_received: QueryDoesNotWait by ["C4"];
    causes_come_first: CausalUnchecked by ["O2"];
    state_is_of_the_cut: StateAfterCut by ["V1", "T1", "V4"];
}
