//! The simulator, in the ordinary tests: hundreds of seeds hold every invariant, and every known mistake is caught.

use quorb_groups::core::Mutation;
use quorb_groups::sim::coverage::Coverage;
use quorb_groups::sim::run::{Settings, run};
use quorb_groups::sim::scenario::named;
use quorb_groups::sim::sharp::SHARP;

#[test]
fn hundreds_of_seeds_hold() {
    let mut coverage = Coverage::default();
    let mut play = |seed: u64, settings: &Settings| {
        let outcome = run(seed, settings);
        assert_eq!(outcome.violation, None, "seed {seed}: simulate --seeds {seed}..{} --verbose", seed + 1);
        coverage.add(&outcome);
    };
    (0..260).for_each(|seed| play(seed, &Settings::default()));
    // That a process is too old for its domain is rare among so few.
    let upgrades = Settings { scenario: named("upgrades"), ..Settings::default() };
    (20..40).for_each(|seed| play(seed, &upgrades));
    println!("{coverage}");
    assert_eq!(coverage.missing(), None, "what the seeds did not go through");
}

/// Leases rest on a bound of the clocks' speeds, and nothing else does: without it queries may be answered late, and
/// everything else holds.
#[test]
fn wild_clocks_spoil_nothing_but_queries() {
    let wild = Settings { scenario: named("wild-clocks"), ..Settings::default() };
    let mut excused = 0;
    for seed in 0..60 {
        let outcome = run(seed, &wild);
        assert_eq!(outcome.violation, None, "seed {seed}");
        excused += outcome.excused;
    }
    assert!(excused > 0, "the bound would not be needed");
}

#[test]
fn a_seed_is_a_whole_story() {
    let first = run(7, &Settings::default());
    let again = run(7, &Settings::default());
    assert_eq!((first.counters, first.messages), (again.counters, again.messages));
    let other = run(8, &Settings { scenario: named("mixed"), ..Settings::default() });
    assert_ne!(first.messages, other.messages);
}

/// A seed that shows a mistake in a scenario, and holds without it.
fn shown(scenario: &str, seed: u64, mutation: Mutation, by: &str) {
    let sound = Settings { scenario: named(scenario), ..Settings::default() };
    let mistaken = Settings { mutation: Some(mutation), ..sound.clone() };
    assert_eq!(run(seed, &mistaken).violation.map(|v| v.code), Some(by));
    assert_eq!(run(seed, &sound).violation, None);
}

/// The only member with the state of a durable group fails while a joiner sends: no disk that counts has what it sent.
#[test]
fn a_joiner_does_not_finish_the_view_of_those_who_had_the_state() {
    shown("flicker", 5870, Mutation::JoinersFinish, "C5");
}

/// A process was admitted and dropped before it heard of either, and asked one that had joined since; then it heard of the first
/// view, and acted in it.
#[test]
fn whoever_was_dropped_does_not_come_back() {
    shown("last-words", 698, Mutation::LateWelcome, "M6");
}

/// A new leader has heard the second request of a process and not the first, which went to the former one.
#[test]
fn no_request_is_overtaken() {
    shown("moments", 295, Mutation::RequestsOvertake, "M8");
}

/// Everyone had the message, but its causes only its sender and another that failed with it.
#[test]
fn a_receipt_promises_the_causes_too() {
    shown("bereavements", 129, Mutation::CausesNotStable, "V6");
}

/// Who was stopped itself for a while hears that all the others found it unresponsive, and would drop them all.
#[test]
fn who_waited_in_vain_keeps_its_place() {
    shown("moments", 143, Mutation::UnresponsiveAccused, "M8");
}

/// Who acknowledges nothing for a while because its application does not read holds the senders up, and breaks nothing.
#[test]
fn slow_readers_break_nothing() {
    for seed in 0..60 {
        let outcome = run(seed, &Settings { scenario: named("readers"), ..Settings::default() });
        assert_eq!(outcome.violation, None, "seed {seed} --scenario readers");
    }
}

/// Runs without a name draw these less often than the others.
#[test]
fn sharp_scenarios_hold() {
    for scenario in SHARP {
        for seed in 0..15 {
            let outcome = run(seed, &Settings { scenario: Some(scenario), ..Settings::default() });
            assert_eq!(outcome.violation, None, "seed {seed} --scenario {}", scenario.name);
        }
    }
}

/// The leader lets a member fetch from another, which dies without a word: it is that one which keeps the leader waiting.
#[test]
fn who_fetches_from_the_dead_is_not_late() {
    shown("orphans", 205, Mutation::FetcherBlamed, "M5");
}

/// The sequencer gave places that nobody else has heard of, delivered by them, and died.
#[test]
fn a_place_is_known_everywhere() {
    shown("moments", 8, Mutation::PlaceNotStable, "O4");
}

/// A durable group was just created when its only member failed: the first state was not on its disk, and nobody else has any.
/// Nothing was acknowledged either, so the group begins again as it did; it slept for ever.
#[test]
fn a_group_that_died_before_its_first_state_was_written_begins_as_it_did() {
    let settings = Settings { scenario: named("dissolutions"), ..Settings::default() };
    assert_eq!(run(555, &settings).violation, None);
}

/// Seeds that have shown a fault hold now, though later changes may have made other stories of them.
#[test]
fn seeds_that_found_something_hold() {
    for (scenario, seed) in [
        ("pairs", 4648),
        ("partitions", 4842),
        ("mixed", 5490),
        ("pairs", 6063),
        ("mixed", 7835),
        ("blackouts", 8248),
        ("flicker", 570),
        ("flicker", 3134),
        ("moments", 144),
        ("moments", 306),
        ("large-logged", 7009),
        // Whom a domain admitted without its hearing of it founded another: the checker took the two for one.
        ("rivals", 648),
        ("partitions", 6962),
        ("moments", 1110),
        ("blackouts", 8287),
        ("mixed", 5225),
        ("mixed", 6275),
        ("last-words", 712),
        // Seeds that had agreed with a founder, which died, were bound to it for ever, or not asked again by the next.
        ("births", 1),
    ] {
        let settings = Settings { scenario: named(scenario), ..Settings::default() };
        assert_eq!(run(seed, &settings).violation, None, "seed {seed}");
    }
}

/// Plays seeds of a scenario until a known mistake is caught; the same seed without it is clean.
fn caught(scenario: &str, mutation: Mutation, by: &[&str]) {
    let sound = Settings { scenario: named(scenario), ..Settings::default() };
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

macro_rules! mutants {
    ($($name:ident: $mutation:ident in $scenario:literal by $codes:expr;)*) => {
        $(
            #[test]
            fn $name() {
                caught($scenario, Mutation::$mutation, &$codes);
            }
        )*

        /// Those above, and those that have a seed of their own.
        #[test]
        fn every_mistake_is_tried() {
            let mut tried = vec![$(Mutation::$mutation),*];
            tried.extend([
                Mutation::UnresponsiveAccused,
                Mutation::PlaceNotStable,
                Mutation::FetcherBlamed,
                Mutation::JoinersFinish,
                Mutation::RequestsOvertake,
                Mutation::LateWelcome,
                Mutation::CausesNotStable,
            ]);
            let untried: Vec<_> = Mutation::ALL.iter().filter(|m| !tried.contains(m)).collect();
            assert!(untried.is_empty(), "{untried:?}");
        }
    };
}

mutants! {
    half_is_no_quorum: HalfIsQuorum in "pairs" by ["M1", "M3", "C4"];
    a_takeover_adopts: TakeoverIgnoresAccepted in "moments" by ["M1", "V1", "V6", "O4"];
    a_takeover_adopts_the_latest: LowestAdopted in "moments" by ["M1", "V1", "V6", "O4"];
    nothing_is_proposed_before_all_have_it: ProposeBeforeFill in "moments" by ["O2", "V1", "V4", "V6", "O3", "O4"];
    a_promise_is_never_taken_back: PromiseTakenBack in "rivals" by ["M1"];
    who_is_admitted_can_tell_what_was_decided: DecisionNotCarried in "last-words" by ["M8"];
    uniform_waits_for_all: UniformOnReceipt in "mixed" by ["V6", "O4", "C4"];
    the_order_is_in_the_value: OrderNotInValue in "mixed" by ["O3", "O4"];
    a_promise_stands_still: DeliverAfterPromise in "mixed" by ["V1", "V6", "O3", "O4"];
    nothing_goes_beyond_the_cut: BeyondTheCut in "mixed" by ["V1", "O3"];
    the_cut_is_everyones: CutFromLeader in "mixed" by ["V1", "V4", "V6", "M8", "O2"];
    the_flush_comes_before_the_view: ViewBeforeFlush in "mixed" by ["M2", "V1", "V2"];
    bodies_are_kept_until_stable: DropBeforeStable in "mixed" by ["M5", "M8", "V1", "O3"];
    causes_come_first: CausalUnchecked in "mixed" by ["O2"];
    a_role_passes_on_when_all_have_what_it_did: HandedOverEarly in "soloists" by ["M8", "M5", "O3", "O4", "V6"];
    a_version_is_raised_when_all_speak_it: RaisedBeforeAll in "upgrades" by ["M12", "M8"];
    groups_are_not_ordered_apart: OrderedApart in "overlaps" by ["O7"];
    groups_are_not_finished_apart: FinishedApart in "overlaps" by ["O7"];
    a_dissolved_group_ends_alike_for_all: DissolvedUnfinished in "dissolutions" by ["V1", "V6", "O3", "O4"];
    state_is_of_the_cut: StateAfterCut in "transfers" by ["V1", "T1", "V4"];
    a_joiner_without_state_is_not_complete: JoinerComplete in "transfers" by ["C4", "T1", "C5", "V4"];
    a_new_view_waits_for_old_leases: NoLeaseWait in "leases" by ["C4", "M9"];
    updates_wait_for_old_leases_too: AcknowledgedInWait in "leases" by ["C4", "M9"];
    joiners_wait_for_old_leases_too: WaitNotCarried in "corners" by ["C4", "M9"];
    a_lease_counts_from_its_sending: LeaseFromArrival in "leases" by ["C4", "M9"];
    a_lease_is_looked_at_when_it_is_used: LeaseCheckedEarly in "leases" by ["C4", "M9"];
    a_promise_outlasts_a_fast_clock: NoDriftMargin in "leases" by ["C4", "M9"];
    a_promise_is_as_long_as_the_lease_it_is_for: PromiseOfOwnLength in "leases" by ["C4", "M9"];
    nobody_renews_for_the_excluded: RenewalAfterPromise in "corners" by ["C4", "M9"];
    a_flushing_member_answers_nothing: QueryDuringFlush in "corners" by ["C4", "M9"];
    a_query_waits_for_what_was_received: QueryDoesNotWait in "leases" by ["C4"];
    a_place_is_on_every_disk: AcknowledgedUnsynced in "blackouts" by ["C5", "T1", "C4"];
    an_answer_is_on_the_disk: AnsweredUnsynced in "flicker" by ["M1", "C5", "M4"];
    what_was_accepted_is_remembered: AcceptedForgotten in "blackouts" by ["M1", "M3", "C5"];
    a_restart_takes_a_quorum: RestartWithoutQuorum in "blackouts" by ["M1", "M3", "C5", "T1"];
    the_quorum_is_of_the_last_view: QuorumOfWrongView in "blackouts" by ["M1", "M3", "C5"];
    only_a_last_copy_counts: AnyCopyCounts in "flicker" by ["C5", "T1", "C4"];
    a_message_begins_again_whole: PartsNotAgain in "large" by ["V3"];
    parts_of_two_views_are_not_mixed: PartsMixed in "large" by ["V3"];
    a_checkpoint_has_the_parts_before_it: PartsNotInCheckpoint in "large-logged" by ["V3", "C5", "T1", "C4"];
    an_offer_is_withdrawn_when_a_seed_is_settled: OfferStands in "births" by ["M5", "M8"];
    a_founder_that_was_agreed_with_is_sought: FounderNotSought in "births" by ["M8"];
    an_offer_is_repeated: OfferedOnce in "births" by ["M8"];
    who_leaves_is_heard: LeftUnheard in "farewells" by ["M8"];
    a_dispute_costs_one_place: DisputeIgnored in "strangers" by ["M5"];
    a_sequencer_stands_still: SequencerNotSealed in "left-out" by ["V6"];
    the_copy_of_a_former_life_does_not_come_back: FormerCopyKept in "rewrites" by ["M8", "C5", "T1"];
    a_newer_view_is_told_to_all: RecalledToOpen in "undecided" by ["M8"];
    whoever_has_a_log_founds_nothing: FoundsAnew in "flicker" by ["M4", "M8", "C5"];
}
