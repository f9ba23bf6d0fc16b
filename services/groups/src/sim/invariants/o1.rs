//! O1, fifo: what one member sends as fifo or causal, and what it sends as total, is delivered in the order of sending,
//! without gaps among what is delivered later.

use super::Epochs;
use crate::core::{GroupId, Order, ProcessId};
use crate::sim::trace::{Entry, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace, _: &Epochs) -> Result<(), String> {
    let mut sent_as: BTreeMap<u64, usize> = BTreeMap::new();
    for log in &trace.logs {
        for (at, entry) in log.entries.iter().enumerate() {
            if let Entry::Sent { message, .. } = entry {
                sent_as.insert(*message, at);
            }
        }
    }
    for log in &trace.logs {
        let mut last: BTreeMap<(GroupId, ProcessId, bool), (usize, u64)> = BTreeMap::new();
        for entry in &log.entries {
            let Entry::Deliver { group, sender, class, message } = entry else { continue };
            let Some(&at) = sent_as.get(message) else { continue };
            let total = class.order() == Order::Total;
            let before = last.insert((*group, *sender, total), (at, *message));
            if before.is_some_and(|(earlier, _)| earlier > at) {
                return Err(format!("{} got {message} of {sender} after {before:?}", log.process));
            }
        }
    }
    Ok(())
}
