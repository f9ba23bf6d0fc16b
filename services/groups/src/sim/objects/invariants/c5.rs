//! C5, output commit: what was acknowledged is in the object in the end.

use super::super::record::Record;
use crate::object::check::Wrong;

pub(super) fn check(record: &Record) -> Result<(), String> {
    match record.history.check() {
        Err(wrong @ Wrong::Lost(..)) if record.is_closed => Err(wrong.to_string()),
        _ => Ok(()),
    }
}
