//! K3, an answer: as long as a replica with the state is left every call comes to its end, and every timer fires.

use super::super::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    record.waiting.clone().map_or(Ok(()), Err)
}
