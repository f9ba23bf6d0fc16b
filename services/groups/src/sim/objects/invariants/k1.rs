//! K1, one executor: all replicas name the same one in each term.

use super::super::record::Record;
use std::collections::BTreeMap;

pub(super) fn check(record: &Record) -> Result<(), String> {
    let mut named = BTreeMap::new();
    for term in &record.terms {
        let first = named.entry((term.life, term.number)).or_insert(term);
        if first.executor != term.executor {
            return Err(format!(
                "the executor of term {} is {:?} at {}, {:?} at {}",
                term.number, first.executor, first.process, term.executor, term.process
            ));
        }
    }
    Ok(())
}
