//! D1, divergence: a replica leaves for its digest only if more than half of the replicas agree on another one, and nobody
//! says that it cannot be told who is right where more than half agree.

use super::super::record::{Record, Verdict};
use std::collections::BTreeMap;

pub(super) fn check(record: &Record) -> Result<(), String> {
    record.verdicts.iter().try_for_each(|verdict| judge(record, verdict))
}

fn judge(record: &Record, verdict: &Verdict) -> Result<(), String> {
    let Verdict { process, life, place, members, leaves } = verdict;
    let of = |member| record.digests.get(&(*life, *place, member)).copied();
    let mut votes: BTreeMap<u128, usize> = BTreeMap::new();
    for digest in members.iter().filter_map(|&member| of(member)) {
        *votes.entry(digest).or_default() += 1;
    }
    let majority = votes.iter().find(|(_, count)| **count * 2 > members.len()).map(|(digest, _)| *digest);
    let is_right = match (leaves, majority) {
        (true, Some(majority)) => of(*process) != Some(majority),
        (true, None) => false,
        (false, majority) => majority.is_none(),
    };
    let verb = if *leaves { "leaves" } else { "sees a dispute" };
    is_right.then_some(()).ok_or_else(|| {
        format!("{process} {verb} at {place}, where {} replicas have the digests {votes:x?}", members.len())
    })
}
