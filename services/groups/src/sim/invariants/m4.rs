//! M4, one chain: a process installs views of one domain only. Where processes keep logs there is no later domain at all.
//! (That the views of one number are one is M1; that a domain that has ended answers nothing any more is part of C4.)

use crate::sim::trace::{Entry, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    for log in &trace.logs {
        let mut domains = log.entries.iter().filter_map(|e| match e {
            Entry::View(view) => Some(view.domain),
            _ => None,
        });
        let first = domains.next();
        if domains.any(|d| Some(d) != first) {
            return Err(format!("{} installed views of two domains", log.process));
        }
    }
    let mut shown = trace.acts.iter().filter(|a| a.shown > 0).map(|a| a.domain);
    let first = shown.next();
    if let Some(later) = shown.find(|d| trace.durable && Some(*d) != first) {
        return Err(format!("{later:?} was founded though there are logs of {first:?}"));
    }
    Ok(())
}
