//! L3, one order: replicas that have had the same requests agree in everything that they would give to a joiner (the value, what
//! was answered to whom, what is still to be executed); and all end with the same value.

use super::super::record::Record;
use super::t4::differing;

pub(super) fn check(record: &Record) -> Result<(), String> {
    if let Some((one, other)) = differing(record).find(|(one, other)| !one.is_fresh && !other.is_fresh) {
        return Err(format!("{} and {} differ after {} requests", one.process, other.process, one.place));
    }
    match record.ends.iter().find(|(_, value)| *value != record.ends[0].1) {
        Some(_) if record.is_closed => Err(format!("replicas end with {:?}", record.ends)),
        _ => Ok(()),
    }
}
