//! The scopes that are checked: small ones, of which all tests are made, and large ones for the program.

use crate::scope::Scope;
use crate::set::Set;

/// Those that take a second or less each.
#[must_use]
pub fn small() -> Vec<Scope> {
    let mut scopes = agreement();
    scopes.extend(traffic());
    scopes.extend(leases());
    scopes
}

/// Agreement alone: nothing is multicast.
fn agreement() -> Vec<Scope> {
    vec![
        Scope { crashes: 1, ballots: 4, ..Scope::of("pair", "two members: the tie rule", 2) },
        Scope { crashes: 1, ballots: 2, ..Scope::of("takeover", "a leader fails, another takes over", 3) },
        Scope { crashes: 2, ballots: 3, ..Scope::of("takeovers", "two takeovers, two crashes", 3) },
        Scope {
            crashes: 1,
            ballots: 3,
            straight: true,
            ..Scope::of("straight", "the oldest proposes without asking, where nothing is in flight", 3)
        },
        Scope { ballots: 2, ..Scope::of("four", "four members, parted in halves", 4) },
        Scope {
            crashes: 1,
            ballots: 2,
            joiners: 1,
            leavers: Set::of(1),
            views: 3,
            ..Scope::of("join-leave", "one joins, one leaves, two view changes", 3)
        },
    ]
}

/// Messages in flight while the view changes.
fn traffic() -> Vec<Scope> {
    vec![
        Scope {
            crashes: 1,
            ballots: 2,
            messages: &[2],
            sequencer: 1,
            ..Scope::of("flush", "one message, a flush and its takeover", 3)
        },
        Scope {
            crashes: 1,
            ballots: 1,
            messages: &[2, 2],
            sequencer: 1,
            ..Scope::of("sequence", "two messages of one sender", 3)
        },
        Scope {
            crashes: 1,
            ballots: 1,
            messages: &[0, 2],
            sequencer: 2,
            ..Scope::of("order", "two senders, ordered by the youngest", 3)
        },
        Scope {
            crashes: 1,
            ballots: 1,
            messages: &[1, 2],
            sequencer: 1,
            uniform: false,
            ..Scope::of("plain", "two messages, delivered without waiting for all", 3)
        },
        Scope {
            ballots: 1,
            leavers: Set::of(1),
            messages: &[0, 1],
            sequencer: 2,
            ..Scope::of("late-order", "two senders, and a sequencer that is asked first", 3)
        },
        Scope {
            weights: [2, 1, 1, 1, 1],
            crashes: 2,
            ballots: 1,
            messages: &[2],
            ..Scope::of("weighted", "the oldest weighs two and may go on alone", 3)
        },
    ]
}

/// Time, leases and queries.
fn leases() -> Vec<Scope> {
    vec![
        Scope {
            ballots: 1,
            reader: Some(2),
            heals: false,
            ..Scope::of("lease", "the youngest holds a lease and is excluded", 3)
        },
        Scope {
            ballots: 1,
            reader: Some(0),
            heals: false,
            ..Scope::of("lease-oldest", "the oldest holds a lease and is deposed", 3)
        },
        Scope {
            crashes: 1,
            ballots: 1,
            messages: &[0],
            reader: Some(1),
            clock_bounded: false,
            authority: false,
            ..Scope::of("wild-clock", "updates while the reader's clock keeps no bound", 2)
        },
        Scope {
            ballots: 1,
            messages: &[0],
            reader: Some(1),
            queries: true,
            heals: false,
            ..Scope::of("query", "an update, and queries at the younger of two", 2)
        },
    ]
}

/// Those that take up to minutes each.
#[must_use]
pub fn large() -> Vec<Scope> {
    vec![
        Scope {
            ballots: 1,
            messages: &[0],
            reader: Some(2),
            queries: true,
            heals: false,
            ..Scope::of("query-three", "an update, and queries at the youngest of three", 3)
        },
        Scope {
            ballots: 2,
            views: 3,
            reader: Some(2),
            heals: false,
            ..Scope::of("lease-views", "a lease across two view changes", 3)
        },
        Scope {
            crashes: 1,
            ballots: 2,
            joiners: 1,
            views: 3,
            reader: Some(2),
            leased_by: Set::of(1),
            heals: false,
            ..Scope::of("lease-join", "one joins while an old lease is waited for", 3)
        },
        Scope {
            crashes: 1,
            ballots: 1,
            messages: &[0],
            reader: Some(2),
            queries: true,
            heals: false,
            ..Scope::of("query-crash", "an update, queries, a crash", 3)
        },
        Scope {
            crashes: 1,
            ballots: 2,
            messages: &[1, 2],
            sequencer: 1,
            ..Scope::of("order-takeover", "two senders, a flush taken over", 3)
        },
        Scope {
            crashes: 2,
            ballots: 3,
            messages: &[2],
            sequencer: 1,
            ..Scope::of("flush-takeovers", "one message, two takeovers, two crashes", 3)
        },
        Scope {
            crashes: 2,
            ballots: 3,
            joiners: 1,
            leavers: Set::of(1),
            views: 3,
            ..Scope::of("churn", "two crashes, a join and a leave, two view changes", 3)
        },
        Scope { crashes: 1, ballots: 2, ..Scope::of("five", "two ballots at once, a crash", 5) },
    ]
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Scope> {
    small().into_iter().chain(large()).collect()
}

/// The scope of this name.
#[must_use]
pub fn named(name: &str) -> Option<Scope> {
    all().into_iter().find(|scope| scope.name == name)
}
