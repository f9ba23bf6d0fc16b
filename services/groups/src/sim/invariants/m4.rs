//! M4, one chain: a process installs views of one domain only; and once a later domain has shown anything, an earlier one
//! answers no query any more. Where processes keep logs there is no later domain at all.

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
    let mut acts: Vec<_> = trace.acts.iter().filter(|a| a.shown > 0).collect();
    acts.sort_by_key(|a| a.shown);
    let mut seen = Vec::new();
    for act in acts {
        let known = seen.iter().position(|d| *d == act.domain);
        if act.query && known.is_some_and(|at| at + 1 < seen.len()) {
            return Err(format!("a domain that had ended answered: {act:?}"));
        }
        if known.is_none() {
            if trace.durable && !seen.is_empty() {
                return Err(format!("{:?} was founded though there are logs of {:?}", act.domain, seen[0]));
            }
            seen.push(act.domain);
        }
    }
    Ok(())
}
