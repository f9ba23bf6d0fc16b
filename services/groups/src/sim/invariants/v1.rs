//! V1 and V5, view synchrony: two members that go from a view of a group to its next have delivered the same messages.

use super::Epochs;
use std::collections::BTreeSet;

pub(super) fn check(epochs: &Epochs) -> Result<(), String> {
    for ((_, group, number), epochs) in epochs {
        let mut survivors = epochs.iter().filter(|e| e.survived);
        let Some(first) = survivors.next() else { continue };
        let delivered = |e: &super::Epoch| e.delivered.iter().map(|d| d.0).collect::<BTreeSet<_>>();
        let expected = delivered(first);
        for other in survivors {
            let found = delivered(other);
            if found != expected {
                let differ: Vec<_> = expected.symmetric_difference(&found).collect();
                return Err(format!(
                    "{group:?} {number:?}: logs {} and {} differ in {differ:?}",
                    first.log, other.log
                ));
            }
        }
    }
    Ok(())
}
