//! The protocol as it is: every property holds in every reachable state of every small scope, and the search went
//! through what it is there for.

use quorb_groups_model::catalogue;
use quorb_groups_model::model::Model;
use quorb_groups_model::property::Violation;
use quorb_groups_model::search::{Report, search};

/// More than any small scope has.
const STATES_MAX: usize = 500_000;

fn check(name: &str) -> Report {
    let scope = catalogue::named(name).expect("the scope is in the catalogue");
    let report = search(&Model::new(scope), STATES_MAX);
    assert!(report.holds(), "{name}: {:?}", report.counterexample);
    report
}

#[test]
fn every_small_scope_holds() {
    for scope in catalogue::small() {
        let report = check(scope.name);
        let covered = ["begin", "collect", "propose", "accept", "decide", "install"];
        for kind in covered {
            assert!(report.count(kind) > 0, "{}: no {kind} was ever taken", scope.name);
        }
    }
}

#[test]
fn traffic_meets_the_flush() {
    let report = check("flush");
    for kind in ["send", "take", "learn", "deliver", "forward", "crash"] {
        assert!(report.count(kind) > 0, "no {kind} was ever taken");
    }
}

#[test]
fn leases_are_taken_and_queries_answered() {
    let report = check("query");
    for kind in ["tick", "renew", "acknowledge", "lease", "ask", "read"] {
        assert!(report.count(kind) > 0, "no {kind} was ever taken");
    }
}

#[test]
fn survivors_heal_where_they_are_a_quorum_and_halt_where_not() {
    let report = check("takeover");
    assert!(report.healed > 0 && report.halted > 0);
    let nobody_fails = check("four");
    assert_eq!(nobody_fails.halted, 0, "without a crash a false suspicion stops nobody");
}

#[test]
fn without_bounds_on_clocks_only_authority_is_lost() {
    check("wild-clock");
    let mut scope = catalogue::named("wild-clock").expect("the scope is in the catalogue");
    scope.authority = true;
    let report = search(&Model::new(scope), STATES_MAX);
    assert_eq!(report.counterexample.map(|c| c.violation), Some(Violation::M9Authority));
}

#[test]
fn the_same_search_finds_the_same() {
    let (one, other) = (check("flush"), check("flush"));
    assert_eq!((one.states, one.transitions, one.steps), (other.states, other.transitions, other.steps));
}
