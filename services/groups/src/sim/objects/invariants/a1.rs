//! A1, timers: each fires once, not before it is due, and not after it was cancelled. In the active style, where every replica
//! sees all that is asked of them.

use super::super::record::{Record, Timer};
use std::collections::BTreeMap;

pub(super) fn check(record: &Record) -> Result<(), String> {
    // By replica and name: when it is due, or nothing if it does not run. Of what was asked before it joined it knows nothing.
    let mut known = BTreeMap::new();
    for (process, life, event) in &record.timers {
        match event {
            Timer::Set { name, due_us } => drop(known.insert((process, life, name), Some(*due_us))),
            Timer::Cancelled { name } => drop(known.insert((process, life, name), None)),
            Timer::Fired { name, at_us } => match known.insert((process, life, name), None) {
                Some(None) => return Err(format!("{name} fires at {process}, where it does not run")),
                Some(Some(due_us)) if due_us > *at_us => {
                    return Err(format!("{name} fires at {process} at {at_us}, and is due at {due_us}"));
                }
                _ => {}
            },
        }
    }
    Ok(())
}
