//! C1, at most once: no replica executes a request twice, whatever it has forgotten meanwhile; and no value is reached that the
//! calls of the clients cannot have made.

use super::super::record::Record;
use crate::object::check::Wrong;
use std::collections::BTreeSet;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let mut executed = BTreeSet::new();
    for (process, key) in &record.executions {
        if !executed.insert((*process, key.client.0, key.incarnation, key.sequence)) {
            return Err(format!("{process} has executed {key:?} twice"));
        }
    }
    match record.history.check() {
        Err(wrong @ (Wrong::Twice(_) | Wrong::FromNowhere(_))) if record.is_closed => Err(wrong.to_string()),
        _ => Ok(()),
    }
}
