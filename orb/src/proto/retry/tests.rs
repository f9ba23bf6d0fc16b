//! The table, row by row, and what it must never say.

use super::*;

const CLASSES: [FailureClass; 6] = [
    FailureClass::Unreachable,
    FailureClass::Broken,
    FailureClass::Transient,
    FailureClass::NotHere,
    FailureClass::FormatRefused,
    FailureClass::Lasting,
];
const KINDS: [CallKind; 4] = [CallKind::Query, CallKind::Idempotent, CallKind::Update, CallKind::Oneway];
const COMPLETIONS: [Completion; 3] = [Completion::Yes, Completion::No, Completion::Maybe];
const DELIVERIES: [Delivery; 3] = [Delivery::NotSent, Delivery::PartlySent, Delivery::Sent];

/// An update that was sent, over a connection that broke.
const BROKEN_UPDATE: Failure = Failure {
    class: FailureClass::Broken,
    kind: CallKind::Update,
    completion: Completion::Maybe,
    delivery: Delivery::Sent,
    same_server_known: false,
    remembered_by_all: false,
    attempts: 1,
    deadline_left: None,
};

fn every_failure() -> impl Iterator<Item = Failure> {
    let classes = CLASSES.into_iter();
    let cases = classes.flat_map(|class| KINDS.into_iter().map(move |kind| (class, kind)));
    let cases = cases.flat_map(|case| COMPLETIONS.into_iter().map(move |completion| (case, completion)));
    let cases = cases.flat_map(|case| DELIVERIES.into_iter().map(move |delivery| (case, delivery)));
    let memories = [(false, false), (true, false), (true, true)];
    let cases = cases.flat_map(move |case| memories.into_iter().map(move |memory| (case, memory)));
    cases.map(|((((class, kind), completion), delivery), (same_server_known, remembered_by_all))| Failure {
        class,
        kind,
        completion,
        delivery,
        same_server_known,
        remembered_by_all,
        ..BROKEN_UPDATE
    })
}

/// What the table says, in the words of the documentation.
fn in_words(number: usize, row: &Row) -> String {
    fn list<T>(all: &[T], word: impl Fn(&T) -> &'static str) -> String {
        if all.is_empty() { "any".to_owned() } else { all.iter().map(word).collect::<Vec<_>>().join(", ") }
    }
    let classes = list(row.classes, |class| match class {
        FailureClass::Unreachable => "unreachable",
        FailureClass::Broken => "broken",
        FailureClass::Transient => "transient",
        FailureClass::NotHere => "not here",
        FailureClass::FormatRefused => "format refused",
        FailureClass::Lasting => "lasting",
    });
    let executed = list(row.executed, |completion| match completion {
        Completion::Yes => "yes",
        Completion::No => "no",
        Completion::Maybe => "maybe",
    });
    let kinds = list(row.kinds, |kind| match kind {
        CallKind::Query => "query",
        CallKind::Idempotent => "idempotent",
        CallKind::Update => "update",
        CallKind::Oneway => "oneway",
    });
    let known = match row.memory {
        None => "any",
        Some(Memory::OfTheFirst) => "yes",
        Some(Memory::Shared) => "all remember",
    };
    let decision = match row.verdict {
        Verdict::AsCbor => "the same server, as CBOR",
        Verdict::Retry(Target::SameServer) => "the same server",
        Verdict::Retry(Target::AnyServer) => "any server",
        Verdict::Fail(Final::Lasting) => "it has failed: it would fail again",
        Verdict::Fail(_) => "it has failed: it might be executed twice",
    };
    format!("| {number} | {classes} | {executed} | {kinds} | {known} | {decision} |")
}

#[test]
fn the_documentation_and_the_guide_hold_this_very_table() {
    let rows: Vec<String> = (1..).zip(&TABLE).map(|(number, row)| in_words(number, row)).collect();
    for text in [include_str!("../retry.rs"), include_str!("../../../guide/failures.md")] {
        let lines = text.lines().map(|line| line.trim_start_matches("//! "));
        let head = "| # | failure | executed | call | the server is known | decision |";
        let table = lines.skip_while(|line| *line != head).skip(2).take_while(|line| line.starts_with('|'));
        assert_eq!(table.collect::<Vec<_>>(), rows);
    }
}

#[test]
fn every_failure_is_in_the_table() {
    for failure in every_failure() {
        for executed in COMPLETIONS {
            assert!(TABLE.iter().any(|row| row.fits(&failure, executed)), "{failure:?}");
        }
    }
}

#[test]
fn row_1_what_lasts_fails() {
    for failure in every_failure().filter(|failure| failure.class == FailureClass::Lasting) {
        assert_eq!(verdict(&failure), Verdict::Fail(Final::Lasting));
    }
}

#[test]
fn row_2_a_refused_format_is_sent_again_as_cbor_at_once() {
    for failure in every_failure().filter(|failure| failure.class == FailureClass::FormatRefused) {
        let retry = Decision::Retry { target: Target::SameServer, as_cbor: true, after: Duration::ZERO };
        assert_eq!(decide(&RetryLimits::default(), &failure, 7), retry);
    }
}

#[test]
fn row_3_what_was_not_executed_goes_anywhere() {
    for kind in KINDS {
        for class in
            [FailureClass::Unreachable, FailureClass::Broken, FailureClass::Transient, FailureClass::NotHere]
        {
            let said = Failure { class, kind, completion: Completion::No, ..BROKEN_UPDATE };
            assert_eq!(verdict(&said), Verdict::Retry(Target::AnyServer));
            for delivery in [Delivery::NotSent, Delivery::PartlySent] {
                let unsent = Failure { class, kind, delivery, ..BROKEN_UPDATE };
                assert_eq!(verdict(&unsent), Verdict::Retry(Target::AnyServer));
            }
        }
    }
}

#[test]
fn row_4_what_may_be_repeated_goes_anywhere() {
    for kind in [CallKind::Query, CallKind::Idempotent] {
        for completion in COMPLETIONS {
            let failure = Failure { kind, completion, ..BROKEN_UPDATE };
            assert_eq!(verdict(&failure), Verdict::Retry(Target::AnyServer));
        }
    }
}

#[test]
fn row_5_an_update_goes_to_the_server_that_remembers_it() {
    for completion in [Completion::Yes, Completion::Maybe] {
        let failure = Failure { completion, same_server_known: true, ..BROKEN_UPDATE };
        assert_eq!(verdict(&failure), Verdict::Retry(Target::SameServer));
    }
}

#[test]
fn row_6_an_update_that_all_remember_goes_anywhere() {
    let shared = Failure { same_server_known: true, remembered_by_all: true, ..BROKEN_UPDATE };
    for class in [FailureClass::Broken, FailureClass::Transient, FailureClass::NotHere] {
        assert_eq!(verdict(&Failure { class, ..shared }), Verdict::Retry(Target::AnyServer));
    }
    // It ran, and its reply is not kept: every one of them would say so.
    let ran = Failure { completion: Completion::Yes, ..shared };
    assert_eq!(verdict(&ran), Verdict::Fail(Final::NotSafe));
    let lasting = Failure { class: FailureClass::Lasting, ..shared };
    assert_eq!(verdict(&lasting), Verdict::Fail(Final::Lasting));
}

#[test]
fn row_7_what_might_be_executed_twice_fails() {
    let not_safe = [
        BROKEN_UPDATE,
        Failure { kind: CallKind::Oneway, same_server_known: true, ..BROKEN_UPDATE },
        Failure { class: FailureClass::Transient, same_server_known: true, ..BROKEN_UPDATE },
    ];
    for failure in not_safe {
        assert_eq!(decide(&RetryLimits::default(), &failure, 0), Decision::Fail(Final::NotSafe));
    }
}

#[test]
fn no_update_that_may_have_run_goes_to_another_server() {
    let mut seen = 0;
    for failure in every_failure() {
        let update = matches!(failure.kind, CallKind::Update | CallKind::Oneway);
        let may_have_run = failure.delivery == Delivery::Sent && failure.completion != Completion::No;
        if update && may_have_run && !failure.remembered_by_all {
            seen += 1;
            assert_ne!(verdict(&failure), Verdict::Retry(Target::AnyServer), "{failure:?}");
        }
    }
    assert_eq!(seen, CLASSES.len() * 2 * 2 * 2);
}

#[test]
fn attempts_and_time_are_limited() {
    let limits = RetryLimits::default();
    let query = Failure { kind: CallKind::Query, class: FailureClass::Transient, ..BROKEN_UPDATE };
    let tired = Failure { attempts: limits.retry_attempts_max, ..query };
    assert_eq!(decide(&limits, &tired, 0), Decision::Fail(Final::AttemptsUsedUp));
    let late = Failure { deadline_left: Some(limits.backoff_first / 2), ..query };
    assert_eq!(decide(&limits, &late, 0), Decision::Fail(Final::NoTimeLeft));
    let over = Failure { class: FailureClass::Broken, deadline_left: Some(Duration::ZERO), ..query };
    assert_eq!(decide(&limits, &over, 0), Decision::Fail(Final::NoTimeLeft), "even at once is too late");
}

#[test]
fn waits_double_up_to_their_limit_and_spread() {
    let limits = RetryLimits::default();
    for attempts in 1..100 {
        let longest =
            limits.backoff_first.saturating_mul(1 << (attempts - 1).min(20)).min(limits.backoff_max);
        assert_eq!(backoff(&limits, attempts, 0), longest / 2);
        assert_eq!(backoff(&limits, attempts, (longest / 2).as_nanos() as u64), longest);
        for random in [1, 12_345, u64::MAX] {
            let wait = backoff(&limits, attempts, random);
            assert!(longest / 2 <= wait && wait <= longest);
        }
    }
    let transient = Failure { class: FailureClass::Transient, kind: CallKind::Query, ..BROKEN_UPDATE };
    let after = |failure: &Failure| match decide(&limits, failure, 0) {
        Decision::Retry { after, .. } => after,
        Decision::Fail(reason) => panic!("{reason:?}"),
    };
    assert_eq!(after(&transient), limits.backoff_first / 2);
    let broken = Failure { class: FailureClass::Broken, ..transient };
    assert_eq!(after(&broken), Duration::ZERO);
    assert_eq!(after(&Failure { attempts: 2, ..broken }), limits.backoff_first);
}
