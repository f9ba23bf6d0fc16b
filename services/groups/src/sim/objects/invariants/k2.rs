//! K2, takeover: another replica executes only once the executor is no member with the state any more.

use super::super::record::Record;

pub(super) fn check(record: &Record) -> Result<(), String> {
    match record.terms.iter().find(|term| term.deposed.is_some()) {
        Some(term) => {
            Err(format!("{:?} took over from {:?}, which is a member", term.executor, term.deposed))
        }
        None => Ok(()),
    }
}
