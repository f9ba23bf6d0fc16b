//! M2, contiguity: a process installs consecutive views of one domain, from the first that contains it, and is in each.

use crate::sim::trace::{Entry, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    for log in &trace.logs {
        let mut last = None;
        for entry in &log.entries {
            let Entry::View(view) = entry else { continue };
            if !view.contains(log.process) {
                return Err(format!("{} installed {:?} without itself", log.process, view.number));
            }
            if last.is_some_and(|(domain, number): (_, crate::core::ViewNumber)| {
                (domain, view.number) != (view.domain, number.next())
            }) {
                return Err(format!("{} installed {:?} after {last:?}", log.process, view.number));
            }
            last = Some((view.domain, view.number));
        }
    }
    Ok(())
}
