//! V2, one view: a message is delivered in the same view of its group by everyone, and in no view before it was sent.

use crate::core::ViewNumber;
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut delivered: BTreeMap<u64, ViewNumber> = BTreeMap::new();
    let mut sent: BTreeMap<u64, ViewNumber> = BTreeMap::new();
    for log in &trace.logs {
        let mut views = BTreeMap::new();
        for entry in &log.entries {
            match entry {
                Entry::GroupView { group, number, .. } => drop(views.insert(*group, *number)),
                Entry::Sent { group, message } => {
                    if let Some(&view) = views.get(group) {
                        sent.insert(*message, view);
                    }
                }
                Entry::Deliver { group, message, .. } => {
                    let Some(&view) = views.get(group) else {
                        return Err(format!("{} got {message} before any view of {group:?}", log.process));
                    };
                    let first = *delivered.entry(*message).or_insert(view);
                    if first != view {
                        return Err(format!(
                            "{message} delivered in {first:?}, at {} in {view:?}",
                            log.process
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    let early = delivered.iter().find(|(message, view)| sent.get(message).is_some_and(|s| s > *view));
    early.map_or(Ok(()), |(message, view)| Err(format!("{message} delivered in {view:?}, sent later")))
}
