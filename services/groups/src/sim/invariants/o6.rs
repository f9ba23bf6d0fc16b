//! O6, casts: a cast is seen in the same view of the domain by all.

use crate::core::ViewNumber;
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut seen: BTreeMap<u64, ViewNumber> = BTreeMap::new();
    for log in &trace.logs {
        let mut view = ViewNumber(0);
        for entry in &log.entries {
            match entry {
                Entry::View(installed) => view = installed.number,
                Entry::Cast { message } => {
                    let first = *seen.entry(*message).or_insert(view);
                    if first != view {
                        return Err(format!(
                            "cast {message} seen in {first:?} and in {view:?} at {}",
                            log.process
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}
