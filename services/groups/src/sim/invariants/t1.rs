//! T1, state: a state installed at a cut is what a member that was complete had there; at the end all complete members
//! have the same state. Where all messages are totally ordered that means the same messages in the same order.

use crate::core::{GroupId, ViewNumber};
use crate::sim::trace::{End, Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut at: BTreeMap<_, (Vec<u64>, crate::core::ProcessId)> = BTreeMap::new();
    let mut installed = Vec::new();
    for log in &trace.logs {
        let mut domain = crate::core::DomainId(0);
        let mut state: BTreeMap<GroupId, Vec<u64>> = BTreeMap::new();
        let mut known: BTreeMap<GroupId, bool> = BTreeMap::new();
        let mut last: BTreeMap<GroupId, ViewNumber> = BTreeMap::new();
        for entry in &log.entries {
            match entry {
                Entry::View(view) => domain = view.domain,
                Entry::GroupView { group, number, members, complete } => {
                    last.insert(*group, *number);
                    let alone = members.len() == 1 && *complete;
                    let first = *known.entry(*group).or_insert(alone);
                    if first {
                        let state = state.entry(*group).or_default();
                        at.insert((domain, *group, *number), (state.clone(), log.process));
                    }
                }
                Entry::LeftGroup { group } | Entry::Dissolved { group } => {
                    known.remove(group);
                    state.remove(group);
                }
                Entry::Restore { group, applied } => {
                    if let Some(number) = last.get(group) {
                        at.insert((domain, *group, *number), (applied.clone(), log.process));
                    }
                    state.insert(*group, applied.clone());
                    known.insert(*group, true);
                }
                Entry::Deliver { group, message, .. } => state.entry(*group).or_default().push(*message),
                Entry::Install { group, cut, applied } => {
                    installed.push(((domain, *group, *cut), applied.clone(), log.process));
                    state.insert(*group, applied.clone());
                    known.insert(*group, true);
                }
                _ => {}
            }
        }
    }
    for (key, applied, process) in installed {
        if let Some((expected, other)) = at.get(&key).filter(|(expected, _)| *expected != applied) {
            let cut: ViewNumber = key.2;
            let (has, wants) = (applied.len(), expected.len());
            return Err(format!("{process} at {cut:?} of {:?}: {has} messages, {other} had {wants}", key.1));
        }
    }
    at_the_end(trace)
}

fn at_the_end(trace: &Trace) -> Result<(), String> {
    let mut ends: BTreeMap<GroupId, (&Vec<u64>, crate::core::ProcessId)> = BTreeMap::new();
    for log in trace.logs.iter().filter(|log| trace.rested && log.end == End::Alive) {
        for (group, state) in log.state.iter().filter(|(group, _)| log.complete.contains(group)) {
            let total = state
                .iter()
                .all(|m| trace.sent.get(m).is_some_and(|s| s.class.order() == crate::core::Order::Total));
            let has_state =
                log.entries.iter().any(|e| matches!(e, Entry::Install { group: g, .. } | Entry::Restore { group: g, .. } if g == group));
            if !total || !has_state && joined_late(log, *group) {
                continue;
            }
            let first = ends.entry(*group).or_insert((state, log.process));
            if first.0 != state {
                return Err(format!(
                    "{} and {} end with different states of {group:?}",
                    first.1, log.process
                ));
            }
        }
    }
    Ok(())
}

/// Whether a process entered a group that had other members.
fn joined_late(log: &crate::sim::trace::Log, group: GroupId) -> bool {
    let first = log.entries.iter().find_map(|e| match e {
        Entry::GroupView { group: g, members, .. } if *g == group => Some(members.len()),
        _ => None,
    });
    first.is_some_and(|members| members > 1)
}
