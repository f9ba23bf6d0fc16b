//! V3, integrity: a message is delivered once at most, as it was sent, and only if it was sent; and not if it is in the state
//! that was installed before.

use crate::sim::trace::{Entry, Trace};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    for log in &trace.logs {
        let mut seen = BTreeSet::new();
        let mut stated = BTreeMap::new();
        for entry in &log.entries {
            match entry {
                Entry::Deliver { group, sender, class, message } => {
                    let sent = trace.sent.get(message);
                    let true_to = sent
                        .is_some_and(|s| s.sender == *sender && s.group == Some(*group) && s.class == *class);
                    if !true_to {
                        return Err(format!("{} got {message}, which was not sent so", log.process));
                    }
                    let in_state = stated.get(group).is_some_and(|s: &BTreeSet<_>| s.contains(message));
                    if in_state || !seen.insert(*message) {
                        return Err(format!("{} got {message} twice", log.process));
                    }
                }
                Entry::Cast { message } if !seen.insert(*message) => {
                    return Err(format!("{} got cast {message} twice", log.process));
                }
                Entry::Install { group, applied, .. } | Entry::Restore { group, applied } => {
                    let set: BTreeSet<_> = applied.iter().copied().collect();
                    if set.len() < applied.len() {
                        return Err(format!("{} installed a state with a message twice", log.process));
                    }
                    stated.insert(*group, set);
                }
                _ => {}
            }
        }
    }
    Ok(())
}
