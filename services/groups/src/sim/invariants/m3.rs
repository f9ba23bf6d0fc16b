//! M3, succession: those who go from a view to the next, with those who leave in order, form a quorum of the former. A
//! process that begins again from a disk goes on for the one that wrote it.

use crate::core::{DomainId, Member, View, ViewNumber};
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        let left = |p| trace.log(p).is_some_and(|log| log.leaving);
        let again = |m: &Member| m.durable.is_some_and(|d| next.member_named(d).is_some());
        if !view.is_quorum_of(|m| next.contains(m.process) || left(m.process) || again(m)) {
            return Err(format!("{:?} was made by no quorum of {number:?}", next.number));
        }
    }
    Ok(())
}

/// Every view anyone installed.
pub(super) fn views(trace: &Trace) -> BTreeMap<(DomainId, ViewNumber), &View> {
    let mut views = BTreeMap::new();
    for log in &trace.logs {
        for entry in &log.entries {
            if let Entry::View(view) = entry {
                views.insert((view.domain, view.number), view);
            }
        }
    }
    views
}

/// Whether new incarnations began a view from their logs: then nobody of the view before has gone on to it.
pub(super) fn begins_again(view: &View, next: &View) -> bool {
    let again = |m: &Member| {
        m.durable.and_then(|d| view.member_named(d)).is_some_and(|(_, old)| old.process != m.process)
    };
    next.members.iter().any(again)
}
