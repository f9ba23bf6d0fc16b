//! M4, one chain: a process installs views of one domain only. (That the views of one number are one is M1; that a domain
//! that has ended answers nothing any more is part of C4.)

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
    Ok(())
}
