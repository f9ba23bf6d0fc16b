//! Each known mistake leads to a counterexample, and to the property it is expected to break: otherwise the checks of
//! `sound` would prove nothing.

use quorb_groups_model::catalogue;
use quorb_groups_model::model::Model;
use quorb_groups_model::mutation::Mutation;
use quorb_groups_model::property::Violation;
use quorb_groups_model::search::search;

/// More states than any of these searches sees before it finds what it looks for.
const STATES_MAX: usize = 3_000_000;

/// Every mutation, the scope that shows it, and the property it breaks first there.
const EXPECTED: &[(Mutation, &str, Violation)] = &[
    (Mutation::HalfIsQuorum, "pair", Violation::M1Agreement),
    (Mutation::HalfIsQuorum, "four", Violation::M3Succession),
    (Mutation::NoQuorum, "takeover", Violation::M3Succession),
    (Mutation::QuorumOfNext, "takeover", Violation::M3Succession),
    (Mutation::TakeoverIgnoresAccepted, "takeover", Violation::M1Agreement),
    (Mutation::LowestAdopted, "takeover", Violation::M1Agreement),
    (Mutation::PromiseTakenBack, "takeover", Violation::M1Agreement),
    (Mutation::AnswersOfQuorum, "flush", Violation::V4Validity),
    (Mutation::CutFromLeader, "flush", Violation::V4Validity),
    (Mutation::CutFromLeader, "plain", Violation::V1ViewSynchrony),
    (Mutation::OrderNotInValue, "order", Violation::V1ViewSynchrony),
    (Mutation::BeyondCut, "flush", Violation::V1ViewSynchrony),
    (Mutation::PromiseWithoutSilence, "order", Violation::V1ViewSynchrony),
    (Mutation::SequencerNotSealed, "late-order", Violation::V1ViewSynchrony),
    (Mutation::SenderNotSealed, "flush", Violation::V4Validity),
    (Mutation::UniformOnReceipt, "order", Violation::V6Uniformity),
    (Mutation::UniformOnReceipt, "flush", Violation::C5Acknowledged),
    (Mutation::PlaceNotStable, "order", Violation::V6Uniformity),
    (Mutation::ProposeBeforeFill, "weighted", Violation::M8Liveness),
    (Mutation::SilencedStayOut, "takeover", Violation::M8Liveness),
    (Mutation::NoLeaseWait, "lease", Violation::M9Authority),
    (Mutation::WaitNotCarried, "lease-join", Violation::M9Authority),
    (Mutation::AcknowledgedInWait, "query", Violation::L3StaleRead),
    (Mutation::LeaseFromArrival, "lease", Violation::M9Authority),
    (Mutation::LeaseFromArrival, "lease-oldest", Violation::M9Authority),
    (Mutation::NoDriftMargin, "lease", Violation::M9Authority),
    (Mutation::RenewalAfterPromise, "lease", Violation::M9Authority),
    (Mutation::QueryDuringFlush, "lease-views", Violation::M9Authority),
    (Mutation::QueryDoesNotWait, "query", Violation::L3StaleRead),
];

#[test]
fn every_mutation_is_expected_to_break_something() {
    for mutation in Mutation::ALL {
        assert!(EXPECTED.iter().any(|(expected, ..)| expected == mutation), "{mutation:?} is not tried");
    }
}

#[test]
fn every_mutation_leads_to_its_counterexample() {
    for &(mutation, name, violation) in EXPECTED {
        let scope = catalogue::named(name).expect("the scope is in the catalogue");
        let report = search(&Model::mutant(scope, mutation), STATES_MAX);
        let found = report.counterexample.map(|c| c.violation);
        assert_eq!(found, Some(violation), "{mutation:?} in {name}, {} states", report.states);
    }
}
