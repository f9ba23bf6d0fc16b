//! T4, state transfer is whole: a replica that went on from another one's state agrees with the others from the first place on,
//! in what was answered and what is pending as in the value.

use super::super::record::{Record, State};
use std::collections::BTreeMap;

pub(super) fn check(record: &Record) -> Result<(), String> {
    match differing(record).find(|(one, other)| one.is_fresh || other.is_fresh) {
        Some((one, other)) => {
            let (joiner, old) = if other.is_fresh { (other, one) } else { (one, other) };
            Err(format!(
                "{} joined, and differs from {} after {} requests",
                joiner.process, old.process, one.place
            ))
        }
        None => Ok(()),
    }
}

/// Pairs of replicas that differ at a place of the same life.
pub(super) fn differing(record: &Record) -> impl Iterator<Item = (&State, &State)> {
    let mut first = BTreeMap::new();
    record.states.iter().filter_map(move |state| {
        let first: &State = first.entry((state.life, state.place)).or_insert(state);
        (first.fold != state.fold).then_some((first, state))
    })
}
