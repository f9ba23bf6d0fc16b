//! M5, no caprice: whoever is dropped from a view had failed, left, or was touched by a fault.

use super::m3::views;
use crate::sim::trace::{End, Trace};

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let views = views(trace);
    for ((domain, number), view) in &views {
        let Some(next) = views.get(&(*domain, number.next())) else { continue };
        for member in &view.members {
            let Some(log) = trace.log(member.process) else { continue };
            let reason = log.disturbed || log.end == End::Left || log.end == End::Crashed;
            if !next.contains(member.process) && !reason {
                return Err(format!("{} was dropped from {:?} for nothing", member.process, next.number));
            }
        }
    }
    Ok(())
}
