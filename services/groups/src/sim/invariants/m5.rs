//! M5, no caprice: whoever is dropped from a view had failed, asked to leave, or was touched by a fault. Where new incarnations begin
//! again from their logs, nobody of the old view goes on: it was too little to decide anything.

use super::m3::{begins_again, views};
use crate::sim::trace::{End, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        if begins_again(view, next) {
            continue;
        }
        for member in &view.members {
            let Some(log) = trace.log(member.process) else { continue };
            let reason = log.disturbed || log.leaving || log.end == End::Crashed;
            if !next.contains(member.process) && !reason {
                return Err(format!("{} was dropped from {:?} for nothing", member.process, next.number));
            }
        }
    }
    Ok(())
}
