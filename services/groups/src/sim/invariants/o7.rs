//! O7, one order for several groups: the orders in which members deliver the totally ordered messages of all groups of an
//! ordering domain have no cycle, though each sees only those of the groups it is in. Of a member's last view, if it has
//! failed in it, only the uniform messages count; and what a joiner gets late, with its state, does not.

use crate::core::{DomainId, Order};
use crate::sim::trace::{End, Entry, Log, MessageId, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// Which messages were seen right before which others.
type Before = BTreeMap<MessageId, BTreeSet<MessageId>>;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let (mut after, mut waits) = (Before::new(), BTreeMap::<MessageId, usize>::new());
    for log in &trace.logs {
        let sequence = sequence(trace, log);
        sequence.iter().for_each(|&message| _ = waits.entry(message).or_default());
        for pair in sequence.windows(2) {
            if after.entry(pair[0]).or_default().insert(pair[1]) {
                *waits.entry(pair[1]).or_default() += 1;
            }
        }
    }
    let mut free: Vec<MessageId> = waits.iter().filter(|(_, n)| **n == 0).map(|(&m, _)| m).collect();
    while let Some(message) = free.pop() {
        waits.remove(&message);
        for next in after.remove(&message).unwrap_or_default() {
            if let Some(left) = waits.get_mut(&next) {
                *left -= 1;
                if *left == 0 {
                    free.push(next);
                }
            }
        }
    }
    match waits.is_empty() {
        true => Ok(()),
        false => {
            let some: Vec<_> = waits.keys().take(8).collect();
            Err(format!("{} messages are before each other or after such, the first {some:?}", waits.len()))
        }
    }
}

/// What a process delivered in the groups that share one order, as far as it counts.
fn sequence(trace: &Trace, log: &Log) -> Vec<MessageId> {
    let (mut domain, mut complete) = (DomainId(0), BTreeSet::new());
    let (mut sequence, mut last_view) = (Vec::new(), Vec::new());
    for entry in &log.entries {
        match entry {
            Entry::View(view) => {
                domain = view.domain;
                sequence.extend(last_view.drain(..).map(|(message, _)| message));
            }
            Entry::GroupView { group, complete: true, .. } => drop(complete.insert(*group)),
            Entry::GroupView { group, .. } | Entry::LeftGroup { group } => drop(complete.remove(group)),
            Entry::Deliver { group, class, message, .. }
                if class.order() == Order::Total
                    && complete.contains(group)
                    && trace.ordered.contains(&(domain, *group)) =>
            {
                last_view.push((*message, class.uniform()));
            }
            _ => {}
        }
    }
    let survived = log.end == End::Alive && trace.rested;
    sequence.extend(
        last_view.into_iter().filter(|(_, uniform)| *uniform || survived).map(|(message, _)| message),
    );
    sequence
}
