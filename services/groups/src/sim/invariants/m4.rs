//! M4, one chain: a process is in one domain all its life, and each later domain shares no process with an earlier one.

use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut home = BTreeMap::new();
    for log in &trace.logs {
        for entry in &log.entries {
            let Entry::View(view) = entry else { continue };
            for member in &view.members {
                if *home.entry(member.process).or_insert(view.domain) != view.domain {
                    return Err(format!("{} is in two domains", member.process));
                }
            }
        }
    }
    Ok(())
}
