//! What all windows of a process share: none of them takes all.

use crate::rig::Pair;
use bytes::Bytes;
use quorb_groups::core::{Blocked, CallError, Class, GroupId, Order, Upcall};

/// Octets that may be under way in all groups together, and of one message.
const CAP: usize = 30_000;
const SIZE: usize = 100;

const FIFO: Class = Class::new(Order::Fifo, false);

fn groups(count: usize) -> (Pair, Vec<GroupId>) {
    let (mut pair, first) = Pair::in_a_group(|config| config.limits.windows_bytes_max = CAP);
    let mut groups = vec![first];
    groups.extend((1..count).map(|number| pair.enter(&format!("group {number}"))));
    pair.forget();
    (pair, groups)
}

/// Sends to a group until it is refused, or so many times: how many octets were taken.
fn fill(pair: &mut Pair, group: GroupId, times: usize) -> usize {
    for sent in 0..times {
        match pair.cores[0].multicast(group, FIFO, Bytes::from(vec![7; SIZE])) {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, CallError::NoCredit);
                return sent * SIZE;
            }
        }
    }
    times * SIZE
}

fn unblocked(pair: &Pair, group: GroupId) -> usize {
    let upcalls = pair.told[0].iter();
    upcalls.filter(|upcall| matches!(upcall, Upcall::Unblocked(Blocked::Credits(id)) if *id == group)).count()
}

#[test]
fn whoever_comes_first_leaves_half_to_the_others() {
    let (mut pair, groups) = groups(3);
    assert_eq!(fill(&mut pair, groups[0], CAP), CAP / 2);
    let second = fill(&mut pair, groups[1], CAP);
    let third = fill(&mut pair, groups[2], CAP);
    assert!(second >= CAP / 4 && third >= CAP / 8, "{second} and {third}");
    assert!(pair.cores[0].windows_bytes() <= CAP);
    // Everything is acknowledged, and everyone who waited is told, once.
    pair.turn(0);
    assert!(pair.go_until(|cores| cores[0].kept_messages() == 0));
    assert_eq!(pair.cores[0].windows_bytes(), 0);
    assert_eq!(groups.iter().map(|group| unblocked(&pair, *group)).collect::<Vec<_>>(), [1, 1, 1]);
}

/// All want to send without end, and come by turns.
#[test]
fn many_groups_share_alike() {
    let (mut pair, groups) = groups(9);
    let mut taken = vec![0; groups.len()];
    let mut refused = 0;
    while refused < groups.len() {
        refused = 0;
        for (taken, group) in taken.iter_mut().zip(&groups) {
            let octets = fill(&mut pair, *group, 1);
            refused += usize::from(octets == 0);
            *taken += octets;
        }
    }
    let share = CAP / (groups.len() + 1);
    assert!(taken.iter().all(|octets| octets.abs_diff(share) <= SIZE), "{taken:?}, a share is {share}");
}

/// One group is held up by its reader; the other goes on, and nothing is lost in either.
#[test]
fn a_group_that_is_held_up_does_not_hold_up_the_others() {
    let (mut pair, groups) = groups(2);
    let (stuck, free) = (groups[0], groups[1]);
    pair.cores[1].lag(stuck, true);
    let held = fill(&mut pair, stuck, CAP);
    pair.turn(0);
    pair.settle();
    let mut sent = 0;
    for _ in 0..20 {
        let octets = fill(&mut pair, free, CAP);
        assert!(octets >= CAP / 4, "{octets} after {sent}");
        sent += octets;
        pair.turn(0);
        pair.settle();
        assert!(pair.go_until(|cores| cores[0].windows_bytes() == held));
    }
    assert_eq!(unblocked(&pair, stuck), 0, "nothing of it has come back");
    pair.cores[1].lag(stuck, false);
    assert!(pair.go_until(|cores| cores[0].windows_bytes() == 0));
    assert_eq!(unblocked(&pair, stuck), 1);
    assert_eq!(pair.delivered(1).len(), (held + sent) / SIZE);
}

/// A message that is larger than what is left of the whole is taken where there is anything left, and no more after it.
#[test]
fn one_large_message_may_go_beyond() {
    let (mut pair, groups) = groups(2);
    pair.cores[0].multicast(groups[0], FIFO, Bytes::from(vec![1; 3 * CAP])).unwrap();
    assert_eq!(fill(&mut pair, groups[1], 1), 0, "nothing is left");
    pair.turn(0);
    assert!(pair.go_until(|cores| cores[0].windows_bytes() == 0));
    assert_eq!((unblocked(&pair, groups[1]), pair.delivered(1).len()), (1, 1));
}
