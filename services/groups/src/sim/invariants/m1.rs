//! M1, agreement: whoever installs a view of a number installs the same members in the same order.

use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut views = BTreeMap::new();
    for log in &trace.logs {
        for entry in &log.entries {
            let Entry::View(view) = entry else { continue };
            let first = views.entry((view.domain, view.number)).or_insert((log.process, view));
            if first.1 != view {
                return Err(format!("{:?} differs at {} and {}", view.number, first.0, log.process));
            }
        }
    }
    Ok(())
}
