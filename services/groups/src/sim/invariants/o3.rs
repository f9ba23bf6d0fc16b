//! O3, total order: members that go on to the next view have delivered its totally ordered messages in one sequence.

use super::Epochs;
use crate::core::Order;

pub(super) fn check(epochs: &Epochs) -> Result<(), String> {
    for ((_, group, number), epochs) in epochs {
        let totals = |e: &super::Epoch| -> Vec<u64> {
            e.delivered.iter().filter(|d| d.2.order() == Order::Total).map(|d| d.0).collect()
        };
        let Some(first) = epochs.iter().find(|e| e.survived) else { continue };
        let expected = totals(first);
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
    }
    Ok(())
}
