//! One sequence for several groups.

use super::*;
use crate::core::identity::{DomainId, Member};
use crate::core::protocol::Protocol;

const DOMAIN: OrderingDomain = OrderingDomain(0);
const G: GroupId = GroupId(1);
const H: GroupId = GroupId(2);

/// Process 1 is in both groups, 2 in the first and 3 in the second.
fn joint(me: u64) -> Joint {
    let member = |n: u64| {
        let address = n.to_string().as_str().into();
        Member { process: ProcessId(n), address, weight: 1, durable: None, speaks: Protocol::NEWEST }
    };
    let view = View { domain: DomainId(1), number: ViewNumber(2), members: (1..=4).map(member).collect() };
    let groups =
        BTreeMap::from([(G, vec![ProcessId(2), ProcessId(1)]), (H, vec![ProcessId(1), ProcessId(3)])]);
    Joint::new(DOMAIN, &view, &groups, ProcessId(me))
}

fn run(rank: u16, count: u64) -> Run {
    Run { rank, count }
}

#[test]
fn whoever_is_in_most_groups_gives_the_places() {
    assert!(joint(1).gives_places() && !joint(2).gives_places() && !joint(3).gives_places());
    assert_eq!(joint(3).members, [1, 2, 3].map(ProcessId), "who is in no group has no part in it");
}

#[test]
fn a_member_follows_the_sequence_past_the_places_of_other_groups() {
    let mut sequencer = joint(1);
    sequencer.assign(G, 0, 2);
    sequencer.assign(H, 1, 1);
    sequencer.assign(G, 1, 1);
    let (first, runs) = sequencer.order.take_unsent().unwrap();
    let mut other = joint(3);
    assert_eq!(other.learn(ProcessId(2), first, &runs), Err(WireError::Contradiction), "not the sequencer");
    let new = other.learn(ProcessId(1), first, &runs).unwrap();
    assert_eq!(new, [(G, run(0, 2)), (H, run(1, 1)), (G, run(1, 1))]);
    assert_eq!(other.next(), Some((G, 0, 2)));
    other.passed(2);
    assert_eq!(other.next(), Some((H, 1, 1)));
    other.passed(1);
    assert_eq!(other.next(), Some((G, 1, 1)));
    assert_eq!(other.learn(ProcessId(1), 9, &runs), Err(WireError::Contradiction), "a gap");
    assert_eq!(other.learn(ProcessId(1), 4, &[run(7, 1)]), Err(WireError::Contradiction), "nobody");
}

#[test]
fn the_sequencer_hears_how_many_messages_there_are_where_it_is_no_member() {
    let mut sequencer = joint(1);
    assert_eq!(sequencer.tally(G, ProcessId(2), 2), Err(WireError::Contradiction), "it sees that itself");
    let groups = BTreeMap::from([(G, vec![ProcessId(1)]), (H, vec![ProcessId(2), ProcessId(3)])]);
    let member = |n: u64| {
        let address = n.to_string().as_str().into();
        Member { process: ProcessId(n), address, weight: 1, durable: None, speaks: Protocol::NEWEST }
    };
    let view = View { domain: DomainId(1), number: ViewNumber(2), members: (1..=3).map(member).collect() };
    let mut apart = Joint::new(DOMAIN, &view, &groups, ProcessId(1));
    assert!(apart.gives_places());
    apart.tally(H, ProcessId(3), 2).unwrap();
    apart.tally(H, ProcessId(3), 2).unwrap();
    apart.tally(H, ProcessId(3), 5).unwrap();
    assert_eq!(apart.order.take_unsent(), Some((0, vec![run(2, 5)])));
    assert_eq!(apart.tally(H, ProcessId(4), 1), Err(WireError::Contradiction));
    assert_eq!(apart.tally(GroupId(9), ProcessId(3), 1), Err(WireError::Contradiction));
}

#[test]
fn what_all_know_is_dropped_and_what_is_agreed_goes_on_from_there() {
    let mut other = joint(3);
    other.learn(ProcessId(1), 0, &[run(0, 2), run(3, 2)]).unwrap();
    assert_eq!(other.report().unwrap().end(), 4);
    while let Some((_, _, count)) = other.next() {
        other.passed(count);
    }
    other.known_to(ProcessId(2), 3).unwrap();
    assert_eq!(other.report(), Some(JointOrder { domain: DOMAIN, base: 3, runs: vec![run(3, 1)] }));
    let agreed = JointOrder { domain: DOMAIN, base: 2, runs: vec![run(3, 2), run(1, 1)] };
    let rest: Vec<_> = other.agreed(Some(&agreed)).into_iter().filter(|(_, run)| run.count > 0).collect();
    assert_eq!(rest, [(G, run(1, 1))], "it has delivered the four before");
    other.known_to(ProcessId(2), 4).unwrap();
    assert_eq!(other.report(), None, "all know it, and it is delivered");
}

#[test]
fn of_what_several_know_the_longest_is_agreed_on() {
    let order = |base, count| JointOrder { domain: DOMAIN, base, runs: vec![run(0, count)] };
    assert_eq!(longest([order(0, 3), order(2, 4), order(1, 4)].iter()), [order(2, 4)]);
}

#[test]
fn what_the_sequencer_gave_after_its_flush_answer_is_not_agreed_on() {
    let mut sequencer = joint(1);
    assert_eq!(sequencer.report(), None);
    sequencer.assign(G, 0, 2);
    assert_eq!(sequencer.agreed(None), []);
}
