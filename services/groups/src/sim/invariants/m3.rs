//! M3, succession: those who go from a view to the next, with those who leave in order, form a quorum of the former.

use crate::core::{DomainId, View, ViewNumber};
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        let left = |p| trace.log(p).is_some_and(|log| log.leaving);
        if !view.is_quorum(|p| next.contains(p) || left(p)) {
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
