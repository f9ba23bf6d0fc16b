//! M6, no resurrection: a process dropped from a view is in no later one, and nothing of it is delivered after. One that
//! was dropped before it had heard that it was admitted has done nothing, and may be admitted again.

use super::m3::views;
use crate::core::{DomainId, ProcessId, ViewNumber};
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeSet;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut domain = DomainId(0);
    let (mut gone, mut last) = (BTreeSet::new(), None);
    for ((in_domain, number), view) in views(trace) {
        if in_domain != domain {
            (domain, last) = (in_domain, None);
        }
        if let Some(back) = view.members.iter().find(|m| gone.contains(&m.process)) {
            return Err(format!("{} is back in {number:?}", back.process));
        }
        if let Some(old) = last.replace(view) {
            let old: &crate::core::View = old;
            let acted = |p| first_view(trace, in_domain, p).is_some_and(|first| first <= old.number);
            let dropped = old.members.iter().map(|m| m.process).filter(|&p| !view.contains(p));
            gone.extend(dropped.filter(|&p| acted(p)));
        }
    }
    for log in &trace.logs {
        let mut groups = std::collections::BTreeMap::new();
        for entry in &log.entries {
            match entry {
                Entry::GroupView { group, members, .. } => drop(groups.insert(*group, members)),
                Entry::Deliver { group, sender, message, .. }
                    if groups.get(group).is_some_and(|members| !members.contains(sender)) =>
                {
                    return Err(format!("{} got {message} of {sender}, which is no member", log.process));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The first view of a domain that a process installed: one that has not heard that it was admitted may found another.
fn first_view(trace: &Trace, domain: DomainId, process: ProcessId) -> Option<ViewNumber> {
    let entries = &trace.log(process)?.entries;
    entries.iter().find_map(|e| match e {
        Entry::View(view) if view.domain == domain => Some(view.number),
        _ => None,
    })
}
