//! V4, validity: what a process sent in a group it stays in to the end, it delivers.

use super::Epochs;
use crate::sim::trace::{End, Entry, Trace};
use std::collections::BTreeSet;

pub(super) fn check(trace: &Trace, _: &Epochs) -> Result<(), String> {
    for log in trace.logs.iter().filter(|log| trace.rested && log.end == End::Alive) {
        let mut delivered = BTreeSet::new();
        let mut sent = Vec::new();
        for entry in &log.entries {
            match entry {
                Entry::Deliver { message, .. } => drop(delivered.insert(*message)),
                Entry::LeftGroup { group } | Entry::Dissolved { group } => sent.retain(|(g, _)| g != group),
                Entry::Sent { group, message } => sent.push((*group, *message)),
                // What was on its way when the state came is in the state.
                Entry::Install { applied, .. } => delivered.extend(applied.iter().copied()),
                _ => {}
            }
        }
        let owed = |(group, message): &&(crate::core::GroupId, u64)| {
            log.complete.contains(group) && !delivered.contains(message)
        };
        if let Some((group, message)) = sent.iter().find(owed) {
            return Err(format!("{} never got its own {message} in {group:?}", log.process));
        }
    }
    Ok(())
}
