//! O2, causal order: whoever delivers a causal message has delivered before it every causal message that its sender had
//! delivered or sent before, where it was a member then.

use super::Epochs;
use crate::core::{GroupId, Order};
use crate::sim::trace::{Entry, Trace};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(trace: &Trace, epochs: &Epochs) -> Result<(), String> {
    let causes = causes(trace);
    for ((_, group, number), epochs) in epochs {
        let here: BTreeSet<u64> = epochs.iter().flat_map(|e| e.delivered.iter().map(|d| d.0)).collect();
        for epoch in epochs {
            let mut seen = BTreeSet::new();
            for (message, _, class) in &epoch.delivered {
                if class.order() == Order::Causal {
                    let wanted = causes.get(message).into_iter().flatten();
                    if let Some(missing) = wanted.filter(|c| here.contains(c)).find(|c| !seen.contains(*c)) {
                        let log = epoch.log;
                        return Err(format!(
                            "{group:?} {number:?}: log {log} got {message} before {missing}"
                        ));
                    }
                    seen.insert(*message);
                }
            }
        }
    }
    Ok(())
}

/// For each causal message, those its sender had delivered or sent in the group before it.
fn causes(trace: &Trace) -> BTreeMap<u64, Vec<u64>> {
    let mut causes = BTreeMap::new();
    for log in &trace.logs {
        let mut known: BTreeMap<GroupId, Vec<u64>> = BTreeMap::new();
        for entry in &log.entries {
            let (group, message) = match entry {
                Entry::Sent { group, message } => (group, message),
                Entry::Deliver { group, message, .. } => (group, message),
                _ => continue,
            };
            if trace.sent.get(message).is_none_or(|s| s.class.order() != Order::Causal) {
                continue;
            }
            let known = known.entry(*group).or_default();
            if matches!(entry, Entry::Sent { .. }) {
                causes.insert(*message, known.clone());
            }
            if !known.contains(message) {
                known.push(*message);
            }
        }
    }
    causes
}
