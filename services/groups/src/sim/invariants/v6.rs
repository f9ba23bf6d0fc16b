//! V6, uniformity: a uniform message delivered by anyone, even one that fails at once, is delivered by every member that
//! goes on to the group's next view.

use super::Epochs;
use std::collections::BTreeSet;

pub(super) fn check(epochs: &Epochs) -> Result<(), String> {
    for ((_, group, number), epochs) in epochs {
        let mut uniform = BTreeSet::new();
        for epoch in epochs {
            uniform.extend(epoch.delivered.iter().filter(|d| d.2.uniform()).map(|d| d.0));
        }
        for epoch in epochs.iter().filter(|e| e.survived) {
            let here: BTreeSet<_> = epoch.delivered.iter().map(|d| d.0).collect();
            if let Some(missing) = uniform.difference(&here).next() {
                return Err(format!("{group:?} {number:?}: log {} lacks uniform {missing}", epoch.log));
            }
        }
    }
    Ok(())
}
