//! O4, strong total order: the uniform totally ordered messages a failed member delivered in its last view are the
//! beginning of those the survivors delivered.

use super::Epochs;
use crate::core::Order;

pub(super) fn check(epochs: &Epochs) -> Result<(), String> {
    for ((_, group, number), epochs) in epochs {
        let uniform = |e: &super::Epoch| -> Vec<u64> {
            let wanted = e.delivered.iter().filter(|d| d.2.order() == Order::Total && d.2.uniform());
            wanted.map(|d| d.0).collect()
        };
        let Some(first) = epochs.iter().find(|e| e.survived) else { continue };
        let expected = uniform(first);
        for other in epochs {
            if !expected.starts_with(&uniform(other)) {
                return Err(format!(
                    "{group:?} {number:?}: log {} is no beginning of log {}",
                    other.log, first.log
                ));
            }
        }
    }
    Ok(())
}
