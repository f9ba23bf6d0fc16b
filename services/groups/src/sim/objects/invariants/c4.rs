//! C4, linearizable: every call happened at one moment between its beginning and its end. A read shows what had been answered
//! to anybody before it began, and nothing that had not begun when it ended.

use super::super::record::Record;
use crate::object::check::Wrong;

pub(super) fn check(record: &Record) -> Result<(), String> {
    match record.history.check() {
        Err(wrong @ (Wrong::Stale(..) | Wrong::Foretold(_) | Wrong::Backwards(_))) if record.is_closed => {
            Err(wrong.to_string())
        }
        _ => Ok(()),
    }
}
